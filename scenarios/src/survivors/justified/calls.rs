//! Survivors of the calls to the API server, and of what they show.
use super::super::reason::Survivors;

pub(super) const SURVIVORS: &[Survivors] = &[
    Survivors::tested(
        ("call", "CALLS_MAX", &[""]),
        "calls_in_flight_are_bounded",
        "more or fewer calls at a time change no outcome",
    ),
    Survivors::no_promise(("call", "PAGE", &[""]), "a LIST takes more or fewer calls, and gives the same objects"),
    Survivors::no_promise(
        ("call", "Calls::page", &["the field `limit`"]),
        "a LIST takes one call, and gives the same objects",
    ),
    Survivors::tested(
        ("call", "CALL_TIMEOUT", &[""]),
        "call_is_given_five_seconds",
        "a call that takes longer has no answer, which each step allows for",
    ),
    Survivors::tested(
        ("call", "Calls::watch", &["`!=` for `==`"]),
        "refused_watch_is_the_reason",
        "the reason that a replica gives names the other watch",
    ),
    Survivors::tested(
        ("call_error", "refusal", &["the field `message`"]),
        "plain_text_becomes_the_message",
        "it is a text for operators",
    ),
    Survivors::tested(
        ("call_error", "refusal", &["`==` for `>`", "`<` for `>`", "`>=` for `>`"]),
        "retry_after_comes_from_either_place",
        "the pause before a retry differs",
    ),
    Survivors::tested(
        ("call_error", "CallError::retry_after", &[""]),
        "retry_after_comes_from_either_place",
        "the pause before a retry differs",
    ),
    Survivors::tested(
        ("call_error", "CallError::is_unknown_selector", &[""]),
        "reasons_distinguish_conflicts",
        "with or without the selector, a LIST gives the requests of the fingerprint",
    ),
    Survivors::tested(
        ("call_error", "is_of_path", &[""]),
        "only_an_object_that_was_looked_for_is_absent",
        "the texts are those of servers that do not serve the resource",
    ),
    Survivors::tested(
        ("evidence", "CallKind::of", &[""]),
        "kinds_are_known_by_their_paths",
        "it decides what a replica says about itself",
    ),
    Survivors::tested(
        ("evidence", "CallKind::words", &[""]),
        "each_refusal_is_the_reason",
        "it is a text for operators",
    ),
    Survivors::tested(
        ("evidence", "CallKind::is_of_collection", &[""]),
        "refusals_of_one_object_prove_that_calls_work",
        "it decides what a replica says about itself",
    ),
    Survivors::tested(
        ("evidence", "Evidence::note", &["`-` for `+` in `times + 1`", "`*` for `+` in `times + 1`"]),
        "short_outage_is_not_a_problem",
        "it decides what a replica says about itself",
    ),
    Survivors::tested(
        ("evidence", "OUTAGE", &[""]),
        "short_outage_is_not_a_problem",
        "it decides when a replica says that it is not ready",
    ),
    Survivors::tested(
        ("evidence", "OUTAGE_TIMES", &[""]),
        "outage_needs_three_calls",
        "it decides when a replica says that it is not ready",
    ),
    Survivors::tested(
        ("evidence", "Evidence::unproven", &[""]),
        "readiness_is_answered_within_a_second",
        "it is the text of a reason",
    ),
    Survivors::tested(
        ("evidence", "Trials::begin", &[""]),
        "pause_between_failing_rounds_doubles",
        "it decides how often calls are tried",
    ),
    Survivors::tested(
        ("evidence", "Trials::end", &[""]),
        "pause_between_failing_rounds_doubles",
        "it decides how often calls are tried",
    ),
    Survivors::tested(
        ("evidence", "PAUSE_FIRST", &[""]),
        "pause_between_failing_rounds_doubles",
        "it decides how often calls are tried",
    ),
    Survivors::tested(
        ("evidence", "PAUSE_LONGEST", &[""]),
        "pause_between_failing_rounds_doubles",
        "it decides how often calls are tried",
    ),
    Survivors::tested(
        ("evidence", "shown_by", &[""]),
        "refusals_of_one_object_prove_that_calls_work",
        "it decides what a replica says about itself",
    ),
    Survivors::tested(
        ("trial", "FRESH", &[""]),
        "idle_replica_tries_every_call",
        "it decides how often calls are tried",
    ),
    Survivors::tested(
        ("trial", "PATIENCE", &[""]),
        "readiness_is_answered_within_a_second",
        "it decides how soon a question is answered",
    ),
    Survivors::tested(
        ("list", "ListMeta::next_page", &[""]),
        "pages_are_joined_until_the_last",
        "few runs have more objects than a page",
    ),
    Survivors::tested(
        ("list", "List::extend", &[""]),
        "pages_are_joined_until_the_last",
        "few runs have more objects than a page",
    ),
    Survivors::tested(
        ("call_error", "CallError::is_invalid", &["`!=` for"]),
        "lost_closing_is_found_or_repeated",
        "signals are refused that might be stored",
    ),
    Survivors::tested(
        ("call_error", "CallError::is_expired", &["`!=` for"]),
        "refused_version_lists_again",
        "servers say that a version is too old in an event, and the cache is a hint",
    ),
    Survivors::tested(
        ("evidence", "Evidence::problem", &["`||` for"]),
        "short_outage_is_not_a_problem",
        "it decides what a replica says about itself",
    ),
    Survivors::tested(
        ("evidence", "Evidence::doubtful", &["`==` for", "`>` for"]),
        "idle_replica_tries_every_call",
        "it decides how often calls are tried",
    ),
    Survivors::no_promise(
        ("evidence", "Evidence::doubtful", &["`<=` for"]),
        "it differs for evidence that is a minute old to the nanosecond",
    ),
];
