//! `nothing_unprocessed_is_accepted`, `resolved_creates_nothing` and `every_signal_ends`.
use crate::history::{
    EXTERNAL, History, SECOND, counted, created, duplicate, fires, holds, replica, unavailable, undecided,
};
use model::{
    Settings,
    observation::{Observation, Reply},
};

const UNPROCESSED: &str = "nothing_unprocessed_is_accepted";
const RESOLVED: &str = "resolved_creates_nothing";
const ENDS: &str = "every_signal_ends";

fn stored() -> History {
    History::new().sent(1).creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1))
}

#[test]
fn a_stored_signal_may_be_accepted() {
    holds(&stored().answered(1, created("rr-a")).judged_by(UNPROCESSED));
}

#[test]
fn an_accepted_signal_needs_a_commit() {
    let history = stored().answered(1, created("rr-a")).sent(2).answered(2, duplicate("rr-a", 2));
    fires(&history.judged_by(UNPROCESSED), &[4, 5], &["Signal 2", "no signal of its fingerprint was counted"]);
}

#[test]
fn a_member_may_be_accepted_for_a_failed_copy() {
    let member = || Reply::Duplicate { name: None, count: None };
    let failed = stored().answered(1, unavailable()).sent_again(2, 1);
    holds(&failed.clone().answered(2, member()).judged_by(UNPROCESSED));
    let twice = failed.answered(2, member()).sent(3).answered(3, member());
    fires(&twice.judged_by(UNPROCESSED), &[6, 7], &["Signal 3", "no signal of its fingerprint was counted"]);
    let unfailed = stored().answered(1, created("rr-a")).sent(2).answered(2, member());
    fires(&unfailed.judged_by(UNPROCESSED), &[4, 5], &["no signal of its fingerprint was counted"]);
}

#[test]
fn what_an_external_client_counts_stores_nothing() {
    let base = stored().answered(1, created("rr-a")).sent(2).writes(EXTERNAL, counted("rr-a", 2));
    fires(
        &base.answered(2, duplicate("rr-a", 2)).judged_by(UNPROCESSED),
        &[4, 6],
        &["no signal of its fingerprint was counted"],
    );
}

#[test]
fn a_valid_signal_is_never_refused_for_good() {
    for status in [400, 429] {
        let refused = History::new().sent(1).answered(1, Reply::ClientError { status });
        fires(&refused.judged_by(UNPROCESSED), &[0, 1], &[&status.to_string(), "does not retry"]);
    }
    let ignored = History::new().sent(1).answered(1, Reply::Ignored);
    fires(&ignored.judged_by(UNPROCESSED), &[0, 1], &["200 without being stored"]);
}

#[test]
fn a_5xx_says_when_to_retry() {
    holds(&History::new().sent(1).answered(1, unavailable()).judged_by(UNPROCESSED));
    let silent = Reply::ServerError { status: 500, retry_after: false };
    fires(&History::new().sent(1).answered(1, silent).judged_by(UNPROCESSED), &[0, 1], &["500", "without Retry-After"]);
}

#[test]
fn a_resolved_alert_is_not_accepted() {
    let base = stored().answered(1, created("rr-a")).sent_resolved(2);
    holds(&base.clone().answered(2, Reply::Ignored).judged_by(RESOLVED));
    fires(&base.answered(2, duplicate("rr-a", 2)).judged_by(RESOLVED), &[4, 5], &["Signal 2 says", "is resolved"]);
}

#[test]
fn a_resolved_alert_creates_no_request() {
    let base = stored().answered(1, created("rr-a")).sent_resolved(2);
    let history = base.creates(replica(1), "rr-b").answered(2, Reply::Lost);
    fires(&history.judged_by(RESOLVED), &[4, 5], &["Replica 1 created rr-b", "no signal of fingerprint"]);
}

#[test]
fn a_firing_signal_under_way_may_be_counted() {
    let base = stored().answered(1, created("rr-a")).sent(2).sent_resolved(3);
    let history = base.writes(replica(1), counted("rr-a", 2)).answered(3, Reply::Ignored);
    holds(&history.judged_by(RESOLVED));
}

#[test]
fn an_unanswered_signal_never_ended() {
    fires(&stored().faults_stop().ends().judged_by(ENDS), &[0], &["Signal 1", "never answered"]);
    holds(&stored().answered(1, created("rr-a")).faults_stop().ends().judged_by(ENDS));
}

#[test]
fn a_connection_may_break_during_faults_only() {
    holds(&stored().answered(1, Reply::Lost).faults_stop().ends().judged_by(ENDS));
    let together = History::new().sent(1).answered(1, Reply::Lost).then(|_| Observation::FaultsStopped { at: 0 });
    holds(&together.ends().judged_by(ENDS));
    let after = History::new().faults_stop().sent(1).answered(1, Reply::Lost).ends();
    fires(&after.judged_by(ENDS), &[1, 2], &["got no answer, though the faults had stopped"]);
}

fn retried() -> History {
    let first = History::new().sent_until_accepted(1).answered(1, Reply::Lost).faults_stop();
    first.wait(SECOND).sent_again(2, 1).answered(2, unavailable()).wait(SECOND).sent_again(3, 2)
}

#[test]
fn a_retried_signal_is_accepted_in_the_end() {
    let accepted = retried().creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1));
    holds(&accepted.answered(3, created("rr-a")).ends().judged_by(ENDS));
    let refused = retried().answered(3, unavailable()).ends();
    fires(&refused.judged_by(ENDS), &[5, 6], &["Signal 3", "as delivery 3 of the same alert", "was not accepted"]);
}

#[test]
fn a_retry_during_faults_is_undecided() {
    let history = History::new().sent_until_accepted(1).answered(1, unavailable()).ends();
    undecided(&history.judged_by(ENDS));
}

#[test]
fn refusing_everything_does_not_hold() {
    let history = History::new().faults_stop().sent(1).answered(1, unavailable()).ends();
    holds(&history.judged_by(ENDS));
    let settings = Settings { accepted_at_least: 1, ..Settings::of_the_protocol() };
    fires(
        &history.judged_with(ENDS, settings),
        &[3],
        &["Only 0 signals accepted when the run ended; at least 1 expected"],
    );
}
