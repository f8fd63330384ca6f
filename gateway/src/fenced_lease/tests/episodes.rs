//! The life of a fingerprint: first signal, duplicates, end, next episode; and what prevents an episode.
use super::{server::Fault, *};

#[tokio::test(start_paused = true)]
async fn first_signal_takes_three_calls() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let accepted = replica.signal().await.expect("stored");
    assert_eq!((accepted.disposition, accepted.count), (Disposition::Created, 1));
    assert_eq!(accepted.first_seen, DAWN.parse().expect("a time"));
    let log: Vec<String> = server.take_log().into_iter().map(|call| call.replace(&accepted.name, "NAME")).collect();
    assert_eq!(log[..3], ["POST leases", "POST requests", "PATCH requests/NAME/status"]);
    quiesce().await;
    let lease = &server.all(LEASES)[0];
    assert_eq!(lease["spec"]["holderIdentity"], "", "freed after the answer");
    assert_eq!(lease["metadata"]["annotations"]["kubernaut.ai/episode-seen"], "true");
    let request = &server.all(REQUESTS)[0];
    assert_eq!(request["metadata"]["annotations"]["kubernaut.ai/lock-namespace"], "locks");
}

#[tokio::test(start_paused = true)]
async fn duplicate_takes_one_call() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    quiesce().await;
    server.take_log();
    assert_eq!(replica.stored().await, (Disposition::Duplicate, 2));
    let log = server.take_log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].starts_with("PATCH"));
}

#[tokio::test(start_paused = true)]
async fn next_episode_takes_five_calls() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let first = replica.signal().await.expect("stored");
    quiesce().await;
    end_request(&server);
    quiesce().await;
    server.take_log();
    let second = replica.signal().await.expect("stored");
    let calls = server.take_log();
    assert!(calls.iter().position(|call| call.starts_with("PATCH")).is_some_and(|patch| patch < 5), "{calls:?}");
    assert_eq!((second.disposition, second.count), (Disposition::Created, 1));
    assert_eq!(
        second.name,
        first.name.replace("-1", "-2").replace("rr-0-2", "rr-0"),
        "the same lease, the next episode"
    );
}

#[tokio::test(start_paused = true)]
async fn suppressing_end_keeps_counting() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    server.edit(
        REQUESTS,
        json!({"status": {"overallPhase": "Failed", "completionStatus": {"outcome": "ManualReviewRequired"}}}),
    );
    assert_eq!(replica.stored().await, (Disposition::Duplicate, 2));
    assert_eq!(requests(&server).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn terminating_request_is_waited_for() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    quiesce().await;
    server.edit(REQUESTS, json!({"metadata": {"deletionTimestamp": DAWN}}));
    let waiting = replica.send();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(requests(&server).len(), 1, "no second request is created beside a terminating one");
    server.delete_all(REQUESTS);
    let refused = waiting.await.expect("no panic");
    assert!(matches!(&refused, Err(Refusal::Unavailable(why)) if why.contains("late create")), "{refused:?}");
    tokio::time::sleep(Duration::from_secs(60)).await;
    let accepted = replica.signal().await.expect("the cooldown is over");
    assert!(accepted.name.ends_with("-2"), "{}: a name is never used again", accepted.name);
}

#[tokio::test(start_paused = true)]
async fn refused_create_frees_the_lease() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("POST requests", Fault::Refused(403));
    assert!(matches!(replica.signal().await, Err(Refusal::Refused(why)) if why.contains("403")));
    quiesce().await;
    let lease = &server.all(LEASES)[0];
    assert_eq!(lease["spec"]["holderIdentity"], "");
    assert_eq!(lease["metadata"]["annotations"].get("kubernaut.ai/episode-seen"), None, "the request was never seen");
    let accepted = replica.signal().await.expect("stored");
    assert!(accepted.name.ends_with("-1"), "{}: the episode was never used", accepted.name);
}

#[tokio::test(start_paused = true)]
async fn refused_lease_refuses_signals() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault(|call| call.contains("leases").then_some(Fault::Refused(403)));
    assert!(matches!(replica.signal().await, Err(Refusal::Refused(_))));
    assert_eq!(replica.metrics.lock_acquisition_failures.get(), 1);
    assert!(requests(&server).is_empty());
}

#[tokio::test(start_paused = true)]
async fn shared_digits_are_refused_loudly() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let annotations = json!({"kubernaut.ai/fingerprint": format!("{}ffff", &FP[..60]), "kubernaut.ai/episode": "1"});
    server
        .put(LEASES, json!({"metadata": {"name": "gw-lock-0123456789abcdef", "annotations": annotations}, "spec": {}}));
    assert!(matches!(replica.signal().await, Err(Refusal::Unavailable(why)) if why.contains("another fingerprint")));
    assert_eq!(replica.metrics.fingerprint_collisions.get(), 1);
    assert!(requests(&server).is_empty());
}
