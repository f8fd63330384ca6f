//! Loads: a hot fingerprint beside cold ones, deliveries with keys, Alertmanager pairs for hours.
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, Group},
        Retry, Route,
    },
};
use sim::{CallPattern, Effect, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

/// How many cold fingerprints there are beside the hot one.
pub const COLD: u16 = 200;

const COLD_ONES: Act = Act::DeliverEach { count: COLD, to: Route::RoundRobin, retry: Retry::Alertmanager };

/// A hot fingerprint must not cost the cold ones anything.
pub const HOT_AND_COLD: Scenario = Scenario {
    name: Cow::Borrowed("hot-and-cold"),
    story: Cow::Borrowed(
        "100 alerts of one fingerprint and 200 of others reach 3 replicas at once: nobody is sent away",
    ),
    acts: Cow::Borrowed(&[
        Act::Deliver { what: Deployment, copies: 100, to: Route::RoundRobin, retry: Retry::Alertmanager },
        COLD_ONES,
    ]),
    expect: Cow::Borrowed(&[
        Expect::Requests(201),
        Expect::AllAccepted,
        Expect::Counted(Deployment, 100),
        Expect::EachWithin(Duration::from_secs(10)),
    ]),
    weight: 2,
    ..Scenario::BLANK
};

/// What the one above is compared with.
pub const COLD_ALONE: Scenario = Scenario {
    name: Cow::Borrowed("cold-alone"),
    story: Cow::Borrowed("200 alerts of different fingerprints reach 3 replicas at once"),
    acts: Cow::Borrowed(&[COLD_ONES]),
    expect: Cow::Borrowed(&[Expect::Requests(200), Expect::AllAccepted]),
    weight: 1,
    ..Scenario::BLANK
};

/// A hot fingerprint that cannot be served must not cost the cold ones anything either.
pub const STUCK_AND_COLD: Scenario = Scenario {
    name: Cow::Borrowed("stuck-and-cold"),
    story: Cow::Borrowed(
        "more alerts of a fingerprint whose lock nobody gives back than a replica has places: others are served at once",
    ),
    cluster: ClusterShape { replicas: 1, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed("gateway-gone") },
        Act::Deliver { what: Deployment, copies: 120, to: Route::Replica(0), retry: Retry::Alertmanager },
        Act::Wait(Duration::from_secs(2)),
        Act::DeliverEach { count: 5, to: Route::Replica(0), retry: Retry::Never },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(6), Expect::AllAccepted, Expect::EachWithin(Duration::from_secs(3))]),
    weight: 3,
    ..Scenario::BLANK
};

/// A key makes a redelivery the same signal.
pub const KEYED_REDELIVERY: Scenario = Scenario {
    name: Cow::Borrowed("keyed-redelivery"),
    story: Cow::Borrowed(
        "6 deliveries with idempotency keys, each sent three times, on a bad day on which the request ends: each counts once",
    ),
    faults: Faults::STORMY,
    acts: Cow::Borrowed(&[
        Act::OrchestrateMeanwhile {
            of: Deployment,
            phases: Cow::Borrowed(&[Cow::Borrowed("Pending"), Cow::Borrowed("Completed")]),
        },
        Act::Deliver { what: Deployment, copies: 6, to: Route::Any, retry: Retry::Keyed { again: 2 } },
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 6)]),
    weight: 40,
    ..Scenario::BLANK
};

/// The same on a good day: what a sender gets that does not trust its answers.
pub const KEYED_TWICE: Scenario = Scenario {
    name: Cow::Borrowed("keyed-twice"),
    story: Cow::Borrowed("one delivery with an idempotency key, sent three times to any replica: count 1"),
    acts: Cow::Borrowed(&[Act::Deliver {
        what: Deployment,
        copies: 1,
        to: Route::Any,
        retry: Retry::Keyed { again: 2 },
    }]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 1)]),
    weight: 10,
    ..Scenario::BLANK
};

/// A redelivery that must be told across an episode that has no list.
pub const EMPTY_EPISODE: Scenario = Scenario {
    name: Cow::Borrowed("empty-episode"),
    story: Cow::Borrowed(
        "a delivery with a key is sent again two episodes later; the one between ended before anything was counted on it",
    ),
    acts: Cow::Borrowed(&[
        Act::Deliver { what: Deployment, copies: 1, to: Route::RoundRobin, retry: Retry::Keyed { again: 1 } },
        Act::Wait(Duration::from_millis(500)),
        Act::Orchestrate { of: Deployment, phase: Cow::Borrowed("Completed") },
        Act::Wait(Duration::from_millis(500)),
        Act::Deliver { what: Deployment, copies: 1, to: Route::Replica(2), retry: Retry::Keyed { again: 0 } },
        Act::Wait(Duration::from_millis(500)),
        Act::Orchestrate { of: Deployment, phase: Cow::Borrowed("Completed") },
    ]),
    triggers: Cow::Borrowed(&[
        // The redelivery, which looks its target up first.
        Trigger {
            on: CallPattern { method: "GET", resource: "deployments", replica: Some(1) },
            skip: 0,
            times: 1,
            effect: Effect::PauseBefore(Duration::from_secs(4)),
        },
        // The only count of the second episode.
        Trigger {
            on: CallPattern { method: "PATCH", resource: "remediationrequests/status", replica: Some(2) },
            skip: 0,
            times: 1,
            effect: Effect::PauseBefore(Duration::from_secs(2)),
        },
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 10,
    ..Scenario::BLANK
};

/// Two Alertmanagers that mostly know of each other.
pub const ALERTMANAGER_PAIR: Scenario = Scenario {
    name: Cow::Borrowed("alertmanager-pair"),
    story: Cow::Borrowed(
        "two Alertmanagers notify of a group that grows to 3 alerts for half an hour; now and then their gossip is cut off",
    ),
    acts: Cow::Borrowed(&[Act::Alertmanagers { alerts: 3, lasts: Duration::from_secs(1_800) }]),
    expect: Cow::Borrowed(&[Expect::Requests(3)]),
    time_limit: Duration::from_secs(3_600),
    weight: 5,
    ..Scenario::BLANK
};

/// Hours of it.
pub const LONG_LIFE: Scenario = Scenario {
    name: Cow::Borrowed("long-life"),
    story: Cow::Borrowed(
        "three hours of an Alertmanager pair on a bad day, while the orchestrator ends what they began: no alert is lost",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    faults: Faults::STORMY,
    acts: Cow::Borrowed(&[
        Act::OrchestrateEvery {
            of: Group(5),
            phase: Cow::Borrowed("Completed"),
            every: Duration::from_secs(2_400),
            times: 3,
        },
        Act::Alertmanagers { alerts: 5, lasts: Duration::from_secs(10_800) },
    ]),
    time_limit: Duration::from_secs(14_400),
    weight: 2,
    ..Scenario::BLANK
};
