//! Feeds each fact to each check and collects the findings.
pub use crate::finding::{Finding, Violation};
use crate::{
    check::{Check, Invariant, Summary},
    observation::Observation,
    settings::Settings,
    state::State,
};

struct Examination {
    invariant: Invariant,
    check: Box<dyn Check>,
    summary: Summary,
}

/// Judges one run while it happens.
pub struct Oracle {
    settings: Settings,
    state: State,
    examinations: Vec<Examination>,
    observed: usize,
}

impl Oracle {
    /// An oracle that judges these invariants and has seen nothing yet.
    pub fn new(invariants: &[Invariant], settings: Settings) -> Self {
        let examinations = invariants
            .iter()
            .map(|&invariant| Examination { invariant, check: invariant.start(), summary: Summary::of(invariant.id) })
            .collect();
        Self { settings, state: State::default(), examinations, observed: 0 }
    }

    /// Takes in the next fact. Facts come in the order in which they happened; their times never decrease.
    pub fn observe(&mut self, observation: &Observation) {
        let step = self.state.apply(self.observed, observation);
        self.observed += 1;
        let of_watches = matches!(observation, Observation::Watched { .. });
        if of_watches && step.stream.is_none() || matches!(observation, Observation::ObjectCommitted { .. }) {
            return;
        }
        for Examination { invariant, check, summary } in &mut self.examinations {
            if invariant.of_watches == of_watches {
                check.observe(&step, &self.state, &self.settings, summary);
            }
        }
    }

    /// Whether any invariant was violated so far.
    pub fn violated(&self) -> bool {
        self.examinations.iter().any(|examination| examination.summary.violated() > 0)
    }

    /// One finding per invariant, in the order given to [`Oracle::new`]. Without an [`Observation::Ended`], checks that
    /// can only be made at the end stay undecided.
    pub fn finish(self) -> Vec<Finding> {
        let ended = self.state.ended();
        self.examinations
            .into_iter()
            .map(|Examination { invariant, mut summary, .. }| {
                if invariant.needs_end && !ended {
                    summary.undecided();
                }
                summary.into_finding()
            })
            .collect()
    }
}
