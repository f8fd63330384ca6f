//! The life of a fingerprint: first signal, duplicates, end, next episode; and what prevents an episode.
use super::{server::Fault, *};
use bytes::Bytes;

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
    let replica = Replica::with_a_request(&server).await;
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

/// A request that ended with a cooldown, which is over.
async fn cooled_down(server: &Server, replica: &Replica) -> String {
    let first = replica.signal().await.expect("stored").name;
    quiesce().await;
    let over = json!({"nextAllowedExecution": "2026-01-02T03:04:00Z"});
    server.edit(REQUESTS, json!({"status": {"overallPhase": "Completed", "routingStatus": over}}));
    quiesce().await;
    server.take_log();
    first
}

fn types(request: &Value) -> Vec<&str> {
    let conditions = request["status"]["conditions"].as_array();
    conditions.into_iter().flatten().filter_map(|condition| condition["type"].as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn request_with_a_cooldown_is_closed_first() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let first = cooled_down(&server, &replica).await;
    assert_eq!(replica.stored().await, (Disposition::Created, 1));
    let log = server.take_log();
    assert_eq!(log[..2], [format!("GET requests/{first}"), format!("PATCH requests/{first}/status")], "{log:?}");
    assert!(log[2].starts_with("PUT leases") && log[3] == "POST requests", "{log:?}");
    let all = server.all(REQUESTS);
    assert_eq!((types(&all[0]), types(&all[1])), (vec!["SignalsCounted", "EpisodeClosed"], vec!["SignalsCounted"]));
    // Whatever the orchestrator adds now, the next episode has begun.
    server.edit(REQUESTS, json!({"status": {"completionStatus": {"outcome": "ManualReviewRequired"}}}));
    quiesce().await;
    assert_eq!(replica.stored().await, (Disposition::Duplicate, 2));
    assert_eq!(requests(&server).into_iter().map(|(_, count)| count).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn lost_closing_is_found_or_repeated() {
    let lost = [Fault::AnswerLost, Fault::Unanswered, Fault::NotExecuted, Fault::Twice, Fault::SecondRefused(429)];
    for way in lost.into_iter().chain([
        Fault::Late(Duration::from_secs(2)),
        Fault::Refused(409),
        Fault::Refused(404),
        Fault::Refused(422),
    ]) {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        cooled_down(&server, &replica).await;
        server.fault_once("PATCH", way);
        assert_eq!(replica.stored().await, (Disposition::Created, 1), "{way:?}");
        tokio::time::sleep(Duration::from_secs(8)).await;
        let all = server.all(REQUESTS);
        assert!(types(&all[0]).contains(&"EpisodeClosed"), "{way:?}: {all:#?}");
        assert_eq!((all.len(), count_of(&all[0]), count_of(&all[1])), (2, 1, 1), "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_closing_refuses_the_signal() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    cooled_down(&server, &replica).await;
    server.fault(|line| line.starts_with("PATCH").then_some(Fault::Refused(403)));
    assert!(matches!(replica.signal().await, Err(Refusal::Refused(why)) if why.contains("403")));
    let patches = server.take_log().iter().filter(|call| call.starts_with("PATCH")).count();
    assert_eq!((patches, requests(&server).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn request_that_vanished_is_recorded_as_seen() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("PATCH", Fault::Slow(Duration::from_secs(1), Duration::ZERO));
    let signal = replica.send();
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.delete_all(REQUESTS);
    assert!(signal.await.expect("no panic").is_err(), "nothing shows whether it was counted");
    quiesce().await;
    let lease = &server.all(LEASES)[0];
    assert_eq!(lease["metadata"]["annotations"]["kubernaut.ai/episode-seen"], "true", "its name is used up");
}

#[tokio::test(start_paused = true)]
async fn closing_loses_to_a_count() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let first = cooled_down(&server, &replica).await;
    let path = format!("{REQUESTS}/{first}");
    server.fault_once("PATCH", Fault::Slow(Duration::from_millis(50), Duration::ZERO));
    let signal = replica.send();
    tokio::time::sleep(Duration::from_millis(20)).await;
    // A replica whose clock is behind counts, before the closing arrives.
    server.edit(&path, json!({"status": {"deduplication": {"occurrenceCount": 2}}}));
    assert_eq!(signal.await.expect("no panic").expect("stored").count, 1);
    let patches =
        server.take_log().into_iter().filter(|call| *call == format!("PATCH requests/{first}/status")).count();
    assert_eq!(patches, 2, "the closing was decided anew");
}

#[tokio::test(start_paused = true)]
async fn create_is_not_issued_late() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let far = Duration::from_secs(3_600);
    let create =
        |issue_until| replica.protocol.shared.calls.create_request(Bytes::from_static(b"{}"), issue_until, far);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(create(Duration::from_secs(61)).await.is_err_and(|error| error.was_not_sent()));
    assert!(server.take_log().iter().all(|call| call != "POST requests"));
}

#[tokio::test(start_paused = true)]
async fn terminating_request_is_waited_for() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    server.edit(REQUESTS, json!({"metadata": {"deletionTimestamp": DAWN}}));
    let waiting = replica.send();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(requests(&server).len(), 1, "no second request is created beside a terminating one");
    server.delete_all(REQUESTS);
    let refused = waiting.await.expect("no panic");
    assert!(matches!(&refused, Err(Refusal::Unavailable(why)) if why.contains("late create")), "{refused:?}");
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert!(replica.signal().await.is_err(), "a create that was issued late may still be under way");
    tokio::time::sleep(Duration::from_secs(34)).await;
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
