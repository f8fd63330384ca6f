//! What one check has found so far.
use crate::{
    observation::Micros,
    oracle::{Finding, Violation},
    verdict::Verdict,
};

pub(crate) struct Tally {
    invariant: &'static str,
    checked: u64,
    undecided: u64,
    violated: u64,
    violations: Vec<Violation>,
}

impl Tally {
    pub(crate) const fn of(invariant: &'static str) -> Self {
        Self { invariant, checked: 0, undecided: 0, violated: 0, violations: Vec::new() }
    }

    pub(crate) const fn checked(&mut self) {
        self.checked += 1;
    }

    pub(crate) const fn undecided(&mut self) {
        self.undecided += 1;
    }

    pub(crate) const fn violated(&self) -> u64 {
        self.violated
    }

    /// Records a breach. `story` makes the sentence and the evidence, and is not asked once enough have been told: a run
    /// that breaks an invariant a thousand times must not spend its time on prose.
    pub(crate) fn violate(&mut self, at: Micros, story: impl FnOnce() -> (String, Vec<usize>)) {
        self.violated += 1;
        if self.violations.len() < Finding::DETAILED {
            let (sentence, mut evidence) = story();
            evidence.sort_unstable();
            evidence.dedup();
            self.violations.push(Violation { invariant: self.invariant, at, sentence, evidence });
        }
    }

    pub(crate) fn into_finding(self) -> Finding {
        Finding {
            verdict: Verdict::of(self.checked, self.undecided, self.violated),
            invariant: self.invariant,
            checked: self.checked,
            undecided: self.undecided,
            violated: self.violated,
            violations: self.violations,
        }
    }
}
