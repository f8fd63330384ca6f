//! Bounds: how long and how often something is tried, and how long it is remembered.
use super::{super::watch::Cache, server::Fault, *};
use tokio::time::Instant;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A lease that nobody holds.
fn free_lease() -> Value {
    contention::held_lease("")
}

/// Sends a member of a group; gives what was stored.
async fn member(replica: &Replica) -> Accepted {
    let signal = Arc::new(Signal { notification_key: Some("a1".into()), ..signal() });
    replica.protocol.handle(signal, replica.clock.monotonic() + seconds(15)).await.expect("stored")
}

#[tokio::test(start_paused = true)]
async fn call_is_given_five_seconds() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("PATCH", Fault::Unanswered);
    let sent = Instant::now();
    assert_eq!(replica.stored().await, (Disposition::Created, 1));
    assert!((seconds(5)..seconds(6)).contains(&sent.elapsed()), "{:?}", sent.elapsed());
}

#[tokio::test(start_paused = true)]
async fn unanswered_release_is_sent_four_times() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let releases = server.moments("PUT leases", Fault::NotExecuted);
    replica.stored().await;
    tokio::time::sleep(seconds(20)).await;
    assert_eq!(releases.lock().expect("nothing panicked").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn refused_release_is_sent_for_ten_seconds() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let releases = server.moments("PUT leases", Fault::Refused(429));
    replica.stored().await;
    tokio::time::sleep(seconds(25)).await;
    let releases = releases.lock().expect("nothing panicked");
    let took = releases[releases.len() - 1] - releases[0];
    assert!((seconds(9)..seconds(10)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn giving_back_takes_five_seconds_at_most() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let stored = member(&replica).await;
    let _gifts = server.moments("PATCH", Fault::Slow(seconds(100), Duration::ZERO));
    let began = Instant::now();
    replica.protocol.give_back(vec![("a1".into(), stored)]).await;
    assert_eq!(began.elapsed().as_secs(), 5, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn gift_is_tried_four_times_where_that_helps() {
    for (fault, expected) in [(Fault::NotExecuted, 4), (Fault::Refused(409), 4), (Fault::Refused(403), 1)] {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        let stored = member(&replica).await;
        let gifts = server.moments("PATCH", fault);
        replica.protocol.give_back(vec![("a1".into(), stored)]).await;
        assert_eq!(gifts.lock().expect("nothing panicked").len(), expected, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn vanished_request_is_given_nothing() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let stored = member(&replica).await;
    quiesce().await;
    server.silence_watches();
    server.delete_all(REQUESTS);
    server.take_log();
    replica.protocol.give_back(vec![("a1".into(), stored)]).await;
    let log = server.take_log();
    assert!(log.len() == 1 && log[0].starts_with("PATCH"), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn readiness_is_answered_within_a_second() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault(|_| Some(Fault::Unanswered));
    let asked = Instant::now();
    let why = replica.protocol.verify().await.expect_err("nothing is proven");
    assert_eq!(why, "no call has shown yet that this gateway can get remediationrequests");
    assert!((seconds(1)..Duration::from_millis(1_100)).contains(&asked.elapsed()), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn quiet_watch_is_kept_longer_than_servers_let_it_last() {
    let server = Server::default();
    let _replica = Replica::ready(&server, "gw-1").await;
    let watched = server.take_watched();
    assert!(watched.len() == 2 && watched.iter().all(|query| query.contains("timeoutSeconds=290")), "{watched:?}");
    tokio::time::sleep(seconds(329)).await;
    assert_eq!(server.take_watched().len(), 0);
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(server.take_watched().len(), 2, "the connection may be broken");
}

#[tokio::test(start_paused = true)]
async fn leases_of_other_programs_are_not_known() {
    let server = Server::default();
    server.put(LEASES, json!({"metadata": {"name": "controller"}, "spec": {}}));
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, json!({"metadata": {"name": "scheduler"}, "spec": {}}));
    quiesce().await;
    assert!(replica.protocol.shared.leases.all().is_empty());
}

/// A replica that has seen a lease deleted and a request of another client.
async fn disturbed() -> Replica {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, free_lease());
    quiesce().await;
    server.delete_all(LEASES);
    replica.protocol.shared.requests.note_foreign();
    quiesce().await;
    replica
}

#[tokio::test(start_paused = true)]
async fn foreign_activity_is_remembered_for_a_day() {
    let replica = disturbed().await;
    let shared = &replica.protocol.shared;
    let day = seconds(24 * 60 * 60);
    tokio::time::sleep(day - seconds(1)).await;
    assert!(shared.leases.disturbed() && shared.requests.foreign_seen());
    tokio::time::sleep(seconds(2)).await;
    assert!(!shared.leases.disturbed() && !shared.requests.foreign_seen());
}

#[tokio::test(start_paused = true)]
async fn foreign_activity_survives_a_restored_store() {
    let replica = disturbed().await;
    let shared = &replica.protocol.shared;
    for version in [9, 1] {
        shared.requests.replace(Vec::new(), version);
        shared.leases.replace(Vec::new(), version);
    }
    assert!(shared.leases.disturbed() && shared.requests.foreign_seen());
}

#[tokio::test(start_paused = true)]
async fn only_a_young_lease_is_missed() {
    for (age, missed) in [(148, true), (152, false)] {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        server.put(LEASES, free_lease());
        tokio::time::sleep(seconds(age)).await;
        server.delete_all(LEASES);
        quiesce().await;
        assert_eq!(replica.protocol.shared.leases.disturbed(), missed, "after {age} s");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_lease_is_swept_after_five_minutes() {
    let server = Server::default();
    let _replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, free_lease());
    tokio::time::sleep(seconds(298)).await;
    assert_eq!(server.all(LEASES).len(), 1);
    tokio::time::sleep(seconds(75)).await;
    assert!(server.all(LEASES).is_empty());
}

#[tokio::test(start_paused = true)]
async fn eight_episodes_are_searched_for_a_key() {
    for (without_keys, found) in [(8, true), (9, false)] {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        let first = replica.send_keyed("a1").await.expect("no panic").expect("stored");
        let mut name = first.name.clone();
        for _ in 0..without_keys {
            quiesce().await;
            server.edit(&format!("{REQUESTS}/{name}"), json!({"status": {"overallPhase": "Completed"}}));
            quiesce().await;
            name = replica.signal().await.expect("stored").name;
        }
        quiesce().await;
        server.edit(&format!("{REQUESTS}/{name}"), json!({"status": {"overallPhase": "Completed"}}));
        quiesce().await;
        let again = replica.send_keyed("a1").await.expect("no panic").expect("stored");
        assert_eq!(again.name == first.name, found, "{without_keys} episodes without keys");
    }
}

#[tokio::test(start_paused = true)]
async fn unseen_deletion_is_noticed_within_three_seconds() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    server.edit(REQUESTS, json!({"metadata": {"deletionTimestamp": DAWN}}));
    quiesce().await;
    server.silence_watches();
    server.delete_all(REQUESTS);
    let sent = Instant::now();
    assert!(replica.signal().await.is_err(), "a late create must be ruled out first");
    assert!((seconds(2)..seconds(4)).contains(&sent.elapsed()), "{:?}", sent.elapsed());
}
