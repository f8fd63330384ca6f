//! The six metrics of the lock, each moved by what it measures.
use super::{server::Fault, *};

/// The value of a sample; 0 if there is none.
fn sample(replica: &Replica, name: &str) -> f64 {
    let text = replica.metrics.encode();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or(0.0)
}

fn counters(replica: &Replica) -> [u64; 4] {
    let metrics = &replica.metrics;
    [
        metrics.lock_acquisition_attempts.get(),
        metrics.lock_acquisition_success.get(),
        metrics.lock_acquisition_failures.get(),
        metrics.lock_contention.get(),
    ]
}

#[tokio::test(start_paused = true)]
async fn acquisition_is_measured_to_its_end() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    assert_eq!(counters(&replica), [1, 1, 0, 0]);
    for histogram in ["gateway_lock_wait_duration_seconds", "gateway_lock_hold_duration_seconds"] {
        assert_eq!(sample(&replica, &format!("{histogram}_count")), 1.0, "{histogram}");
        assert!(sample(&replica, &format!("{histogram}_sum")) < 0.5, "{histogram}");
    }
    replica.stored().await;
    quiesce().await;
    assert_eq!(counters(&replica), [1, 1, 0, 0], "a duplicate needs no lock");
    assert_eq!(sample(&replica, "gateway_lock_wait_duration_seconds_count"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn held_lock_is_contention() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, contention::held_lease("gw-9_1"));
    quiesce().await;
    replica.stored().await;
    assert_eq!(counters(&replica), [0, 0, 0, 1], "it was created beside the holder");
    let waited = sample(&replica, "gateway_lock_wait_duration_seconds_sum");
    assert!((1.5..4.0).contains(&waited), "{waited} s");
    assert_eq!(sample(&replica, "gateway_lock_hold_duration_seconds_count"), 0.0, "nothing was held");
}

#[tokio::test(start_paused = true)]
async fn lost_race_is_contention() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, contention::held_lease(""));
    quiesce().await;
    server.silence_watches();
    server.edit(LEASES, json!({"metadata": {"annotations": {"note": "newer than the cache"}}}));
    replica.stored().await;
    let [attempts, success, failures, contention] = counters(&replica);
    assert_eq!((attempts, success, failures, contention), (2, 1, 0, 1));
    assert_eq!(replica.metrics.lock_conflicts.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn unanswered_attempt_is_not_a_success() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("POST leases", Fault::AnswerLost);
    replica.stored().await;
    quiesce().await;
    let [attempts, success, ..] = counters(&replica);
    assert_eq!((attempts, success), (1, 0), "the lease was its own when it was read");
    assert_eq!(sample(&replica, "gateway_lock_hold_duration_seconds_count"), 0.0);
}
