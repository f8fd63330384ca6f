//! Mutants: orchestrators without some safeguards, and where each must be caught.
//!
//! Each has a control, which is caught less: the same orchestrator with the safeguard that the mutant is about. It must
//! hold in the same scenario, so that what is caught is this mistake and not another one.
use super::{
    controller::safeguards::{
        Safeguard::{self, *},
        Safeguards,
    },
    invariants::{EACH_ENDS, ONE_EACH, ONE_RUNS, STATUS_IS_TRUE, TAKEN_IN_TIME, WANTED},
    scenario::{self, Scenario},
};

/// An orchestrator without some safeguards.
pub(crate) struct Mutant {
    /// Name of the mutant.
    pub(crate) name: &'static str,
    /// What is wrong with it, in a sentence.
    pub(crate) about: &'static str,
    /// The safeguards that it lacks.
    pub(crate) without: &'static [Safeguard],
    /// The safeguards that its control lacks.
    pub(crate) control: &'static [Safeguard],
    /// The scenario in which it is caught.
    pub(crate) scenario: Scenario,
    /// The invariant that catches it.
    pub(crate) invariant: &'static str,
}

impl Mutant {
    /// Whether it relies on the lease alone.
    pub(crate) fn relies_on_the_lease(&self) -> bool {
        !Safeguards::without(self.without).has(TurnIsTheName)
    }
}

/// The lease alone: no name is a fence. Everything about the lease is right.
const LEASE_ALONE: &[Safeguard] = &[TurnIsTheName];

/// The design of the documents as it is written: the lease alone, with all its weaknesses.
const AS_WRITTEN: &[Safeguard] = &[
    TurnIsTheName,
    QuorumReads,
    HolderIsTheRemediation,
    ObservedExpiry,
    FailedRenewalLoses,
    ReleaseNamesVersion,
    TurnIsRecorded,
    CreatesAreTimely,
];

/// Every mutant.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "as-written",
        about: "ADR-052 for BR-ORCH-050: a lease per target, a cached client, the pod as the holder, expiry by wall \
                clock, a renewal whose failure is ignored, a release by name.",
        without: AS_WRITTEN,
        control: LEASE_ALONE,
        scenario: scenario::STALE,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "lease-is-the-fence",
        about: "The lease alone, with every weakness mended: a holder that was paused still creates.",
        without: LEASE_ALONE,
        control: &[],
        scenario: scenario::PAUSED_HOLDER,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "cached-check",
        about: "The lease and the executions are read from a cache.",
        without: &[TurnIsTheName, QuorumReads],
        control: LEASE_ALONE,
        scenario: scenario::STALE,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "wall-clock-expiry",
        about: "A lease expires when its renewTime is 30 s old by this pod's wall clock.",
        without: &[TurnIsTheName, ObservedExpiry],
        control: LEASE_ALONE,
        scenario: scenario::CLOCKS,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "failed-renewal-holds",
        about: "A lease that bears this holder's name counts as held, even if its renewal failed.",
        without: &[TurnIsTheName, FailedRenewalLoses],
        control: LEASE_ALONE,
        scenario: scenario::FAILED_RENEWAL,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "release-by-name",
        about: "A lease is deleted without a look at its holder.",
        without: &[TurnIsTheName, ReleaseNamesVersion, ReleaseChecksHolder],
        control: LEASE_ALONE,
        scenario: scenario::LATE_RELEASE,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "pod-is-the-holder",
        about: "The holder is the pod: two remediations of one pod hold one lease.",
        without: &[TurnIsTheName, HolderIsTheRemediation],
        control: LEASE_ALONE,
        scenario: scenario::LATE_CREATE,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "unconditional-take",
        about: "A lease is taken over by a patch without a version: two replicas take it.",
        without: &[TurnIsTheName, TakeNamesVersion],
        control: LEASE_ALONE,
        scenario: scenario::DEAD_HOLDER,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "busy-not-checked",
        about: "The next turn is taken although the execution before it has not ended.",
        without: &[BusyIsChecked],
        control: &[],
        scenario: scenario::ORDER,
        invariant: ONE_RUNS,
    },
    Mutant {
        name: "turn-not-recorded",
        about: "The execution is created first and recorded afterwards.",
        without: &[TurnIsRecorded],
        control: &[],
        scenario: scenario::CRASHES,
        invariant: ONE_EACH,
    },
    Mutant {
        name: "recorded-turn-trusted",
        about: "A turn that the cache shows as recorded is taken without a write: the remediation may have ended.",
        without: &[TurnIsWrittenAgain],
        control: &[],
        scenario: scenario::RETENTION,
        invariant: WANTED,
    },
    Mutant {
        name: "status-without-version",
        about: "The turn is recorded by a patch without a version, from what a cache shows.",
        without: &[StatusNamesVersion],
        control: &[],
        scenario: scenario::STALE,
        invariant: ONE_EACH,
    },
    Mutant {
        name: "taken-turn-is-own",
        about: "An execution that exists already is taken for this remediation's own.",
        without: &[TakenTurnIsRead],
        control: &[],
        scenario: scenario::PAUSES,
        invariant: STATUS_IS_TRUE,
    },
    Mutant {
        name: "no-finalizer",
        about: "A remediation that is deleted is gone at once, while its execution runs or is being created.",
        without: &[Finalizer],
        control: &[],
        scenario: scenario::DELETION,
        invariant: WANTED,
    },
    Mutant {
        name: "turn-left-open",
        about: "A deleted remediation is let go although a create of its execution may be under way.",
        without: &[DeletionFillsTheTurn],
        control: &[],
        scenario: scenario::DELETION,
        invariant: WANTED,
    },
    Mutant {
        name: "deletion-does-not-cancel",
        about: "A deleted remediation is let go while its execution runs.",
        without: &[DeletionCancels],
        control: &[],
        scenario: scenario::DELETION,
        invariant: WANTED,
    },
    Mutant {
        name: "creates-at-any-time",
        about: "A turn that was found free minutes ago is taken, although it was taken, ended and deleted since.",
        without: &[CreatesAreTimely],
        control: &[],
        scenario: scenario::RETENTION,
        invariant: WANTED,
    },
    Mutant {
        name: "blocked-waits-for-an-event",
        about: "A remediation that finds its target busy or locked is looked at again only when an event says so.",
        without: &[BlockedComesBack],
        control: &[],
        scenario: scenario::DEAD_HOLDER,
        invariant: TAKEN_IN_TIME,
    },
    Mutant {
        name: "errors-are-final",
        about: "A step that lost to another write, or was not answered, is not taken again.",
        without: &[ErrorsComeBack],
        control: &[],
        scenario: scenario::LOST_ANSWERS,
        invariant: EACH_ENDS,
    },
    Mutant {
        name: "leases-never-expire",
        about: "The lease of a dead holder is waited for.",
        without: &[LeasesExpire],
        control: &[],
        scenario: scenario::DEAD_HOLDER,
        invariant: TAKEN_IN_TIME,
    },
    Mutant {
        name: "leases-not-released",
        about: "A lease is left to expire after each turn.",
        without: &[LeasesAreReleased],
        control: &[],
        scenario: scenario::ORDER,
        invariant: TAKEN_IN_TIME,
    },
];
