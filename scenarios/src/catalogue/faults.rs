//! Faults at a chosen place: crashes, pauses, held locks, refusals and errors.
use super::dsl::{
    after, all_after, creates, deliver, first, first_few, meanwhile, millis, on, once, orchestrate, seconds,
};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{Act, Payload::Deployment, Route},
};
use sim::{Effect, FaultKind, Faults, Trigger};
use std::borrow::Cow;

/// The lock's holder is gone and never releases it.
pub const HELD_LOCK: Scenario = Scenario {
    name: Cow::Borrowed("held-lock"),
    story: Cow::Borrowed(
        "a holder that is gone still has the lock: senders get 503 and retry, and are accepted once the lock has \
         expired",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed("gateway-gone") },
        deliver(Deployment, 4, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 20,
    ..Scenario::BLANK
};

/// Crash recovery test of the lock's plan.
pub const HOLDER_CRASH: Scenario = Scenario {
    name: Cow::Borrowed("holder-crash"),
    story: Cow::Borrowed(
        "the holder crashes right after its lease is written: another replica creates the request without the lock",
    ),
    // Nothing is quiet before the holder is back.
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Deployment, 6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[first(on("POST", "leases"), Effect::CrashAfter { restart: seconds(50) })]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// A lease alone cannot stop a paused holder's late write.
pub const HOLDER_PAUSE: Scenario = Scenario {
    name: Cow::Borrowed("holder-pause"),
    story: Cow::Borrowed(
        "the holder pauses for longer than its lease, with a create under way; the create arrives after the takeover",
    ),
    acts: Cow::Borrowed(&[deliver(Deployment, 6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[first(on("POST", "remediationrequests"), Effect::PauseBefore(seconds(45)))]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// Creates with lost answers.
pub const LOST_CREATE: Scenario = Scenario {
    name: Cow::Borrowed("lost-create"),
    story: Cow::Borrowed(
        "the first create is answered 504 and executed later; the second commits and is answered 5xx; the lock's \
         answer is lost",
    ),
    acts: Cow::Borrowed(&[deliver(Deployment, 6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[
        first(on("POST", "remediationrequests"), Effect::Fault(FaultKind::LateWrite)),
        after(1, on("POST", "remediationrequests"), Effect::Fault(FaultKind::FalseError)),
        first(on("POST", "leases"), Effect::Fault(FaultKind::LostAnswer)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// A count with a lost answer, then a late one, while the orchestrator writes.
pub const LOST_COUNT: Scenario = Scenario {
    name: Cow::Borrowed("lost-count"),
    story: Cow::Borrowed("answers of status patches are lost or late while the orchestrator rewrites the same status"),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        meanwhile!(Deployment, "Pending", "Executing"),
        deliver(Deployment, 8, Route::Any),
    ]),
    triggers: Cow::Borrowed(&[
        after(1, on("PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::LostAnswer)),
        after(2, on("PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::LateWrite)),
        after(1, on("PUT", "remediationrequests/status"), Effect::Fault(FaultKind::LostAnswer)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 60,
    ..Scenario::BLANK
};

/// Scope that depends on a look-up of its own.
pub const NAMESPACE_SCOPE: Scenario = Scenario {
    name: Cow::Borrowed("namespace-scope"),
    story: Cow::Borrowed(
        "only the namespace says that its objects are managed, and reading it fails at first: no signal is rejected or \
         lost for that",
    ),
    cluster: ClusterShape { objects_labelled: false, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Deployment, 6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[
        first(on("GET", "namespaces"), Effect::Fault(FaultKind::LostRequest)),
        after(1, on("GET", "namespaces"), Effect::Fault(FaultKind::ServiceUnavailable)),
        after(2, on("GET", "namespaces"), Effect::Forbid),
        after(3, on("GET", "namespaces"), Effect::Fault(FaultKind::GatewayTimeout)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

const REFUSED: &[Trigger] =
    &[all_after(0, on("GET", "leases"), Effect::Forbid), all_after(0, on("POST", "leases"), Effect::Forbid)];

/// RBAC test of the lock's plan.
pub const FORBIDDEN: Scenario = Scenario {
    name: Cow::Borrowed("forbidden"),
    story: Cow::Borrowed(
        "RBAC refuses leases: every signal is answered 503, so that its sender retries, and nothing is stored",
    ),
    acts: Cow::Borrowed(&[once(Deployment, 5, Route::RoundRobin)]),
    triggers: Cow::Borrowed(REFUSED),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllRefused(503)]),
    weight: 10,
    ..Scenario::BLANK
};

/// An admission webhook that refuses writes for a while.
pub const ADMISSION_REFUSES: Scenario = Scenario {
    name: Cow::Borrowed("admission-refuses"),
    story: Cow::Borrowed(
        "an admission webhook refuses creates and delays counts for a while: 503 first, and every signal is accepted \
         in the end",
    ),
    acts: Cow::Borrowed(&[deliver(Deployment, 6, Route::RoundRobin)]),
    triggers: Cow::Borrowed(&[
        first_few(3, on("POST", "remediationrequests"), Effect::Fault(FaultKind::WebhookDenies)),
        first_few(3, on("PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::WebhookSlow)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 30,
    ..Scenario::BLANK
};

/// API errors lead to retries, not to losses.
pub const API_ERRORS: Scenario = Scenario {
    name: Cow::Borrowed("api-errors"),
    story: Cow::Borrowed(
        "429, 500, 503, 504 and broken connections on one call in five: every signal is accepted in the end",
    ),
    faults: Faults { name: "api-errors", call_fault_per_mille: 200, max_call_faults: 20, ..Faults::NONE },
    acts: Cow::Borrowed(&[deliver(Deployment, 8, Route::Any)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 60,
    ..Scenario::BLANK
};

/// A layer in between repeats writes, as a proxy does that retries on its own.
pub const COUNTS_SENT_TWICE: Scenario = Scenario {
    name: Cow::Borrowed("counts-sent-twice"),
    story: Cow::Borrowed(
        "a proxy sends every count twice and passes on an answer to the second copy, the server's or one of its own: \
         each alert counts once",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        meanwhile!(Deployment, "Pending", "Completed"),
        deliver(Deployment, 6, Route::Any),
    ]),
    triggers: Cow::Borrowed(&[all_after(
        1,
        on("PATCH", "remediationrequests/status"),
        Effect::Fault(FaultKind::SentTwice),
    )]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// A 2xx that cannot be read says nothing of what it is about.
pub const ANSWERS_CUT_OFF: Scenario = Scenario {
    name: Cow::Borrowed("answers-cut-off"),
    story: Cow::Borrowed(
        "a proxy cuts off the bodies of answers: to the lease, to the RemediationRequest, and to the first counts; \
         each alert counts once",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 3, Route::Any),
        Act::AwaitAnswers,
        meanwhile!(Deployment, "Completed"),
        deliver(Deployment, 6, Route::Any),
    ]),
    triggers: Cow::Borrowed(&[
        first(on("POST", "leases"), Effect::Fault(FaultKind::CutOff)),
        first(on("PUT", "leases"), Effect::Fault(FaultKind::CutOff)),
        first(creates(), Effect::Fault(FaultKind::CutOff)),
        first_few(3, on("PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::CutOff)),
        after(1, on("GET", "remediationrequests"), Effect::Fault(FaultKind::CutOff)),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted]),
    weight: 20,
    ..Scenario::BLANK
};

/// The same for the writes that begin an episode.
pub const BEGUN_TWICE: Scenario = Scenario {
    name: Cow::Borrowed("begun-twice"),
    story: Cow::Borrowed(
        "a proxy sends writes of a lease and creates twice: one RemediationRequest, and the lock is given back",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 3, Route::Any),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(Deployment, 3, Route::Any),
    ]),
    triggers: Cow::Borrowed(&[
        first_few(2, on("POST", "leases"), Effect::Fault(FaultKind::SentTwice)),
        first_few(3, on("PUT", "leases"), Effect::Fault(FaultKind::SentTwice)),
        first_few(3, on("POST", "remediationrequests"), Effect::Fault(FaultKind::SentTwice)),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted]),
    weight: 40,
    ..Scenario::BLANK
};

/// HTTP 500 of option A: a field selector that the server does not support.
pub const NO_SELECTOR: Scenario = Scenario {
    name: Cow::Borrowed("no-selector"),
    story: Cow::Borrowed(
        "the API server answers field selectors with 400, as it does without the CRD's selectableFields",
    ),
    cluster: ClusterShape { selectable_fields: false, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        Act::HoldLease { of: Deployment, holder: Cow::Borrowed("gateway-old") },
        deliver(Deployment, 4, Route::RoundRobin),
        Act::Wait(millis(50)),
        Act::DropLease { of: Deployment, holder: Cow::Borrowed("gateway-old") },
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted]),
    weight: 10,
    ..Scenario::BLANK
};

const ONE_BY_ONE: &[Act] = &[
    deliver(Deployment, 1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(Deployment, 1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(Deployment, 1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(Deployment, 1, Route::RoundRobin),
    Act::AwaitAnswers,
    deliver(Deployment, 2, Route::RoundRobin),
];

/// A controller that trusts its cache repeats what it has already done.
pub const TIME_TRAVEL: Scenario = Scenario {
    name: Cow::Borrowed("time-travel"),
    story: Cow::Borrowed("API servers restart and clients move to others with older caches, while one alert repeats"),
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
