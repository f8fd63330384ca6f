//! Suppression: requests that have ended and still take the signals, for a time or until a person has reviewed them.
//!
//! Whether one suppresses depends on the time and on the orchestrator, so replicas may disagree about it.
use super::dsl::{deliver, end, first, keyed, millis, on_replica, orchestrate, seconds, suppress};
use crate::{
    scenario::{Expect, Scenario},
    workload::{Act, Payload::Deployment, Route, Suppression},
};
use sim::{Effect, Faults};
use std::borrow::Cow;

/// The end of a cooldown is a moment on which replicas do not agree.
pub const COOLDOWN_ENDS: Scenario = Scenario {
    name: Cow::Borrowed("cooldown-ends"),
    story: Cow::Borrowed(
        "every request is Completed with a cooldown of one second; 2 deliveries with keys, and 10 around its end, each \
         sent twice: each counts once",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 2, Route::Any, 1),
        Act::EndMeanwhile {
            of: Deployment,
            phase: Cow::Borrowed("Completed"),
            suppression: Suppression::For(seconds(1)),
            times: 4,
        },
        Act::Wait(millis(700)),
        keyed(Deployment, 5, Route::Any, 1),
        Act::Wait(millis(300)),
        keyed(Deployment, 5, Route::Any, 1),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 12)]),
    weight: 60,
    ..Scenario::BLANK
};

/// A count that was decided during the cooldown arrives after it.
pub const COUNT_AFTER_COOLDOWN: Scenario = Scenario {
    name: Cow::Borrowed("count-after-cooldown"),
    story: Cow::Borrowed(
        "a replica pauses before it counts a delivery with a key on a request whose cooldown ends meanwhile; another \
         begins the next episode; the delivery is repeated: it counts once",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::Replica(1), 0),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::For(seconds(2))),
        keyed(Deployment, 1, Route::Replica(0), 2),
        Act::Wait(millis(2_100)),
        keyed(Deployment, 1, Route::Replica(1), 1),
    ]),
    triggers: Cow::Borrowed(&[COUNT_PAUSED]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    weight: 20,
    ..Scenario::BLANK
};

/// The same without keys: the old request must not take counts beside its successor.
pub const COUNT_AFTER_COOLDOWN_UNKEYED: Scenario = Scenario {
    name: Cow::Borrowed("count-after-cooldown-unkeyed"),
    story: Cow::Borrowed(
        "a replica pauses before it counts on a request whose cooldown ends meanwhile; another begins the next \
         episode: both alerts are counted on that",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(1)),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::For(seconds(2))),
        deliver(Deployment, 1, Route::Replica(0)),
        Act::Wait(millis(2_100)),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[COUNT_PAUSED]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    weight: 20,
    ..Scenario::BLANK
};

const COUNT_PAUSED: sim::Trigger =
    first(on_replica(0, "PATCH", "remediationrequests/status"), Effect::PauseBefore(seconds(3)));

/// Clocks that differ by more than the cooldown lasts.
pub const COOLDOWN_BY_WRONG_CLOCKS: Scenario = Scenario {
    name: Cow::Borrowed("cooldown-by-wrong-clocks"),
    story: Cow::Borrowed(
        "a request is Completed with a cooldown of 30 s, and replicas' clocks are wrong by up to 90 s: deliveries with \
         and without keys, before and after its end, each count once",
    ),
    faults: Faults { name: "wrong-clocks", clock_skew: true, ..Faults::NONE },
    acts: Cow::Borrowed(&[
        // A replica's monotonic clock begins at its start: it must have run for longer than two wall clocks differ.
        Act::Wait(seconds(180)),
        keyed(Deployment, 2, Route::Any, 1),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::For(seconds(30))),
        keyed(Deployment, 3, Route::RoundRobin, 1),
        deliver(Deployment, 2, Route::RoundRobin),
        Act::Wait(seconds(20)),
        keyed(Deployment, 3, Route::RoundRobin, 1),
        Act::Wait(seconds(60)),
        keyed(Deployment, 2, Route::RoundRobin, 1),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 12)]),
    weight: 40,
    ..Scenario::BLANK
};

/// A clock may be wrong all at once.
pub const CLOCKS_ARE_SET: Scenario = Scenario {
    name: Cow::Borrowed("clocks-are-set"),
    story: Cow::Borrowed(
        "clocks of two replicas are set, 90 s forward and 50 s back, before and during a cooldown of 30 s: each \
         delivery counts once",
    ),
    acts: Cow::Borrowed(&[
        Act::Wait(seconds(180)),
        keyed(Deployment, 2, Route::Any, 1),
        Act::AwaitAnswers,
        Act::SetClock { replica: 0, offset_ms: 90_000 },
        end(Deployment, "Completed", Suppression::For(seconds(30))),
        keyed(Deployment, 3, Route::RoundRobin, 1),
        Act::SetClock { replica: 1, offset_ms: -50_000 },
        deliver(Deployment, 2, Route::RoundRobin),
        Act::Wait(seconds(20)),
        Act::SetClock { replica: 0, offset_ms: 0 },
        keyed(Deployment, 3, Route::RoundRobin, 1),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 10)]),
    weight: 20,
    ..Scenario::BLANK
};

/// The smallest race around the end of a cooldown, for exhaustive searches.
pub const COOLDOWN_PAIR: Scenario = Scenario {
    name: Cow::Borrowed("cooldown-pair"),
    story: Cow::Borrowed(
        "2 replicas, a request with a cooldown of a second, and around its end one alert with a key and one without at \
         each",
    ),
    cluster: crate::scenario::ClusterShape { replicas: 2, ..crate::scenario::ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::Replica(0), 0),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::For(seconds(1))),
        Act::Wait(millis(990)),
        keyed(Deployment, 1, Route::Replica(0), 1),
        deliver(Deployment, 1, Route::Replica(1)),
        Act::Wait(millis(10)),
        keyed(Deployment, 1, Route::Replica(1), 1),
        deliver(Deployment, 1, Route::Replica(0)),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 5)]),
    weight: 40,
    ..Scenario::BLANK
};

/// Signals are counted on a request that a person must review, for as long as that takes.
pub const REVIEW_REQUIRED: Scenario = Scenario {
    name: Cow::Borrowed("review-required"),
    story: Cow::Borrowed(
        "a request fails and a person must review it: alerts are counted on it for minutes; after the review the next \
         alert begins another",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 2, Route::Any),
        Act::AwaitAnswers,
        end(Deployment, "Failed", Suppression::Review),
        Act::Wait(seconds(200)),
        deliver(Deployment, 3, Route::Any),
        Act::AwaitAnswers,
        keyed(Deployment, 2, Route::Any, 1),
        Act::AwaitAnswers,
        suppress(Deployment, Suppression::None),
        deliver(Deployment, 2, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 9)]),
    weight: 20,
    ..Scenario::BLANK
};

/// The orchestrator changes its mind about the cooldown.
pub const COOLDOWN_MOVED: Scenario = Scenario {
    name: Cow::Borrowed("cooldown-moved"),
    story: Cow::Borrowed(
        "a request's cooldown is moved five minutes ahead, then lifted while deliveries with keys arrive: each counts \
         once",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::Any, 0),
        Act::AwaitAnswers,
        end(Deployment, "Failed", Suppression::For(seconds(3))),
        Act::Wait(seconds(1)),
        suppress(Deployment, Suppression::For(seconds(300))),
        Act::Wait(seconds(120)),
        deliver(Deployment, 2, Route::Any),
        Act::AwaitAnswers,
        keyed(Deployment, 4, Route::Any, 1),
        suppress(Deployment, Suppression::None),
        keyed(Deployment, 4, Route::Any, 1),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 11)]),
    weight: 20,
    ..Scenario::BLANK
};

/// A review that is required only after the end comes too late for some replicas.
pub const LATE_REVIEW: Scenario = Scenario {
    name: Cow::Borrowed("late-review"),
    story: Cow::Borrowed(
        "a request is Completed, and a replica begins the next episode; only then a person must review it, and another \
         replica counts a delivery with a key on it, crashes, and gets it again: it counts once",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::Replica(1), 0),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        Act::Wait(millis(50)),
        keyed(Deployment, 1, Route::Replica(1), 0),
        Act::Wait(millis(100)),
        suppress(Deployment, Suppression::Review),
        keyed(Deployment, 1, Route::Replica(0), 0),
    ]),
    triggers: Cow::Borrowed(&[
        super::dsl::after(1, super::dsl::creates_by(1), Effect::PauseBefore(millis(600))),
        first(on_replica(0, "PATCH", "remediationrequests/status"), Effect::CrashAfter { restart: millis(500) }),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    weight: 20,
    ..Scenario::BLANK
};

/// A phase may change back as long as no episode has begun since.
pub const PHASE_CHANGES_BACK: Scenario = Scenario {
    name: Cow::Borrowed("phase-changes-back"),
    story: Cow::Borrowed(
        "a request is Completed, then Executing again, then Failed: alerts in between are counted on it, and later \
         ones on another",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 2, Route::Any, 1),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::For(seconds(1))),
        Act::Wait(seconds(2)),
        Act::ChangeBack { of: Deployment, phase: Cow::Borrowed("Executing") },
        keyed(Deployment, 2, Route::Any, 1),
        Act::AwaitAnswers,
        end(Deployment, "Failed", Suppression::None),
        keyed(Deployment, 2, Route::Any, 1),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 6)]),
    weight: 20,
    ..Scenario::BLANK
};
