//! Witnesses: what happens where an assumption of docs/protocol.md does not hold.
//!
//! No protocol can hold in these worlds, so they are not in the catalogue: each must *break*, and by the invariant that is named
//! with it, or the assumption is not needed. Where the gateway degrades instead, the scenario says how, and holds.
use crate::{
    protocol_name::SHIPPED,
    scenario::{Expect, Scenario},
    workload::{Act, Meddling, Payload::Deployment, Retry, Route},
};
use sim::{CallPattern, Effect, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

/// An assumption, and the world in which it is broken.
#[derive(Debug, Clone)]
pub struct Witness {
    /// What docs/protocol.md assumes.
    pub assumption: &'static str,
    /// Where it does not hold.
    pub scenario: Scenario,
    /// The protocol that lives there.
    pub protocol: &'static str,
    /// What breaks; `None` where the gateway refuses signals instead.
    pub invariant: Option<&'static str>,
}

const fn once(copies: u32, to: Route) -> Act {
    Act::Deliver { what: Deployment, copies, to, retry: Retry::Never }
}

const fn deliver(copies: u32, to: Route) -> Act {
    Act::Deliver { what: Deployment, copies, to, retry: Retry::Alertmanager }
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

/// All creates of replica 0 but the first.
const NOTHING_ARRIVES: Trigger = create(Some(0), 1, u32::MAX, Effect::Fault(FaultKind::LostRequest));

const LATE_EFFECT: Scenario = Scenario {
    name: Cow::Borrowed("witness-late-effect"),
    story: Cow::Borrowed("a create takes effect after seven minutes: its lease has been swept, and another begun"),
    acts: Cow::Borrowed(&[
        once(1, Route::Replica(0)),
        Act::AwaitAnswers,
        Act::Wait(seconds(385)),
        deliver(1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[create(Some(0), 0, 1, Effect::Late(seconds(420))), NOTHING_ARRIVES]),
    ..Scenario::BLANK
};

const SHORT_LIFE: Scenario = Scenario {
    name: Cow::Borrowed("witness-short-life"),
    story: Cow::Borrowed("a request is deleted while a create of its name is under way, which takes effect after 90 s"),
    acts: Cow::Borrowed(&[
        deliver(1, Route::Replica(0)),
        Act::AwaitAnswers,
        meddle(Meddling::DeleteRequests { held: Duration::ZERO }),
        deliver(2, Route::RoundRobin),
    ]),
    triggers: Cow::Borrowed(&[create(None, 0, 1, Effect::Late(seconds(90)))]),
    ..Scenario::BLANK
};

const fn of_replica_0(method: &'static str, resource: &'static str) -> CallPattern {
    CallPattern { method, resource, replica: Some(0) }
}

const STALE_READ: Scenario = Scenario {
    name: Cow::Borrowed("witness-stale-read"),
    story: Cow::Borrowed(
        "the answer to a count is lost, and the API server looks the request up in a cache that is behind",
    ),
    acts: Cow::Borrowed(&[
        deliver(1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(1, Route::Replica(0)),
        Act::AwaitAnswers,
        deliver(1, Route::Replica(0)),
    ]),
    triggers: Cow::Borrowed(&[
        Trigger {
            on: of_replica_0("PATCH", "remediationrequests/status"),
            skip: 2,
            times: 1,
            effect: Effect::Fault(FaultKind::LostAnswer),
        },
        Trigger {
            on: of_replica_0("GET", "remediationrequests"),
            skip: 0,
            times: u32::MAX,
            effect: Effect::Fault(FaultKind::StaleRead),
        },
    ]),
    ..Scenario::BLANK
};

const LEASE_DELETED: Scenario = Scenario {
    name: Cow::Borrowed("witness-lease-deleted"),
    story: Cow::Borrowed("an administrator deletes a lease while a create of its episode is under way"),
    acts: Cow::Borrowed(&[
        once(1, Route::Replica(0)),
        Act::AwaitAnswers,
        meddle(Meddling::DeleteLease),
        deliver(1, Route::Replica(1)),
    ]),
    triggers: Cow::Borrowed(&[create(Some(0), 0, 1, Effect::Late(seconds(50))), NOTHING_ARRIVES]),
    ..Scenario::BLANK
};

const REVIVED: Scenario = Scenario {
    name: Cow::Borrowed("witness-revived"),
    story: Cow::Borrowed("a request that ended is set back to active after the next episode has begun"),
    acts: Cow::Borrowed(&[
        deliver(1, Route::Any),
        Act::AwaitAnswers,
        Act::Orchestrate { of: Deployment, phase: Cow::Borrowed("Completed") },
        deliver(1, Route::Any),
        Act::AwaitAnswers,
        meddle(Meddling::Revive),
    ]),
    ..Scenario::BLANK
};

const OTHER_CREATOR: Scenario = Scenario {
    name: Cow::Borrowed("witness-other-creator"),
    story: Cow::Borrowed("somebody makes a request by hand while a gateway makes one"),
    acts: Cow::Borrowed(&[deliver(2, Route::RoundRobin), meddle(Meddling::CreateRequest)]),
    ..Scenario::BLANK
};

const TWO_LOCK_NAMESPACES: Scenario = Scenario {
    name: Cow::Borrowed("witness-two-lock-namespaces"),
    story: Cow::Borrowed(
        "two gateways keep their locks in different namespaces and see a fingerprint for the first time",
    ),
    acts: Cow::Borrowed(&[once(3, Route::RoundRobin)]),
    lock_namespaces: Cow::Borrowed(&["kubernaut-system", "payments"]),
    ..Scenario::BLANK
};

const COUNT_LOWERED: Scenario = Scenario {
    name: Cow::Borrowed("witness-count-lowered"),
    story: Cow::Borrowed("somebody lowers a count"),
    acts: Cow::Borrowed(&[
        deliver(3, Route::Any),
        Act::AwaitAnswers,
        meddle(Meddling::SetCount(1)),
        deliver(2, Route::Any),
    ]),
    ..Scenario::BLANK
};

const FAST_CLOCK: Scenario = Scenario {
    name: Cow::Borrowed("witness-fast-clock"),
    story: Cow::Borrowed("a replica's clock runs 40 % fast: it takes a lock that its holder still has"),
    acts: Cow::Borrowed(&[deliver(6, Route::RoundRobin)]),
    faults: Faults { name: "fast-clocks", clock_skew: true, clock_rates_ppm: &[0, 400_000], ..Faults::NONE },
    triggers: Cow::Borrowed(&[create(None, 0, 1, Effect::PauseBefore(seconds(45)))]),
    ..Scenario::BLANK
};

const SHARED_DIGITS: Scenario = Scenario {
    name: Cow::Borrowed("witness-shared-digits"),
    story: Cow::Borrowed("another fingerprint has the lease: signals are refused, and nothing is made"),
    acts: Cow::Borrowed(&[meddle(Meddling::ClaimLease), once(3, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllRefused(503)]),
    ..Scenario::BLANK
};

/// Every assumption of docs/protocol.md, in its order.
pub static WITNESSES: &[Witness] = &[
    Witness {
        assumption: "a request to the API server takes effect within 60 s or never",
        scenario: LATE_EFFECT,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Witness {
        assumption: "a RemediationRequest outlives every request issued for it",
        scenario: SHORT_LIFE,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Witness {
        assumption: "a read without a resourceVersion sees every write before it",
        scenario: STALE_READ,
        protocol: SHIPPED,
        invariant: Some("occurrences_exact"),
    },
    Witness {
        assumption: "nobody but the sweeper deletes this protocol's leases",
        scenario: LEASE_DELETED,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Witness {
        assumption: "a RemediationRequest that ended stays ended",
        scenario: REVIVED,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Witness {
        assumption: "others create requests of a fingerprint only while no episode of it is being begun",
        scenario: OTHER_CREATOR,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Witness {
        assumption: "every gateway uses one lock namespace",
        scenario: TWO_LOCK_NAMESPACES,
        protocol: SHIPPED,
        invariant: Some("one_active_request"),
    },
    Witness {
        assumption: "occurrenceCount and the condition are written by gateways only",
        scenario: COUNT_LOWERED,
        protocol: SHIPPED,
        invariant: Some("occurrences_exact"),
    },
    Witness {
        assumption: "monotonic clocks' rates differ by at most 3 %",
        scenario: FAST_CLOCK,
        protocol: SHIPPED,
        invariant: Some("one_holder"),
    },
    Witness {
        assumption: "two fingerprints do not share their first 16 digits",
        scenario: SHARED_DIGITS,
        protocol: SHIPPED,
        invariant: None,
    },
];
