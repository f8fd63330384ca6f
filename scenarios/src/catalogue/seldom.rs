//! Seldom: worlds that lead to branches of the protocol which nothing else reaches, as `lockstep coverage` found out.
use super::dsl::{deliver, end, first, interfere, millis, on_replica, seconds};
use crate::{
    scenario::{Expect, Scenario},
    workload::{Act, Interference, Payload::Deployment, Route, Suppression},
};
use sim::{Effect, FaultKind};
use std::borrow::Cow;

/// A request that a client created may have suppressed others: it is closed before the first episode begins.
pub const HAND_MADE_COOLDOWN: Scenario = Scenario {
    name: Cow::Borrowed("hand-made-cooldown"),
    story: Cow::Borrowed(
        "a request that a client created by hand ends with a cooldown of a second; after it a replica begins the first \
         episode, and the first closing of that request is answered 503",
    ),
    acts: Cow::Borrowed(&[
        interfere(Interference::CreateRequest),
        Act::Wait(seconds(2)),
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
