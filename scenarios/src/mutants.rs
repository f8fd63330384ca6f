//! Weakenings: the shipped protocol without one safeguard, or without several that stand in for each other, and what must show it.
//!
//! Each is a planted bug: a harness that does not find it has nothing to say about the protocol that has the safeguard. Where
//! taking one layer away breaks nothing, that is said too, with the pair that does: [`HARMLESS`].
use mutants::Site;

/// A protocol that lacks something.
#[derive(Debug, Clone, Copy)]
pub struct Weakening {
    /// What `--protocol` takes, after `weakened-`.
    pub name: &'static str,
    /// What is wrong with it, in a line.
    pub about: &'static str,
    /// What is taken out.
    pub sites: &'static [Site],
    /// The scenario that shows it.
    pub scenario: &'static str,
    /// The preset of faults, where the scenario's own are too mild.
    pub faults: Option<&'static str>,
    /// The invariant that must catch it.
    pub invariant: &'static str,
}

const BUG: Weakening =
    Weakening { name: "", about: "", sites: &[], scenario: "", faults: None, invariant: "occurrences_exact" };

/// Every planted bug.
pub const WEAKENINGS: &[Weakening] = &[
    Weakening {
        name: "no-mark",
        about: "the count carries no mark, and a lost count is taken for uncounted",
        sites: &[Site::Mark, Site::UnknowableWithoutMark],
        scenario: "lost-count",
        ..BUG
    },
    Weakening {
        name: "mark-in-unknown-field",
        about: "the mark is in a field that the schema does not know: it is pruned, and absence read as uncounted",
        sites: &[Site::KnownField, Site::UnknowableWithoutMark],
        scenario: "lost-count",
        ..BUG
    },
    Weakening {
        name: "absent-means-uncounted",
        about: "somebody erases the marks, and their absence is read as uncounted",
        sites: &[Site::UnknowableWithoutMark],
        scenario: "meddled",
        ..BUG
    },
    Weakening {
        name: "base-ignored",
        about: "a mark that a younger ledger cannot hold is taken for one that never was",
        sites: &[Site::LedgerBase],
        scenario: "rewritten-ledger",
        ..BUG
    },
    Weakening {
        name: "mark-read-apart",
        about: "the mark is looked for while the lost patch may still commit",
        sites: &[Site::OneRead],
        scenario: "late-count",
        ..BUG
    },
    Weakening {
        name: "unconditional-count",
        about: "the patch names no version: the last writer wins",
        sites: &[Site::CountVersion],
        scenario: "count-contention",
        ..BUG
    },
    Weakening {
        name: "counts-on-the-ended",
        about: "the patch names no version: it counts on a request that has ended meanwhile",
        sites: &[Site::CountVersion],
        scenario: "ends-meanwhile",
        invariant: "accepted_means_active",
        ..BUG
    },
    Weakening {
        name: "5xx-is-definite",
        about: "a 5xx is taken for a refusal, and the count tried anew",
        sites: &[Site::ServerErrorAmbiguous],
        scenario: "api-errors",
        ..BUG
    },
    Weakening {
        name: "ack-before-commit",
        about: "signals are answered before their count is stored",
        sites: &[Site::CommitBeforeAnswer],
        scenario: "count-contention",
        ..BUG
    },
    Weakening {
        name: "batch-counts-one",
        about: "a batch of k raises the count by one",
        sites: &[Site::CountWholeBatch],
        scenario: "burst",
        ..BUG
    },
    Weakening {
        name: "last-seen-by-own-clock",
        about: "lastSeenAt is this replica's now, also when that is earlier",
        sites: &[Site::LastSeenGrows],
        scenario: "wrong-clocks",
        invariant: "occurrences_monotonic",
        ..BUG
    },
    Weakening {
        name: "created-for-the-poster",
        about: "201 goes to whoever sent the POST, though another replica counted first",
        sites: &[Site::CreatedIsFirst],
        scenario: "pair",
        invariant: "reply_tells_truth",
        ..BUG
    },
    Weakening {
        name: "cached-read",
        about: "a request is read from the watch cache instead of by quorum",
        sites: &[Site::QuorumRead],
        scenario: "count-contention",
        faults: Some("hostile"),
        ..BUG
    },
    Weakening {
        name: "expiry-is-the-fence",
        about: "each acquisition names its request anew: the late write of a holder that stood still is not fenced",
        sites: &[Site::OneNameOfEpisode],
        scenario: "holder-pause",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "new-name-per-attempt",
        about: "a create that was not answered is tried again under another name",
        sites: &[Site::OneNameOfAcquisition],
        scenario: "lost-create",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "episode-not-named",
        about: "every episode has the same name: after the first no request can be made",
        sites: &[Site::EpisodeNamed],
        scenario: "next-episode",
        invariant: "every_signal_ends",
        ..BUG
    },
    Weakening {
        name: "episode-stands-still",
        about: "what follows on an ended episode is the same one",
        sites: &[Site::EpisodeAdvances],
        scenario: "next-episode",
        invariant: "every_signal_ends",
        ..BUG
    },
    Weakening {
        name: "absence-is-final",
        about: "a request that is gone is succeeded at once, while a create of it is under way",
        sites: &[Site::Cooldown],
        scenario: "deleted-under-way",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "terminating-is-ended",
        about: "an active request that is being deleted is succeeded before it is gone",
        sites: &[Site::TerminatingActive],
        scenario: "slow-deletion",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "swept-under-a-create",
        about: "a lease is swept as soon as it is free, while a create of its episode is under way",
        sites: &[Site::SweepIdle],
        scenario: "swept-late",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "swept-in-use",
        about: "a lease is swept although its fingerprint has a request",
        sites: &[Site::SweepUnused, Site::SweepIdle],
        scenario: "stood-still",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "unconditional-take",
        about: "a lease is taken over its latest version, not the one that was judged",
        sites: &[Site::TakeVersion],
        scenario: "ends-meanwhile",
        invariant: "one_holder",
        ..BUG
    },
    Weakening {
        name: "unconditional-release",
        about: "a lease is given back by deleting it by name, whoever has it",
        sites: &[Site::ReleaseVersion],
        scenario: "burst-hostile",
        invariant: "no_foreign_release",
        ..BUG
    },
    Weakening {
        name: "unconditional-release-unfenced",
        about: "the same, and each acquisition names its request anew",
        sites: &[Site::ReleaseVersion, Site::OneNameOfEpisode],
        scenario: "time-travel",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "wall-clock-expiry",
        about: "expiry is judged by the holder's renewTime and one's own wall clock",
        sites: &[Site::LocalExpiry],
        scenario: "wrong-clocks",
        invariant: "one_holder",
        ..BUG
    },
    Weakening {
        name: "wall-clock-expiry-unfenced",
        about: "the same, and each acquisition names its request anew",
        sites: &[Site::LocalExpiry, Site::OneNameOfEpisode],
        scenario: "wrong-clocks",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "pod-is-the-holder",
        about: "the holder is the pod: a restarted one takes its predecessor's lock for its own",
        sites: &[Site::HolderUnique],
        scenario: "quick-restart",
        invariant: "no_foreign_release",
        ..BUG
    },
    Weakening {
        name: "pod-is-the-holder-unfenced",
        about: "the same, and each acquisition names its request anew",
        sites: &[Site::HolderUnique, Site::OneNameOfEpisode],
        scenario: "quick-restart",
        invariant: "one_active_request",
        ..BUG
    },
    Weakening {
        name: "never-given-back",
        about: "leases are left to expire",
        sites: &[Site::GivenBack],
        scenario: "next-episode",
        invariant: "locks_are_reclaimed",
        ..BUG
    },
    Weakening {
        name: "never-expires",
        about: "a lock whose holder is gone is waited for",
        sites: &[Site::ExpirySeen],
        scenario: "holder-crash",
        invariant: "every_signal_ends",
        ..BUG
    },
    Weakening {
        name: "key-not-stored",
        about: "the key of a delivery is looked for, and not stored with its count",
        sites: &[Site::KeysStored],
        scenario: "keyed-twice",
        ..BUG
    },
    Weakening {
        name: "key-looked-up-once",
        about: "keys are looked up when a batch comes, and not again when its count loses to another",
        sites: &[Site::KeysOfVersion],
        scenario: "keyed-redelivery",
        ..BUG
    },
    Weakening {
        name: "keys-left-behind",
        about: "an episode begins without the keys of the one before",
        sites: &[Site::KeysHandedOn],
        scenario: "empty-episode",
        ..BUG
    },
    Weakening {
        name: "keys-lost-on-the-way",
        about: "only the episode before is asked for keys: one that ended before its first count has none",
        sites: &[Site::KeysPastEmpty],
        scenario: "empty-episode",
        ..BUG
    },
    Weakening {
        name: "restless-sweeper",
        about: "every replica reads every lease every second",
        sites: &[Site::SweepSeldom],
        scenario: "next-episode",
        invariant: "quiet_is_quiet",
        ..BUG
    },
];

/// A layer that others stand in for: without it these invariants hold in this scenario.
#[derive(Debug, Clone, Copy)]
pub struct Harmless {
    /// What `--protocol` takes, after `without-`.
    pub name: &'static str,
    /// What is taken out.
    pub sites: &'static [Site],
    /// Where it shows nothing.
    pub scenario: &'static str,
    /// What holds all the same.
    pub invariants: &'static [&'static str],
    /// The layer that stands in for it.
    pub because: &'static str,
}

const REQUESTS_AND_COUNTS: &[&str] =
    &["one_active_request", "occurrences_exact", "occurrences_monotonic", "accepted_means_active", "reply_tells_truth"];

/// Layers that can be taken away one at a time.
pub const HARMLESS: &[Harmless] = &[
    Harmless {
        name: "nothing",
        sites: &[],
        scenario: "meddled",
        invariants: REQUESTS_AND_COUNTS,
        because: "it is the shipped protocol's own text",
    },
    Harmless {
        name: "uid",
        sites: &[Site::CountUid],
        scenario: "meddled",
        invariants: REQUESTS_AND_COUNTS,
        because: "a version names one state of one object, unless etcd is restored",
    },
    Harmless {
        name: "marks",
        sites: &[Site::Mark],
        scenario: "lost-count",
        invariants: REQUESTS_AND_COUNTS,
        because: "without marks lost counts are unknowable: 503, and counted at most once",
    },
    Harmless {
        name: "take-version",
        sites: &[Site::TakeVersion],
        scenario: "ends-meanwhile",
        invariants: REQUESTS_AND_COUNTS,
        because: "the request's name is the fence, whoever holds the lease",
    },
    Harmless {
        name: "local-expiry",
        sites: &[Site::LocalExpiry],
        scenario: "wrong-clocks",
        invariants: REQUESTS_AND_COUNTS,
        because: "a lease that is taken too early costs a call that loses",
    },
    Harmless {
        name: "one-name",
        sites: &[Site::OneNameOfEpisode],
        scenario: "wrong-clocks",
        invariants: REQUESTS_AND_COUNTS,
        because: "where nothing is late and no clock is trusted, the lock excludes",
    },
    Harmless {
        name: "unique-holder",
        sites: &[Site::HolderUnique],
        scenario: "quick-restart",
        invariants: REQUESTS_AND_COUNTS,
        because: "the predecessor's late create has the name that its successor's has",
    },
    Harmless {
        name: "list-of-others",
        sites: &[Site::ListBeforeFirst],
        scenario: "meddled",
        invariants: REQUESTS_AND_COUNTS,
        because: "while nobody deletes leases, a lease outlives the requests made under it",
    },
];
