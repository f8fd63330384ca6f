//! Crash loops: no replica runs for long enough to see a dead holder's lease expire. The first signal of each alert is
//! accepted in bounded time all the same.
use super::dsl::{deliver, first_few, millis, on, on_replica, orchestrate, seconds};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{Act, Payload::Deployment, Retry, Route},
};
use sim::Effect;
use std::{borrow::Cow, time::Duration};

/// The bound, from the first delivery of an alert. A holder's death comes later.
const BOUND: Duration = seconds(35);
const CRASH: Effect = Effect::CrashAfter { restart: seconds(1) };
const EXPECT: &[Expect] = &[Expect::AllAccepted, Expect::FirstAcceptWithin(BOUND)];

/// Every replica crashes once in 12 s: less than half the time after which it would see a lease expire.
const fn in_turn(times: u32) -> Act {
    Act::CrashEvery { replica: None, every: seconds(4), restart: seconds(1), times }
}

/// Alerts of as many fingerprints.
const fn each(count: u16) -> Act {
    Act::DeliverEach { count, to: Route::RoundRobin, retry: Retry::Alertmanager }
}

/// Crashes wherever they fall.
pub const CRASH_LOOP: Scenario = Scenario {
    name: Cow::Borrowed("crash-loop"),
    story: Cow::Borrowed(
        "one replica after the other crashes, every 4 s for two minutes, and restarts: alerts that arrive meanwhile \
         are accepted within 35 s",
    ),
    acts: Cow::Borrowed(&[
        in_turn(30),
        each(8),
        Act::Wait(millis(3_990)),
        deliver(Deployment, 6, Route::RoundRobin),
        Act::Wait(millis(7_995)),
        deliver(Deployment, 6, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(EXPECT),
    ..Scenario::BLANK
};

/// One replica never runs for long.
pub const CRASH_LOOP_OF_ONE: Scenario = Scenario {
    name: Cow::Borrowed("crash-loop-of-one"),
    story: Cow::Borrowed(
        "one of three replicas crashes every 4 s, first right after it has acquired a lock, and restarts",
    ),
    acts: Cow::Borrowed(&[
        Act::CrashEvery { replica: Some(1), every: seconds(4), restart: seconds(1), times: 12 },
        each(6),
        deliver(Deployment, 3, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[first_few(2, on_replica(1, "POST", "leases"), CRASH)]),
    expect: Cow::Borrowed(EXPECT),
    ..Scenario::BLANK
};

/// The lease is held, and nobody creates its request.
pub const CRASH_AFTER_ACQUIRING: Scenario = Scenario {
    name: Cow::Borrowed("crash-after-acquiring"),
    story: Cow::Borrowed(
        "holders crash right after their leases are written, and the fleet crash-loops: the requests are created \
         beside the dead holders' locks",
    ),
    acts: Cow::Borrowed(&[in_turn(20), each(3), deliver(Deployment, 6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[first_few(4, on("POST", "leases"), CRASH)]),
    expect: Cow::Borrowed(EXPECT),
    weight: 20,
    ..Scenario::BLANK
};

/// The lease is held, and its request exists without a count.
pub const CRASH_AFTER_CREATING: Scenario = Scenario {
    name: Cow::Borrowed("crash-after-creating"),
    story: Cow::Borrowed(
        "holders crash right after their requests are created, and the fleet crash-loops: signals are counted on those",
    ),
    acts: Cow::Borrowed(&[in_turn(20), each(3), deliver(Deployment, 6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[first_few(4, on("POST", "remediationrequests"), CRASH)]),
    expect: Cow::Borrowed(EXPECT),
    ..Scenario::BLANK
};

/// The lease is held, and its request has ended: the lock has nothing left to guard.
pub const CRASH_THEN_ENDED: Scenario = Scenario {
    name: Cow::Borrowed("crash-then-ended"),
    story: Cow::Borrowed(
        "a holder crashes after its count and before it gives its lease back, its request ends, and the fleet \
         crash-loops: the next episode takes the lock over; in the end no lease names the dead",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        in_turn(15),
        deliver(Deployment, 3, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[first_few(1, on("PATCH", "remediationrequests/status"), CRASH)]),
    expect: Cow::Borrowed(EXPECT),
    weight: 20,
    ..Scenario::BLANK
};

/// The lease stays held while its request is active.
pub const CRASH_BEFORE_RELEASE: Scenario = Scenario {
    name: Cow::Borrowed("crash-before-release"),
    story: Cow::Borrowed(
        "every replica crashes after its count and before it gives its lease back: signals are counted on the \
         requests, and within two minutes the leases of the dead are free",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[each(3), deliver(Deployment, 3, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[first_few(3, on("PATCH", "remediationrequests/status"), CRASH)]),
    expect: Cow::Borrowed(EXPECT),
    ..Scenario::BLANK
};
