//! Assumptions: for each assumption of docs/protocol/argument.md, a scenario that violates it.
//!
//! No protocol can hold in these scenarios, so they are outside the catalogue. Each must break the named invariant;
//! otherwise the assumption is not needed. Where the gateway refuses signals instead, the scenario expects that.
use super::dsl::{
    LATER_CREATES_LOST, WATCHES_END, after, all_after, creates, creates_by, deliver, first, interfere, keyed, millis,
    on_replica, once, orchestrate, seconds, suppress,
};
use crate::{
    protocol_name::SHIPPED,
    scenario::{Expect, Scenario},
    workload::{Act, Interference, Payload::Deployment, Route, Suppression},
};
use sim::{Effect, FaultKind, Faults};
use std::borrow::Cow;

/// An assumption, and a scenario that violates it.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// The assumption, as docs/protocol/argument.md states it.
    pub statement: &'static str,
    /// Scenario that violates it.
    pub scenario: Scenario,
    /// Protocol to run.
    pub protocol: &'static str,
    /// Invariant that breaks; `None` where the gateway refuses signals instead.
    pub invariant: Option<&'static str>,
}

const LATE_EFFECT: Scenario = Scenario {
    name: Cow::Borrowed("assumption-late-effect"),
    story: Cow::Borrowed(
        "a create takes effect after seven minutes, when its lease has been swept and another request has begun",
    ),
    acts: Cow::Borrowed(&[
        once(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        Act::Wait(seconds(385)),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[first(creates_by(0), Effect::Late(seconds(420))), LATER_CREATES_LOST]),
    ..Scenario::BLANK
};

const SHORT_LIFE: Scenario = Scenario {
    name: Cow::Borrowed("assumption-short-life"),
    story: Cow::Borrowed(
        "a request ends, the next one begins, and the ended one is deleted while a create of its name is under way",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        interfere(Interference::DeleteEnded),
    ]),
    triggers: Cow::Borrowed(&[first(creates(), Effect::Late(seconds(50)))]),
    ..Scenario::BLANK
};

const DELETED_MEANWHILE: Scenario = Scenario {
    name: Cow::Borrowed("assumption-deleted-meanwhile"),
    story: Cow::Borrowed(
        "a request that ended is deleted when a replica has read it and is about to begin the next episode, while a \
         create of its name is under way",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(Deployment, 1, Route::Replica(1)),
        Act::Wait(seconds(2)),
        interfere(Interference::DeleteEnded),
    ]),
    triggers: Cow::Borrowed(&[
        first(creates_by(0), Effect::Late(seconds(50))),
        first(on_replica(1, "PUT", "leases"), Effect::PauseBefore(seconds(5))),
    ]),
    ..Scenario::BLANK
};

const STALE_READ: Scenario = Scenario {
    name: Cow::Borrowed("assumption-stale-read"),
    story: Cow::Borrowed("the answer to a count is lost, and the API server reads the request from a stale cache"),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(Deployment, 1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[
        after(2, on_replica(0, "PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::LostAnswer)),
        all_after(0, on_replica(0, "GET", "remediationrequests"), Effect::Fault(FaultKind::StaleRead)),
    ]),
    ..Scenario::BLANK
};

const LEASE_DELETED: Scenario = Scenario {
    name: Cow::Borrowed("assumption-lease-deleted"),
    story: Cow::Borrowed("an administrator deletes a lease while a create of its episode is under way"),
    acts: Cow::Borrowed(&[
        once(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        interfere(Interference::DeleteLease),
        deliver(Deployment, 1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[first(creates_by(0), Effect::Late(seconds(50))), LATER_CREATES_LOST]),
    ..Scenario::BLANK
};

const REVIVED: Scenario = Scenario {
    name: Cow::Borrowed("assumption-revived"),
    story: Cow::Borrowed("a request that ended is set back to active after the next episode has begun"),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        interfere(Interference::Revive),
    ]),
    ..Scenario::BLANK
};

const OTHER_CREATOR: Scenario = Scenario {
    name: Cow::Borrowed("assumption-other-creator"),
    story: Cow::Borrowed("an administrator creates a request by hand while a gateway creates one"),
    acts: Cow::Borrowed(&[deliver(Deployment, 2, Route::RoundRobin), interfere(Interference::CreateRequest)]),
    ..Scenario::BLANK
};

const UNSEEN_REQUEST: Scenario = Scenario {
    name: Cow::Borrowed("assumption-unseen-request"),
    story: Cow::Borrowed(
        "an administrator creates a request by hand minutes before the first alert, and the watch of the replica that \
         gets it has fallen silent",
    ),
    acts: Cow::Borrowed(&[
        WATCHES_END,
        interfere(Interference::CreateRequest),
        Act::Wait(seconds(60)),
        deliver(Deployment, 1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[first(
        on_replica(0, "GET", "remediationrequests"),
        Effect::Fault(FaultKind::SilentWatch),
    )]),
    ..Scenario::BLANK
};

const TWO_LOCK_NAMESPACES: Scenario = Scenario {
    name: Cow::Borrowed("assumption-two-lock-namespaces"),
    story: Cow::Borrowed(
        "two gateways keep their locks in different namespaces and see a fingerprint for the first time",
    ),
    acts: Cow::Borrowed(&[once(Deployment, 3, Route::RoundRobin)]),
    lock_namespaces: Cow::Borrowed(&["kubernaut-system", "payments"]),
    ..Scenario::BLANK
};

const COUNT_LOWERED: Scenario = Scenario {
    name: Cow::Borrowed("assumption-count-lowered"),
    story: Cow::Borrowed("an administrator lowers a count"),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 3, Route::Any),
        Act::AwaitAnswers,
        interfere(Interference::SetCount(1)),
        deliver(Deployment, 2, Route::Any),
    ]),
    ..Scenario::BLANK
};

const REOPENED: Scenario = Scenario {
    name: Cow::Borrowed("assumption-reopened"),
    story: Cow::Borrowed(
        "a request is Completed, and a replica closes it and begins the next episode; an administrator erases its \
         conditions, then a person must review it, and another replica counts a delivery with a key on it, crashes, \
         and gets it again",
    ),
    acts: Cow::Borrowed(&[
        keyed(Deployment, 1, Route::Replica(1), 0),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        keyed(Deployment, 1, Route::Replica(1), 0),
        Act::Wait(millis(100)),
        interfere(Interference::Reopen),
        suppress(Deployment, Suppression::Review),
        Act::Wait(millis(50)),
        keyed(Deployment, 1, Route::Replica(0), 0),
    ]),
    triggers: Cow::Borrowed(&[
        after(1, creates_by(1), Effect::PauseBefore(millis(600))),
        first(on_replica(0, "PATCH", "remediationrequests/status"), Effect::CrashAfter { restart: millis(500) }),
    ]),
    ..Scenario::BLANK
};

const FAST_CLOCK: Scenario = Scenario {
    name: Cow::Borrowed("assumption-fast-clock"),
    story: Cow::Borrowed("a replica's clock runs 40 % fast: it takes a lock while another replica still holds it"),
    acts: Cow::Borrowed(&[deliver(Deployment, 6, Route::RoundRobin)]),
    faults: Faults { name: "fast-clocks", clock_skew: true, clock_rates_ppm: &[0, 400_000], ..Faults::NONE },
    triggers: Cow::Borrowed(&[first(creates(), Effect::PauseBefore(seconds(45)))]),
    ..Scenario::BLANK
};

const SHARED_DIGITS: Scenario = Scenario {
    name: Cow::Borrowed("assumption-shared-digits"),
    story: Cow::Borrowed("another fingerprint has the lease: signals are refused, and nothing is created"),
    acts: Cow::Borrowed(&[interfere(Interference::ClaimLease), once(Deployment, 3, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllRefused(503)]),
    ..Scenario::BLANK
};

/// Every assumption of docs/protocol/argument.md, in its order.
pub static ASSUMPTIONS: &[Assumption] = &[
    Assumption {
        statement: "a request to the API server takes effect within 60 s of being sent, or never",
        scenario: LATE_EFFECT,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "a RemediationRequest that ended outlives every create that was issued for it",
        scenario: SHORT_LIFE,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "a RemediationRequest that ended is not deleted while a replica begins the next episode",
        scenario: DELETED_MEANWHILE,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "a read without a resourceVersion sees every write before it",
        scenario: STALE_READ,
        protocol: SHIPPED,
        invariant: Some("occurrences_exact"),
    },
    Assumption {
        statement: "only the sweeper deletes this protocol's leases",
        scenario: LEASE_DELETED,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "a RemediationRequest that ended stays ended",
        scenario: REVIVED,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "other clients create a request of a fingerprint only while no episode of it is beginning",
        scenario: OTHER_CREATOR,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "a replica's watch has shown a request of other clients before the replica begins an episode",
        scenario: UNSEEN_REQUEST,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "every gateway uses one lock namespace",
        scenario: TWO_LOCK_NAMESPACES,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Assumption {
        statement: "only gateways write occurrenceCount and the condition",
        scenario: COUNT_LOWERED,
        protocol: SHIPPED,
        invariant: Some("occurrences_exact"),
    },
    Assumption {
        statement: "a RemediationRequest that a replica has closed stays closed while it may suppress others",
        scenario: REOPENED,
        protocol: SHIPPED,
        invariant: Some("occurrences_exact"),
    },
    Assumption {
        statement: "monotonic clocks' rates differ by at most 3 %",
        scenario: FAST_CLOCK,
        // The shipped protocol creates beside a holder long before its lease expires.
        protocol: "mutant-waits-for-expiry",
        invariant: Some("one_holder"),
    },
    Assumption {
        statement: "two fingerprints do not share their first 16 digits",
        scenario: SHARED_DIGITS,
        protocol: SHIPPED,
        invariant: None,
    },
];
