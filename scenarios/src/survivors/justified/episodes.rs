//! Survivors of how an episode begins: the lease, and the creation of its request.
use super::super::reason::Survivors;

pub(super) const SURVIVORS: &[Survivors] = &[
    Survivors::reported(
        ("begin", "acquire", &["`==` for `!=` in `previous != holder`"]),
        "it decides only whether the acquisition counts as a takeover in the metrics",
    ),
    Survivors::tested(
        (
            "begin",
            "not_acquired",
            &["`!` left out in `!error.was_not_sent()`", "`!` left out in `!error.is_conflict()`"],
        ),
        "abandoned_acquisition_is_given_back",
        "a lease that its holder forgot is found by the search for such leases, too",
    ),
    Survivors::no_promise(
        ("begin", "not_acquired", &["`||` for `&&` in `!error.was_not_sent()"]),
        "after the answers the lease is read once more, and left alone unless this acquisition holds it",
    ),
    Survivors::tested(
        ("begin", "not_acquired", &["`!` left out in `!replacing`", "`&=` for `|=`"]),
        "lease_gone_after_refusing_a_create_leads_to_a_list",
        "the deletion of a lease in use shows in the watch as well, unless that is silent",
    ),
    Survivors::tested(
        ("begin", "not_acquired", &["`||` for `&&` in `!replacing"]),
        "calls_in_flight_are_bounded",
        "it costs a LIST before the creation",
    ),
    Survivors::tested(
        ("begin", "not_acquired", &["`||` for `&&` in `replacing"]),
        "failed_takeover_is_not_a_conflict",
        "the next round reads the lease in either case",
    ),
    Survivors::tested(
        ("begin", "create", &["the guard `error.is_already_exists()` of `Err(error)` always false"]),
        "request_that_refused_a_create_and_vanished_is_not_created_again",
        "the request must end and vanish between the refused create and the read that follows at once",
    ),
    Survivors::tested(
        (
            "begin",
            "create",
            &["the guard `error.is_ambiguous() || error.is_throttled() || error.is_conflict()` of `Err(error)` \
                always true"],
        ),
        "refused_create_frees_the_lease",
        "signals are refused a moment later",
    ),
    Survivors::tested(
        ("release", "TIMEOUT", &[""]),
        "refused_release_is_sent_for_ten_seconds",
        "a lease that is not given back is freed once it has expired",
    ),
    Survivors::tested(
        ("release", "UNANSWERED_MAX", &[""]),
        "unanswered_release_is_sent_four_times",
        "a lease that is not given back is freed once it has expired",
    ),
    Survivors::tested(
        ("release", "put", &["`-=` for", "`*=` for", "`==` for", "`<` for", "`>=` for"]),
        "unanswered_release_is_sent_four_times",
        "a lease that is not given back is freed once it has expired",
    ),
    Survivors::tested(
        ("lease", "MARGIN_MIN", &[""]),
        "expiry_follows_local_observation",
        "the name of a request is its fence, whenever its lease is taken",
    ),
    Survivors::tested(
        ("lease", "MARGIN_DIVISOR", &[""]),
        "expiry_follows_local_observation",
        "the name of a request is its fence, whenever its lease is taken",
    ),
    Survivors::tested(
        ("episode", "ISSUE", &[""]),
        "cooldown_outlasts_every_create",
        "calls of a run take effect sooner than the longest that may be",
    ),
    Survivors::tested(
        ("episode", "COOLDOWN", &[""]),
        "absent_request_decides_by_sight",
        "calls of a run take effect sooner than the longest that may be",
    ),
    Survivors::tested(
        ("names", "LEASE_DIGITS", &[""]),
        "names_are_derived_from_fingerprints",
        "fingerprints of a run differ in their first digits",
    ),
    Survivors::tested(
        ("names", "REQUEST_DIGITS", &[""]),
        "names_are_derived_from_fingerprints",
        "fingerprints of a run differ in their first digits",
    ),
    Survivors::tested(
        ("names", "UID_DIGITS", &[""]),
        "names_are_derived_from_fingerprints",
        "uids of a run differ in their first digits",
    ),
    Survivors::tested(
        ("names", "POD_NAME_BYTES_MAX", &[""]),
        "writer_uses_only_mark_characters",
        "names of pods are short in a run",
    ),
    Survivors::tested(
        (
            "closing",
            "close",
            &["`!` left out", "the guard `error.is_final() &&!error.is_invalid()` of `Err(error)` always false"],
        ),
        "refused_closing_refuses_the_signal",
        "signals are refused later",
    ),
    Survivors::tested(
        (
            "closing",
            "close",
            &["`||` for", "the guard `error.is_final() &&!error.is_invalid()` of `Err(error)` always true"],
        ),
        "lost_closing_is_found_or_repeated",
        "signals are refused that might be stored",
    ),
    Survivors::tested(
        ("hold", "Hold::saw", &[""]),
        "request_that_vanished_is_recorded_as_seen",
        "the cache knows most requests whose lease is given back",
    ),
    Survivors::tested(
        ("writer_state", "REREAD", &[""]),
        "unseen_deletion_is_noticed_within_three_seconds",
        "the bounds on waiting are wider",
    ),
    Survivors::tested(
        ("writer_state", "WriterState::await_change", &["`<` for", "`&=` for"]),
        "unseen_deletion_is_noticed_within_three_seconds",
        "the bounds on waiting are wider",
    ),
    Survivors::no_promise(
        ("closing", "close", &["`&&` for"]),
        "a closing that lost is decided anew after a pause of milliseconds, instead of at once",
    ),
    Survivors::tested(
        ("hold", "Hold::end", &["`&&` for"]),
        "lost_release_is_repeated",
        "a lease that is not given back is freed once it has expired",
    ),
    Survivors::tested(
        ("lease", "LeaseRecord::taken", &["`!=` for"]),
        "takeover_keeps_foreign_fields",
        "the time and the number of acquisitions are for people",
    ),
    Survivors::tested(
        ("lease", "LeaseRecord::seen", &["`!=` for"]),
        "freed_lease_remembers_its_episode",
        "calls of a run take effect sooner than the longest that may be",
    ),
    Survivors::tested(
        ("lease", "LeaseRecord::lock_state", &["`-` for `+` in `since + duration + MARGIN_MIN"]),
        "expiry_follows_local_observation",
        "the name of a request is its fence, whenever its lease is taken",
    ),
];
