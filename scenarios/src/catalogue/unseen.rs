//! Unseen: what a replica's watches do not show it, because they have fallen silent.
//!
//! The server ends a watch after 290 s; the one that follows is silent until it is given up, 330 s later.
use super::dsl::{
    AT_REST, WATCHES_END, creates_by, deliver, first, first_few, interfere, on, on_replica, once, orchestrate, seconds,
};
use crate::{
    scenario::{Expect, Scenario},
    workload::{Act, Interference, Payload::Deployment, Route},
};
use sim::{CallPattern, Effect, FaultKind, Trigger};
use std::{borrow::Cow, time::Duration};

const fn silent(on: CallPattern, times: u32) -> Trigger {
    first_few(times, on, Effect::Fault(FaultKind::SilentWatch))
}

/// A lock does not hide that its request is being deleted.
pub const DELETED_BEHIND_A_LOCK: Scenario = Scenario {
    name: Cow::Borrowed("deleted-behind-a-lock"),
    story: Cow::Borrowed(
        "a holder pauses before it gives its lease back, and its request is being deleted; another replica, whose \
         watch is silent, waits until the request is gone",
    ),
    acts: Cow::Borrowed(&[
        WATCHES_END,
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        interfere(Interference::DeleteRequests { held: seconds(15) }),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[
        silent(on_replica(1, "GET", "remediationrequests"), 1),
        first(on_replica(0, "PUT", "leases"), Effect::PauseBefore(seconds(20))),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 3,
    ..Scenario::BLANK
};

/// A list shows a deletion that the watch does not.
pub const UNSEEN_DELETION: Scenario = Scenario {
    name: Cow::Borrowed("unseen-deletion"),
    story: Cow::Borrowed(
        "clients make requests by hand, so that replicas list before they begin an episode: one whose watch has fallen \
         silent sees that a request is being deleted, and waits until it is gone",
    ),
    acts: Cow::Borrowed(&[
        interfere(Interference::CreateRequest),
        AT_REST,
        orchestrate(Deployment, "Completed"),
        Act::Wait(seconds(165)),
        interfere(Interference::CreateRequest),
        AT_REST,
        interfere(Interference::DeleteRequests { held: seconds(60) }),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[silent(on_replica(1, "GET", "remediationrequests"), 1)]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted]),
    weight: 3,
    ..Scenario::BLANK
};

/// A lease is not swept while a request of its fingerprint exists, seen or not.
pub const UNSEEN_BY_THE_SWEEPER: Scenario = Scenario {
    name: Cow::Borrowed("unseen-by-the-sweeper"),
    story: Cow::Borrowed(
        "a lease is about to be swept when a client makes a request by hand, which no watch shows: the lists of the \
         sweepers show it",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::RoundRobin),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        AT_REST,
        interfere(Interference::DeleteEnded),
        Act::Wait(seconds(165)),
        interfere(Interference::CreateRequest),
        Act::Wait(seconds(120)),
    ]),
    triggers: Cow::Borrowed(&[silent(on("GET", "remediationrequests"), 3)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 3,
    ..Scenario::BLANK
};

/// A name does not stand for one request.
pub const NAME_USED_AGAIN: Scenario = Scenario {
    name: Cow::Borrowed("name-used-again"),
    story: Cow::Borrowed(
        "a replica creates a request and crashes, and another one counts on it; it is deleted and created again under \
         its name, which a silent watch hides: the next count does not commit on the old one, and is made on the new \
         one",
    ),
    acts: Cow::Borrowed(&[
        WATCHES_END,
        once(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(Deployment, 1, Route::Replica(1)),
        Act::AwaitAnswers,
        interfere(Interference::DeleteRequests { held: Duration::ZERO }),
        deliver(Deployment, 1, Route::Replica(2)),
        Act::AwaitAnswers,
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[
        silent(on_replica(1, "GET", "remediationrequests"), 1),
        first(creates_by(0), Effect::CrashAfter { restart: seconds(300) }),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    weight: 3,
    ..Scenario::BLANK
};
