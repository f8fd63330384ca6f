//! `occurrences_exact` and `occurrences_monotonic`.
use crate::history::{
    EXTERNAL, History, ORCHESTRATOR, counted, created, duplicate, fires, holds, replica, unavailable, undecided,
};
use model::observation::{Change, Reply, Request};

const EXACT: &str = "occurrences_exact";
const MONOTONIC: &str = "occurrences_monotonic";

/// One signal, accepted and counted.
fn one_accepted() -> History {
    History::new()
        .sent(1)
        .creates(replica(0), "rr-a")
        .writes(replica(0), counted("rr-a", 1))
        .answered(1, created("rr-a"))
}

#[test]
fn what_was_accepted_is_counted_once() {
    let history = one_accepted().sent(2).writes(replica(1), counted("rr-a", 2)).answered(2, duplicate("rr-a", 2));
    holds(&history.ends().judged_by(EXACT));
}

#[test]
fn an_accepted_signal_without_count_is_lost() {
    let history = one_accepted().sent(2).answered(2, duplicate("rr-a", 2)).ends();
    let words = ["2 signals of fingerprint 3f2a91c07d5e…", "count 1", "1 was lost", "signal 2"];
    fires(&history.judged_by(EXACT), &[2, 4, 5], &words);
}

#[test]
fn a_signal_counted_twice_is_too_many() {
    let history = one_accepted().writes(replica(1), counted("rr-a", 2)).ends();
    fires(&history.judged_by(EXACT), &[2, 4], &["count 2", "1 signal was accepted", "1 counted more than once"]);
}

#[test]
fn a_signal_answered_5xx_may_be_counted_or_not() {
    let ambiguous = one_accepted().sent(2).answered(2, unavailable());
    holds(&ambiguous.clone().ends().judged_by(EXACT));
    holds(&ambiguous.clone().writes(replica(0), counted("rr-a", 2)).ends().judged_by(EXACT));
    let twice = ambiguous.writes(replica(0), counted("rr-a", 3)).ends();
    fires(&twice.judged_by(EXACT), &[2, 6], &["1 more may have been counted"]);
}

/// One signal with a key: its answer is lost, and it is sent again.
fn keyed_twice() -> History {
    let history = History::new().sent_keyed(1, None).creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1));
    history.answered(1, Reply::Lost).sent_keyed(2, Some(1))
}

#[test]
fn deliveries_of_one_key_count_once() {
    holds(&keyed_twice().answered(2, created("rr-a")).ends().judged_by(EXACT));
    let again = keyed_twice().answered(2, created("rr-a")).sent_keyed(3, Some(1)).answered(3, duplicate("rr-a", 1));
    holds(&again.ends().judged_by(EXACT));
}

#[test]
fn one_key_counted_twice_fires() {
    let twice = keyed_twice().writes(replica(1), counted("rr-a", 2)).answered(2, duplicate("rr-a", 2)).ends();
    fires(&twice.judged_by(EXACT), &[2, 5], &["count 2", "1 signal was accepted", "1 counted more than once"]);
}

#[test]
fn refused_deliveries_of_key_count_once() {
    let refused = keyed_twice().answered(2, unavailable());
    holds(&refused.clone().ends().judged_by(EXACT));
    let twice = refused.writes(replica(1), counted("rr-a", 2)).ends();
    fires(&twice.judged_by(EXACT), &[2, 6], &["1 more may have been counted"]);
}

#[test]
fn a_lost_answer_is_ambiguous_as_well() {
    let lost = one_accepted().sent(2).writes(replica(0), counted("rr-a", 2)).answered(2, Reply::Lost);
    holds(&lost.ends().judged_by(EXACT));
}

#[test]
fn a_refused_signal_must_not_be_counted() {
    let refused = one_accepted().sent(2).answered(2, Reply::ClientError { status: 429 });
    holds(&refused.clone().ends().judged_by(EXACT));
    fires(&refused.writes(replica(0), counted("rr-a", 2)).ends().judged_by(EXACT), &[2, 6], &["more than once"]);
}

#[test]
fn resolved_alerts_count_nothing() {
    let resolved =
        one_accepted().sent_resolved(2).writes(replica(0), counted("rr-a", 2)).answered(2, duplicate("rr-a", 2));
    fires(&resolved.ends().judged_by(EXACT), &[2, 5], &["1 counted more than once"]);
}

#[test]
fn counts_add_up_over_deleted_requests() {
    let history = one_accepted()
        .request(ORCHESTRATOR, Change::Deleted, counted("rr-a", 1))
        .sent(2)
        .creates(replica(1), "rr-b")
        .writes(replica(1), counted("rr-b", 1))
        .answered(2, created("rr-b"));
    holds(&history.ends().judged_by(EXACT));
}

#[test]
fn a_count_by_an_external_client_is_not_a_signal() {
    let history = History::new()
        .request(EXTERNAL, Change::Created, counted("rr-a", 5))
        .sent(1)
        .writes(replica(0), counted("rr-a", 6))
        .answered(1, duplicate("rr-a", 6));
    holds(&history.ends().judged_by(EXACT));
}

#[test]
fn a_count_taken_away_is_missing() {
    let history = one_accepted().writes(ORCHESTRATOR, Request { occurrence_count: None, ..counted("rr-a", 0) }).ends();
    fires(&history.judged_by(EXACT), &[0, 4], &["1 was lost"]);
}

#[test]
fn a_run_without_end_decides_nothing() {
    undecided(&one_accepted().judged_by(EXACT));
    undecided(&History::new().ends().judged_by(EXACT));
}

fn overwritten(request: Request) -> History {
    let first = Request { first_seen: Some(100), last_seen: Some(160), ..counted("rr-a", 3) };
    History::new().creates(replica(0), "rr-a").writes(replica(0), first).writes(ORCHESTRATOR, request)
}

#[test]
fn counts_and_last_seen_never_go_down() {
    let lower = Request { last_seen: Some(170), ..counted("rr-a", 2) };
    let words = ["The orchestrator wrote rr-a", "occurrenceCount went from 3 to 2"];
    fires(&overwritten(lower).judged_by(MONOTONIC), &[2], &words);
    let earlier = Request { last_seen: Some(159), ..counted("rr-a", 4) };
    fires(&overwritten(earlier).judged_by(MONOTONIC), &[2], &["lastSeenAt went from 160 to 159"]);
}

#[test]
fn erasing_a_field_is_going_down() {
    let erased = Request { occurrence_count: None, last_seen: Some(160), ..counted("rr-a", 0) };
    fires(&overwritten(erased).judged_by(MONOTONIC), &[2], &["occurrenceCount went from 3 to unset"]);
    let never_begun = Request { first_seen: None, last_seen: Some(160), ..counted("rr-a", 3) };
    fires(&overwritten(never_begun).judged_by(MONOTONIC), &[2], &["firstSeenAt went from 100 to unset"]);
}

#[test]
fn first_seen_never_moves() {
    let moved = Request { first_seen: Some(99), last_seen: Some(160), ..counted("rr-a", 3) };
    fires(&overwritten(moved).judged_by(MONOTONIC), &[2], &["firstSeenAt went from 100 to 99"]);
}

#[test]
fn equal_or_higher_is_fine() {
    holds(&overwritten(Request { last_seen: Some(160), ..counted("rr-a", 3) }).judged_by(MONOTONIC));
    holds(&overwritten(Request { last_seen: Some(161), ..counted("rr-a", 4) }).judged_by(MONOTONIC));
}

#[test]
fn a_name_that_comes_back_begins_anew() {
    let again = Request { uid: "another".into(), ..counted("rr-a", 1) };
    let history = overwritten(Request { last_seen: Some(160), ..counted("rr-a", 3) })
        .request(EXTERNAL, Change::Deleted, counted("rr-a", 3))
        .request(replica(0), Change::Created, again.clone())
        .writes(replica(0), again);
    holds(&history.judged_by(MONOTONIC));
}

/// Signal 1 goes to replica 0, signal 2 to replica 1; both are accepted.
fn two_replicas() -> History {
    let first = History::new().sent_to(0, 1).sent_to(1, 2).creates(replica(0), "rr-a");
    let sent = first.now();
    first.writes(replica(0), counted("rr-a", 1)).issued_at(sent)
}

fn both_accepted(history: History) -> History {
    history.answered(1, created("rr-a")).answered(2, duplicate("rr-a", 2)).ends()
}

#[test]
fn a_right_sum_may_hide_a_double_count() {
    let (history, sent) = (two_replicas(), two_replicas().now());
    let twice = both_accepted(history.clone().writes(replica(0), counted("rr-a", 2)).issued_at(sent));
    let words = ["Signal 2 of fingerprint", "each count that may have taken it took another"];
    fires(&twice.judged_by(EXACT), &[1, 6], &words);
    let each = both_accepted(history.writes(replica(1), counted("rr-a", 2)).issued_at(sent)).judged_by(EXACT);
    holds(&each);
    assert_eq!(each.slack, 0);
}

#[test]
fn a_signal_of_another_replica_explains_no_count() {
    let (history, sent) = (two_replicas(), two_replicas().now());
    let refused = |by| {
        let counts = history.clone().writes(replica(by), counted("rr-a", 2)).issued_at(sent);
        counts.answered(1, created("rr-a")).answered(2, unavailable()).ends().judged_by(EXACT)
    };
    fires(&refused(0), &[4], &["Replica 0 counted 1 signal", "1 of them is not a signal that it was working on"]);
    holds(&refused(1));
}

#[test]
fn a_count_takes_no_signal_that_was_over() {
    let refused = two_replicas().answered(1, created("rr-a")).answered(2, unavailable());
    let over = refused.now();
    let late = |issued| refused.clone().writes(replica(1), counted("rr-a", 2)).issued_at(issued).ends();
    fires(&late(over).judged_by(EXACT), &[6], &["1 of them is not a signal that it was working on"]);
    holds(&late(over - 1_000).judged_by(EXACT));
}

#[test]
fn a_batch_ends_with_its_last_answer() {
    let waiting = History::new().sent_to(0, 1).sent_to(0, 2).answered(1, unavailable());
    let counted_late = |history: History, count| {
        let sent = history.now();
        let counts = history.creates(replica(0), "rr-a").issued_at(sent).writes(replica(0), counted("rr-a", count));
        counts.issued_at(sent).answered(2, created("rr-a")).ends()
    };
    let both = counted_late(waiting.clone(), 2);
    holds(&both.judged_by(EXACT));
    holds(&both.judged_by(CREATED));
    assert_eq!(both.judged_by(EXACT).slack, 0);
    let later = History::new().sent_to(0, 1).answered(1, unavailable()).sent_to(0, 2);
    let words = ["1 of them is not a signal that it was working on"];
    fires(&counted_late(later, 2).judged_by(EXACT), &[4], &words);
    let elsewhere = History::new().sent_to(0, 1).sent_to(1, 3).sent_to(0, 2).answered(1, unavailable());
    let over = elsewhere.answered(2, unavailable()).wait(1);
    let sent = over.now();
    let counts = over.creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1)).issued_at(sent);
    fires(&counts.answered(3, unavailable()).ends().judged_by(EXACT), &[6], &words);
}

#[test]
fn a_member_takes_the_count_of_one_that_failed() {
    let taken = |history: History, early: bool| {
        let (history, sent) = (history.clone().creates(replica(1), "rr-a"), history.now());
        let accepted = |history: History| history.answered(1, created("rr-a"));
        let counts = |history: History| history.writes(replica(1), counted("rr-a", 1)).issued_at(sent);
        let both = if early { counts(accepted(history)) } else { accepted(counts(history)) };
        both.answered(2, unavailable()).ends().judged_by(EXACT)
    };
    let groups = History::new().sent_to(0, 1).in_a_group().sent_to(1, 2).in_a_group();
    holds(&taken(groups.clone(), false));
    let words = ["Signal 1 of fingerprint", "each count that may have taken it took another"];
    fires(&taken(groups, true), &[0, 3], &words);
    fires(&taken(History::new().sent_to(0, 1).sent_to(1, 2), false), &[0, 4], &words);
}

#[test]
fn slack_is_what_could_have_been_counted_unnoticed() {
    let refused = two_replicas().answered(1, created("rr-a")).sent_to(0, 3);
    let sent = refused.now();
    let refused = refused.writes(replica(0), counted("rr-a", 2)).issued_at(sent).answered(2, unavailable());
    let lost = refused.sent_to(0, 4).answered(4, Reply::Lost).answered(3, duplicate("rr-a", 2)).ends();
    let finding = lost.judged_by(EXACT);
    holds(&finding);
    assert_eq!(finding.slack, 0, "signals 2 and 4 were with no replica that sent a count meanwhile");
    let unsure = two_replicas().sent_to(0, 3).answered(1, created("rr-a")).answered(3, unavailable()).ends();
    assert_eq!(unsure.judged_by(EXACT).slack, 0, "signal 3 was sent after the count");
    let first = History::new().sent_to(0, 1).sent_to(0, 2).creates(replica(0), "rr-a");
    let sent = first.now();
    let first = first.writes(replica(0), counted("rr-a", 1)).issued_at(sent);
    assert_eq!(first.answered(1, created("rr-a")).answered(2, unavailable()).ends().judged_by(EXACT).slack, 1);
}

#[test]
fn a_forgotten_key_takes_no_other_signals_count() {
    let list = |count, deliveries| Request { deliveries, ..counted("rr-a", count) };
    let first = History::new().sent_keyed(1, None).creates(replica(0), "rr-a").writes(replica(0), list(1, 7));
    let again = first.answered(1, created("rr-a")).writes(EXTERNAL, list(1, 0)).sent_keyed(2, Some(1)).sent(3);
    let all = again.writes(replica(0), list(2, 8)).answered(3, duplicate("rr-a", 2)).answered(2, duplicate("rr-a", 1));
    let finding = all.ends().judged_by(EXACT);
    holds(&finding);
    assert_eq!(finding.slack, 1, "the forgotten delivery could have counted again");
}

#[test]
fn a_request_made_by_hand_hands_on_no_keys() {
    let again = |maker| {
        let list = |name, count, phase: &str| Request { deliveries: 7, phase: phase.into(), ..counted(name, count) };
        let first = History::new().sent_keyed(1, None).creates(maker, "rr-a");
        let first = first.writes(replica(0), list("rr-a", 1, "Processing")).answered(1, duplicate("rr-a", 1));
        let ended = first.writes(ORCHESTRATOR, list("rr-a", 1, "Completed")).sent_keyed(2, Some(1));
        let next = ended.creates(replica(0), "rr-b").writes(replica(0), list("rr-b", 1, "Processing"));
        next.answered(2, created("rr-b")).ends()
    };
    let words = ["count 2, but 1 signal was accepted"];
    fires(&again(replica(0)).judged_by(EXACT), &[2, 7], &words);
    holds(&again(EXTERNAL).judged_by(EXACT));
    holds(&again(EXTERNAL).judged_by("redelivered_begins_nothing"));
}

const CREATED: &str = "created_for_a_signal";

#[test]
fn a_request_needs_a_signal() {
    let made = |history: History| {
        let sent = history.now();
        history.creates(replica(0), "rr-a").issued_at(sent)
    };
    holds(&made(History::new().sent_to(0, 1)).judged_by(CREATED));
    fires(&made(History::new()).judged_by(CREATED), &[0], &["Replica 0 created rr-a", "was not working on a signal"]);
    fires(&made(History::new().sent_to(1, 1)).judged_by(CREATED), &[1], &["was not working on a signal"]);
    let over = History::new().sent_to(0, 1).answered(1, unavailable()).wait(1);
    fires(&made(over).judged_by(CREATED), &[2], &["was not working on a signal"]);
    let lost = History::new().sent_to(0, 1).answered(1, Reply::Lost).wait(1);
    holds(&made(lost.clone()).judged_by(CREATED));
    fires(&made(lost.crashes(0).wait(1)).judged_by(CREATED), &[3], &["was not working on a signal"]);
    undecided(&History::new().creates(replica(0), "rr-a").judged_by(CREATED));
}
