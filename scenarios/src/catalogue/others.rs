//! Others: what other programs, policies, proxies and a namespace that ends do to the gateway's objects and calls.
use super::dsl::{
    AT_REST, WATCHES_END, after, deliver, end, first, first_few, interfere, keyed, millis, on, on_replica, once,
    orchestrate, seconds,
};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act, Interference,
        Payload::{self, Deployment, Group},
        Route, Suppression,
    },
};
use sim::{Effect, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

/// The same delivery before and after each way in which a condition is garbled.
macro_rules! garbled {
    ($of:expr, $delivery:expr, $($way:literal)*) => {
        &[
            $delivery,
            Act::AwaitAnswers,
            $(Act::Interfere { of: $of, how: Interference::GarbleMarks($way) }, $delivery, Act::AwaitAnswers,)*
        ]
    };
}

/// A garbled ledger begins anew.
pub const GARBLED_COUNTS: Scenario = Scenario {
    name: Cow::Borrowed("garbled-counts"),
    story: Cow::Borrowed("another program garbles the marks of counts in 13 ways: each alert counts once"),
    acts: Cow::Borrowed(garbled!(Deployment, deliver(Deployment, 1, Route::Any), 0 1 2 3 4 5 6 7 8 9 10 11 12)),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 14)]),
    weight: 3,
    ..Scenario::BLANK
};

/// A garbled list of keys is lost.
pub const GARBLED_KEYS: Scenario = Scenario {
    name: Cow::Borrowed("garbled-keys"),
    story: Cow::Borrowed("another program garbles the list of keys in 7 ways: each delivery counts once"),
    acts: Cow::Borrowed(garbled!(Deployment, keyed(Deployment, 1, Route::Any, 0), 13 14 15 16 17 18 19)),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 8)]),
    weight: 3,
    ..Scenario::BLANK
};

const GROUP: Payload = Group(2);

/// A garbled list of occurrences that were given back is lost.
pub const GARBLED_GIFTS: Scenario = Scenario {
    name: Cow::Borrowed("garbled-gifts"),
    story: Cow::Borrowed(
        "another program garbles the list of occurrences that were given back in 9 ways: each alert counts once",
    ),
    acts: Cow::Borrowed(garbled!(GROUP, deliver(GROUP, 1, Route::Any), 20 21 22 23 24 25 26 27 28)),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(GROUP, 10)]),
    weight: 3,
    ..Scenario::BLANK
};

/// A lease that the sweeper deletes may stay for as long as another program likes.
pub const LEASE_PINNED: Scenario = Scenario {
    name: Cow::Borrowed("lease-pinned"),
    story: Cow::Borrowed(
        "a backup tool keeps a lease by a finalizer after the sweeper has deleted it: alerts wait until it is gone, \
         and none is lost",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    time_limit: seconds(3_600),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        AT_REST,
        interfere(Interference::DeleteEnded),
        interfere(Interference::PinLease { held: seconds(500) }),
        Act::Wait(seconds(420)),
        deliver(Deployment, 3, Route::RoundRobin),
        Act::AwaitAnswers,
        Act::Wait(seconds(60)),
        deliver(Deployment, 1, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 5,
    ..Scenario::BLANK
};

const STRANGER: &str = "gateway-old";

/// The same of a lock that another program wrote.
pub const FOREIGN_LEASE_PINNED: Scenario = Scenario {
    name: Cow::Borrowed("foreign-lease-pinned"),
    story: Cow::Borrowed(
        "another program's lock is deleted, and a finalizer keeps it for 20 s: alerts wait until it is gone",
    ),
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed(STRANGER) },
        interfere(Interference::PinLease { held: seconds(20) }),
        Act::DropLease { of: Deployment, holder: Cow::Borrowed(STRANGER) },
        deliver(Deployment, 2, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 5,
    ..Scenario::BLANK
};

/// A lock that another program wrote and nobody uses is forgotten.
pub const FOREIGN_LEASE_IDLE: Scenario = Scenario {
    name: Cow::Borrowed("foreign-lease-idle"),
    story: Cow::Borrowed(
        "another program holds a lock for two minutes, so that alerts that are sent once are refused; then nobody \
         needs it for minutes",
    ),
    acts: Cow::Borrowed(&[
        Act::WriteLease {
            of: Deployment,
            spec: Cow::Borrowed(r#"{"holderIdentity":"gateway-old","leaseDurationSeconds":120}"#),
        },
        once(Deployment, 3, Route::RoundRobin),
        Act::AwaitAnswers,
        Act::Wait(seconds(500)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(0)]),
    weight: 2,
    ..Scenario::BLANK
};

/// Refusals that end: of tokens, quotas, policies and definitions.
pub const REFUSED_FOR_A_WHILE: Scenario = Scenario {
    name: Cow::Borrowed("refused-for-a-while"),
    story: Cow::Borrowed(
        "a replica's calls are refused in turn for an expired token, a spent quota, a policy and a definition that is \
         replaced, and a take of its lease for another object of that name: each alert counts once in the end",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 2, Route::Replica(0)),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        Act::Wait(millis(100)),
        deliver(Deployment, 1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[
        first(on_replica(0, "POST", "leases"), Effect::Fault(FaultKind::QuotaSpent)),
        after(1, on_replica(0, "POST", "leases"), Effect::Fault(FaultKind::Unauthorized)),
        first(on_replica(0, "POST", "remediationrequests"), Effect::Fault(FaultKind::NotAllowed)),
        after(1, on_replica(0, "POST", "remediationrequests"), Effect::Fault(FaultKind::NotServed)),
        first(on_replica(0, "PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::Unauthorized)),
        after(1, on_replica(0, "PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::PolicyDenies)),
        after(1, on_replica(0, "PUT", "leases"), Effect::Twice { answer: Some(422), after: Duration::ZERO }),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 5,
    ..Scenario::BLANK
};

/// The closing of a request may be refused too.
pub const CLOSINGS_REFUSED: Scenario = Scenario {
    name: Cow::Borrowed("closings-refused"),
    story: Cow::Borrowed(
        "the closing of a request is refused by a webhook, then answered 422 and 404 in between: the delivery with a \
         key counts once on the next request",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::Replica(0), 0),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::None),
        keyed(Deployment, 1, Route::Replica(0), 0),
    ]),
    triggers: Cow::Borrowed(&[
        after(1, on_replica(0, "PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::WebhookDenies)),
        after(
            2,
            on_replica(0, "PATCH", "remediationrequests/status"),
            Effect::Twice { answer: Some(422), after: millis(300) },
        ),
        after(
            3,
            on_replica(0, "PATCH", "remediationrequests/status"),
            Effect::Twice { answer: Some(404), after: millis(300) },
        ),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 5,
    ..Scenario::BLANK
};

/// A namespace that ends takes nothing new.
pub const NAMESPACE_ENDS: Scenario = Scenario {
    name: Cow::Borrowed("namespace-ends"),
    story: Cow::Borrowed("the namespace is being deleted when the first alerts come: they are answered 503"),
    acts: Cow::Borrowed(&[interfere(Interference::EndNamespace), once(Deployment, 2, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllRefused(503)]),
    weight: 1,
    ..Scenario::BLANK
};

/// Watches that fall silent are given up; what they repeat changes nothing.
pub const WATCHES_FALL_SILENT: Scenario = Scenario {
    name: Cow::Borrowed("watches-fall-silent"),
    story: Cow::Borrowed(
        "watches of requests are opened anew and deliver nothing, and those of leases deliver each event twice: alerts \
         count once all the same, and the silent watches are given up",
    ),
    acts: Cow::Borrowed(&[
        WATCHES_END,
        deliver(Deployment, 2, Route::RoundRobin),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        Act::Wait(seconds(20)),
        deliver(Deployment, 3, Route::RoundRobin),
        Act::Wait(seconds(345)),
        deliver(Deployment, 3, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[
        first_few(3, on("GET", "remediationrequests"), Effect::Fault(FaultKind::SilentWatch)),
        first_few(3, on("GET", "leases"), Effect::Fault(FaultKind::RepeatedEvents)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 8)]),
    weight: 5,
    ..Scenario::BLANK
};

/// Watches that are refused for a while do not keep signals from being stored.
pub const WATCHES_FAIL: Scenario = Scenario {
    name: Cow::Borrowed("watches-fail"),
    story: Cow::Borrowed("watches of requests cannot be opened again for a while: alerts are stored all the same"),
    acts: Cow::Borrowed(&[
        Act::Probe { every: seconds(4), times: 90 },
        WATCHES_END,
        deliver(Deployment, 2, Route::RoundRobin),
        Act::Wait(seconds(20)),
        deliver(Deployment, 2, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[first_few(
        90,
        on("GET", "remediationrequests"),
        Effect::Fault(FaultKind::ServiceUnavailable),
    )]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 2,
    ..Scenario::BLANK
};

/// After a compaction the first read is a watch, which is answered 410, and the second is a list.
const fn second_refused(replica: usize, resource: &'static str) -> Trigger {
    Trigger { on: on_replica(replica, "GET", resource), skip: 1, times: 2, effect: Effect::Forbid }
}

/// Lists are needed again after a compaction, and may be refused then.
pub const LISTS_REFUSED: Scenario = Scenario {
    name: Cow::Borrowed("lists-refused"),
    story: Cow::Borrowed(
        "API servers forget their history, and RBAC refuses the lists that replicas then need: the kubelet gets the \
         reason, and alerts are stored all the same",
    ),
    faults: Faults { name: "compactions", world_fault_per_mille: 120, max_watch_faults: 8, ..Faults::NONE },
    acts: Cow::Borrowed(&[
        Act::Probe { every: millis(500), times: 60 },
        deliver(Deployment, 6, Route::Any),
        Act::AwaitAnswers,
        Act::Wait(seconds(5)),
        deliver(Deployment, 6, Route::Any),
    ]),
    triggers: Cow::Borrowed(&[
        second_refused(0, "leases"),
        second_refused(1, "leases"),
        second_refused(2, "leases"),
        second_refused(0, "remediationrequests"),
        second_refused(1, "remediationrequests"),
        second_refused(2, "remediationrequests"),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 5,
    ..Scenario::BLANK
};

/// More requests than a list has in one page.
pub const MORE_THAN_A_PAGE: Scenario = Scenario {
    name: Cow::Borrowed("more-than-a-page"),
    story: Cow::Borrowed(
        "a replica starts where there are 520 requests, and the second page of its list is answered 500: it lists \
         again, and counts an alert on the request that there is",
    ),
    cluster: ClusterShape { replicas: 2, other_requests: 520, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        Act::CrashEvery { replica: Some(1), every: millis(10), restart: millis(500), times: 1 },
        Act::Wait(seconds(5)),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[after(
        1,
        on_replica(1, "GET", "remediationrequests"),
        Effect::Fault(FaultKind::InternalError),
    )]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 1,
    ..Scenario::BLANK
};
