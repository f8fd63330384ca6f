//! Bursts: many signals at once, of one fingerprint or of many.
use super::dsl::{deliver, meanwhile, millis};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, Distinct},
        Route,
    },
};
use sim::Faults;
use std::borrow::Cow;

/// Integration test of the lock's plan: three pods, fifteen concurrent signals of one fingerprint.
pub const BURST: Scenario = Scenario {
    name: Cow::Borrowed("burst"),
    story: Cow::Borrowed("15 identical alerts reach 3 replicas at once: one RemediationRequest, count 15"),
    acts: Cow::Borrowed(&[deliver(Deployment, 15, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 15)]),
    weight: 100,
    ..Scenario::BLANK
};

/// End-to-end test of the lock's plan.
pub const BURST_100: Scenario = Scenario {
    name: Cow::Borrowed("burst-100"),
    story: Cow::Borrowed("100 identical alerts reach 3 replicas at once: one RemediationRequest, count 100"),
    acts: Cow::Borrowed(&[deliver(Deployment, 100, Route::Any)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 100)]),
    weight: 5,
    ..Scenario::BLANK
};

/// The same burst under the preset `stormy`.
pub const BURST_STORMY: Scenario = Scenario {
    name: Cow::Borrowed("burst-stormy"),
    story: Cow::Borrowed(
        "15 identical alerts under `stormy` faults: lost and late writes, a crash, a pause, wrong clocks",
    ),
    faults: Faults::STORMY,
    acts: Cow::Borrowed(&[deliver(Deployment, 15, Route::Any)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 60,
    ..Scenario::BLANK
};

/// A smaller burst under the preset `hostile`.
pub const BURST_HOSTILE: Scenario = Scenario {
    name: Cow::Borrowed("burst-hostile"),
    story: Cow::Borrowed(
        "6 identical alerts under `hostile` faults, while the orchestrator ends the request that counts them",
    ),
    faults: Faults::HOSTILE,
    acts: Cow::Borrowed(&[
        meanwhile!(Deployment, "Pending", "Executing", "Completed"),
        deliver(Deployment, 6, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 60,
    ..Scenario::BLANK
};

/// A hot fingerprint must not delay others.
pub const DISTINCT: Scenario = Scenario {
    name: Cow::Borrowed("distinct"),
    story: Cow::Borrowed("12 alerts of one fingerprint and 3 of others at once: the others do not wait for the first"),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 12, Route::RoundRobin),
        deliver(Distinct(1), 1, Route::Any),
        deliver(Distinct(2), 1, Route::Any),
        deliver(Distinct(3), 1, Route::Any),
    ]),
    expect: Cow::Borrowed(&[
        Expect::Requests(4),
        Expect::AllAccepted,
        Expect::AnsweredWithin(Distinct(1), millis(400)),
        Expect::AnsweredWithin(Distinct(2), millis(400)),
        Expect::AnsweredWithin(Distinct(3), millis(400)),
    ]),
    weight: 40,
    ..Scenario::BLANK
};

macro_rules! distinct_deliveries {
    ($($number:literal)*) => { &[$(deliver(Distinct($number), 1, Route::Any)),*] };
}

/// End-to-end test 3 of the existing gateway.
pub const FIFTY_DISTINCT: Scenario = Scenario {
    name: Cow::Borrowed("fifty-distinct"),
    story: Cow::Borrowed("50 different alerts at once: 50 RemediationRequests"),
    acts: Cow::Borrowed(
        distinct_deliveries!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28
        29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49),
    ),
    expect: Cow::Borrowed(&[Expect::Requests(50), Expect::AllAccepted]),
    weight: 4,
    ..Scenario::BLANK
};

/// Load distribution test of the lock's plan.
pub const EVERY_REPLICA: Scenario = Scenario {
    name: Cow::Borrowed("every-replica"),
    story: Cow::Borrowed("30 alerts over 3 replicas: every replica serves some of them"),
    acts: Cow::Borrowed(&[deliver(Deployment, 15, Route::RoundRobin), deliver(Distinct(1), 15, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[
        Expect::EveryReplicaServes,
        Expect::Requests(2),
        Expect::Counted(Deployment, 15),
        Expect::Counted(Distinct(1), 15),
    ]),
    weight: 15,
    ..Scenario::BLANK
};

/// GW-DEDUP-002, the count under contention: one first alert, then concurrent duplicates.
pub const COUNT_CONTENTION: Scenario = Scenario {
    name: Cow::Borrowed("count-contention"),
    story: Cow::Borrowed(
        "GW-DEDUP-002: one alert, then 20 duplicates at once while the orchestrator writes too: count 21",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        meanwhile!(Deployment, "Pending", "Processing", "Analyzing", "Executing"),
        deliver(Deployment, 20, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 21)]),
    weight: 60,
    ..Scenario::BLANK
};

/// The existing gateway's lock does not exclude two requests of the same pod (S1).
pub const SAME_REPLICA: Scenario = Scenario {
    name: Cow::Borrowed("same-replica"),
    story: Cow::Borrowed("10 identical alerts reach one replica at once"),
    cluster: ClusterShape { replicas: 1, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Deployment, 10, Route::Replica(0))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 10)]),
    weight: 60,
    ..Scenario::BLANK
};

/// The smallest race, for exhaustive searches.
pub const PAIR: Scenario = Scenario {
    name: Cow::Borrowed("pair"),
    story: Cow::Borrowed(
        "2 replicas, 2 alerts each, of one fingerprint: the smallest scenario that contains every race",
    ),
    cluster: ClusterShape { replicas: 2, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Deployment, 4, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 4)]),
    weight: 100,
    ..Scenario::BLANK
};
