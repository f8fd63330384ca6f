//! Worlds at random: everything that the environment may do, drawn from a seed.
//!
//! The catalogue has worlds that people thought of. Here a seed draws the cluster, the script, the faults that strike
//! given calls, and the odds of all others. Each world is a [`Scenario`]: it is replayed by its name, shrunk by edits
//! and judged like any other. It respects what docs/protocol/argument.md assumes; what it leaves out for that reason is
//! listed at [`draw`].
mod draw;
mod lot;
mod names;

pub use draw::draw;
pub use names::{NAME, name, seed};

use crate::{
    gateway_faults,
    scenario::Scenario,
    workload::{Act, Payload, Retry, Route},
};
use sim::{Fault, FaultKind, Faults};
use std::borrow::Cow;

/// All worlds together, as a row of a report: each of its runs draws a world of its own.
pub const ANY: Scenario = Scenario {
    name: Cow::Borrowed(NAME),
    story: Cow::Borrowed("a cluster, a script and faults that are drawn anew for each run"),
    faults: Faults::HOSTILE,
    acts: Cow::Borrowed(&[Act::Deliver {
        what: Payload::Deployment,
        copies: 1,
        to: Route::Any,
        retry: Retry::Alertmanager,
    }]),
    ..Scenario::BLANK
};

/// Faults that worlds do not have: a read that lies, which the protocol assumes away, and streams that overflow, since
/// these API servers buffer everything.
const NEVER: &[FaultKind] = &[FaultKind::StaleRead, FaultKind::SlowWatch];

/// Every fault that some worlds have, by chance, at a given call or by an act.
pub fn words() -> impl Iterator<Item = Fault> {
    let kinds = FaultKind::ALL.iter().filter(|kind| !NEVER.contains(kind)).map(|&kind| Fault::Kind(kind));
    let named = gateway_faults::ALL.iter().chain(gateway_faults::OF_ACTS).map(|&(name, _)| Fault::Named(name));
    kinds.chain(named)
}

/// The world of this name, if it is the name of one.
pub fn find(name: &str) -> Option<Scenario> {
    seed(name).map(draw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_finds_its_world() {
        let world = find(&name(7)).expect("a world");
        assert_eq!((world.name.as_ref(), &world.acts, &world.triggers), ("world-7", &draw(7).acts, &draw(7).triggers));
        assert!(find("burst").is_none() && find("world-").is_none() && find("world-x").is_none());
    }

    #[test]
    fn every_word_of_the_vocabulary_is_drawn() {
        let worlds: Vec<Scenario> = (0..3_000).map(draw).collect();
        let acts = worlds.iter().flat_map(|world| world.acts.iter());
        let word = |act: &Act| {
            let text = format!("{act:?}");
            let word = |text: &str| text.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
            match act {
                Act::Interfere { how, .. } => word(&format!("{how:?}")),
                _ => word(&text),
            }
        };
        let drawn: BTreeSet<String> = acts.map(word).collect();
        let expected = "AwaitAnswers ChangeBack CrashEvery CreateRequest DeleteEnded DeleteRequests Deliver \
                        DeliverEach DeliverTwins DropLease End EndForReview EndMeanwhile EndRequest EraseMarks \
                        FreeLease GarbleMarks HoldLease LiftReview Orchestrate OrchestrateEvery \
                        OrchestrateMeanwhile Pause PinLease RestoreMarks SetClock SetCount Suppress Wait WriteLease";
        let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(drawn, expected);
        let effects: BTreeSet<_> =
            worlds.iter().flat_map(|world| world.triggers.iter()).map(|t| t.effect.kind()).collect();
        assert!(effects.len() > 15, "{effects:?}");
        assert!(
            worlds.iter().any(|world| world.faults == Faults { name: NAME, ..Faults::NONE }),
            "some have no faults"
        );
        assert!(worlds.iter().all(|world| world.acts.iter().any(|act| act.signals() > 0)), "each sends signals");
    }
}
