//! Seldom: worlds that lead to branches of the protocol which nothing else reaches, as `lockstep coverage` found out.
use super::dsl::{
    AT_REST, after, deliver, end, first, first_few, interfere, keyed, millis, on, on_replica, orchestrate, seconds,
};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act, Interference,
        Payload::{Deployment, Distinct},
        Retry, Route, Suppression,
    },
};
use sim::{Effect, FaultKind};
use std::{borrow::Cow, time::Duration};

/// A proxy that does not know the way answers as if nothing existed.
pub const LOST_PROXY: Scenario = Scenario {
    name: Cow::Borrowed("lost-proxy"),
    story: Cow::Borrowed(
        "a request is active and its lease was given back minutes ago; then a proxy answers a replica's count and its \
         next reads with 404: the count is repeated until it is answered, and no request is begun beside the first",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(1)),
        Act::AwaitAnswers,
        AT_REST,
        deliver(Deployment, 1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[
        first(on_replica(0, "PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::PageNotFound)),
        first_few(4, on_replica(0, "GET", "remediationrequests"), Effect::Fault(FaultKind::PageNotFound)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 10,
    ..Scenario::BLANK
};

/// Requests that a client creates take the signals, and keep others from being created.
pub const MADE_BY_HAND: Scenario = Scenario {
    name: Cow::Borrowed("made-by-hand"),
    story: Cow::Borrowed(
        "a client creates a request by hand, which takes the signals; when it has ended the client creates another, \
         and deletes it, held by a finalizer, while signals arrive: none is created beside it",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        interfere(Interference::CreateRequest),
        AT_REST,
        keyed(Deployment, 2, Route::Any, 1),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        AT_REST,
        interfere(Interference::CreateRequest),
        AT_REST,
        deliver(Deployment, 3, Route::RoundRobin),
        Act::AwaitAnswers,
        interfere(Interference::DeleteRequests { held: seconds(20) }),
        deliver(Deployment, 3, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A request that a client created may have suppressed others: it is closed before the first episode begins.
pub const HAND_MADE_COOLDOWN: Scenario = Scenario {
    name: Cow::Borrowed("hand-made-cooldown"),
    story: Cow::Borrowed(
        "a request that a client created by hand ends with a cooldown of a second; after it a replica begins the first \
         episode, and the first closing of that request is answered 503",
    ),
    acts: Cow::Borrowed(&[
        interfere(Interference::CreateRequest),
        AT_REST,
        deliver(Deployment, 2, Route::Replica(1)),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::For(seconds(1))),
        Act::Wait(seconds(3)),
        deliver(Deployment, 2, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[first(
        on_replica(0, "PATCH", "remediationrequests/status"),
        Effect::Fault(FaultKind::ServiceUnavailable),
    )]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 4)]),
    weight: 10,
    ..Scenario::BLANK
};

/// Each start of a pod is a writer: more of them than a ledger holds.
macro_rules! starts {
    ($($replica:literal)*) => {
        &[$(
            deliver(Deployment, 1, Route::Replica($replica)),
            Act::AwaitAnswers,
            Act::CrashEvery { replica: Some($replica), every: millis(10), restart: millis(500), times: 1 },
            Act::Wait(seconds(2)),
        )*]
    };
}

/// A ledger drops its oldest mark, and raises its base.
pub const MANY_WRITERS: Scenario = Scenario {
    name: Cow::Borrowed("many-writers"),
    story: Cow::Borrowed(
        "36 starts of three pods count one alert each on one request, which remembers 32 writers: each counts once",
    ),
    acts: Cow::Borrowed(starts!(0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2)),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 36)]),
    weight: 1,
    ..Scenario::BLANK
};

/// A deletion of which nothing is known is tried again by the next sweep.
pub const SWEPT_AGAIN: Scenario = Scenario {
    name: Cow::Borrowed("swept-again"),
    story: Cow::Borrowed(
        "two requests end and are deleted, and no alert comes for minutes; of the deletions of their leases one is \
         sent twice and one is answered 504: both leases are deleted in the end",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::RoundRobin),
        deliver(Distinct(1), 1, Route::RoundRobin),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        orchestrate(Distinct(1), "Completed"),
        interfere(Interference::DeleteEnded),
        Act::Interfere { of: Distinct(1), how: Interference::DeleteEnded },
        Act::Wait(seconds(500)),
    ]),
    triggers: Cow::Borrowed(&[
        first(on("DELETE", "leases"), Effect::Twice { answer: None, after: Duration::ZERO }),
        after(1, on("DELETE", "leases"), Effect::Fault(FaultKind::GatewayTimeout)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllAccepted]),
    weight: 5,
    ..Scenario::BLANK
};

/// A lease that could not be given back is left to expire, and then freed by the replica that forgot it.
pub const RELEASE_GIVEN_UP: Scenario = Scenario {
    name: Cow::Borrowed("release-given-up"),
    story: Cow::Borrowed(
        "four times in a row the connection breaks when a replica gives its lease back: it gives up, and frees the \
         lease once that has expired; another replica counts meanwhile",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(Deployment, 2, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[first_few(4, on_replica(0, "PUT", "leases"), Effect::Fault(FaultKind::LostRequest))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    weight: 5,
    ..Scenario::BLANK
};

/// More calls than may be under way wait for those that are never answered.
pub const CALLS_STUCK: Scenario = Scenario {
    name: Cow::Borrowed("calls-stuck"),
    story: Cow::Borrowed(
        "80 alerts of different fingerprints at one replica, of which 64 wait for the answer to their first call until \
         it times out: the others are not sent before, and none is lost",
    ),
    acts: Cow::Borrowed(&[Act::DeliverEach { count: 80, to: Route::Replica(0), retry: Retry::Alertmanager }]),
    triggers: Cow::Borrowed(&[first_few(64, on_replica(0, "POST", "leases"), Effect::Fault(FaultKind::Hang))]),
    expect: Cow::Borrowed(&[Expect::Requests(80), Expect::AllAccepted]),
    weight: 1,
    ..Scenario::BLANK
};
