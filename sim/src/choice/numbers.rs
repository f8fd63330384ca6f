//! Choices from a list of numbers: a property test or a fuzzer makes them.
use super::{
    label::Label,
    source::{Odds, Source},
};

/// Folds each number into the range of a choice, and picks 0 after the last one.
#[derive(Debug)]
pub struct Numbers {
    numbers: Vec<u32>,
    next: usize,
}

impl Numbers {
    /// Choices made from these numbers.
    pub fn new(numbers: Vec<u32>) -> Self {
        Self { numbers, next: 0 }
    }
}

impl Source for Numbers {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        let number = self.numbers.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        match odds {
            Odds::Even => number % of,
            // From the top: the number 0, which all shrinking leads to, must mean that nothing goes wrong.
            Odds::PerMille(chances) if 999 - number % 1_000 < chances => 1 + (number / 1_000) % (of - 1),
            Odds::PerMille(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::{Alternative, Choices};

    #[test]
    fn exhausted_numbers_mean_no_fault() {
        let mut choices = Choices::new(Numbers::new(vec![999]));
        let mut faulty = |per_mille| choices.rarely(per_mille, Label::CallFault, 4, |_| Alternative::Nothing).is_some();
        assert!(faulty(1));
        assert!(!(0..100).any(|_| faulty(999)));
    }
}
