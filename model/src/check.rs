//! What an invariant is made of: its name, its sentence, and the check that judges it in one run.
use crate::{
    finding::{Finding, Violation},
    observation::Micros,
    settings::Settings,
    state::{State, Step},
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};

/// Whether an invariant forbids something bad, or demands that something good happens in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing bad ever happens.
    Safety,
    /// Something good happens, once the faults have stopped.
    Liveness,
}

/// A named predicate. Only this crate makes them: take them from [`ALL`](crate::ALL).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Invariant {
    /// Name in the command line, in reports and in documents.
    pub id: &'static str,
    /// Safety or liveness.
    pub kind: Kind,
    /// The statement that must hold.
    pub sentence: &'static str,
    /// Whether any of its checks can only be made when the run is over.
    pub(crate) needs_end: bool,
    /// Whether it judges watch streams only; all other invariants judge everything but watch streams.
    pub(crate) of_watches: bool,
    check: fn() -> Box<dyn Check>,
}

impl PartialEq for Invariant {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Invariant {}

impl Invariant {
    pub(crate) fn start(self) -> Box<dyn Check> {
        (self.check)()
    }

    pub(crate) const fn safety(id: &'static str, sentence: &'static str, check: fn() -> Box<dyn Check>) -> Self {
        Self { id, kind: Kind::Safety, sentence, needs_end: false, of_watches: false, check }
    }

    pub(crate) const fn liveness(id: &'static str, sentence: &'static str, check: fn() -> Box<dyn Check>) -> Self {
        Self { id, kind: Kind::Liveness, sentence, needs_end: true, of_watches: false, check }
    }

    /// A safety invariant of watch streams. Watch events outnumber all other facts, so no other invariant sees them.
    pub(crate) const fn of_watches(id: &'static str, sentence: &'static str, check: fn() -> Box<dyn Check>) -> Self {
        Self { of_watches: true, ..Self::safety(id, sentence, check) }
    }

    pub(crate) const fn at_the_end(self) -> Self {
        Self { needs_end: true, ..self }
    }
}

/// Judges one invariant in one run.
pub(crate) trait Check: Send {
    /// Judges `step`, which is already part of `state`.
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary);
}

/// What one check has found so far.
pub(crate) struct Summary {
    invariant: &'static str,
    checked: u64,
    undecided: u64,
    violated: u64,
    slack: u64,
    violations: Vec<Violation>,
}

impl Summary {
    pub(crate) const fn of(invariant: &'static str) -> Self {
        Self { invariant, checked: 0, undecided: 0, violated: 0, slack: 0, violations: Vec::new() }
    }

    pub(crate) const fn checked(&mut self) {
        self.checked += 1;
    }

    pub(crate) const fn undecided(&mut self) {
        self.undecided += 1;
    }

    /// Notes that so many more occurrences could have been counted unnoticed.
    pub(crate) const fn slack(&mut self, occurrences: u64) {
        self.slack += occurrences;
    }

    pub(crate) const fn violated(&self) -> u64 {
        self.violated
    }

    /// Records a violation. `describe` makes the sentence and the evidence. It is called for the first violations only:
    /// a run that violates an invariant a thousand times must not spend its time on prose.
    pub(crate) fn violate(&mut self, at: Micros, describe: impl FnOnce() -> (String, Vec<usize>)) {
        self.violated += 1;
        if self.violations.len() < Finding::DETAILED {
            let (sentence, mut evidence) = describe();
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
            slack: self.slack,
            violations: self.violations,
        }
    }
}
