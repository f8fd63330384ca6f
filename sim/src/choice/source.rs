//! Sources: what makes the choices of a run.
use super::{label::Label, pick::Choice};

/// How a source should weigh the alternatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odds {
    /// All alternatives are equally likely.
    Even,
    /// Alternatives other than 0 together have this probability in thousandths, and are equally likely.
    PerMille(u32),
}

/// What makes the choices of a run.
pub trait Source: Send {
    /// Picks one of `0..of`.
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32;
    /// Sees each choice after it was made, with its meaning.
    fn made(&mut self, _choice: &Choice) {}
    /// Where the run departed from what the source expected, if it did.
    fn mismatch(&self) -> Option<String> {
        None
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
