//! `quiet_is_quiet`.
use crate::history::{EXTERNAL, History, SECOND, fires, holds, replica, undecided};

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
