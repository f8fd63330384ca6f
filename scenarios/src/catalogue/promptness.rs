//! Promptness: where nothing is wrong, or little, no signal is refused, and none waits for long.
//!
//! Senders do not retry here: a refusal that a retry would hide is a failure.
use super::dsl::{first_few, on, on_replica, once, orchestrate, seconds};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, Distinct},
        Retry, Route,
    },
};
use sim::{Effect, FaultKind};
use std::{borrow::Cow, time::Duration};

/// A burst at every replica, of which none may be refused.
pub const PROMPT_BURST: Scenario = Scenario {
    name: Cow::Borrowed("prompt-burst"),
    story: Cow::Borrowed("12 alerts at once at three replicas, without faults and without retries: none is refused"),
    acts: Cow::Borrowed(&[once(Deployment, 12, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[
        Expect::Requests(1),
        Expect::AllAccepted,
        Expect::Counted(Deployment, 12),
        Expect::AnsweredWithin(Deployment, seconds(5)),
    ]),
    weight: 10,
    ..Scenario::BLANK
};

/// Many alerts of one replica wait behind one writer.
pub const PROMPT_QUEUE: Scenario = Scenario {
    name: Cow::Borrowed("prompt-queue"),
    story: Cow::Borrowed(
        "30 alerts of one fingerprint and 10 of others at one replica, at once and without retries: none is refused",
    ),
    cluster: ClusterShape { replicas: 1, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        once(Deployment, 30, Route::Replica(0)),
        Act::DeliverEach { count: 10, to: Route::Replica(0), retry: Retry::Never },
    ]),
    expect: Cow::Borrowed(&[
        Expect::Requests(11),
        Expect::AllAccepted,
        Expect::Counted(Deployment, 30),
        Expect::AnsweredWithin(Deployment, seconds(3)),
        Expect::AnsweredWithin(Distinct(9), seconds(3)),
    ]),
    weight: 5,
    ..Scenario::BLANK
};

/// Episodes that follow each other at different replicas.
pub const PROMPT_EPISODES: Scenario = Scenario {
    name: Cow::Borrowed("prompt-episodes"),
    story: Cow::Borrowed(
        "three episodes, each begun at another replica a second after the one before has ended, without retries: each \
         alert is accepted within seconds",
    ),
    acts: Cow::Borrowed(&[
        once(Deployment, 2, Route::Replica(0)),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        Act::Wait(seconds(1)),
        once(Deployment, 2, Route::Replica(1)),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Failed"),
        Act::Wait(seconds(1)),
        once(Deployment, 2, Route::Replica(2)),
    ]),
    expect: Cow::Borrowed(&[
        Expect::Requests(3),
        Expect::AllAccepted,
        Expect::Counted(Deployment, 6),
        Expect::AnsweredWithin(Deployment, seconds(5)),
    ]),
    weight: 5,
    ..Scenario::BLANK
};

/// Pauses between tries double, and are bounded.
pub const PROMPT_RETRIES: Scenario = Scenario {
    name: Cow::Borrowed("prompt-retries"),
    story: Cow::Borrowed(
        "the first six counts are answered 503: with pauses that double from 20 ms the alert is answered within 1.4 s",
    ),
    cluster: ClusterShape { replicas: 1, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[once(Deployment, 1, Route::Replica(0))]),
    triggers: Cow::Borrowed(&[first_few(
        6,
        on("PATCH", "remediationrequests/status"),
        Effect::Fault(FaultKind::ServiceUnavailable),
    )]),
    expect: Cow::Borrowed(&[
        Expect::Requests(1),
        Expect::AllAccepted,
        Expect::AnsweredWithin(Deployment, Duration::from_millis(1_400)),
    ]),
    weight: 5,
    ..Scenario::BLANK
};

/// A server that sheds load says for how long.
pub const PROMPT_WHEN_SHED: Scenario = Scenario {
    name: Cow::Borrowed("prompt-when-shed"),
    story: Cow::Borrowed(
        "creates, counts and leases of one replica are answered 429 twice each: no alert is refused for that",
    ),
    acts: Cow::Borrowed(&[once(Deployment, 2, Route::Replica(0)), Act::AwaitAnswers, once(Deployment, 2, Route::Any)]),
    triggers: Cow::Borrowed(&[
        first_few(2, on_replica(0, "POST", "leases"), Effect::Fault(FaultKind::TooManyRequests)),
        first_few(2, on_replica(0, "POST", "remediationrequests"), Effect::Fault(FaultKind::TooManyRequests)),
        first_few(2, on_replica(0, "PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::TooManyRequests)),
    ]),
    expect: Cow::Borrowed(&[
        Expect::Requests(1),
        Expect::AllAccepted,
        Expect::Counted(Deployment, 4),
        Expect::AnsweredWithin(Deployment, seconds(30)),
    ]),
    weight: 5,
    ..Scenario::BLANK
};
