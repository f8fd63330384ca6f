//! Mutants: copies of the shipped protocol with one safeguard or several taken out, and the invariant that must catch
//! each.
//!
//! A harness that misses a mutant proves nothing about the safeguard that the mutant lacks. Some safeguards cover each
//! other: taking one of those out breaks nothing. [`EQUIVALENT_MUTANTS`] lists them, with the safeguard that remains.
use mutants::Safeguard;

/// A mutant that a named scenario and a named invariant must catch.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// Name on the command line, after `mutant-`.
    pub name: &'static str,
    /// The mistake, in one line.
    pub about: &'static str,
    /// Safeguards that are taken out.
    pub removed: &'static [Safeguard],
    /// Scenario that shows the mistake.
    pub scenario: &'static str,
    /// Preset of faults, where the scenario's own are too mild.
    pub faults: Option<&'static str>,
    /// Invariant that must catch it.
    pub invariant: &'static str,
}

const BLANK: Mutant =
    Mutant { name: "", about: "", removed: &[], scenario: "", faults: None, invariant: "occurrences_exact" };

/// Every mutant that must be caught.
pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "no-mark",
        about: "the count carries no mark, and a lost count is treated as not counted",
        removed: &[Safeguard::Mark, Safeguard::UnknowableWithoutMark],
        scenario: "lost-count",
        ..BLANK
    },
    Mutant {
        name: "mark-in-unknown-field",
        about: "the mark is in a field that the schema does not know: it is pruned, and a missing mark is read as \
         not counted",
        removed: &[Safeguard::KnownField, Safeguard::UnknowableWithoutMark],
        scenario: "lost-count",
        ..BLANK
    },
    Mutant {
        name: "absent-means-uncounted",
        about: "another client erases the marks, and a missing mark is read as not counted",
        removed: &[Safeguard::UnknowableWithoutMark],
        scenario: "interference",
        ..BLANK
    },
    Mutant {
        name: "base-ignored",
        about: "a ledger that began after the count lacks its mark, and the missing mark is read as not counted",
        removed: &[Safeguard::LedgerBase],
        scenario: "rewritten-ledger",
        ..BLANK
    },
    Mutant {
        name: "mark-read-apart",
        about: "the mark is looked up while the lost patch may still commit",
        removed: &[Safeguard::OneRead],
        scenario: "late-count",
        ..BLANK
    },
    Mutant {
        name: "unconditional-count",
        about: "the patch names no version: the last writer wins",
        removed: &[Safeguard::CountVersion],
        scenario: "count-contention",
        ..BLANK
    },
    Mutant {
        name: "counts-on-the-ended",
        about: "the patch names no version: it counts on a request that has ended in the meantime",
        removed: &[Safeguard::CountVersion],
        scenario: "ends-meanwhile",
        invariant: "accepted_means_active",
        ..BLANK
    },
    Mutant {
        name: "5xx-is-definite",
        about: "a 5xx is treated as a refusal, and the count is retried without a look",
        removed: &[Safeguard::ServerErrorAmbiguous, Safeguard::ThrottledResolved],
        scenario: "api-errors",
        ..BLANK
    },
    Mutant {
        name: "conflict-is-uncounted",
        about: "a conflict is taken for \"not counted\", although it may answer the second copy of a patch",
        removed: &[Safeguard::ConflictResolved],
        scenario: "counts-sent-twice",
        ..BLANK
    },
    Mutant {
        name: "429-is-uncounted",
        about: "a 429 is taken for \"not counted\", although it may answer the second copy of a patch",
        removed: &[Safeguard::ThrottledResolved],
        scenario: "counts-sent-twice",
        ..BLANK
    },
    Mutant {
        name: "refused-is-uncounted",
        about: "a refused count is tried again although nothing shows whether its first copy counted",
        removed: &[Safeguard::RefusedUnknowable],
        scenario: "sent-twice-and-erased",
        ..BLANK
    },
    Mutant {
        name: "ack-before-commit",
        about: "signals are answered before their count is stored",
        removed: &[Safeguard::CommitBeforeAnswer],
        scenario: "count-contention",
        ..BLANK
    },
    Mutant {
        name: "batch-counts-one",
        about: "a batch of k raises the count by one",
        removed: &[Safeguard::CountWholeBatch],
        scenario: "burst",
        ..BLANK
    },
    Mutant {
        name: "last-seen-by-own-clock",
        about: "lastSeenAt is this replica's own time, even when that is earlier than the stored one",
        removed: &[Safeguard::LastSeenGrows],
        scenario: "wrong-clocks",
        invariant: "occurrences_monotonic",
        ..BLANK
    },
    Mutant {
        name: "created-for-the-poster",
        about: "201 goes to the sender of the POST, although another replica counted first",
        removed: &[Safeguard::CreatedIsFirst],
        scenario: "pair",
        invariant: "reply_tells_truth",
        ..BLANK
    },
    Mutant {
        name: "cached-read",
        about: "a request is read from the watch cache instead of by quorum",
        removed: &[Safeguard::QuorumRead],
        scenario: "count-contention",
        faults: Some("hostile"),
        ..BLANK
    },
    Mutant {
        name: "expiry-is-the-fence",
        about: "each acquisition gives its request a new name: the late write of a paused holder is not fenced",
        removed: &[Safeguard::OneNameOfEpisode],
        scenario: "holder-pause",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "new-name-per-attempt",
        about: "a create without an answer is retried under another name",
        removed: &[Safeguard::OneNameOfAcquisition],
        scenario: "lost-create",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "episode-not-named",
        about: "every episode has the same name: after the first, no request can be created",
        removed: &[Safeguard::EpisodeNamed],
        scenario: "next-episode",
        invariant: "every_signal_ends",
        ..BLANK
    },
    Mutant {
        name: "episode-never-advances",
        about: "the episode number does not grow when an episode has ended",
        removed: &[Safeguard::EpisodeAdvances],
        scenario: "next-episode",
        invariant: "every_signal_ends",
        ..BLANK
    },
    Mutant {
        name: "absence-is-final",
        about: "the next episode begins as soon as a request is gone, while a create of it is still under way",
        removed: &[Safeguard::Cooldown],
        scenario: "deleted-under-way",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "cooldown-of-the-way-only",
        about: "the next episode begins 60 s after its request was seen, while a create that was issued later is under \
         way",
        removed: &[Safeguard::WholeCooldown],
        scenario: "issued-late",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "no-issue-deadline",
        about: "a create is issued although its lease was acquired minutes ago",
        removed: &[Safeguard::IssueDeadline],
        scenario: "issued-after-pause",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "terminating-is-ended",
        about: "the next episode begins while an active request is still being deleted",
        removed: &[Safeguard::TerminatingActive],
        scenario: "slow-deletion",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "swept-under-a-create",
        about: "a lease is swept as soon as it is free, while a create of its episode is under way",
        removed: &[Safeguard::SweepIdle],
        scenario: "swept-late",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "swept-in-use",
        about: "a lease is swept although its fingerprint has a request",
        removed: &[Safeguard::SweepUnused, Safeguard::SweepIdle],
        scenario: "paused-replica",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "unconditional-take",
        about: "a lease is taken at its latest version, not at the version that was examined",
        removed: &[Safeguard::TakeVersion],
        scenario: "ends-meanwhile",
        invariant: "one_holder",
        ..BLANK
    },
    Mutant {
        name: "unconditional-release",
        about: "a lease is released by deleting it by name, even when another replica holds it",
        removed: &[Safeguard::ReleaseVersion],
        scenario: "burst-hostile",
        invariant: "no_foreign_release",
        ..BLANK
    },
    Mutant {
        name: "unconditional-release-unfenced",
        about: "the same, and each acquisition gives its request a new name",
        removed: &[Safeguard::ReleaseVersion, Safeguard::OneNameOfEpisode],
        scenario: "time-travel",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "wall-clock-expiry",
        about: "expiry compares the holder's renewTime with this replica's wall clock",
        removed: &[Safeguard::LocalExpiry],
        scenario: "wrong-clocks",
        invariant: "one_holder",
        ..BLANK
    },
    Mutant {
        name: "wall-clock-expiry-unfenced",
        about: "the same, and each acquisition gives its request a new name",
        removed: &[Safeguard::LocalExpiry, Safeguard::OneNameOfEpisode],
        scenario: "wrong-clocks",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "pod-is-the-holder",
        about: "the holder is the pod: a restarted pod treats its predecessor's lock as its own",
        removed: &[Safeguard::HolderUnique],
        scenario: "quick-restart",
        invariant: "no_foreign_release",
        ..BLANK
    },
    Mutant {
        name: "pod-is-the-holder-unfenced",
        about: "the same, and each acquisition gives its request a new name",
        removed: &[Safeguard::HolderUnique, Safeguard::OneNameOfEpisode],
        scenario: "quick-restart",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "never-released",
        about: "leases are never released, only left to expire",
        removed: &[Safeguard::GivenBack],
        scenario: "next-episode",
        invariant: "locks_are_reclaimed",
        ..BLANK
    },
    Mutant {
        name: "never-expires",
        about: "a lock whose holder is gone never expires",
        removed: &[Safeguard::ExpirySeen],
        scenario: "held-lock",
        invariant: "every_signal_ends",
        ..BLANK
    },
    Mutant {
        name: "waits-for-expiry",
        about: "a dead holder's lock is only waited for, by replicas that restart before they see it expire",
        removed: &[Safeguard::CreateBeside, Safeguard::TakeEnded],
        scenario: "crash-after-acquiring",
        invariant: "holder_crash_recovers",
        ..BLANK
    },
    Mutant {
        name: "waits-though-ended",
        about: "a dead holder's lock is waited for, although its request has ended",
        removed: &[Safeguard::TakeEnded],
        scenario: "crash-then-ended",
        invariant: "holder_crash_recovers",
        ..BLANK
    },
    Mutant {
        name: "takes-what-is-held",
        about: "a lock is taken over from a live holder that has not created its request yet",
        removed: &[Safeguard::HeldUnlessEnded],
        scenario: "holder-pause",
        invariant: "one_holder",
        ..BLANK
    },
    Mutant {
        name: "orphans-kept",
        about: "leases of crashed replicas are not freed",
        removed: &[Safeguard::OrphansFreed],
        scenario: "crash-before-release",
        invariant: "locks_are_reclaimed",
        ..BLANK
    },
    Mutant {
        name: "key-not-stored",
        about: "the key of a delivery is looked up, but not stored with its count",
        removed: &[Safeguard::KeysStored],
        scenario: "keyed-twice",
        ..BLANK
    },
    Mutant {
        name: "key-looked-up-once",
        about: "keys are looked up when a batch begins, and not again when its count loses to another",
        removed: &[Safeguard::KeysOfVersion],
        scenario: "keyed-redelivery",
        ..BLANK
    },
    Mutant {
        name: "keys-left-behind",
        about: "an episode begins without the keys of the one before",
        removed: &[Safeguard::KeysHandedOn],
        scenario: "empty-episode",
        ..BLANK
    },
    Mutant {
        name: "keys-lost-on-the-way",
        about: "keys are looked up in the previous episode only, which has none if it ended before its first count",
        removed: &[Safeguard::KeysPastEmpty],
        scenario: "empty-episode",
        ..BLANK
    },
    Mutant {
        name: "ended-not-consulted",
        about: "an episode begins although the request that ended has counted the delivery with this key",
        removed: &[Safeguard::EndedConsulted],
        scenario: "keyed-after-the-end",
        invariant: "redelivered_begins_nothing",
        ..BLANK
    },
    Mutant {
        name: "twins-not-merged",
        about: "two deliveries with one key in one batch count twice",
        removed: &[Safeguard::TwinsMerged],
        scenario: "keyed-at-once",
        ..BLANK
    },
    Mutant {
        name: "group-not-given-back",
        about: "the stored members of a group that is answered 5xx count again each time that it is sent",
        removed: &[Safeguard::GroupGivenBack],
        scenario: "refused-member",
        invariant: "scenario_expectation",
        ..BLANK
    },
    Mutant {
        name: "taken-twice",
        about: "an occurrence that was given back stays there when a delivery takes it, and the next takes it too",
        removed: &[Safeguard::TakenOnce],
        scenario: "refused-member",
        ..BLANK
    },
    Mutant {
        name: "keys-renamed-on-the-way",
        about: "a key that is handed on twice names the request that handed it on, not the one that counted it",
        removed: &[Safeguard::InheritedOnce],
        scenario: "keyed-episodes-later",
        invariant: "reply_tells_truth",
        ..BLANK
    },
    Mutant {
        name: "suppression-ignored",
        about: "an episode begins although the request before suppresses new ones",
        removed: &[Safeguard::Suppression],
        scenario: "review-required",
        invariant: "suppressed_creates_nothing",
        ..BLANK
    },
    Mutant {
        name: "suppressing-not-closed",
        about: "an episode begins while another replica still finds the request before suppressing, and counts on it",
        removed: &[Safeguard::Closing, Safeguard::ListOfClosed],
        scenario: "count-after-cooldown",
        ..BLANK
    },
    Mutant {
        name: "suppressing-not-closed-unkeyed",
        about: "the same without keys: the request before takes counts beside its successor",
        removed: &[Safeguard::Closing],
        scenario: "count-after-cooldown-unkeyed",
        invariant: "superseded_takes_no_counts",
        ..BLANK
    },
    Mutant {
        name: "list-of-an-open-request",
        about: "keys are handed on by a request that may take counts again, once a review is required",
        removed: &[Safeguard::ListOfClosed],
        scenario: "late-review",
        ..BLANK
    },
    Mutant {
        name: "closed-takes-counts",
        about: "a request that is closed takes counts where a replica's clock finds it suppressing",
        removed: &[Safeguard::ClosedFinal],
        scenario: "cooldown-by-wrong-clocks",
        ..BLANK
    },
    Mutant {
        name: "terminating-takes-counts",
        about: "signals are counted on a request that is being deleted",
        removed: &[Safeguard::GoingTakesNone],
        scenario: "slow-deletion",
        invariant: "terminating_takes_no_counts",
        ..BLANK
    },
    Mutant {
        name: "ledger-carried-on",
        about: "a ledger that is out of step with the count is carried on, although it may lack a mark",
        removed: &[Safeguard::LedgerInStep],
        scenario: "restored-marks",
        ..BLANK
    },
    Mutant {
        name: "marks-pile-up",
        about: "a writer's older mark stays beside its newer one, so that its lost counts cannot be resolved",
        removed: &[Safeguard::OneMarkEach],
        scenario: "lost-again",
        invariant: "scenario_expectation",
        ..BLANK
    },
    Mutant {
        name: "restless-sweeper",
        about: "every replica reads every lease every second",
        removed: &[Safeguard::SweepSeldom],
        scenario: "next-episode",
        invariant: "quiet_is_quiet",
        ..BLANK
    },
];

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
        name: "no-first-list",
        removed: &[Safeguard::ListBeforeFirst],
        scenario: "interference",
        invariants: REQUESTS_AND_COUNTS,
        because: "a lease outlives the requests created under it, unless other clients delete leases",
    },
];
