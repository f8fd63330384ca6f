//! The record of a run: its choices in order, made by a source.
use super::{
    alternative::Alternative,
    label::Label,
    menu::Menu,
    pick::Choice,
    source::{Odds, Offer, Source},
    step_view::{Flow, Moment, Needs, StepView},
};
use crate::event::Event;
use std::fmt;

/// A source and the record of its choices.
pub struct Choices {
    source: Box<dyn Source>,
    record: Vec<Choice>,
}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choices").field("record", &self.record.len()).finish_non_exhaustive()
    }
}

impl Choices {
    /// Choices made by `source`.
    pub fn new(source: impl Source + 'static) -> Self {
        Self { source: Box::new(source), record: Vec::with_capacity(512) }
    }

    /// Picks one of `0..of`, all equally likely; `meaning` names the pick. With one alternative there is no choice, and
    /// nothing is recorded.
    pub fn choose(&mut self, label: Label, of: usize, meaning: impl Fn(usize) -> Alternative) -> usize {
        self.pick(label, of, Odds::Even, meaning)
    }

    /// Picks one of `0..count` with a probability of `per_mille` thousandths, and nothing otherwise.
    pub fn rarely(
        &mut self,
        per_mille: u32,
        label: Label,
        count: usize,
        meaning: impl Fn(usize) -> Alternative,
    ) -> Option<usize> {
        if per_mille == 0 {
            return None;
        }
        let meaning = |picked: usize| picked.checked_sub(1).map_or(Alternative::Nothing, &meaning);
        self.pick(label, count + 1, Odds::PerMille(per_mille), meaning).checked_sub(1)
    }

    /// Picks one of these steps; `meaning` names the pick. With one step there is no choice, and nothing is recorded.
    pub(crate) fn choose_step(&mut self, steps: &[StepView], meaning: impl FnOnce(usize) -> Alternative) -> usize {
        if steps.len() <= 1 {
            return 0;
        }
        let of = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        let picked = self.source.pick_step(steps).min(of - 1);
        self.keep(Choice { label: Label::Next, of, picked, meaning: meaning(picked as usize) })
    }

    /// Whether time moves only when nothing else can happen. The answer is part of the record, where it does.
    pub(crate) fn pace(&mut self) -> bool {
        if !self.source.still() {
            return false;
        }
        let meaning = |picked: usize| Alternative::Named(["steps take time", "time moves last"][picked]);
        self.choose(Label::Pace, 2, meaning) == 1
    }

    /// What the source wants to know.
    pub(crate) fn needs(&self) -> Needs {
        self.source.needs()
    }

    /// Shows the source the moment before a step.
    pub(crate) fn moment(&mut self, moment: &Moment<'_>) -> Flow {
        self.source.moment(moment)
    }

    /// Picks an item of a menu, all equally likely.
    pub(crate) fn choose_from<T: Copy>(&mut self, menu: &Menu<T>) -> T {
        menu.items[self.choose(menu.label, menu.items.len(), |picked| (menu.name)(menu.items[picked]))]
    }

    /// Picks an item of a menu with a probability of `per_mille` thousandths, and nothing otherwise.
    pub(crate) fn rarely_from<T: Copy>(&mut self, per_mille: u32, menu: &Menu<T>) -> Option<T> {
        let name = |picked: usize| (menu.name)(menu.items[picked]);
        self.rarely(per_mille, menu.label, menu.items.len(), name).map(|picked| menu.items[picked])
    }

    fn pick(&mut self, label: Label, of: usize, odds: Odds, meaning: impl Fn(usize) -> Alternative) -> usize {
        if of <= 1 {
            return 0;
        }
        let of = u32::try_from(of).unwrap_or(u32::MAX);
        let named = |picked: u32| meaning(picked as usize);
        let picked = self.source.pick_offered(&Offer { label, of, odds, meaning: &named });
        self.keep(Choice { label, of, picked, meaning: meaning(picked as usize) })
    }

    fn keep(&mut self, choice: Choice) -> usize {
        let picked = choice.picked as usize;
        self.source.made(&choice);
        self.record.push(choice);
        picked
    }

    /// A step begins, whether there was a choice or not.
    pub(crate) fn begin(&mut self, step: &Alternative) {
        self.source.began(step);
    }

    /// Something happened.
    pub(crate) fn see(&mut self, event: &Event) {
        self.source.saw(event);
    }

    /// The choices made so far.
    pub fn record(&self) -> &[Choice] {
        &self.record
    }

    /// Takes the record, and where the run departed from what its source expected.
    pub fn finish(self) -> (Vec<Choice>, Option<String>) {
        (self.record, self.source.mismatch())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        choice::{CALL_DELAYS, CALL_FAULTS, Pick, Random},
        faults::FaultKind,
    };

    #[test]
    fn rare_choices_are_rare_and_happen() {
        let mut choices = Choices::new(Random::new(1));
        let hits = (0..10_000).filter(|_| choices.rarely_from(20, &CALL_FAULTS).is_some()).count();
        assert!((100..400).contains(&hits), "{hits}");
        assert!(!(0..100).any(|_| choices.rarely_from(0, &CALL_FAULTS).is_some()));
    }

    #[test]
    fn picks_are_named_as_their_menu_has_them() {
        let mut choices = Choices::new(Random::new(3));
        for _ in 0..200 {
            choices.rarely_from(500, &CALL_FAULTS);
            choices.choose_from(&CALL_DELAYS);
        }
        let (record, _) = choices.finish();
        let named = |choice: &Choice| Pick::from(choice).alternative(choice.picked);
        assert!(record.iter().all(|choice| choice.meaning == named(choice)));
        assert!(record.iter().any(|choice| choice.meaning.fault() == Some(FaultKind::Hang)));
    }
}
