//! Mutants that count wrongly, or answer what was not stored.
use super::mutant::{BLANK, Mutant};
use mutants::Safeguard;

/// In the order of the list.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "no-mark",
        about: "the count carries no mark, and a lost count is treated as not counted",
        removed: &[Safeguard::Mark, Safeguard::UnknowableWithoutMark],
        scenario: "lost-count",
        ..BLANK
    },
    Mutant {
        name: "timed-out-counts",
        about: "a signal whose sender was answered 504 is counted with its batch, and again when it is sent again",
        removed: &[Safeguard::TimedOutLeave],
        scenario: "timed-out-in-line",
        invariant: "scenario_expectation",
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
        name: "two-writers-in-one-replica",
        about: "each signal has a writer of its own: a later mark of one replica hides that an earlier count was \
         lost",
        removed: &[Safeguard::OneWriter],
        scenario: "lost-count",
        ..BLANK
    },
    Mutant {
        name: "vanished-is-uncounted",
        about: "a request that vanished is taken for \"not counted\", and the signals are counted again on the next",
        removed: &[Safeguard::VanishedUnknowable],
        scenario: "interference",
        ..BLANK
    },
    Mutant {
        name: "vanished-is-counted",
        about: "a request that vanished before its lost count was resolved is answered as if it had counted",
        removed: &[Safeguard::VanishedRefused],
        scenario: "interference",
        ..BLANK
    },
    Mutant {
        name: "conflict-is-swallowed",
        about: "a count that lost to another is answered as if it had been stored",
        removed: &[Safeguard::ConflictRetried],
        scenario: "count-contention",
        ..BLANK
    },
    Mutant {
        name: "refusal-is-swallowed",
        about: "a count that the API server refused is answered as if it had been stored",
        removed: &[Safeguard::RefusalReported],
        scenario: "admission-refuses",
        faults: Some("hostile"),
        ..BLANK
    },
    Mutant {
        name: "created-is-counted",
        about: "the sender of the POST is answered without a count: a crash or a slow count loses it",
        removed: &[Safeguard::FirstCountStored],
        scenario: "burst",
        ..BLANK
    },
    Mutant {
        name: "first-seen-moves",
        about: "every count sets firstSeenAt anew",
        removed: &[Safeguard::FirstSeenKept],
        scenario: "cooldown-moved",
        invariant: "occurrences_monotonic",
        ..BLANK
    },
    Mutant {
        name: "others-conditions-erased",
        about: "a count writes its own condition and drops all others",
        removed: &[Safeguard::ConditionsKept],
        scenario: "cooldown-pair",
        invariant: "occurrences_exact",
        ..BLANK
    },
    Mutant {
        name: "everyone-gets-the-total",
        about: "every signal of a batch is answered with the count of the last one",
        removed: &[Safeguard::OwnOccurrence],
        scenario: "burst",
        invariant: "reply_tells_truth",
        ..BLANK
    },
    Mutant {
        name: "another-patch-per-try",
        about: "a count that may still commit is made anew, under another number",
        removed: &[Safeguard::SamePatch],
        scenario: "late-count",
        ..BLANK
    },
    Mutant {
        name: "created-counts-twice",
        about: "the signal that a request is created from is counted by the create and by the patch",
        removed: &[Safeguard::FirstCountsOnce],
        scenario: "burst",
        ..BLANK
    },
    Mutant {
        name: "answers-the-old-count",
        about: "a signal is answered with the count before it",
        removed: &[Safeguard::NewCount],
        scenario: "burst",
        invariant: "reply_tells_truth",
        ..BLANK
    },
    Mutant {
        name: "mark-dropped-silently",
        about: "a ledger keeps one writer, and does not say that it has dropped another",
        removed: &[Safeguard::BaseRaised],
        scenario: "lost-count",
        ..BLANK
    },
];
