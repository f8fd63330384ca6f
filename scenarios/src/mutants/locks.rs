//! Mutants that take, keep or free locks wrongly.
use super::mutant::{BLANK, Mutant};
use mutants::Safeguard;

/// In the order of the list.
pub(super) const MUTANTS: &[Mutant] = &[
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
        name: "restless-sweeper",
        about: "every replica reads every lease every second",
        removed: &[Safeguard::SweepSeldom],
        scenario: "next-episode",
        invariant: "quiet_is_quiet",
        ..BLANK
    },
    Mutant {
        name: "first-take-overwrites",
        about: "the first lease of a fingerprint is written over if another replica was quicker",
        removed: &[Safeguard::FirstTakeCreates],
        scenario: "burst",
        invariant: "one_holder",
        ..BLANK
    },
    Mutant {
        name: "first-take-overwrites-unfenced",
        about: "the same, and each acquisition gives its request a new name",
        removed: &[Safeguard::FirstTakeCreates, Safeguard::OneNameOfEpisode],
        scenario: "burst",
        invariant: "one_active_request",
        ..BLANK
    },
    Mutant {
        name: "release-does-not-compare",
        about: "a lease is given back even if another acquisition holds it by then",
        removed: &[Safeguard::ReleaseHolder],
        scenario: "burst-hostile",
        invariant: "no_foreign_release",
        ..BLANK
    },
    Mutant {
        name: "age-restarts",
        about: "a lease is as young as the last read of it: a lock that is looked at never expires",
        removed: &[Safeguard::AgeKept],
        scenario: "held-lock",
        invariant: "every_signal_ends",
        ..BLANK
    },
    Mutant {
        name: "no-duration-never-expires",
        about: "a lease without a duration never expires",
        removed: &[Safeguard::DurationDefault],
        scenario: "odd-leases",
        invariant: "every_signal_ends",
        ..BLANK
    },
    Mutant {
        name: "episode-not-recorded",
        about: "a lease always records the first episode",
        removed: &[Safeguard::EpisodeRecorded],
        scenario: "keyed-episodes-later",
        invariant: "every_signal_ends",
        ..BLANK
    },
    Mutant {
        name: "never-swept",
        about: "leases that nothing needs stay for ever",
        removed: &[Safeguard::Swept],
        scenario: "swept-in-the-end",
        invariant: "locks_are_reclaimed",
        ..BLANK
    },
];
