//! Seldom: worlds that lead to branches of the protocol which nothing else reaches, as `lockstep coverage` found out.
use super::dsl::{
    AT_REST, after, deliver, end, first, first_few, interfere, keyed, millis, on, on_replica, once, orchestrate,
    seconds,
};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act, Interference,
        Payload::{Deployment, Distinct, GroupOfThree},
        Retry, Route, Suppression,
    },
};
use sim::{Effect, FaultKind, Trigger};
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

/// A count that its type cannot hold is refused.
pub const COUNT_AT_ITS_LIMIT: Scenario = Scenario {
    name: Cow::Borrowed("count-at-its-limit"),
    story: Cow::Borrowed(
        "a client sets a count to the largest but two, and four alerts come: what does not fit is refused",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        AT_REST,
        interfere(Interference::SetCount(i32::MAX as u32 - 2)),
        AT_REST,
        once(Deployment, 4, Route::Replica(0)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1)]),
    weight: 2,
    ..Scenario::BLANK
};

/// A count that was not sent is not looked after.
pub const COUNT_WITHHELD: Scenario = Scenario {
    name: Cow::Borrowed("count-withheld"),
    story: Cow::Borrowed(
        "counts and reads of requests are answered 503 until the sender of the first is answered; the replica \
         withholds most calls by then, and so the count of the alert that waits behind it: it is made later, once",
    ),
    cluster: ClusterShape { replicas: 1, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(Deployment, 1, Route::Replica(0)),
        Act::Wait(millis(30)),
        deliver(Deployment, 1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[
        Trigger {
            times: 60,
            ..after(1, on("PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::ServiceUnavailable))
        },
        first_few(60, on("GET", "remediationrequests"), Effect::Fault(FaultKind::ServiceUnavailable)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    weight: 3,
    ..Scenario::BLANK
};

/// A count that no gateway wrote has no times.
pub const COUNTED_BY_HAND: Scenario = Scenario {
    name: Cow::Borrowed("counted-by-hand"),
    story: Cow::Borrowed("a client makes a request by hand and sets its count: alerts are counted from there on"),
    acts: Cow::Borrowed(&[
        interfere(Interference::CreateRequest),
        AT_REST,
        interfere(Interference::SetCount(5)),
        AT_REST,
        deliver(Deployment, 2, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 7)]),
    weight: 2,
    ..Scenario::BLANK
};

/// Of several requests that may suppress others, the latest is closed.
pub const TWO_MADE_BY_HAND: Scenario = Scenario {
    name: Cow::Borrowed("two-made-by-hand"),
    story: Cow::Borrowed(
        "a client makes two requests by hand, one after the other, each of which ends with a cooldown; minutes later a \
         replica begins the first episode",
    ),
    acts: Cow::Borrowed(&[
        interfere(Interference::CreateRequest),
        AT_REST,
        end(Deployment, "Completed", Suppression::For(seconds(1))),
        AT_REST,
        interfere(Interference::CreateRequest),
        AT_REST,
        end(Deployment, "Failed", Suppression::For(seconds(1))),
        AT_REST,
        deliver(Deployment, 2, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(3), Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 2,
    ..Scenario::BLANK
};

/// The lease of another fingerprint with the same digits is left alone.
pub const DIGITS_SHARED: Scenario = Scenario {
    name: Cow::Borrowed("digits-shared"),
    story: Cow::Borrowed("another fingerprint with the same 16 digits has the lease: signals are refused"),
    acts: Cow::Borrowed(&[interfere(Interference::ClaimLease), once(Deployment, 3, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllRefused(503)]),
    weight: 1,
    ..Scenario::BLANK
};

/// A group that is refused for one member, sent anew until it is accepted.
const GROUP_REFUSED: Trigger = first_few(5, on("GET", "statefulsets"), Effect::Forbid);

/// Occurrences that cannot be given back count again.
pub const GIFTS_REFUSED: Scenario = Scenario {
    name: Cow::Borrowed("gifts-refused"),
    story: Cow::Borrowed(
        "a group is refused for one member, and what the others have counted cannot be given back: they count again",
    ),
    acts: Cow::Borrowed(&[deliver(GroupOfThree, 1, Route::Replica(0))]),
    triggers: Cow::Borrowed(&[
        GROUP_REFUSED,
        Trigger {
            on: on_replica(0, "PATCH", "remediationrequests/status"),
            skip: 1,
            times: 8,
            effect: Effect::Fault(FaultKind::ServiceUnavailable),
        },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted]),
    weight: 3,
    ..Scenario::BLANK
};

/// A request that is being deleted gives nothing.
pub const GIFTS_DELETED: Scenario = Scenario {
    name: Cow::Borrowed("gifts-deleted"),
    story: Cow::Borrowed(
        "a group is refused for one member; the request that has what the others counted is being deleted when the \
         group is sent anew",
    ),
    acts: Cow::Borrowed(&[
        deliver(GroupOfThree, 1, Route::Replica(0)),
        Act::Wait(millis(500)),
        interfere(Interference::DeleteRequests { held: seconds(3) }),
    ]),
    triggers: Cow::Borrowed(&[GROUP_REFUSED]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 3,
    ..Scenario::BLANK
};

/// Requests that were made by hand give and take like others.
pub const GIFTS_BY_HAND: Scenario = Scenario {
    name: Cow::Borrowed("gifts-by-hand"),
    story: Cow::Borrowed("a group is refused for one member, and the others are counted on a request made by hand"),
    acts: Cow::Borrowed(&[
        interfere(Interference::CreateRequest),
        AT_REST,
        deliver(GroupOfThree, 1, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[GROUP_REFUSED]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(GroupOfThree, 2)]),
    weight: 3,
    ..Scenario::BLANK
};
