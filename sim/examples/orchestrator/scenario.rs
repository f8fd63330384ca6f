//! Scenarios: what happens to a cluster of orchestrators, as data.
use sim::{Balance, CallPattern, Effect, FaultKind, Faults, Trigger};
use std::time::Duration;

/// The target that remediations of most scenarios share.
pub(crate) const CART: &str = "shop/Deployment/cart";
/// Another target.
pub(crate) const BILLING: &str = "shop/Deployment/billing";

/// A story: remediations at given times, and faults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Name of the scenario.
    pub(crate) name: &'static str,
    /// What happens, in a sentence.
    pub(crate) story: &'static str,
    /// Number of replicas.
    pub(crate) replicas: usize,
    /// Number of API servers.
    pub(crate) servers: usize,
    /// Spread of requests over them.
    pub(crate) balance: Balance,
    /// What people and other programs do, in the order of time.
    pub(crate) acts: &'static [Act],
    /// Faults at random.
    pub(crate) faults: Faults,
    /// Faults for certain.
    pub(crate) triggers: &'static [Trigger],
    /// Time that some creates of executions take; None if none is slow.
    pub(crate) slow_creates: Option<Duration>,
    /// Faults that must take effect in some run, or the scenario shows nothing.
    pub(crate) requires: &'static [FaultKind],
    /// Time after its end at which an execution is deleted; None if it is kept.
    pub(crate) retention: Option<Duration>,
    /// Time within which a turn must be taken once it is free and wanted.
    pub(crate) bound: Duration,
}

/// An act at a time, in seconds.
pub(crate) type Act = (u64, What);

/// One deed of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// Asks for a remediation of this name, of a target.
    Remediate(&'static str, &'static str),
    /// Deletes the remediation of this name.
    Delete(&'static str),
}

use What::{Delete, Remediate};

/// Two remediations of one target.
const PAIR: &[Act] = &[(1, Remediate("a", CART)), (1, Remediate("b", CART))];
/// Three remediations of one target, not all at once.
const THREE: &[Act] = &[(1, Remediate("a", CART)), (1, Remediate("b", CART)), (4, Remediate("c", CART))];
/// Two remediations of one target, of which the first is deleted.
const DELETED: &[Act] = &[(1, Remediate("a", CART)), (1, Remediate("b", CART)), (3, Delete("a"))];
/// Remediations of two targets, one of which is deleted.
const MANY: &[Act] = &[
    (1, Remediate("a", CART)),
    (1, Remediate("b", CART)),
    (2, Remediate("c", BILLING)),
    (6, Delete("b")),
    (20, Remediate("d", CART)),
    (70, Remediate("e", BILLING)),
];

/// Calls of one replica, or of all.
const fn calls(method: &'static str, resource: &'static str, replica: Option<usize>) -> CallPattern {
    CallPattern { method, resource, replica }
}

/// The first such call, or several.
const fn first(times: u32, on: CallPattern, effect: Effect) -> Trigger {
    Trigger { on, skip: 0, times, effect }
}

const BLANK: Scenario = Scenario {
    name: "",
    story: "",
    replicas: 2,
    servers: 2,
    balance: Balance::Pinned,
    acts: PAIR,
    faults: Faults::NONE,
    triggers: &[],
    slow_creates: None,
    requires: &[],
    retention: None,
    bound: Duration::from_secs(60),
};

pub(crate) const ORDER: Scenario = Scenario {
    name: "order",
    story: "Two remediations of one target arrive at once. Events, calls and caches take any order, and nothing fails.",
    requires: &[FaultKind::Reorder, FaultKind::WatchLag],
    bound: Duration::from_secs(20),
    ..BLANK
};

pub(crate) const PAUSES: Scenario = Scenario {
    name: "pauses",
    story: "Replicas are paused for up to 70 s, beyond their leases.",
    faults: Faults { name: "pauses", world_fault_per_mille: 20, max_pauses: 2, ..Faults::NONE },
    requires: &[FaultKind::Pause],
    bound: Duration::from_secs(180),
    ..BLANK
};

pub(crate) const PAUSED_HOLDER: Scenario = Scenario {
    name: "paused-holder",
    story: "A holder is paused for 40 s after its turn is recorded and before its execution is created.",
    triggers: &[first(
        1,
        calls("PUT", "remediationrequests/status", Some(0)),
        Effect::PauseAfter(Duration::from_secs(40)),
    )],
    requires: &[FaultKind::Pause],
    ..BLANK
};

pub(crate) const CLOCKS: Scenario = Scenario {
    name: "clocks",
    story: "Wall clocks are wrong by up to 90 s, their rates by 2 %; some creates take 8 s.",
    faults: Faults { name: "clocks", clock_skew: true, ..Faults::NONE },
    slow_creates: Some(Duration::from_secs(8)),
    requires: &[FaultKind::ClockSkew],
    ..BLANK
};

pub(crate) const LOST_ANSWERS: Scenario = Scenario {
    name: "lost-answers",
    story: "Calls are lost, refused, delayed, executed late or twice, and their answers are lost.",
    acts: THREE,
    faults: Faults { name: "lost-answers", call_fault_per_mille: 150, max_call_faults: 20, ..Faults::NONE },
    requires: &[FaultKind::LostAnswer, FaultKind::LateWrite, FaultKind::SentTwice, FaultKind::Hang],
    bound: Duration::from_secs(240),
    ..BLANK
};

pub(crate) const CRASHES: Scenario = Scenario {
    name: "crashes",
    story: "Replicas crash at any moment and start again after 0.5 s, 5 s or 40 s; some calls fail.",
    acts: THREE,
    faults: Faults { name: "crashes", world_fault_per_mille: 20, max_crashes: 4, ..Faults::CALM },
    requires: &[FaultKind::Crash],
    bound: Duration::from_secs(240),
    ..BLANK
};

pub(crate) const DEAD_HOLDER: Scenario = Scenario {
    name: "dead-holder",
    story: "The first replica that acquires the lease crashes before it learns so, and stays away for five minutes.",
    replicas: 3,
    acts: THREE,
    triggers: &[first(1, calls("POST", "leases", None), Effect::CrashAfter { restart: Duration::from_secs(300) })],
    requires: &[FaultKind::Crash],
    ..BLANK
};

pub(crate) const DELETION: Scenario = Scenario {
    name: "deletion",
    story: "A remediation is deleted while it begins; creates are executed late, and replicas crash.",
    acts: DELETED,
    faults: Faults { name: "deletion", world_fault_per_mille: 20, max_crashes: 2, ..Faults::NONE },
    triggers: &[first(1, calls("POST", "workflowexecutions", None), Effect::Late(Duration::from_secs(20)))],
    requires: &[FaultKind::Crash, FaultKind::LateWrite],
    bound: Duration::from_secs(120),
    ..BLANK
};

pub(crate) const STALE: Scenario = Scenario {
    name: "stale",
    story: "Each call reaches any of four API servers; they restart, and their caches are old.",
    servers: 4,
    balance: Balance::PerRequest,
    acts: THREE,
    faults: Faults {
        name: "stale",
        world_fault_per_mille: 10,
        max_watch_faults: 4,
        server_fault_per_mille: 20,
        max_server_faults: 4,
        lagging_cache_per_mille: 100,
        ..Faults::NONE
    },
    requires: &[FaultKind::ServerRestart, FaultKind::TimeTravel, FaultKind::WatchDrop],
    bound: Duration::from_secs(120),
    ..BLANK
};

pub(crate) const FAILED_RENEWAL: Scenario = Scenario {
    name: "failed-renewal",
    story: "A holder fails, keeps its lease, and is paused before it renews; some creates take 8 s.",
    replicas: 3,
    acts: THREE,
    triggers: &[
        first(1, calls("PUT", "remediationrequests/status", Some(0)), Effect::Fault(FaultKind::ServiceUnavailable)),
        first(1, calls("DELETE", "leases", Some(0)), Effect::Fault(FaultKind::LostRequest)),
        first(1, calls("PUT", "leases", Some(0)), Effect::PauseBefore(Duration::from_secs(38))),
    ],
    slow_creates: Some(Duration::from_secs(8)),
    requires: &[FaultKind::Pause, FaultKind::ServiceUnavailable, FaultKind::LostRequest],
    bound: Duration::from_secs(120),
    ..BLANK
};

pub(crate) const LATE_RELEASE: Scenario = Scenario {
    name: "late-release",
    story: "A holder is paused before it releases, beyond its lease; some creates take 8 s.",
    replicas: 3,
    acts: THREE,
    triggers: &[first(1, calls("DELETE", "leases", Some(0)), Effect::PauseBefore(Duration::from_secs(37)))],
    slow_creates: Some(Duration::from_secs(8)),
    requires: &[FaultKind::Pause],
    bound: Duration::from_secs(120),
    ..BLANK
};

pub(crate) const LATE_CREATE: Scenario = Scenario {
    name: "late-create",
    story: "A create is answered 504 and executed 5 s later, and its lease is not released.",
    replicas: 1,
    triggers: &[
        first(1, calls("POST", "workflowexecutions", None), Effect::Late(Duration::from_secs(5))),
        first(2, calls("DELETE", "leases", None), Effect::Fault(FaultKind::LostRequest)),
    ],
    requires: &[FaultKind::LateWrite, FaultKind::LostRequest],
    ..BLANK
};

pub(crate) const RETENTION: Scenario = Scenario {
    name: "retention",
    story: "A replica is paused for four minutes before it takes a turn. Executions are deleted after two minutes.",
    acts: &[(1, Remediate("a", CART)), (1, Remediate("b", CART)), (260, Remediate("c", CART))],
    triggers: &[first(
        1,
        calls("PUT", "remediationrequests/status", Some(0)),
        Effect::PauseAfter(Duration::from_secs(240)),
    )],
    requires: &[FaultKind::Pause],
    retention: Some(Duration::from_secs(130)),
    ..BLANK
};

pub(crate) const HOSTILE: Scenario = Scenario {
    name: "hostile",
    story: "Six remediations of two targets, one of them deleted, with every fault that the library has.",
    replicas: 3,
    acts: MANY,
    faults: Faults::HOSTILE,
    requires: &[
        FaultKind::Crash,
        FaultKind::Pause,
        FaultKind::ClockSkew,
        FaultKind::LostAnswer,
        FaultKind::LateWrite,
        FaultKind::TimeTravel,
        FaultKind::Conflict,
    ],
    bound: Duration::from_secs(300),
    ..BLANK
};

/// Every scenario.
pub(crate) const SCENARIOS: &[Scenario] = &[
    ORDER,
    PAUSES,
    PAUSED_HOLDER,
    CLOCKS,
    LOST_ANSWERS,
    CRASHES,
    DEAD_HOLDER,
    DELETION,
    STALE,
    FAILED_RENEWAL,
    LATE_RELEASE,
    LATE_CREATE,
    RETENTION,
    HOSTILE,
];
