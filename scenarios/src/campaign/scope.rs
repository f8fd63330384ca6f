//! A scope: the alternatives to "in order, no fault" that a search takes, and how many of them one schedule may have.
//!
//! A *preemption* is a step, or a route, other than the first in order. A *fault* is a fault of a call, a replica or a
//! stream, or an interference. Details of a fault (its length, its victim, its error) cost nothing more: each label
//! says what departing from it costs. What a search leaves out stays at its first alternative in every schedule, and
//! the certificate lists it: [`NOT_ENUMERATED`].
use sim::{
    FaultKind,
    engine::{Alternative, Label, Pick},
};
use std::time::Duration;

/// The faults of calls that are placed: one for each conclusion that a caller may draw.
pub const PLACED_CALL_FAULTS: &[FaultKind] = &[
    FaultKind::Delay,
    FaultKind::LostRequest,
    FaultKind::LostAnswer,
    FaultKind::LateWrite,
    FaultKind::Conflict,
    FaultKind::SentTwice,
];
/// The faults of replicas and streams that are placed.
pub const PLACED_WORLD_FAULTS: &[FaultKind] = &[FaultKind::Crash, FaultKind::Pause];
/// What stays at its first alternative in every schedule.
pub const NOT_ENUMERATED: &[&str] = &[
    "the seed of the replicas' own randomness (pauses between retries)",
    "wrong clocks",
    "429, 500, 503, 504 not executed, and calls that hang: to a caller they are a lost request or a lost answer",
    "dropped watches, compaction, senders that disconnect",
    "anything but order once the last signal is answered",
];

/// Delays of a call: within a retry, beyond a call's deadline, beyond a lease's duration, the longest.
const DELAYS_TAKEN: &[Duration] =
    &[Duration::from_millis(30), Duration::from_secs(6), Duration::from_secs(34), Duration::from_secs(60)];
/// Answers that a layer in between makes for the second copy of a call: one to retry, and one that is final.
const SECOND_ANSWERS_TAKEN: &[Alternative] = &[Alternative::Number(429), Alternative::Number(422)];
/// Times between the copies of a call that is sent twice, besides none: within a retry.
const COPY_DELAYS_TAKEN: &[Duration] = &[Duration::from_millis(30)];
/// Times after which a crashed replica starts again: at once, and after a lease's duration.
const RESTARTS_TAKEN: &[Duration] = &[Duration::from_millis(500), Duration::from_secs(40)];
/// Lengths of a pause: within a call's deadline, and beyond a lease's duration.
const PAUSES_TAKEN: &[Duration] = &[Duration::from_secs(1), Duration::from_secs(33)];

/// Number of departures from "in order, no fault".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cost {
    /// Faults.
    pub faults: u32,
    /// Preemptions.
    pub preemptions: u32,
}

impl Cost {
    /// The sum of both.
    pub fn plus(self, other: Cost) -> Cost {
        Cost { faults: self.faults + other.faults, preemptions: self.preemptions + other.preemptions }
    }

    /// Whether it is within `bound`, in faults and in preemptions.
    pub fn within(self, bound: Cost) -> bool {
        self.faults <= bound.faults && self.preemptions <= bound.preemptions
    }

    /// Cost of this pick of a choice with this label.
    pub fn of(label: Label, picked: u32) -> Cost {
        match label.cost() {
            _ if picked == 0 => Cost::default(),
            sim::engine::Cost::Free => Cost::default(),
            sim::engine::Cost::Preemption => Cost { faults: 0, preemptions: 1 },
            sim::engine::Cost::Fault => Cost { faults: 1, preemptions: 0 },
        }
    }
}

/// The picks other than 0 of a choice that a search takes.
pub fn alternatives(choice: Pick) -> impl Iterator<Item = u32> {
    (1..choice.of).filter(move |&picked| is_taken(choice.label, &choice.alternative(picked)))
}

fn is_taken(label: Label, alternative: &Alternative) -> bool {
    let one_of = |times: &[Duration]| alternative.time().is_some_and(|time| times.contains(&time));
    let fault_of = |kinds: &[FaultKind]| alternative.fault().is_some_and(|kind| kinds.contains(&kind));
    match label {
        Label::Pace | Label::Entropy | Label::ClockOffset | Label::ClockRate => false,
        Label::ServerFault | Label::LaggingCache | Label::CustomFault => false,
        Label::CallFault => fault_of(PLACED_CALL_FAULTS),
        Label::WorldFault => fault_of(PLACED_WORLD_FAULTS),
        Label::CallDelay => one_of(DELAYS_TAKEN),
        Label::SecondAnswer => SECOND_ANSWERS_TAKEN.contains(alternative),
        Label::CopyDelay => one_of(COPY_DELAYS_TAKEN),
        Label::Restart => one_of(RESTARTS_TAKEN),
        Label::Pause => one_of(PAUSES_TAKEN),
        _ => true,
    }
}

/// What is enumerated, in words.
pub fn enumerated() -> Vec<String> {
    let names = |kinds: &[FaultKind]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let some = |times: &[Duration]| times.iter().map(|time| format!("{time:?}")).collect::<Vec<_>>().join(" or ");
    vec![
        "every order of answers, watch events, caches, API requests and deliveries".to_owned(),
        format!("at every API request: {}; held back for {}", names(PLACED_CALL_FAULTS), some(DELAYS_TAKEN)),
        format!(
            "a request that is sent twice: the second copy at once or after {}, answered by the server, or by a layer \
             in between with 429 or 422",
            some(COPY_DELAYS_TAKEN)
        ),
        format!(
            "at every step, of every replica: a crash with a restart after {}, a pause of {}",
            some(RESTARTS_TAKEN),
            some(PAUSES_TAKEN)
        ),
        "at every step: a third party frees a held lease, ends a RemediationRequest (plainly, or so that a person must \
         review it), lifts that review, erases the conditions of one or deletes one (not while a create of its name is \
         pending)"
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(label: Label, of: u32) -> Pick {
        Pick { label, of, picked: 0 }
    }

    fn picks(label: Label, of: u32) -> Vec<u32> {
        alternatives(choice(label, of)).collect()
    }

    #[test]
    fn order_is_enumerated_whole() {
        assert_eq!(picks(Label::Next, 4), [1, 2, 3]);
        assert_eq!(picks(Label::Interference, 3), [1, 2]);
        assert_eq!(picks(Label::Entropy, 65_536), [0_u32; 0]);
    }

    #[test]
    fn faults_are_those_that_are_named() {
        let faults = |label, of| -> Vec<FaultKind> {
            let names = picks(label, of).into_iter().map(|picked| choice(label, of).alternative(picked));
            names.filter_map(|name| name.fault()).collect()
        };
        assert_eq!(faults(Label::CallFault, 13), PLACED_CALL_FAULTS);
        assert_eq!(faults(Label::WorldFault, 6), PLACED_WORLD_FAULTS);
        assert_eq!(picks(Label::CallDelay, 6), [2, 4, 5]);
        assert_eq!((picks(Label::SecondAnswer, 10), picks(Label::CopyDelay, 4)), (vec![1, 2], vec![1]));
        assert_eq!((picks(Label::Restart, 3), picks(Label::Pause, 4)), (vec![2], vec![2]));
    }

    #[test]
    fn only_deviations_cost() {
        assert_eq!(Cost::of(Label::Next, 0), Cost::default());
        let both = Cost::of(Label::Next, 3).plus(Cost::of(Label::WorldFault, 1));
        assert_eq!(both, Cost { faults: 1, preemptions: 1 });
        assert!(both.within(Cost { faults: 1, preemptions: 2 }) && !both.within(Cost { faults: 0, preemptions: 2 }));
        assert_eq!(Cost::of(Label::Restart, 2), Cost::default());
    }
}
