//! Faults at a chosen place: crashes, pauses, held locks, refusals and errors.
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{Act, Payload::Deployment, Retry, Route},
};
use sim::{CallPattern, Effect, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

const fn deliver(copies: u32, to: Route) -> Act {
    Act::Deliver { what: Deployment, copies, to, retry: Retry::Alertmanager }
}

const fn on(method: &'static str, resource: &'static str) -> CallPattern {
    CallPattern { method, resource, replica: None }
}

const fn first(on: CallPattern, effect: Effect) -> Trigger {
    Trigger { on, skip: 0, times: 1, effect }
}

/// Somebody holds the lock and never comes back.
pub const HELD_LOCK: Scenario = Scenario {
    name: Cow::Borrowed("held-lock"),
    story: Cow::Borrowed(
        "a holder that is gone holds the lock: signals are told to come again, and are accepted once it has expired",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed("gateway-gone") },
        deliver(4, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 20,
    ..Scenario::BLANK
};

/// The crash recovery test of the lock's plan.
pub const HOLDER_CRASH: Scenario = Scenario {
    name: Cow::Borrowed("holder-crash"),
    story: Cow::Borrowed(
        "the holder crashes right after its lease is written: another replica takes over after expiry",
    ),
    acts: Cow::Borrowed(&[deliver(6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[first(on("POST", "leases"), Effect::CrashAfter { restart: Duration::from_secs(50) })]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// A lease cannot stop a paused holder's late write.
pub const HOLDER_PAUSE: Scenario = Scenario {
    name: Cow::Borrowed("holder-pause"),
    story: Cow::Borrowed(
        "the holder stands still past its lease with its create under way; the create arrives after the takeover",
    ),
    acts: Cow::Borrowed(&[deliver(6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[first(on("POST", "remediationrequests"), Effect::PauseBefore(Duration::from_secs(45)))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// A create whose answer is lost.
pub const LOST_CREATE: Scenario = Scenario {
    name: Cow::Borrowed("lost-create"),
    story: Cow::Borrowed(
        "the first create is answered 504 and executed later; the second commits and is answered 5xx; the lock's answer is lost",
    ),
    acts: Cow::Borrowed(&[deliver(6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[
        first(on("POST", "remediationrequests"), Effect::Fault(FaultKind::LateWrite)),
        Trigger {
            on: on("POST", "remediationrequests"),
            skip: 1,
            times: 1,
            effect: Effect::Fault(FaultKind::FalseError),
        },
        first(on("POST", "leases"), Effect::Fault(FaultKind::LostAnswer)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// A count whose answer is lost, then one that is late, while the orchestrator writes.
pub const LOST_COUNT: Scenario = Scenario {
    name: Cow::Borrowed("lost-count"),
    story: Cow::Borrowed("answers of status patches are lost or late while the orchestrator rewrites the same status"),
    acts: Cow::Borrowed(&[
        deliver(1, Route::Any),
        Act::AwaitAnswers,
        Act::OrchestrateMeanwhile {
            of: Deployment,
            phases: Cow::Borrowed(&[Cow::Borrowed("Pending"), Cow::Borrowed("Executing")]),
        },
        deliver(8, Route::Any),
    ]),
    triggers: Cow::Borrowed(&[
        Trigger {
            on: on("PATCH", "remediationrequests/status"),
            skip: 1,
            times: 1,
            effect: Effect::Fault(FaultKind::LostAnswer),
        },
        Trigger {
            on: on("PATCH", "remediationrequests/status"),
            skip: 2,
            times: 1,
            effect: Effect::Fault(FaultKind::LateWrite),
        },
        Trigger {
            on: on("PUT", "remediationrequests/status"),
            skip: 1,
            times: 1,
            effect: Effect::Fault(FaultKind::LostAnswer),
        },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 60,
    ..Scenario::BLANK
};

const REFUSED: &[Trigger] = &[
    Trigger { on: on("GET", "leases"), skip: 0, times: u32::MAX, effect: Effect::Forbid },
    Trigger { on: on("POST", "leases"), skip: 0, times: u32::MAX, effect: Effect::Forbid },
];

/// The RBAC test of the lock's plan.
pub const FORBIDDEN: Scenario = Scenario {
    name: Cow::Borrowed("forbidden"),
    story: Cow::Borrowed(
        "RBAC refuses leases: every signal gets a clear 503 to retry, nothing is stored, nothing is lost",
    ),
    acts: Cow::Borrowed(&[Act::Deliver { what: Deployment, copies: 5, to: Route::RoundRobin, retry: Retry::Never }]),
    triggers: Cow::Borrowed(REFUSED),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllRefused(503)]),
    weight: 10,
    ..Scenario::BLANK
};

/// A policy webhook that is in the way for a while.
pub const ADMISSION_REFUSES: Scenario = Scenario {
    name: Cow::Borrowed("admission-refuses"),
    story: Cow::Borrowed(
        "an admission webhook refuses RR creations and is slow for counts for a while: 503 then, and all is accepted in the end",
    ),
    acts: Cow::Borrowed(&[deliver(6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[
        Trigger {
            on: on("POST", "remediationrequests"),
            skip: 0,
            times: 3,
            effect: Effect::Fault(FaultKind::WebhookDenies),
        },
        Trigger {
            on: on("PATCH", "remediationrequests/status"),
            skip: 0,
            times: 3,
            effect: Effect::Fault(FaultKind::WebhookSlow),
        },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 30,
    ..Scenario::BLANK
};

/// API errors propagate and are got over.
pub const API_ERRORS: Scenario = Scenario {
    name: Cow::Borrowed("api-errors"),
    story: Cow::Borrowed(
        "429, 500, 503, 504 and broken connections on one call in five: every signal is accepted in the end",
    ),
    faults: Faults { name: "api-errors", call_fault_per_mille: 200, max_call_faults: 20, ..Faults::NONE },
    acts: Cow::Borrowed(&[deliver(8, Route::Any)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 60,
    ..Scenario::BLANK
};

/// Option A's HTTP 500: a field selector that the server does not know.
pub const NO_SELECTOR: Scenario = Scenario {
    name: Cow::Borrowed("no-selector"),
    story: Cow::Borrowed(
        "the API server answers field selectors with 400, as it does without the CRD's selectableFields",
    ),
    cluster: ClusterShape { selectable_fields: false, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed("gateway-old") },
        deliver(4, Route::RoundRobin),
        Act::Wait(Duration::from_millis(50)),
        Act::DropLease { of: Deployment, holder: Cow::Borrowed("gateway-old") },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

const ONE_BY_ONE: &[Act] = &[
    deliver(1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(2, Route::RoundRobin),
];

/// Who trusts a cache acts twice on what it has already done.
pub const TIME_TRAVEL: Scenario = Scenario {
    name: Cow::Borrowed("time-travel"),
    story: Cow::Borrowed(
        "API servers restart and clients move to others whose caches are older, while one alert comes again and again",
    ),
    cluster: ClusterShape { servers: 3, ..ClusterShape::USUAL },
    faults: Faults {
        name: "time-travel",
        server_fault_per_mille: 60,
        max_server_faults: 8,
        lagging_cache_per_mille: 200,
        ..Faults::NONE
    },
    acts: Cow::Borrowed(ONE_BY_ONE),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 6)]),
    weight: 40,
    ..Scenario::BLANK
};
