//! Trials: stories made for one safeguard each. Without it they break; the shipped protocol, which has them all, holds.
use crate::{
    scenario::{Expect, Scenario},
    workload::{Act, Meddling, Payload::Deployment, Retry, Route},
};
use sim::{CallPattern, Effect, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

const fn deliver(copies: u32, to: Route) -> Act {
    Act::Deliver { what: Deployment, copies, to, retry: Retry::Alertmanager }
}

const fn once(copies: u32, to: Route) -> Act {
    Act::Deliver { what: Deployment, copies, to, retry: Retry::Never }
}

const fn meddle(how: Meddling) -> Act {
    Act::Meddle { of: Deployment, how }
}

const fn create(replica: Option<usize>, skip: u32, times: u32, effect: Effect) -> Trigger {
    Trigger { on: CallPattern { method: "POST", resource: "remediationrequests", replica }, skip, times, effect }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Anybody may do anything that the protocol must bear, at any step.
pub const MEDDLED: Scenario = Scenario {
    name: Cow::Borrowed("meddled"),
    story: Cow::Borrowed(
        "8 alerts while others free leases, end and delete requests and erase marks at any step, and answers are lost",
    ),
    faults: Faults {
        name: "meddled",
        call_fault_per_mille: 150,
        max_call_faults: 12,
        interference_per_mille: 40,
        max_interferences: 6,
        ..Faults::NONE
    },
    acts: Cow::Borrowed(&[deliver(8, Route::Any)]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// What rule 5's 60 seconds are for.
pub const DELETED_UNDER_WAY: Scenario = Scenario {
    name: Cow::Borrowed("deleted-under-way"),
    story: Cow::Borrowed(
        "a RemediationRequest is deleted while a first, late create of its name is still under way: no other may be begun yet",
    ),
    acts: Cow::Borrowed(&[
        deliver(1, Route::Replica(0)),
        Act::AwaitAnswers,
        meddle(Meddling::DeleteRequests { held: Duration::ZERO }),
        deliver(2, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[create(None, 0, 1, Effect::Late(seconds(50)))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// Being deleted is not being ended.
pub const SLOW_DELETION: Scenario = Scenario {
    name: Cow::Borrowed("slow-deletion"),
    story: Cow::Borrowed(
        "an active RemediationRequest is deleted and a finalizer keeps it for 40 s: its signals wait, nothing is made beside it",
    ),
    acts: Cow::Borrowed(&[
        deliver(1, Route::Any),
        Act::AwaitAnswers,
        meddle(Meddling::DeleteRequests { held: seconds(40) }),
        deliver(3, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// All creates of replica 0 but the first, which is late.
const NOTHING_ARRIVES: Trigger = create(Some(0), 1, u32::MAX, Effect::Fault(FaultKind::LostRequest));

/// A lease must outlive every create made under it.
pub const SWEPT_LATE: Scenario = Scenario {
    name: Cow::Borrowed("swept-late"),
    story: Cow::Borrowed(
        "a replica gives up on a create that takes effect a minute later; the sweeper passes before it does",
    ),
    acts: Cow::Borrowed(&[
        Act::Wait(seconds(30)),
        once(1, Route::Replica(0)),
        Act::AwaitAnswers,
        Act::Wait(seconds(27)),
        deliver(2, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[create(Some(0), 0, 1, Effect::Late(seconds(55))), NOTHING_ARRIVES]),
    expect: Cow::Borrowed(&[Expect::Requests(1)]),
    weight: 10,
    ..Scenario::BLANK
};

/// A replica that stood still knows neither the request nor that its lease has gone.
pub const STOOD_STILL: Scenario = Scenario {
    name: Cow::Borrowed("stood-still"),
    story: Cow::Borrowed(
        "a replica stands still while a request is made and sweepers pass, and has a signal before it has the news",
    ),
    acts: Cow::Borrowed(&[
        Act::Pause { replica: 1, duration: seconds(100) },
        deliver(1, Route::Replica(0)),
        Act::AwaitAnswers,
        Act::Wait(seconds(85)),
        deliver(1, Route::Replica(1)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// Clocks that differ by minutes, and nothing else wrong.
pub const WRONG_CLOCKS: Scenario = Scenario {
    name: Cow::Borrowed("wrong-clocks"),
    story: Cow::Borrowed("replicas' clocks are wrong by up to 90 s: no lock expires early, and no time goes back"),
    faults: Faults { name: "wrong-clocks", clock_skew: true, ..Faults::NONE },
    acts: Cow::Borrowed(&[
        // Monotonic clocks begin with the replica: the difference between two wall clocks must fit into it.
        Act::Wait(seconds(180)),
        Act::OrchestrateMeanwhile {
            of: Deployment,
            phases: Cow::Borrowed(&[Cow::Borrowed("Pending"), Cow::Borrowed("Completed")]),
        },
        deliver(8, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 8)]),
    weight: 20,
    ..Scenario::BLANK
};

/// A restarted container keeps its pod's name.
pub const QUICK_RESTART: Scenario = Scenario {
    name: Cow::Borrowed("quick-restart"),
    story: Cow::Borrowed(
        "the holder crashes with a create under way and is back in half a second, under the same name, its lock still held",
    ),
    acts: Cow::Borrowed(&[deliver(4, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[
        create(None, 0, 1, Effect::Late(seconds(20))),
        create(None, 1, 1, Effect::CrashBefore { restart: Duration::from_millis(500) }),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

const fn count(skip: u32, effect: Effect) -> Trigger {
    let on = CallPattern { method: "PATCH", resource: "remediationrequests/status", replica: Some(0) };
    Trigger { on, skip, times: 1, effect }
}

/// A lost patch that commits after it has been looked for.
pub const LATE_COUNT: Scenario = Scenario {
    name: Cow::Borrowed("late-count"),
    story: Cow::Borrowed(
        "a count is answered 504 and takes effect a little later, while what is sent after it is held back",
    ),
    acts: Cow::Borrowed(&[deliver(2, Route::Replica(0))]),
    triggers: Cow::Borrowed(&[
        count(0, Effect::Late(Duration::from_millis(200))),
        count(1, Effect::Fault(FaultKind::Delay)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

/// A ledger that began after the lost count cannot hold its mark.
pub const REWRITTEN_LEDGER: Scenario = Scenario {
    name: Cow::Borrowed("rewritten-ledger"),
    story: Cow::Borrowed(
        "a count's answer is lost; before its writer looks, the marks are erased and another replica begins a new ledger",
    ),
    acts: Cow::Borrowed(&[
        deliver(1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(1, Route::Replica(0)),
        Act::Wait(Duration::from_millis(15)),
        meddle(Meddling::EraseMarks),
        deliver(1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[
        count(1, Effect::Fault(FaultKind::LostAnswer)),
        Trigger {
            on: CallPattern { method: "GET", resource: "remediationrequests", replica: Some(0) },
            skip: 0,
            times: 1,
            effect: Effect::Fault(FaultKind::Delay),
        },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};
