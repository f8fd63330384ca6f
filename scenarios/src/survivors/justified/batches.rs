//! Survivors of the coalescer, of batches and of their answers.
use super::super::reason::Survivors;

pub(super) const SURVIVORS: &[Survivors] = &[
    Survivors::tested(
        ("queue", "Coalescer::waiting", &[""]),
        "limit_in_total_refuses_new_keys",
        "the protocol does not ask how many items wait",
    ),
    Survivors::tested(
        ("queue", "Coalescer::led", &[""]),
        "limit_in_total_refuses_new_keys",
        "the protocol does not ask how many keys have a leader",
    ),
    Survivors::tested(
        ("queue", "Coalescer::take", &["`+=` for `-=`", "`/=` for `-=`"]),
        "limit_in_total_refuses_new_keys",
        "the limit in total is 10,000 signals, more than any run sends",
    ),
    Survivors::tested(
        ("queue", "Coalescer::abandon", &["`+=` for `-=`", "the body replaced by `Default::default()`"]),
        "panicking_leader_frees_its_key",
        "a leader is dropped only if its writer panics, or with its whole replica",
    ),
    Survivors::tested(
        ("queue", "Leadership::drop", &[""]),
        "panicking_leader_frees_its_key",
        "a leader is dropped only if its writer panics, or with its whole replica",
    ),
    Survivors::tested(
        (
            "fenced_lease",
            "FencedLease::begun",
            &["the guard `synced` of `_` always true", "the body replaced by `Ok(())`"],
        ),
        "unsynced_replica_is_not_ready",
        "an unready replica gets no signals in a run; one that did would only read more",
    ),
    Survivors::tested(
        ("fenced_lease", "GIVE_BACK_TIMEOUT", &[""]),
        "giving_back_takes_five_seconds_at_most",
        "occurrences that are not given back are counted again, which is allowed",
    ),
    Survivors::tested(
        ("backoff", "LONGEST", &[""]),
        "delays_double_up_to_the_longest",
        "the bounds on waiting are wider than the pauses",
    ),
    Survivors::tested(
        ("backoff", "FIRST", &["half as large"]),
        "delays_double_up_to_the_longest",
        "the bounds on waiting are wider than the pauses",
    ),
    Survivors::tested(
        ("backoff", "Backoff::reset", &[""]),
        "delays_double_up_to_the_longest",
        "the bounds on waiting are wider than the pauses",
    ),
    Survivors::no_promise(
        ("batch", "Waiting::is_open", &["`<=` for `<` in `now < self.deadline`"]),
        "it differs at one moment, the deadline itself: a write that was sent just before may count the signal as well",
    ),
    Survivors::tested(
        ("batch", "Waiting::is_open", &["`||` for `&&`"]),
        "sender_that_left_the_line_is_not_counted",
        "a sender that is gone has no answer, so that its signal may have been counted",
    ),
    Survivors::reported(
        ("batch", "Batch::len", &[""]),
        "the number of signals goes to the metrics only: what a write counts is `occurrences`",
    ),
    Survivors::no_promise(
        ("batch", "Batch::is_open", &["the body replaced by `true`"]),
        "a count is resolved until the last deadline although all its senders are gone: each of them has no answer, or \
         a 504, and its signal may have been counted",
    ),
    Survivors::tested(
        ("batch", "Batch::has_keys", &["the body replaced by `true`"]),
        "delivery_without_a_key_leaves_no_list",
        "batches without keys look for lists and close requests, which costs calls",
    ),
    Survivors::reported(
        ("batch", "Batch::accept_counted", &["`-=` for `+=` in `answered += 1`", "`*=` for `+=` in `answered += 1`"]),
        "the number of answers goes to the metrics only",
    ),
    Survivors::tested(
        ("batch", "Batch::refuse", &[""]),
        "refused_create_frees_the_lease",
        "its members are refused as well, as by a writer that ended",
    ),
    Survivors::reported(
        ("writer_state", "WriterState::note_contention", &[""]),
        "it only counts in the metrics that another acquisition was met",
    ),
    Survivors::reported(
        ("writer_state", "WriterState::end_lock_wait", &["the body replaced by `()`"]),
        "it only measures the wait for a lock",
    ),
];
