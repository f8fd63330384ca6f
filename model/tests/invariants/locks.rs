//! `one_holder`, `no_foreign_release` and `locks_are_reclaimed`.
use crate::history::{EXTERNAL, History, LOCK, ORCHESTRATOR, SECOND, fires, holds, replica, restarted, rr, undecided};
use model::{
    Settings,
    observation::{
        Change::{Created, Deleted, Modified},
        Micros, Request,
    },
};

const ONE: &str = "one_holder";
const FOREIGN: &str = "no_foreign_release";
const RECLAIMED: &str = "locks_are_reclaimed";

/// The shortest simulated time in which a clock that is 1 ‰ fast shows 30 s.
const EXPIRY: Micros = 30 * SECOND * 1_000 / 1_001;

fn held() -> History {
    History::new().lease(replica(0), Created, "pod-0/1")
}

/// The same, with the next fact exactly `time` later.
fn held_for(time: Micros) -> History {
    held().wait(time - 1_000)
}

#[test]
fn a_takeover_before_expiry_is_a_second_holder() {
    let history = held_for(EXPIRY - 1).lease(replica(1), Modified, "pod-1/1");
    let words = ["Replica 1 acquired gw-lock-3f2a91c07d5e48b6", "after replica 0, which had not", "holds for 30 s"];
    fires(&history.judged_by(ONE), &[0, 1], &words);
}

#[test]
fn a_takeover_at_expiry_is_legal() {
    holds(&held_for(EXPIRY).lease(replica(1), Modified, "pod-1/1").judged_by(ONE));
    holds(&held_for(30 * SECOND).lease(replica(1), Modified, "pod-1/1").judged_by(ONE));
}

#[test]
fn a_lock_ends_with_its_request() {
    let guarding = History::new().guarding(replica(0), Created, "pod-0/1", Some("rr-a")).creates(replica(0), "rr-a");
    let ended = guarding.clone().writes(ORCHESTRATOR, Request { phase: "Completed".into(), ..rr("rr-a") });
    let next = |history: History| history.guarding(replica(1), Modified, "pod-1/1", Some("rr-b"));
    holds(&next(ended.clone()).judged_by(ONE));
    fires(&next(guarding).judged_by(ONE), &[0, 2], &["Replica 1 acquired"]);
    let again = next(ended).guarding(replica(2), Modified, "pod-2/1", Some("rr-b"));
    fires(&again.judged_by(ONE), &[3, 4], &["Replica 2 acquired"]);
    let deleted = held().creates(replica(0), "rr-a").request(EXTERNAL, Deleted, rr("rr-a"));
    fires(&next(deleted).judged_by(ONE), &[0, 3], &["Replica 1 acquired"]);
}

#[test]
fn a_true_clock_leaves_no_margin() {
    let settings = Settings { clock_rate_bound_ppm: 0, ..Settings::of_the_protocol() };
    let early = held_for(30 * SECOND - 1).lease(replica(1), Modified, "pod-1/1");
    fires(&early.judged_with(ONE, settings), &[0, 1], &["29.999999 s after"]);
}

#[test]
fn a_freed_lease_may_be_acquired_at_once() {
    let history = held().lease(replica(0), Modified, "").lease(replica(1), Modified, "pod-1/1");
    holds(&history.judged_by(ONE));
    let history = held().lease(replica(0), Deleted, "pod-0/1").lease(replica(1), Created, "pod-1/1");
    holds(&history.judged_by(ONE));
}

#[test]
fn a_lease_deleted_by_another_is_still_held() {
    let history = held().lease(replica(1), Deleted, "pod-0/1").lease(replica(2), Created, "pod-2/1");
    fires(&history.judged_by(ONE), &[0, 2], &["Replica 2", "replica 0"]);
    fires(&history.judged_by(FOREIGN), &[0, 1], &["Replica 1 deleted", "replica 0 had acquired"]);
}

#[test]
fn a_holder_may_restore_its_own_lease() {
    let history = held().lease(EXTERNAL, Deleted, "pod-0/1").lease(replica(0), Created, "pod-0/1");
    holds(&history.judged_by(ONE));
}

#[test]
fn a_stolen_lock_may_be_taken() {
    let stolen = held().lease(EXTERNAL, Modified, "").lease(replica(1), Modified, "pod-1/1");
    holds(&stolen.judged_by(ONE));
    undecided(&stolen.judged_by(FOREIGN));
    let again = stolen.lease(replica(2), Modified, "pod-2/1");
    fires(&again.judged_by(ONE), &[2, 3], &["Replica 2 acquired", "after replica 1"]);
}

#[test]
fn a_renewal_holds_from_its_own_commit() {
    let renewed = held().wait(20 * SECOND).lease(replica(0), Modified, "pod-0/1");
    let early = renewed.clone().wait(20 * SECOND).lease(replica(1), Modified, "pod-1/1");
    fires(&early.judged_by(ONE), &[1, 2], &["20.001 s after replica 0"]);
    holds(&renewed.wait(30 * SECOND).lease(replica(1), Modified, "pod-1/1").judged_by(ONE));
}

#[test]
fn a_restarted_pod_is_another_holder() {
    let history = held().crashes(0).lease(restarted(0), Modified, "pod-0/1");
    fires(&history.judged_by(ONE), &[0, 2], &["Replica 0 (start 2)", "after replica 0, which"]);
}

#[test]
fn two_acquisitions_of_one_replica_exclude_each_other() {
    let history = held().lease(replica(0), Modified, "pod-0/2");
    fires(&history.judged_by(ONE), &[0, 1], &["its own acquisition pod-0/1"]);
}

#[test]
fn labelling_a_held_lease_acquires_nothing() {
    holds(&held().lease(EXTERNAL, Modified, "pod-0/1").judged_by(ONE));
}

#[test]
fn clearing_anothers_lease_is_foreign() {
    let history = held().lease(replica(1), Modified, "");
    fires(&history.judged_by(FOREIGN), &[0, 1], &["Replica 1 freed gw-lock-3f2a91c07d5e48b6"]);
    holds(&held().lease(replica(0), Modified, "").judged_by(FOREIGN));
}

#[test]
fn an_expired_or_free_lease_may_be_swept() {
    holds(&held_for(30 * SECOND).lease(replica(1), Deleted, "pod-0/1").judged_by(FOREIGN));
    holds(&held().lease(replica(0), Modified, "").lease(replica(1), Deleted, "").judged_by(FOREIGN));
}

#[test]
fn a_late_release_after_a_restart_is_foreign() {
    let taken = held().crashes(0).wait(30 * SECOND).lease(restarted(0), Modified, "pod-0/2");
    let history = taken.lease(replica(0), Deleted, "pod-0/2");
    fires(&history.judged_by(FOREIGN), &[2, 3], &["Replica 0 deleted", "replica 0 (start 2) had acquired"]);
}

#[test]
fn a_live_replica_must_let_go() {
    let forgotten = held().creates(replica(0), "rr-a").faults_stop().wait(47 * SECOND).ends();
    let words = [LOCK, "which replica 0 acquired", "still held by a live replica"];
    fires(&forgotten.judged_by(RECLAIMED), &[0], &words);
    undecided(&held().creates(replica(0), "rr-a").faults_stop().wait(44 * SECOND).ends().judged_by(RECLAIMED));
}

#[test]
fn another_clients_lease_is_its_own() {
    let kept = History::new().lease(EXTERNAL, Created, "backup").faults_stop().wait(500 * SECOND);
    undecided(&kept.ends().judged_by(RECLAIMED));
    let freed = History::new().lease(EXTERNAL, Created, "backup").lease(EXTERNAL, Modified, "").faults_stop();
    undecided(&freed.wait(500 * SECOND).ends().judged_by(RECLAIMED));
    let adopted = History::new().lease(EXTERNAL, Created, "").lease(replica(0), Modified, "gateway").faults_stop();
    let left = adopted.lease(EXTERNAL, Modified, "").wait(500 * SECOND);
    fires(&left.ends().judged_by(RECLAIMED), &[3], &["still exists"]);
}

#[test]
fn a_crashed_holders_lease_must_be_freed() {
    let crashed = held().creates(replica(0), "rr-a").crashes(0).faults_stop();
    undecided(&crashed.clone().wait(119 * SECOND).ends().judged_by(RECLAIMED));
    let words = [LOCK, "which replica 0 acquired", "still held by a replica that has crashed"];
    fires(&crashed.clone().wait(121 * SECOND).ends().judged_by(RECLAIMED), &[0], &words);
    let freed = crashed.clone().wait(100 * SECOND).lease(replica(1), Modified, "").wait(60 * SECOND);
    holds(&freed.ends().judged_by(RECLAIMED));
    let restarted = crashed.wait(100 * SECOND).ready(1).wait(60 * SECOND);
    undecided(&restarted.ends().judged_by(RECLAIMED));
}

#[test]
fn a_free_lease_must_go_after_the_sweep() {
    let freed = held().lease(replica(0), Modified, "").faults_stop();
    undecided(&freed.clone().wait(300 * SECOND).ends().judged_by(RECLAIMED));
    fires(&freed.clone().wait(361 * SECOND).ends().judged_by(RECLAIMED), &[1], &["still exists"]);
    holds(&freed.wait(300 * SECOND).lease(replica(1), Deleted, "").wait(61 * SECOND).ends().judged_by(RECLAIMED));
}
