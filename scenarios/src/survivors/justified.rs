//! The survivors that nothing has to catch.
use super::reason::{
    Reason::{Reported, Tested},
    Survivors,
};

/// In the order of the files.
pub const JUSTIFIED: &[Survivors] = &[
    Survivors {
        file: "queue",
        function: "Coalescer::waiting",
        changes: &[""],
        reason: Tested("panicking_leader_frees_its_key", "the protocol does not ask how many items wait"),
    },
    Survivors {
        file: "queue",
        function: "Coalescer::led",
        changes: &[""],
        reason: Tested("limit_in_total_refuses_new_keys", "the protocol does not ask how many keys have a leader"),
    },
    Survivors {
        file: "begin",
        function: "acquire",
        changes: &["`==` for `!=` in `previous != holder`"],
        reason: Reported("it decides only whether the acquisition counts as a takeover in the metrics"),
    },
    Survivors {
        file: "batch",
        function: "Batch::accept_counted",
        changes: &["`-=` for `+=` in `answered += 1`", "`*=` for `+=` in `answered += 1`"],
        reason: Reported("the number of answers goes to the metrics only"),
    },
    Survivors {
        file: "writer_state",
        function: "WriterState::note_contention",
        changes: &[""],
        reason: Reported("it only counts in the metrics that another acquisition was met"),
    },
    Survivors {
        file: "writer_state",
        function: "WriterState::end_lock_wait",
        changes: &["the body replaced by `()`"],
        reason: Reported("it only measures the wait for a lock"),
    },
];
