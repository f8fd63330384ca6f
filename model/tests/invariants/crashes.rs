//! `holder_crash_recovers`.
use crate::history::{History, SECOND, counted, created, fires, holds, replica, restarted, undecided};
use model::{
    Settings,
    observation::{
        Change::{Created, Modified},
        Micros,
    },
};

const RECOVERS: &str = "holder_crash_recovers";

/// Replica 0 acquires the lock for a signal and crashes; faults stop; the sender retries.
fn orphaned() -> History {
    History::new().lease(replica(0), Created, "pod-0/1").sent_until_accepted(1).crashes(0).faults_stop()
}

fn taken_over_after(time: Micros) -> History {
    orphaned().wait(time).lease(replica(1), Modified, "pod-1/1")
}

#[test]
fn a_takeover_in_time_recovers() {
    holds(&taken_over_after(3 * SECOND).ends().judged_by(RECOVERS));
    holds(&taken_over_after(34 * SECOND).ends().judged_by(RECOVERS));
}

#[test]
fn a_takeover_during_faults_is_in_time() {
    let faulty = History::new().lease(replica(0), Created, "pod-0/1").sent_until_accepted(1).crashes(0);
    let taken = faulty.wait(90 * SECOND).lease(replica(1), Modified, "pod-1/1");
    holds(&taken.wait(SECOND).faults_stop().ends().judged_by(RECOVERS));
}

#[test]
fn a_takeover_after_the_recovery_time_is_late() {
    let late = taken_over_after(36 * SECOND).ends();
    let words =
        ["Replica 0 was gone at 0.002 s", "left gw-lock-3f2a91c07d5e48b6 held", "signal 1", "replica 1 proceeded only"];
    fires(&late.judged_by(RECOVERS), &[0, 1, 2, 4], &words);
}

#[test]
fn no_takeover_fires() {
    let stuck = orphaned().wait(60 * SECOND).ends();
    fires(&stuck.judged_by(RECOVERS), &[0, 1, 2, 4], &["no replica had proceeded when the run ended"]);
    undecided(&orphaned().wait(20 * SECOND).ends().judged_by(RECOVERS));
}

#[test]
fn counting_without_the_lock_proceeds_too() {
    let counted = orphaned().creates(replica(1), "rr-a").writes(replica(1), counted("rr-a", 1));
    holds(&counted.wait(60 * SECOND).ends().judged_by(RECOVERS));
}

#[test]
fn a_late_write_of_the_crashed_is_not_a_recovery() {
    let late = orphaned().creates(replica(0), "rr-a").writes(replica(0), counted("rr-a", 1)).wait(60 * SECOND).ends();
    fires(&late.judged_by(RECOVERS), &[0, 1, 2, 6], &["no replica had proceeded"]);
}

#[test]
fn a_restart_does_not_prolong_the_wait() {
    let restart = orphaned().wait(20 * SECOND).ready(0).wait(16 * SECOND);
    let late = restart.lease(restarted(0), Modified, "pod-0/2").ends();
    fires(&late.judged_by(RECOVERS), &[0, 1, 2, 5], &["replica 0 (start 2) proceeded only"]);
}

#[test]
fn no_ready_replica_means_no_wait() {
    let down = History::new().ready(0).lease(replica(0), Created, "pod-0/1").sent_until_accepted(1).crashes(0);
    let down = down.faults_stop().wait(90 * SECOND);
    undecided(&down.clone().ends().judged_by(RECOVERS));
    let served = down.ready(1).wait(34 * SECOND);
    holds(&served.clone().lease(replica(1), Modified, "pod-1/1").ends().judged_by(RECOVERS));
    let late = served.wait(2 * SECOND).lease(replica(1), Modified, "pod-1/1").ends();
    fires(&late.judged_by(RECOVERS), &[1, 2, 3, 6], &["replica 1 proceeded only"]);
}

#[test]
fn recovery_is_due_while_only_crashes_last() {
    let settings = Settings { crashes_only: true, ..Settings::of_the_protocol() };
    let crashing = History::new().ready(1).lease(replica(0), Created, "pod-0/1").sent_until_accepted(1).crashes(0);
    let late = crashing.wait(36 * SECOND).lease(replica(1), Modified, "pod-1/1").faults_stop().ends();
    fires(&late.judged_with(RECOVERS, settings), &[1, 2, 3, 4], &["replica 1 proceeded only"]);
    holds(&late.judged_by(RECOVERS));
}

#[test]
fn without_a_waiting_signal_no_takeover_is_due() {
    let idle = History::new().lease(replica(0), Created, "pod-0/1").crashes(0).faults_stop().wait(60 * SECOND).ends();
    let finding = idle.judged_by(RECOVERS);
    assert_eq!((finding.checked, finding.violated), (0, 0));
}

#[test]
fn a_late_acquisition_of_the_crashed_is_an_orphan() {
    let late = History::new()
        .sent_until_accepted(1)
        .calls(replica(0), 1)
        .crashes(0)
        .faults_stop()
        .lease(replica(0), Created, "pod-0/1")
        .wait(60 * SECOND);
    fires(&late.ends().judged_by(RECOVERS), &[0, 4, 5], &["Replica 0 was gone", "no replica had proceeded"]);
}

#[test]
fn an_accepted_signal_waits_no_more() {
    let served = History::new()
        .sent_until_accepted(1)
        .lease(replica(0), Created, "pod-0/1")
        .creates(replica(0), "rr-a")
        .writes(replica(0), counted("rr-a", 1))
        .answered(1, created("rr-a"))
        .crashes(0);
    let finding = served.faults_stop().wait(60 * SECOND).ends().judged_by(RECOVERS);
    assert_eq!((finding.checked, finding.violated), (0, 0));
}
