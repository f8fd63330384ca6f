//! Placed choices: a run in order and without faults, except at some places.
use super::{
    label::Label,
    source::{Odds, Source},
};
use std::collections::BTreeMap;

/// Picks 0, except at these places in the run's sequence of choices, counted from 0.
#[derive(Debug)]
pub struct Placed {
    picks: BTreeMap<usize, u32>,
    next: usize,
    still: bool,
    mismatch: Option<String>,
}

impl Placed {
    /// Makes these picks, by place.
    pub fn new(picks: BTreeMap<usize, u32>) -> Self {
        Self { picks, next: 0, still: false, mismatch: None }
    }

    /// Makes these picks, by place, in a run whose time moves only when nothing else can happen. That is its choice 0.
    pub fn still(picks: BTreeMap<usize, u32>) -> Self {
        Self { still: true, ..Self::new(picks) }
    }
}

impl Source for Placed {
    fn pick(&mut self, label: Label, of: u32, _odds: Odds) -> u32 {
        let at = self.next;
        self.next += 1;
        let first = u32::from(label == Label::Pace && self.still);
        let picked = self.picks.remove(&at).unwrap_or(first);
        if picked >= of && self.mismatch.is_none() {
            self.mismatch = Some(format!("choice {at} is `{label}` with {of} alternatives, and {picked} is not one"));
        }
        picked.min(of - 1)
    }

    fn still(&self) -> bool {
        self.still
    }

    fn mismatch(&self) -> Option<String> {
        let left = self.picks.len();
        self.mismatch.clone().or_else(|| (left > 0).then(|| format!("the run ended before {left} placed choices")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::{Alternative, Choices};

    fn placed(picks: &[(usize, u32)]) -> Choices {
        Choices::new(Placed::new(picks.iter().copied().collect()))
    }

    fn next(choices: &mut Choices) -> usize {
        choices.choose(Label::Next, 3, |picked| Alternative::Number(picked as u32))
    }

    #[test]
    fn placed_choices_must_fit() {
        let mut choices = placed(&[(1, 2)]);
        assert_eq!([next(&mut choices), next(&mut choices)], [0, 2]);
        assert_eq!(choices.finish().1, None);
        let mut choices = placed(&[(0, 5)]);
        assert_eq!(next(&mut choices), 2);
        assert!(choices.finish().1.is_some());
        assert!(placed(&[(7, 1)]).finish().1.is_some(), "its place was never reached");
    }
}
