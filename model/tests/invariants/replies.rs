//! `reply_tells_truth`.
use crate::history::{EXTERNAL, History, counted, created, duplicate, fires, holds, replica};
use model::observation::{Change, Request};

const TRUTH: &str = "reply_tells_truth";

fn one_created() -> History {
    History::new()
        .sent(1)
        .creates(replica(0), "rr-a")
        .writes(replica(0), counted("rr-a", 1))
        .answered(1, created("rr-a"))
}

#[test]
fn a_count_that_was_stored_is_true() {
    let history = one_created().sent(2).writes(replica(0), counted("rr-a", 2)).answered(2, duplicate("rr-a", 2));
    holds(&history.judged_by(TRUTH));
}

#[test]
fn a_count_that_was_not_stored_is_a_lie() {
    let history = one_created().sent(2).writes(replica(0), counted("rr-a", 2)).answered(2, duplicate("rr-a", 3));
    fires(&history.judged_by(TRUTH), &[4, 5, 6], &["Signal 2 was answered as occurrence 3 of rr-a", "count is 2"]);
}

#[test]
fn a_count_stored_before_sending_is_anothers() {
    let history = one_created().sent(2).answered(2, duplicate("rr-a", 1));
    fires(&history.judged_by(TRUTH), &[2, 4, 5], &["already when the signal was sent"]);
}

#[test]
fn two_replies_must_not_share_a_count() {
    let history = one_created()
        .sent(2)
        .sent(3)
        .writes(replica(0), counted("rr-a", 2))
        .answered(2, duplicate("rr-a", 2))
        .answered(3, duplicate("rr-a", 2));
    fires(&history.judged_by(TRUTH), &[7, 8], &["Signal 2 and signal 3", "occurrence 2 of rr-a"]);
}

#[test]
fn a_batch_shares_a_commit_not_a_count() {
    let history = one_created()
        .sent(2)
        .sent(3)
        .writes(replica(0), counted("rr-a", 3))
        .answered(2, duplicate("rr-a", 2))
        .answered(3, duplicate("rr-a", 3));
    holds(&history.judged_by(TRUTH));
}

/// Two signals wait when the request's first count stores `first`.
fn first_count(first: u32) -> History {
    History::new().sent(1).sent(2).creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", first))
}

#[test]
fn as_many_created_as_the_first_count_stored() {
    holds(&first_count(2).answered(1, created("rr-a")).answered(2, created("rr-a")).judged_by(TRUTH));
    holds(&first_count(2).answered(1, created("rr-a")).answered(2, duplicate("rr-a", 2)).judged_by(TRUTH));
    let twice = first_count(1).answered(1, created("rr-a")).answered(2, created("rr-a"));
    fires(&twice.judged_by(TRUTH), &[4, 5], &["Signal 1 and signal 2", "the creator of rr-a"]);
}

#[test]
fn created_and_first_occurrence_are_one() {
    let history = first_count(1).answered(1, created("rr-a")).answered(2, duplicate("rr-a", 1));
    fires(&history.judged_by(TRUTH), &[4, 5], &["Signal 1 and signal 2", "occurrence 1"]);
}

#[test]
fn created_without_a_count_is_a_lie() {
    let history = History::new().sent(1).creates(replica(0), "rr-a").answered(1, created("rr-a"));
    fires(&history.judged_by(TRUTH), &[0, 2], &["creator of rr-a", "no signal was ever counted"]);
}

#[test]
fn created_long_ago_is_not_created() {
    let history = one_created().sent(2).writes(replica(0), counted("rr-a", 2)).answered(2, created("rr-a"));
    fires(&history.judged_by(TRUTH), &[4, 5, 6], &["Signal 2 was answered as the creator of rr-a"]);
}

#[test]
fn one_key_gets_one_count() {
    let first = History::new().sent_keyed(1, None).creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1));
    let answered = first.answered(1, created("rr-a")).sent_keyed(2, Some(1));
    holds(&answered.clone().answered(2, created("rr-a")).judged_by(TRUTH));
    let other = answered.sent_keyed(3, None).answered(3, created("rr-a"));
    fires(&other.judged_by(TRUTH), &[2, 5, 6], &["Signal 3 was answered as the creator of rr-a"]);
}

/// The request rr-a is deleted, and made again with that count.
fn made_again(history: History, count: u32) -> History {
    let again = Request { uid: "another".into(), ..counted("rr-a", count) };
    let deleted = history.request(EXTERNAL, Change::Deleted, counted("rr-a", 1));
    deleted
        .request(replica(0), Change::Created, Request { occurrence_count: None, ..again.clone() })
        .writes(replica(0), again)
}

#[test]
fn one_key_is_answered_about_a_request_that_is_gone() {
    let first = History::new().sent_keyed(1, None).creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1));
    let again = made_again(first.answered(1, created("rr-a")).sent(2), 1).answered(2, created("rr-a"));
    let keyed = again.clone().sent_keyed(3, Some(1)).answered(3, created("rr-a"));
    holds(&keyed.judged_by(TRUTH));
    let other = again.sent(3).answered(3, created("rr-a"));
    fires(&other.judged_by(TRUTH), &[7, 9, 10], &["Signal 3 was answered as the creator of rr-a"]);
}

#[test]
fn late_replies_are_about_the_request_that_fits() {
    let first = History::new().sent(1).sent(9).creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1));
    let late = made_again(first.sent(2), 1).answered(1, created("rr-a")).answered(2, created("rr-a"));
    holds(&late.judged_by(TRUTH));
    let too_many = late.answered(9, created("rr-a"));
    fires(&too_many.judged_by(TRUTH), &[9, 10], &["Signal 2 and signal 9 were both answered as the creator of rr-a"]);
}
