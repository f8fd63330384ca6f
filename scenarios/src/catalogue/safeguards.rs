//! Safeguards: one scenario for each rule of the protocol. It breaks without the rule; the shipped protocol, with every
//! rule, holds.
use super::dsl::{
    LATER_CREATES_LOST, after, creates, creates_by, deliver, first, interfere, meanwhile, millis, on_replica, once,
    seconds,
};
use crate::{
    scenario::{Expect, Scenario},
    workload::{
        Act, Interference,
        Payload::{Deployment, Distinct},
        Route,
    },
};
use sim::{Effect, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

/// All interference that the protocol must survive, at any step.
pub const INTERFERENCE: Scenario = Scenario {
    name: Cow::Borrowed("interference"),
    story: Cow::Borrowed(
        "8 alerts while other clients free leases, end and delete requests and erase marks at any step, and answers \
         are lost",
    ),
    faults: Faults {
        name: "interference",
        call_fault_per_mille: 150,
        max_call_faults: 12,
        interference_per_mille: 40,
        max_interferences: 6,
        ..Faults::NONE
    },
    acts: Cow::Borrowed(&[deliver(Deployment, 8, Route::Any)]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// The 60 seconds of rule 5.
pub const DELETED_UNDER_WAY: Scenario = Scenario {
    name: Cow::Borrowed("deleted-under-way"),
    story: Cow::Borrowed(
        "a RemediationRequest is deleted while a first, late create of its name is under way: no other may begin yet",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        interfere(Interference::DeleteRequests { held: Duration::ZERO }),
        deliver(Deployment, 2, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[first(creates(), Effect::Late(seconds(50)))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A create counts from its issue, not from the lease's last change.
pub const ISSUED_LATE: Scenario = Scenario {
    name: Cow::Borrowed("issued-late"),
    story: Cow::Borrowed(
        "a holder pauses before it reads that it holds the lease, which another client frees; the request that another \
         replica creates is deleted; then the holder's own create of that episode takes 60 s",
    ),
    acts: Cow::Borrowed(&[
        once(Deployment, 1, Route::Replica(0)),
        Act::Wait(millis(50)),
        interfere(Interference::FreeLease),
        deliver(Deployment, 1, Route::Replica(1)),
        Act::Wait(seconds(2)),
        interfere(Interference::DeleteRequests { held: Duration::ZERO }),
        Act::Wait(seconds(59)),
        deliver(Deployment, 2, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[
        first(on_replica(0, "POST", "leases"), Effect::PauseAfter(seconds(4))),
        first(creates_by(0), Effect::Late(seconds(60))),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// The same, with a pause that outlasts the time in which a create may be issued.
pub const ISSUED_AFTER_PAUSE: Scenario = Scenario {
    name: Cow::Borrowed("issued-after-pause"),
    story: Cow::Borrowed(
        "a holder pauses for 85 s before it reads that it holds the lease, which another client frees; the request \
         that another replica creates is deleted: the holder must not create it any more. Its next create takes 60 s",
    ),
    acts: Cow::Borrowed(&[
        once(Deployment, 1, Route::Replica(0)),
        Act::Wait(millis(50)),
        interfere(Interference::FreeLease),
        deliver(Deployment, 1, Route::Replica(1)),
        Act::Wait(seconds(2)),
        interfere(Interference::DeleteRequests { held: Duration::ZERO }),
        deliver(Deployment, 2, Route::Replica(1)),
        Act::Wait(seconds(100)),
        deliver(Distinct(1), 1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[
        first(on_replica(0, "POST", "leases"), Effect::PauseAfter(seconds(85))),
        first(creates_by(0), Effect::Late(seconds(60))),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A request that is being deleted has not ended yet.
pub const SLOW_DELETION: Scenario = Scenario {
    name: Cow::Borrowed("slow-deletion"),
    story: Cow::Borrowed(
        "an active RemediationRequest is deleted and a finalizer keeps it for 40 s: its signals wait, no other is \
         created",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        interfere(Interference::DeleteRequests { held: seconds(40) }),
        deliver(Deployment, 3, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A lease must outlive every create under it.
pub const SWEPT_LATE: Scenario = Scenario {
    name: Cow::Borrowed("swept-late"),
    story: Cow::Borrowed("a replica abandons a create that takes effect a minute later; the sweeper runs in between"),
    acts: Cow::Borrowed(&[
        Act::Wait(seconds(30)),
        once(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        Act::Wait(seconds(27)),
        deliver(Deployment, 2, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[first(creates_by(0), Effect::Late(seconds(55))), LATER_CREATES_LOST]),
    expect: Cow::Borrowed(&[Expect::Requests(1)]),
    weight: 10,
    ..Scenario::BLANK
};

/// A paused replica has seen neither the request nor the deletion of its lease.
pub const PAUSED_REPLICA: Scenario = Scenario {
    name: Cow::Borrowed("paused-replica"),
    story: Cow::Borrowed(
        "a replica pauses while a request is created and sweepers run, and gets a signal before its watches catch up",
    ),
    acts: Cow::Borrowed(&[
        Act::Pause { replica: 1, duration: seconds(100) },
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        Act::Wait(seconds(85)),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// Clocks that differ by minutes, and no other faults.
pub const WRONG_CLOCKS: Scenario = Scenario {
    name: Cow::Borrowed("wrong-clocks"),
    story: Cow::Borrowed(
        "replicas' clocks are wrong by up to 90 s: no lock expires early, and no stored time goes back",
    ),
    faults: Faults { name: "wrong-clocks", clock_skew: true, ..Faults::NONE },
    acts: Cow::Borrowed(&[
        // A replica's monotonic clock begins at its start: it must have run for longer than two wall clocks differ.
        Act::Wait(seconds(180)),
        meanwhile!(Deployment, "Pending", "Completed"),
        deliver(Deployment, 8, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 8)]),
    weight: 20,
    ..Scenario::BLANK
};

/// A restarted container keeps its pod's name.
pub const QUICK_RESTART: Scenario = Scenario {
    name: Cow::Borrowed("quick-restart"),
    story: Cow::Borrowed(
        "the holder crashes with a create under way and restarts within half a second, with the same name and its \
         lock still held",
    ),
    acts: Cow::Borrowed(&[deliver(Deployment, 4, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[
        first(creates(), Effect::Late(seconds(20))),
        after(1, creates(), Effect::CrashBefore { restart: millis(500) }),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

const fn count(skip: u32, effect: Effect) -> Trigger {
    after(skip, on_replica(0, "PATCH", "remediationrequests/status"), effect)
}

/// A lost patch that commits after the gateway has looked for it.
pub const LATE_COUNT: Scenario = Scenario {
    name: Cow::Borrowed("late-count"),
    story: Cow::Borrowed("a count is answered 504 and takes effect a little later, while the next call is delayed"),
    acts: Cow::Borrowed(&[deliver(Deployment, 2, Route::Replica(0))]),
    triggers: Cow::Borrowed(&[count(0, Effect::Late(millis(200))), count(1, Effect::Fault(FaultKind::Delay))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

const ERASED_BEFORE_THE_READ: &[Act] = &[
    deliver(Deployment, 1, Route::Replica(0)),
    Act::AwaitAnswers,
    deliver(Deployment, 1, Route::Replica(0)),
    Act::Wait(millis(15)),
    interfere(Interference::EraseMarks),
    deliver(Deployment, 1, Route::Replica(1)),
];

/// A ledger that began after the lost count cannot contain its mark.
pub const REWRITTEN_LEDGER: Scenario = Scenario {
    name: Cow::Borrowed("rewritten-ledger"),
    story: Cow::Borrowed(
        "a count's answer is lost; before its writer reads again, the marks are erased and another replica begins a \
         new ledger",
    ),
    acts: Cow::Borrowed(ERASED_BEFORE_THE_READ),
    triggers: Cow::Borrowed(&[
        count(1, Effect::Fault(FaultKind::LostAnswer)),
        first(on_replica(0, "GET", "remediationrequests"), Effect::Fault(FaultKind::Delay)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A conflict proves nothing where the marks are gone.
pub const SENT_TWICE_AND_ERASED: Scenario = Scenario {
    name: Cow::Borrowed("sent-twice-and-erased"),
    story: Cow::Borrowed(
        "a proxy sends a count twice and passes on the second's conflict; before its writer reads again, the marks are \
         erased and another replica begins a new ledger",
    ),
    acts: Cow::Borrowed(ERASED_BEFORE_THE_READ),
    triggers: Cow::Borrowed(&[
        count(1, Effect::Twice { answer: None, after: Duration::ZERO }),
        first(on_replica(0, "GET", "remediationrequests"), Effect::Fault(FaultKind::Delay)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A ledger that was set back lacks a mark although it promises to have it.
pub const RESTORED_MARKS: Scenario = Scenario {
    name: Cow::Borrowed("restored-marks"),
    story: Cow::Borrowed(
        "a count's answer is lost; before its writer reads again, a controller writes back the conditions that it read \
         before, and another replica counts",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(1)),
        Act::AwaitAnswers,
        deliver(Deployment, 1, Route::Replica(0)),
        Act::Wait(millis(15)),
        interfere(Interference::RestoreMarks),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[
        count(0, Effect::Fault(FaultKind::LostAnswer)),
        first(on_replica(0, "GET", "remediationrequests"), Effect::Fault(FaultKind::Delay)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A lost count is resolved, not refused, as long as nobody else writes.
pub const LOST_AGAIN: Scenario = Scenario {
    name: Cow::Borrowed("lost-again"),
    story: Cow::Borrowed(
        "one replica counts an alert after another, and the answer to its second count is lost: neither is refused, \
         although no sender retries",
    ),
    acts: Cow::Borrowed(&[
        once(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        once(Deployment, 1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[count(1, Effect::Fault(FaultKind::LostAnswer))]),
    expect: Cow::Borrowed(&[
        Expect::Requests(1),
        Expect::AllAccepted,
        Expect::Counted(Deployment, 2),
        Expect::AnsweredWithin(Deployment, seconds(2)),
    ]),
    weight: 10,
    ..Scenario::BLANK
};
