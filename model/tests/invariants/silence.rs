//! `quiet_is_quiet`.
use crate::history::{EXTERNAL, History, SECOND, fires, holds, replica, undecided};
use model::observation::Change::{Created, Deleted, Modified};

const QUIET: &str = "quiet_is_quiet";

/// Everything has stopped and the replicas have quiesced.
fn quiesced() -> History {
    History::new().calls(replica(0), 500).faults_stop().signals_stop().calls(replica(0), 100).wait(61 * SECOND)
}

#[test]
fn a_few_calls_are_quiet() {
    holds(&quiesced().calls(replica(0), 30).wait(50 * SECOND).ends().judged_by(QUIET));
}

#[test]
fn continued_calls_are_a_livelock() {
    let history = quiesced().calls(replica(0), 16).calls(replica(1), 15).wait(50 * SECOND).ends();
    fires(&history.judged_by(QUIET), &[602, 603, 604], &["Replicas made 31 API calls", "30 are allowed"]);
}

#[test]
fn the_allowance_grows_with_the_time() {
    holds(&quiesced().calls(replica(0), 31).wait(70 * SECOND).ends().judged_by(QUIET));
}

/// A replica holds a lease and is gone when everything is quiet.
fn quiesced_with_a_lease() -> History {
    let held = History::new().lease(replica(0), Created, "pod-0/1").crashes(0);
    held.faults_stop().signals_stop().calls(replica(1), 1).wait(61 * SECOND)
}

#[test]
fn upkeep_takes_calls_once() {
    let busy = |history: History| history.calls(replica(1), 34).wait(50 * SECOND).ends();
    holds(&busy(quiesced_with_a_lease().lease(replica(1), Modified, "")).judged_by(QUIET));
    holds(&busy(quiesced_with_a_lease().lease(replica(1), Deleted, "")).judged_by(QUIET));
    fires(&busy(quiesced_with_a_lease()).judged_by(QUIET), &[5, 6, 7], &["34 API calls", "30 are allowed"]);
}

#[test]
fn the_same_lease_over_and_over_is_a_livelock() {
    let mut history = quiesced_with_a_lease();
    for _ in 0..20 {
        let taken = history.calls(replica(1), 2).lease(replica(1), Modified, "pod-1/1");
        history = taken.lease(replica(1), Modified, "");
    }
    fires(&history.wait(50 * SECOND).ends().judged_by(QUIET), &[5, 6, 9], &["40 API calls", "34 are allowed"]);
}

#[test]
fn external_clients_may_call_at_will() {
    holds(&quiesced().calls(EXTERNAL, 1_000).wait(SECOND).ends().judged_by(QUIET));
}

#[test]
fn a_paused_replica_has_work_left() {
    let busy = History::new().pauses(0, 70 * SECOND).faults_stop().signals_stop();
    let busy = busy.wait(90 * SECOND).calls(replica(0), 70).wait(50 * SECOND).ends();
    holds(&busy.judged_by(QUIET));
}

#[test]
fn without_quiet_time_nothing_is_decided() {
    undecided(&History::new().faults_stop().signals_stop().wait(30 * SECOND).ends().judged_by(QUIET));
    undecided(&History::new().signals_stop().wait(300 * SECOND).ends().judged_by(QUIET));
}
