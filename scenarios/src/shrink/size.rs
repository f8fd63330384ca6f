//! Size of a run: what shrinking makes smaller, most important first.
use crate::{guide::Guide, runner::Run, scenario::Scenario};
use sim::engine::{Cost, Label};

/// Size of a run. Sizes compare part by part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// Replicas.
    pub replicas: u64,
    /// Signals that the script sends.
    pub signals: u64,
    /// Acts of the script.
    pub acts: u64,
    /// Triggers.
    pub triggers: u64,
    /// Faults, wrong clocks and interference that were chosen.
    pub faults: u64,
    /// Choices that are not the first alternative.
    pub deviations: u64,
    /// API calls.
    pub api_calls: u64,
    /// Choices.
    pub choices: u64,
    /// API calls that were sent before the violation was complete; 0 where it was not looked for.
    pub calls_until: u64,
}

impl Size {
    pub(super) fn of(scenario: &Scenario, run: &Run) -> Self {
        let choices = &run.outcome.choices;
        let deviations = choices.iter().filter(|choice| choice.picked > 0);
        Self {
            replicas: scenario.cluster.replicas as u64,
            signals: scenario.signals(),
            acts: scenario.acts.len() as u64,
            triggers: scenario.triggers.len() as u64,
            faults: deviations.clone().filter(|choice| is_fault(choice.label)).count() as u64,
            deviations: deviations.count() as u64,
            api_calls: run.outcome.api_calls,
            choices: choices.len() as u64,
            calls_until: 0,
        }
    }
}

/// Whether a pick of this label other than the first is something that goes wrong.
pub fn is_fault(label: Label) -> bool {
    label.cost() == Cost::Fault || matches!(label, Label::ClockOffset | Label::ClockRate | Label::Workload)
}

/// How much a guide asks for: faults, then rules.
pub(super) fn asked(guide: &Guide) -> (usize, usize) {
    (guide.picks.keys().filter(|at| is_fault(at.label)).count(), guide.len())
}
