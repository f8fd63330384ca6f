//! A scope: which alternatives to "in order, no fault" a search takes, and how many of them one schedule may have.
//!
//! A *preemption* is a step, or a route, other than the first in order. A *fault* is a call that meets one, a replica or stream
//! that does, or somebody else's intervention. What a fault is made of (how long, whom, in which words) costs nothing more.
//! What is left out stays at its first possibility in every schedule, and the certificate says so: [`NOT_ENUMERATED`].
use sim::{
    choice::{Choice, Label},
    direct::{CALL_FAULTS, DELAYS, PAUSES, RESTARTS, WORLD_FAULTS},
    faults::FaultKind,
};

/// The faults of calls that are placed: one of each kind that differs in what the caller may conclude.
pub const PLACED_CALL_FAULTS: &[FaultKind] =
    &[FaultKind::Delay, FaultKind::LostRequest, FaultKind::LostAnswer, FaultKind::LateWrite, FaultKind::Conflict];
/// The faults of replicas and streams that are placed.
pub const PLACED_WORLD_FAULTS: &[FaultKind] = &[FaultKind::Crash, FaultKind::Pause];
/// What stays at its first possibility in every schedule.
pub const NOT_ENUMERATED: &[&str] = &[
    "the seed of the replicas' own randomness (pauses between retries)",
    "wrong clocks",
    "429, 500, 503, 504 not executed, and silence: to a caller they are a lost request or a lost answer",
    "dropped watches, compaction, senders that hang up",
    "anything but order once the last signal is answered",
];

/// Of [`DELAYS`]: within a retry, past a call's deadline, past a lease's life.
const DELAYS_TAKEN: &[u32] = &[0, 2, 4];
/// Of [`RESTARTS`] and [`PAUSES`]: at once and after a lease's life; within a call's deadline and past a lease's life.
const DURATIONS_TAKEN: &[u32] = &[0, 2];

/// How much one schedule may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cost {
    /// Faults.
    pub faults: u32,
    /// Preemptions.
    pub preemptions: u32,
}

impl Cost {
    /// Both together.
    pub fn plus(self, other: Cost) -> Cost {
        Cost { faults: self.faults + other.faults, preemptions: self.preemptions + other.preemptions }
    }

    /// Whether it is within `bound` in both.
    pub fn within(self, bound: Cost) -> bool {
        self.faults <= bound.faults && self.preemptions <= bound.preemptions
    }

    /// What this pick of a choice costs.
    pub fn of(label: Label, picked: u32) -> Cost {
        match label {
            _ if picked == 0 => Cost::default(),
            Label::Next | Label::Replica | Label::Workload => Cost { faults: 0, preemptions: 1 },
            Label::CallFault | Label::WorldFault | Label::Intervention => Cost { faults: 1, preemptions: 0 },
            _ => Cost::default(),
        }
    }
}

/// The picks other than 0 of a choice that a search takes.
pub fn alternatives(choice: &Choice) -> impl Iterator<Item = u32> + use<> {
    let label = choice.label;
    (1..choice.of).filter(move |picked| match label {
        Label::Entropy | Label::ClockOffset | Label::ClockRate => false,
        Label::CallFault => is_one_of(PLACED_CALL_FAULTS, CALL_FAULTS, *picked),
        Label::WorldFault => is_one_of(PLACED_WORLD_FAULTS, WORLD_FAULTS, *picked),
        Label::CallDelay => DELAYS_TAKEN.contains(picked),
        Label::Duration => DURATIONS_TAKEN.contains(picked),
        _ => true,
    })
}

fn is_one_of(taken: &[FaultKind], all: &[FaultKind], picked: u32) -> bool {
    all.get(picked as usize - 1).is_some_and(|kind| taken.contains(kind))
}

/// What is enumerated, in words.
pub fn enumerated() -> Vec<String> {
    let names = |kinds: &[FaultKind]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let some = |taken: &[u32], all: &[std::time::Duration]| {
        taken
            .iter()
            .filter_map(|&index| all.get(index as usize))
            .map(|time| format!("{time:?}"))
            .collect::<Vec<_>>()
            .join(" or ")
    };
    vec![
        "every order of answers, watch events, caches, API requests and deliveries".to_owned(),
        format!("at every API request: {}; held back for {}", names(PLACED_CALL_FAULTS), some(DELAYS_TAKEN, DELAYS)),
        format!(
            "at every step, of every replica: a crash of {}, a pause of {}",
            some(DURATIONS_TAKEN, RESTARTS),
            some(DURATIONS_TAKEN, PAUSES)
        ),
        "at every step: a held lease is freed by somebody, a RemediationRequest ends, one loses its conditions, one is \
         deleted (not while a create of its name is under way)"
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(label: Label, of: u32) -> Vec<u32> {
        alternatives(&Choice { label, of, picked: 0 }).collect()
    }

    #[test]
    fn order_is_enumerated_whole() {
        assert_eq!(picks(Label::Next, 4), [1, 2, 3]);
        assert_eq!(picks(Label::Intervention, 3), [1, 2]);
        assert_eq!(picks(Label::Entropy, 65_536), [0_u32; 0]);
    }

    #[test]
    fn faults_are_those_that_are_named() {
        let calls = picks(Label::CallFault, CALL_FAULTS.len() as u32 + 1);
        let kinds: Vec<FaultKind> = calls.iter().map(|&pick| CALL_FAULTS[pick as usize - 1]).collect();
        assert_eq!(kinds, PLACED_CALL_FAULTS);
        assert_eq!(picks(Label::CallDelay, DELAYS.len() as u32), [2, 4]);
        assert_eq!(picks(Label::Duration, RESTARTS.len() as u32), [2]);
    }

    #[test]
    fn only_deviations_cost() {
        assert_eq!(Cost::of(Label::Next, 0), Cost::default());
        let both = Cost::of(Label::Next, 3).plus(Cost::of(Label::WorldFault, 1));
        assert_eq!(both, Cost { faults: 1, preemptions: 1 });
        assert!(both.within(Cost { faults: 1, preemptions: 2 }) && !both.within(Cost { faults: 0, preemptions: 2 }));
        assert_eq!(Cost::of(Label::Duration, 2), Cost::default());
    }
}
