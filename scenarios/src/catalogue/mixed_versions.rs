//! Fleets that are not of one kind: the existing gateway's pods beside this one's, and locks that others wrote.
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, Distinct},
        Retry, Route,
    },
};
use std::{borrow::Cow, time::Duration};

const fn deliver(replica: usize) -> Act {
    Act::Deliver { what: Deployment, copies: 1, to: Route::Replica(replica), retry: Retry::Alertmanager }
}

/// What the old pod did before, and every watch has shown since.
const DONE_BEFORE: Act =
    Act::Deliver { what: Distinct(0), copies: 1, to: Route::Replica(0), retry: Retry::Alertmanager };

/// A rolling update, with alerts that come one at a time. Something of the old pod's has been seen, as a new pod does when it
/// starts: before the first sighting a watch that lags hides its requests.
pub const ROLLING_UPDATE: Scenario = Scenario {
    name: Cow::Borrowed("rolling-update"),
    story: Cow::Borrowed(
        "one pod still runs the existing gateway: alerts that come one at a time to either kind meet in one request",
    ),
    beside: Cow::Borrowed(&["shipped-lease"]),
    acts: Cow::Borrowed(&[
        DONE_BEFORE,
        Act::AwaitAnswers,
        Act::Wait(Duration::from_secs(1)),
        deliver(0),
        Act::AwaitAnswers,
        deliver(1),
        Act::AwaitAnswers,
        deliver(0),
        Act::AwaitAnswers,
        Act::Orchestrate { of: Deployment, phase: Cow::Borrowed("Completed") },
        deliver(2),
        Act::AwaitAnswers,
        deliver(0),
        Act::AwaitAnswers,
        deliver(1),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(3), Expect::AllAccepted, Expect::Counted(Deployment, 6)]),
    weight: 10,
    ..Scenario::BLANK
};

const fn lease(number: u16, spec: &'static str) -> Act {
    Act::WriteLease { of: Distinct(number), spec: Cow::Borrowed(spec) }
}

/// Locks that no gateway wrote.
pub const ODD_LEASES: Scenario = Scenario {
    name: Cow::Borrowed("odd-leases"),
    story: Cow::Borrowed(
        "locks written by hand: empty, without a duration, without a time, of long ago, for an hour; each is got over",
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
