//! `one_active_request` and `accepted_means_active`.
use crate::history::{
    EXTERNAL, FINGERPRINT, History, ORCHESTRATOR, SECOND, counted, created, duplicate, fires, holds, replica, rr,
    undecided,
};
use model::observation::{Change, Reply, Request};

const ONE: &str = "one_active_request";
const ACCEPTED: &str = "accepted_means_active";

fn ended(name: &str, count: u32) -> Request {
    Request { phase: "Completed".into(), ..counted(name, count) }
}

#[test]
fn two_creates_are_two_active_requests() {
    let history = History::new().creates(replica(0), "rr-a").creates(replica(2), "rr-b");
    let finding = history.judged_by(ONE);
    fires(&finding, &[0, 1], &["Replica 2 created rr-b", "rr-a (created by replica 0", "2 active requests"]);
}

#[test]
fn a_new_request_may_follow_an_ended_one() {
    let history = History::new()
        .creates(replica(0), "rr-a")
        .writes(ORCHESTRATOR, ended("rr-a", 1))
        .creates(replica(1), "rr-b")
        .request(ORCHESTRATOR, Change::Deleted, ended("rr-a", 1));
    holds(&history.judged_by(ONE));
}

#[test]
fn a_terminating_request_is_still_active() {
    let history = History::new()
        .creates(replica(0), "rr-a")
        .writes(EXTERNAL, Request { terminating: true, ..rr("rr-a") })
        .creates(replica(1), "rr-b");
    fires(&history.judged_by(ONE), &[0, 2], &["rr-a", "rr-b"]);
}

#[test]
fn a_deleted_request_is_not_active() {
    let history = History::new()
        .creates(replica(0), "rr-a")
        .request(EXTERNAL, Change::Deleted, Request { terminating: true, ..rr("rr-a") })
        .creates(replica(1), "rr-b");
    holds(&history.judged_by(ONE));
}

#[test]
fn an_unknown_phase_is_active() {
    let odd = Request { phase: "Reticulating".into(), ..rr("rr-a") };
    let history = History::new().creates(replica(0), "rr-a").writes(ORCHESTRATOR, odd).creates(replica(1), "rr-b");
    fires(&history.judged_by(ONE), &[0, 2], &["rr-b"]);
}

#[test]
fn setting_a_request_back_to_active_counts() {
    let history = History::new()
        .creates(replica(0), "rr-a")
        .writes(ORCHESTRATOR, ended("rr-a", 1))
        .creates(replica(1), "rr-b")
        .writes(EXTERNAL, rr("rr-a"));
    fires(&history.judged_by(ONE), &[2, 3], &["An external client reactivated rr-a", "rr-b (created by replica 1"]);
}

#[test]
fn other_namespaces_and_fingerprints_are_apart() {
    let elsewhere = Request { namespace: "other".into(), ..rr("rr-b") };
    let other = Request { fingerprint: format!("f{}", &FINGERPRINT[1..]).into(), ..rr("rr-c") };
    let history = History::new().creates(replica(0), "rr-a").request(replica(0), Change::Created, elsewhere).request(
        replica(0),
        Change::Created,
        other,
    );
    holds(&history.judged_by(ONE));
}

#[test]
fn later_commits_do_not_repeat_the_violation() {
    let history = History::new()
        .creates(replica(0), "rr-a")
        .creates(replica(1), "rr-b")
        .writes(replica(0), counted("rr-a", 1))
        .writes(replica(1), counted("rr-b", 1));
    assert_eq!(history.judged_by(ONE).violated, 1);
}

#[test]
fn counting_on_an_ended_request_loses_the_signal() {
    let history = History::new()
        .sent(1)
        .creates(replica(0), "rr-a")
        .writes(replica(0), counted("rr-a", 1))
        .answered(1, created("rr-a"))
        .sent(2)
        .writes(ORCHESTRATOR, ended("rr-a", 1))
        .writes(replica(1), ended("rr-a", 2))
        .answered(2, duplicate("rr-a", 2));
    fires(&history.judged_by(ACCEPTED), &[4, 6, 7], &["Signal 2", "rr-a", "was Completed at the commit"]);
}

#[test]
fn a_request_may_end_between_count_and_answer() {
    let history = History::new()
        .sent(1)
        .creates(replica(0), "rr-a")
        .writes(replica(0), counted("rr-a", 1))
        .writes(ORCHESTRATOR, ended("rr-a", 1))
        .answered(1, created("rr-a"));
    holds(&history.judged_by(ACCEPTED));
}

fn counted_on(request: Request) -> History {
    History::new().sent(1).creates(replica(0), "rr-a").writes(replica(0), request).answered(1, duplicate("rr-a", 1))
}

#[test]
fn a_suppressing_request_takes_counts() {
    holds(&counted_on(Request { manual_review_required: true, ..ended("rr-a", 1) }).judged_by(ACCEPTED));
    holds(&counted_on(Request { next_allowed_execution: Some(1), ..ended("rr-a", 1) }).judged_by(ACCEPTED));
}

#[test]
fn suppression_is_over_when_its_time_has_come() {
    let over = Request { next_allowed_execution: Some(-60_i64 * SECOND as i64), ..ended("rr-a", 1) };
    fires(&counted_on(over).judged_by(ACCEPTED), &[0, 2, 3], &["was Completed"]);
}

#[test]
fn a_name_that_never_existed_is_not_an_answer() {
    let history = History::new().sent(1).creates(replica(0), "rr-a").answered(1, duplicate("rr-b", 1));
    fires(&history.judged_by(ACCEPTED), &[0, 2], &["on rr-b", "never existed"]);
}

#[test]
fn an_answer_before_the_count_is_early() {
    let early = History::new().sent(1).creates(replica(0), "rr-a").answered(1, created("rr-a"));
    let history = early.writes(replica(0), counted("rr-a", 1));
    fires(&history.judged_by(ACCEPTED), &[0, 2], &["had not counted it"]);
}

#[test]
fn a_reply_without_count_needs_a_commit_too() {
    let numberless = || Reply::Duplicate { name: Some("rr-a".into()), count: None };
    let base = History::new().creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1)).sent(2);
    fires(&base.clone().answered(2, numberless()).judged_by(ACCEPTED), &[2, 3], &["had not counted it"]);
    holds(&base.writes(replica(0), counted("rr-a", 2)).answered(2, numberless()).judged_by(ACCEPTED));
}

#[test]
fn nameless_members_need_as_many_counts() {
    let member = || Reply::Duplicate { name: None, count: None };
    let base = History::new().sent(1).sent(2).creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1));
    let lost = base.clone().answered(1, member()).answered(2, member());
    fires(&lost.judged_by(ACCEPTED), &[1, 3, 5], &["Signal 2", "2nd accepted", "counted 1 of them"]);
    let stored = base.answered(1, member()).writes(replica(0), counted("rr-a", 2)).answered(2, member());
    holds(&stored.judged_by(ACCEPTED));
}

const TERMINATING: &str = "terminating_takes_no_counts";
const SUPERSEDED: &str = "superseded_takes_no_counts";
const SUPPRESSED: &str = "suppressed_creates_nothing";

#[test]
fn a_terminating_request_takes_no_counts() {
    let going = |count| Request { terminating: true, ..counted("rr-a", count) };
    let history = History::new().creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1));
    let history = history.writes(EXTERNAL, going(1));
    let waits = history.clone().sent(2).writes(ORCHESTRATOR, going(1));
    holds(&waits.request(EXTERNAL, Change::Deleted, going(1)).judged_by(TERMINATING));
    undecided(&history.clone().request(EXTERNAL, Change::Deleted, going(1)).judged_by(TERMINATING));
    fires(&history.writes(replica(1), going(2)).judged_by(TERMINATING), &[3], &["counted on rr-a", "being deleted"]);
}

fn cooling(count: u32, seconds: u64) -> Request {
    let until = i64::try_from(seconds * SECOND).expect("a short time");
    Request { next_allowed_execution: Some(until), ..ended("rr-a", count) }
}

#[test]
fn a_superseded_request_takes_no_counts() {
    let history = History::new().creates(replica(0), "rr-a").writes(ORCHESTRATOR, cooling(0, 1));
    let history = history.writes(replica(1), cooling(1, 1));
    holds(&history.judged_by(SUPERSEDED));
    let history = history.creates(replica(0), "rr-b").writes(replica(1), cooling(2, 1));
    fires(&history.judged_by(SUPERSEDED), &[3, 4], &["counted on rr-a", "after rr-b had been created"]);
}

#[test]
fn suppression_that_is_added_late_is_not_judged() {
    let history = History::new().creates(replica(0), "rr-a").writes(ORCHESTRATOR, ended("rr-a", 0));
    let history = history.writes(ORCHESTRATOR, cooling(0, 9)).creates(replica(0), "rr-b");
    holds(&history.writes(replica(1), cooling(1, 9)).judged_by(SUPERSEDED));
    let closed = Request { closed: true, ..cooling(0, 9) };
    let erased = |by| {
        let closed = History::new().creates(replica(0), "rr-a").writes(replica(0), closed.clone());
        closed.creates(replica(0), "rr-b").writes(by, cooling(0, 9)).writes(replica(1), cooling(1, 9))
    };
    holds(&erased(EXTERNAL).judged_by(SUPERSEDED));
    fires(&erased(replica(0)).judged_by(SUPERSEDED), &[2, 4], &["after rr-b had been created"]);
}

#[test]
fn nothing_is_created_beside_a_suppressing_request() {
    let cooled = || History::new().creates(replica(0), "rr-a").writes(ORCHESTRATOR, cooling(0, 600));
    undecided(&cooled().sent(1).creates(replica(1), "rr-b").judged_by(SUPPRESSED));
    let history = cooled().wait(120 * SECOND);
    holds(&history.clone().sent(1).judged_by(SUPPRESSED));
    fires(&history.clone().creates(replica(1), "rr-b").judged_by(SUPPRESSED), &[1, 2], &["created rr-b", "while rr-a"]);
    let closed = Request { closed: true, ..cooling(0, 600) };
    fires(&history.writes(replica(1), closed.clone()).judged_by(SUPPRESSED), &[1, 2], &["closed rr-a"]);
    let history = cooled().writes(replica(1), closed).wait(120 * SECOND).creates(replica(1), "rr-b");
    undecided(&history.judged_by(SUPPRESSED));
    undecided(&cooled().wait(595 * SECOND).creates(replica(1), "rr-b").judged_by(SUPPRESSED));
}

#[test]
fn a_redelivery_begins_nothing() {
    let accepted = || {
        let first = History::new().sent_keyed(1, None).creates(replica(0), "rr-a");
        let first = first.writes(replica(0), counted("rr-a", 1)).answered(1, created("rr-a"));
        first.writes(ORCHESTRATOR, ended("rr-a", 1)).sent_keyed(2, Some(1))
    };
    let broken = accepted().creates(replica(1), "rr-b").judged_by("redelivered_begins_nothing");
    fires(&broken, &[5, 6], &["created rr-b", "which was accepted before"]);
    let list = |deliveries| Request { deliveries, ..ended("rr-a", 1) };
    let erased = accepted().writes(ORCHESTRATOR, list(7)).writes(EXTERNAL, list(0)).creates(replica(1), "rr-b");
    let counted_again = erased.writes(replica(1), counted("rr-b", 1)).answered(2, created("rr-b"));
    holds(&counted_again.judged_by("redelivered_begins_nothing"));
    holds(&counted_again.clone().ends().judged_by("occurrences_exact"));
    let twice = counted_again.writes(replica(1), counted("rr-b", 2)).ends().judged_by("occurrences_exact");
    assert_eq!(twice.violated, 1, "{twice:?}");
    let of_another = accepted().sent(3).creates(replica(1), "rr-b").answered(2, duplicate("rr-a", 1));
    holds(&of_another.judged_by("redelivered_begins_nothing"));
}
