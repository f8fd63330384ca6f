//! Sources: what makes the choices of a run.
use super::{
    alternative::Alternative,
    label::Label,
    pick::Choice,
    step_view::{Flow, Moment, Needs, StepView},
};
use crate::event::Event;

/// How a source should weigh the alternatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odds {
    /// All alternatives are equally likely.
    Even,
    /// Alternatives other than 0 together have this probability in thousandths, and are equally likely.
    PerMille(u32),
}

/// A choice that is to be made, with the meanings of its alternatives.
#[derive(Clone, Copy)]
pub struct Offer<'a> {
    /// Subject of the choice.
    pub label: Label,
    /// Number of alternatives.
    pub of: u32,
    /// How the alternatives should be weighed.
    pub odds: Odds,
    /// Meaning of an alternative, from 0.
    pub meaning: &'a dyn Fn(u32) -> Alternative,
}

/// What makes the choices of a run.
pub trait Source: Send {
    /// Picks one of `0..of`.
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32;
    /// Picks one of the alternatives by what they mean. Most sources do not look.
    fn pick_offered(&mut self, offer: &Offer<'_>) -> u32 {
        self.pick(offer.label, offer.of, offer.odds)
    }
    /// Sees each step of the run as it begins, whether there was a choice or not.
    fn began(&mut self, _step: &Alternative) {}
    /// Sees each event of the run: a source that knows steps by what they are about needs it.
    fn saw(&mut self, _event: &Event) {}
    /// Picks one of these steps, which are in order.
    fn pick_step(&mut self, steps: &[StepView]) -> u32 {
        self.pick(Label::Next, u32::try_from(steps.len()).unwrap_or(u32::MAX), Odds::Even)
    }
    /// Knowledge of the run that it asks for.
    fn needs(&self) -> Needs {
        Needs::Picks
    }
    /// Whether time moves only when nothing else can happen. Otherwise each step takes a millisecond.
    fn still(&self) -> bool {
        false
    }
    /// Sees the moment before each step, if it needs steps, and decides whether the run continues.
    fn moment(&mut self, _moment: &Moment<'_>) -> Flow {
        Flow::Continue
    }
    /// Sees each choice after it was made, with its meaning.
    fn made(&mut self, _choice: &Choice) {}
    /// Where the run departed from what the source expected, if it did.
    fn mismatch(&self) -> Option<String> {
        None
    }
}

impl Source for Box<dyn Source> {
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32 {
        (**self).pick(label, of, odds)
    }

    fn pick_offered(&mut self, offer: &Offer<'_>) -> u32 {
        (**self).pick_offered(offer)
    }

    fn began(&mut self, step: &Alternative) {
        (**self).began(step);
    }

    fn saw(&mut self, event: &Event) {
        (**self).saw(event);
    }

    fn pick_step(&mut self, steps: &[StepView]) -> u32 {
        (**self).pick_step(steps)
    }

    fn needs(&self) -> Needs {
        (**self).needs()
    }

    fn still(&self) -> bool {
        (**self).still()
    }

    fn moment(&mut self, moment: &Moment<'_>) -> Flow {
        (**self).moment(moment)
    }

    fn made(&mut self, choice: &Choice) {
        (**self).made(choice);
    }

    fn mismatch(&self) -> Option<String> {
        (**self).mismatch()
    }
}

/// Always picks 0: in order, no fault.
#[derive(Debug, Clone, Copy)]
pub struct InOrder;

impl Source for InOrder {
    fn pick(&mut self, _label: Label, _of: u32, _odds: Odds) -> u32 {
        0
    }
}
