//! Load: a hot fingerprint next to cold ones, Alertmanager pairs for hours.
use super::dsl::{deliver, seconds};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, Group},
        Retry, Route,
    },
};
use sim::Faults;
use std::borrow::Cow;

/// Number of cold fingerprints.
pub const COLD: u16 = 200;

const COLD_ONES: Act = Act::DeliverEach { count: COLD, to: Route::RoundRobin, retry: Retry::Alertmanager };

/// A hot fingerprint must not slow the cold ones down.
pub const HOT_AND_COLD: Scenario = Scenario {
    name: Cow::Borrowed("hot-and-cold"),
    story: Cow::Borrowed(
        "100 alerts of one fingerprint and 200 of others reach 3 replicas at once: every alert is accepted",
    ),
    acts: Cow::Borrowed(&[deliver(Deployment, 100, Route::RoundRobin), COLD_ONES]),
    expect: Cow::Borrowed(&[
        Expect::Requests(201),
        Expect::AllAccepted,
        Expect::Counted(Deployment, 100),
        Expect::EachWithin(seconds(10)),
    ]),
    weight: 2,
    ..Scenario::BLANK
};

/// Baseline for [`HOT_AND_COLD`].
pub const COLD_ALONE: Scenario = Scenario {
    name: Cow::Borrowed("cold-alone"),
    story: Cow::Borrowed("200 alerts of different fingerprints reach 3 replicas at once"),
    acts: Cow::Borrowed(&[COLD_ONES]),
    expect: Cow::Borrowed(&[Expect::Requests(200), Expect::AllAccepted]),
    weight: 1,
    ..Scenario::BLANK
};

/// A hot fingerprint with a blocked lock must not slow the cold ones down either.
pub const STUCK_AND_COLD: Scenario = Scenario {
    name: Cow::Borrowed("stuck-and-cold"),
    story: Cow::Borrowed(
        "a fingerprint's lock is never released, and more of its alerts arrive than a replica can queue: others are \
         served at once",
    ),
    cluster: ClusterShape { replicas: 1, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed("gateway-gone") },
        deliver(Deployment, 120, Route::Replica(0)),
        Act::Wait(seconds(2)),
        Act::DeliverEach { count: 5, to: Route::Replica(0), retry: Retry::Never },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(6), Expect::AllAccepted, Expect::EachWithin(seconds(3))]),
    weight: 3,
    ..Scenario::BLANK
};

/// Two Alertmanagers that gossip, with some loss.
pub const ALERTMANAGER_PAIR: Scenario = Scenario {
    name: Cow::Borrowed("alertmanager-pair"),
    story: Cow::Borrowed(
        "two Alertmanagers send a group that grows to 3 alerts, for half an hour; now and then their gossip is lost",
    ),
    acts: Cow::Borrowed(&[Act::Alertmanagers { alerts: 3, lasts: seconds(1_800) }]),
    expect: Cow::Borrowed(&[Expect::Requests(3)]),
    time_limit: seconds(3_600),
    weight: 5,
    ..Scenario::BLANK
};

/// Three hours of an Alertmanager pair.
pub const LONG_LIFE: Scenario = Scenario {
    name: Cow::Borrowed("long-life"),
    story: Cow::Borrowed(
        "three hours of an Alertmanager pair under `stormy` faults, while the orchestrator ends requests: no alert \
         is lost",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    faults: Faults::STORMY,
    acts: Cow::Borrowed(&[
        Act::OrchestrateEvery { of: Group(5), phase: Cow::Borrowed("Completed"), every: seconds(2_400), times: 3 },
        Act::Alertmanagers { alerts: 5, lasts: seconds(10_800) },
    ]),
    time_limit: seconds(14_400),
    weight: 2,
    ..Scenario::BLANK
};
