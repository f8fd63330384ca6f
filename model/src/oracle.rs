//! Feeds each fact to each check and collects what they found.
use crate::{
    invariants::{Check, Invariant, Tally},
    observation::{Micros, Observation},
    settings::Settings,
    state::State,
    verdict::Verdict,
};
use serde::Serialize;

/// One breach of an invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The invariant's id.
    pub invariant: &'static str,
    /// When it was broken, or found broken.
    pub at: Micros,
    /// What happened, in plain English: a sentence or two that name objects, replicas and signals.
    pub sentence: String,
    /// Which observations show it, ascending: their indexes in the order of [`Oracle::observe`], from 0.
    pub evidence: Vec<usize>,
}

/// What the oracle has to say on one invariant at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The invariant's id.
    pub invariant: &'static str,
    /// How many times it was checked: commits, answers, leases … whatever it speaks of.
    pub checked: u64,
    /// How many times it should have been checked and could not be decided.
    pub undecided: u64,
    /// How many times it was broken.
    pub violated: u64,
    /// The first breaches, at most [`Finding::DETAILED`] of them.
    pub violations: Vec<Violation>,
    /// The sum of it.
    pub verdict: Verdict,
}

impl Finding {
    /// How many breaches of one invariant are told in a sentence each; the others are counted only.
    pub const DETAILED: usize = 8;
}

struct Examination {
    invariant: Invariant,
    check: Box<dyn Check>,
    tally: Tally,
}

/// Judges one run, while it happens.
pub struct Oracle {
    settings: Settings,
    state: State,
    examinations: Vec<Examination>,
    observed: usize,
}

impl Oracle {
    /// An oracle that has seen nothing yet.
    pub fn new(settings: Settings) -> Self {
        let examinations = settings
            .invariants
            .iter()
            .map(|&invariant| Examination { invariant, check: invariant.start(), tally: Tally::of(invariant.id) })
            .collect();
        Self { settings, state: State::new(), examinations, observed: 0 }
    }

    /// Takes the next fact in. Facts come in the order in which they happened; their times never go down.
    pub fn observe(&mut self, observation: &Observation) {
        let step = self.state.apply(self.observed, observation);
        self.observed += 1;
        let of_watches = matches!(observation, Observation::Watched { .. });
        if of_watches && step.heard.is_none() || matches!(observation, Observation::ObjectCommitted { .. }) {
            return;
        }
        for Examination { invariant, check, tally } in &mut self.examinations {
            if invariant.of_watches == of_watches {
                check.observe(&step, &self.state, &self.settings, tally);
            }
        }
    }

    /// Whether anything was found broken so far.
    pub fn violated(&self) -> bool {
        self.examinations.iter().any(|examination| examination.tally.violated() > 0)
    }

    /// One finding per invariant of the settings, in their order. Where [`Observation::Ended`] was never seen, checks that
    /// can only be made at the end stay undecided.
    pub fn finish(self) -> Vec<Finding> {
        let ended = self.state.ended();
        self.examinations
            .into_iter()
            .map(|Examination { invariant, mut tally, .. }| {
                if invariant.needs_end && !ended {
                    tally.undecided();
                }
                tally.into_finding()
            })
            .collect()
    }
}
