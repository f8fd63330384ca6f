//! Redelivery: deliveries that arrive again, at once, later, or in another episode; with idempotency keys, and groups
//! without.
use super::dsl::{after, deliver, first, first_few, keyed, meanwhile, millis, on, on_replica, orchestrate, seconds};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, GroupOfThree},
        Route,
    },
};
use sim::{Effect, Faults};
use std::borrow::Cow;

/// An idempotency key makes a redelivery the same signal.
pub const KEYED_REDELIVERY: Scenario = Scenario {
    name: Cow::Borrowed("keyed-redelivery"),
    story: Cow::Borrowed(
        "6 deliveries with idempotency keys, each sent three times under `stormy` faults while the request ends: \
         each counts once",
    ),
    faults: Faults::STORMY,
    acts: Cow::Borrowed(&[meanwhile!(Deployment, "Pending", "Completed"), keyed(Deployment, 6, Route::Any, 2)]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 6)]),
    weight: 40,
    ..Scenario::BLANK
};

/// The same without faults: a sender that repeats accepted deliveries.
pub const KEYED_TWICE: Scenario = Scenario {
    name: Cow::Borrowed("keyed-twice"),
    story: Cow::Borrowed("one delivery with an idempotency key, sent three times to any replica: count 1"),
    acts: Cow::Borrowed(&[keyed(Deployment, 1, Route::Any, 2)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 1)]),
    weight: 10,
    ..Scenario::BLANK
};

/// Copies that meet in one batch.
pub const KEYED_AT_ONCE: Scenario = Scenario {
    name: Cow::Borrowed("keyed-at-once"),
    story: Cow::Borrowed(
        "a delivery with an idempotency key reaches one replica four times at once, and another: count 2",
    ),
    acts: Cow::Borrowed(&[
        Act::DeliverTwins { what: Deployment, copies: 4, to: Route::Replica(0) },
        Act::DeliverTwins { what: Deployment, copies: 2, to: Route::Any },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 20,
    ..Scenario::BLANK
};

/// The redelivery, which looks up its target first, takes this long.
const fn late(by: u64) -> sim::Trigger {
    first(on_replica(1, "GET", "deployments"), Effect::PauseBefore(seconds(by)))
}

/// A redelivery that finds no active request must not begin one.
pub const KEYED_AFTER_THE_END: Scenario = Scenario {
    name: Cow::Borrowed("keyed-after-the-end"),
    story: Cow::Borrowed(
        "a delivery with a key is repeated after its request has ended: it gets its old answer, and begins nothing",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::RoundRobin, 1),
        Act::Wait(millis(500)),
        orchestrate(Deployment, "Completed"),
    ]),
    triggers: Cow::Borrowed(&[late(4)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 1)]),
    weight: 10,
    ..Scenario::BLANK
};

/// A key is handed on from episode to episode, with the episode that counted it.
pub const KEYED_EPISODES_LATER: Scenario = Scenario {
    name: Cow::Borrowed("keyed-episodes-later"),
    story: Cow::Borrowed(
        "a delivery with a key is repeated two episodes later: its answer names the request that counted it",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::RoundRobin, 1),
        Act::Wait(millis(500)),
        orchestrate(Deployment, "Completed"),
        keyed(Deployment, 1, Route::Replica(2), 0),
        Act::Wait(millis(500)),
        orchestrate(Deployment, "Completed"),
        keyed(Deployment, 1, Route::Replica(2), 0),
    ]),
    triggers: Cow::Borrowed(&[late(4)]),
    expect: Cow::Borrowed(&[Expect::Requests(3), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    weight: 10,
    ..Scenario::BLANK
};

/// A redelivery must be recognised across an episode that has no list of keys.
pub const EMPTY_EPISODE: Scenario = Scenario {
    name: Cow::Borrowed("empty-episode"),
    story: Cow::Borrowed(
        "a delivery with a key is repeated two episodes later; the episode between them ended before its first count",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::RoundRobin, 1),
        Act::Wait(millis(500)),
        orchestrate(Deployment, "Completed"),
        Act::Wait(millis(500)),
        keyed(Deployment, 1, Route::Replica(2), 0),
        Act::Wait(millis(500)),
        orchestrate(Deployment, "Completed"),
    ]),
    triggers: Cow::Borrowed(&[
        late(4),
        // The only count of the second episode, after the closing of the first.
        after(1, on_replica(2, "PATCH", "remediationrequests/status"), Effect::PauseBefore(seconds(2))),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 10,
    ..Scenario::BLANK
};

/// A signal whose sender was answered 504 while its batch was on the way must not be counted with the others.
pub const TIMED_OUT_IN_LINE: Scenario = Scenario {
    name: Cow::Borrowed("timed-out-in-line"),
    story: Cow::Borrowed(
        "three alerts wait in line for another program's lock; the second is answered 504 while the request for it is \
         being created, and is sent again: each alert counts once",
    ),
    cluster: ClusterShape { replicas: 1, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed("gateway-gone") },
        deliver(Deployment, 1, Route::Replica(0)),
        Act::Wait(seconds(5)),
        deliver(Deployment, 1, Route::Replica(0)),
        Act::Wait(seconds(7)),
        deliver(Deployment, 1, Route::Replica(0)),
        // The first was answered after 15 s; the second will be after 20 s.
        Act::Wait(seconds(6)),
        Act::DropLease { of: Deployment, holder: Cow::Borrowed("gateway-gone") },
    ]),
    triggers: Cow::Borrowed(&[first(on("POST", "remediationrequests"), Effect::PauseAfter(millis(2_500)))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    weight: 5,
    ..Scenario::BLANK
};

/// One member of a group that cannot be stored, and the others, which are sent again with it.
pub const REFUSED_MEMBER: Scenario = Scenario {
    name: Cow::Borrowed("refused-member"),
    story: Cow::Borrowed(
        "a group of three is sent without a key; the look-up of one is refused five times, and each retry reaches \
         another replica; then the group is sent anew: each alert counts once for each of the two notifications",
    ),
    acts: Cow::Borrowed(&[
        deliver(GroupOfThree, 1, Route::RoundRobin),
        Act::AwaitAnswers,
        deliver(GroupOfThree, 1, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[first_few(5, on("GET", "statefulsets"), Effect::Forbid)]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(GroupOfThree, 4)]),
    weight: 20,
    ..Scenario::BLANK
};

/// The same from a highly available pair, which sends every notification twice, under faults.
pub const REFUSED_MEMBER_OF_PAIR: Scenario = Scenario {
    name: Cow::Borrowed("refused-member-of-pair"),
    story: Cow::Borrowed(
        "a group of three is sent by two senders at once, and again, under `stormy` faults while one member is \
         refused and a request ends: no accepted alert lacks a count",
    ),
    faults: Faults::STORMY,
    acts: Cow::Borrowed(&[
        meanwhile!(Deployment, "Pending", "Completed"),
        deliver(GroupOfThree, 2, Route::Any),
        Act::AwaitAnswers,
        deliver(GroupOfThree, 1, Route::Any),
    ]),
    triggers: Cow::Borrowed(&[first_few(6, on("GET", "statefulsets"), Effect::Forbid)]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 20,
    ..Scenario::BLANK
};
