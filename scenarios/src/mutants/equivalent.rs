//! Mutants that break nothing, because another safeguard covers the one that they lack.
use mutants::Safeguard;

/// A mutant that keeps these invariants in this scenario, because another safeguard covers the one that it lacks.
#[derive(Debug, Clone, Copy)]
pub struct EquivalentMutant {
    /// Name on the command line, after `mutant-`.
    pub name: &'static str,
    /// Safeguards that are taken out.
    pub removed: &'static [Safeguard],
    /// Scenario in which the mutant runs.
    pub scenario: &'static str,
    /// Invariants that still hold.
    pub invariants: &'static [&'static str],
    /// Why they hold: the safeguard that covers the missing one.
    pub because: &'static str,
}

const REQUESTS_AND_COUNTS: &[&str] =
    &["one_active_request", "occurrences_exact", "occurrences_monotonic", "accepted_means_active", "reply_tells_truth"];

const REQUESTS_AND_COUNTS_AND_LOCKS: &[&str] = &[
    "one_active_request",
    "occurrences_exact",
    "occurrences_monotonic",
    "accepted_means_active",
    "reply_tells_truth",
    "locks_are_reclaimed",
];

/// Safeguards that can be taken out one at a time without breaking requests or counts.
pub const EQUIVALENT_MUTANTS: &[EquivalentMutant] = &[
    EquivalentMutant {
        name: "unchanged",
        removed: &[],
        scenario: "interference",
        invariants: REQUESTS_AND_COUNTS,
        because: "no safeguard is taken out: it is the shipped protocol's own text",
    },
    EquivalentMutant {
        name: "no-uid",
        removed: &[Safeguard::CountUid],
        scenario: "interference",
        invariants: REQUESTS_AND_COUNTS,
        because: "a version names one state of one object, unless etcd is restored",
    },
    EquivalentMutant {
        name: "unmarked-counts",
        removed: &[Safeguard::Mark],
        scenario: "lost-count",
        invariants: REQUESTS_AND_COUNTS,
        because: "without marks nothing can be known about a lost count: the answer is 503, and it counts at most once",
    },
    EquivalentMutant {
        name: "no-take-version",
        removed: &[Safeguard::TakeVersion],
        scenario: "ends-meanwhile",
        invariants: REQUESTS_AND_COUNTS,
        because: "the request's name is the fence, no matter which replica holds the lease",
    },
    EquivalentMutant {
        name: "no-local-expiry",
        removed: &[Safeguard::LocalExpiry],
        scenario: "wrong-clocks",
        invariants: REQUESTS_AND_COUNTS,
        because: "a lease that is taken too early costs a call that loses",
    },
    EquivalentMutant {
        name: "no-shared-name",
        removed: &[Safeguard::OneNameOfEpisode],
        scenario: "wrong-clocks",
        invariants: REQUESTS_AND_COUNTS,
        because: "the lock alone excludes others where no call is late and no clock is trusted",
    },
    EquivalentMutant {
        name: "no-unique-holder",
        removed: &[Safeguard::HolderUnique],
        scenario: "quick-restart",
        invariants: REQUESTS_AND_COUNTS,
        because: "the predecessor's late create has the same name as its successor's",
    },
    EquivalentMutant {
        name: "lost-acquisition-forgotten",
        removed: &[Safeguard::AttemptRemembered],
        scenario: "lost-create",
        invariants: REQUESTS_AND_COUNTS_AND_LOCKS,
        because: "a replica looks for leases that it forgot every 8 s, and frees them once they have expired",
    },
    EquivalentMutant {
        name: "release-tried-once",
        removed: &[Safeguard::ReleaseRetried],
        scenario: "burst-hostile",
        invariants: REQUESTS_AND_COUNTS_AND_LOCKS,
        because: "a replica looks for leases that it forgot every 8 s, and frees them once they have expired",
    },
    EquivalentMutant {
        name: "no-first-list",
        removed: &[Safeguard::ListBeforeFirst],
        scenario: "interference",
        invariants: REQUESTS_AND_COUNTS,
        because: "a lease outlives the requests created under it, unless other clients delete leases",
    },
];
