//! Mixed versions: the existing gateway's pods next to this one's, and locks that other programs wrote.
use super::dsl::{deliver, orchestrate, seconds};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, Distinct},
        Retry, Route,
    },
};
use std::borrow::Cow;

const fn to(replica: usize) -> Act {
    deliver(Deployment, 1, Route::Replica(replica))
}

/// A request that the old pod creates first, so that every watch has shown one of its requests.
const CREATED_BEFORE: Act = deliver(Distinct(0), 1, Route::Replica(0));

/// A rolling update, with alerts that arrive one at a time. The new pods have already seen a request of the old pod, as
/// they do when they start; without it, a lagging watch could hide the old pod's requests.
pub const ROLLING_UPDATE: Scenario = Scenario {
    name: Cow::Borrowed("rolling-update"),
    story: Cow::Borrowed(
        "one pod still runs the existing gateway: alerts that arrive one at a time at old and new pods are counted \
         on one request",
    ),
    mixed_replicas: Cow::Borrowed(&["shipped-lease"]),
    acts: Cow::Borrowed(&[
        CREATED_BEFORE,
        Act::AwaitAnswers,
        Act::Wait(seconds(1)),
        to(0),
        Act::AwaitAnswers,
        to(1),
        Act::AwaitAnswers,
        to(0),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        to(2),
        Act::AwaitAnswers,
        to(0),
        Act::AwaitAnswers,
        to(1),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(3), Expect::AllAccepted, Expect::Counted(Deployment, 6)]),
    weight: 10,
    ..Scenario::BLANK
};

const fn lease(number: u16, spec: &'static str) -> Act {
    Act::WriteLease { of: Distinct(number), spec: Cow::Borrowed(spec) }
}

/// Locks that were written by hand.
pub const ODD_LEASES: Scenario = Scenario {
    name: Cow::Borrowed("odd-leases"),
    story: Cow::Borrowed(
        "locks written by hand: empty, without a duration, without a time, long expired, in the future; each \
         fingerprint is served",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        lease(0, "{}"),
        lease(1, r#"{"holderIdentity":"","leaseDurationSeconds":30}"#),
        lease(2, r#"{"holderIdentity":"somebody"}"#),
        lease(3, r#"{"holderIdentity":"somebody","leaseDurationSeconds":30}"#),
        lease(
            4,
            r#"{"holderIdentity":"gateway-1","leaseDurationSeconds":30,"renewTime":"2001-01-01T00:00:00.000000Z"}"#,
        ),
        lease(
            5,
            r#"{"holderIdentity":"somebody","leaseDurationSeconds":60,"renewTime":"2101-01-01T00:00:00.000000Z"}"#,
        ),
        Act::DeliverEach { count: 6, to: Route::RoundRobin, retry: Retry::Alertmanager },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(6), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};
