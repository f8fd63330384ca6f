//! Survivors of counting, of keys, and of occurrences that are given back.
use super::super::reason::Survivors;

pub(super) const SURVIVORS: &[Survivors] = &[
    Survivors::tested(
        ("redelivery", "LISTLESS_MAX", &[""]),
        "eight_episodes_are_searched_for_a_key",
        "no run has so many episodes without a key",
    ),
    Survivors::tested(
        ("unacknowledged", "TRIES", &[""]),
        "gift_is_tried_four_times_where_that_helps",
        "occurrences that are not given back are counted again, which is allowed",
    ),
    Survivors::tested(
        (
            "unacknowledged",
            "give_back_to",
            &[
                "`!=` for",
                "the guard `attempt == TRIES || error.is_not_found()` of `Err(error)` always true",
                "the guard `error.is_final()` of `Err(error)`",
            ],
        ),
        "gift_is_tried_four_times_where_that_helps",
        "occurrences that are not given back are counted again, which is allowed",
    ),
    Survivors::tested(
        (
            "unacknowledged",
            "give_back_to",
            &[
                "`&&` for `||` in `attempt",
                "the guard `attempt == TRIES || error.is_not_found()` of `Err(error)` always false",
            ],
        ),
        "vanished_request_is_given_nothing",
        "it costs a read",
    ),
    Survivors::tested(
        ("unacknowledged", "ENTRIES_MAX", &[""]),
        "oldest_entries_are_forgotten",
        "an occurrence that is forgotten is counted again, which is allowed",
    ),
    Survivors::tested(
        ("deliveries", "DELIVERIES_MAX", &[""]),
        "oldest_deliveries_are_forgotten",
        "a delivery that is forgotten is counted again, which is allowed",
    ),
    Survivors::tested(("marks", "MARKS_MAX", &[""]), "dropped_mark_raises_the_base", "no run has so many writers"),
    Survivors::tested(
        ("count", "resolve_patch", &["the guard `error.was_not_sent()` of `Err(error)` always true"]),
        "refusal_of_a_repeated_count_is_final",
        "signals are refused later",
    ),
    Survivors::no_promise(
        ("deliveries", "Deliveries::parse", &["`==` for `>` in `message.len()", "`>=` for `>` in `message.len()"]),
        "no list that a gateway writes is so long: the limit bounds the work on what other programs wrote",
    ),
    Survivors::tested(
        ("deliveries", "entry", &["`||` for"]),
        "hostile_messages_are_not_lists",
        "no program of a run writes a list that is nearly valid",
    ),
];
