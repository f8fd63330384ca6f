//! Mutants that begin, close or suppress episodes wrongly.
use super::mutant::{BLANK, Mutant};
use mutants::Safeguard;

/// In the order of the list.
pub(super) const MUTANTS: &[Mutant] = &[
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
        name: "any-404-is-absence",
        about: "a 404 of a proxy is taken for the absence of a request, and the next episode begins beside it",
        removed: &[Safeguard::OwnNotFound],
        scenario: "lost-proxy",
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
        name: "cooldown-never-ends",
        about: "a request with a time of the next execution suppresses for ever",
        removed: &[Safeguard::NextTimePasses],
        scenario: "count-after-cooldown-unkeyed",
        invariant: "scenario_expectation",
        ..BLANK
    },
    Mutant {
        name: "reviews-ignored",
        about: "an episode begins although the request before awaits a review",
        removed: &[Safeguard::ReviewAwaited],
        scenario: "review-required",
        invariant: "suppressed_creates_nothing",
        ..BLANK
    },
    Mutant {
        name: "cooldowns-ignored",
        about: "an episode begins although the request before suppresses until a time",
        removed: &[Safeguard::NextTimeAwaited],
        scenario: "cooldown-moved",
        invariant: "suppressed_creates_nothing",
        ..BLANK
    },
];
