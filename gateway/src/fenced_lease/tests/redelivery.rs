//! Deliveries with a key are counted once, whichever replica gets the redelivery and whatever became of the first
//! answer.
use super::{server::Fault, *};

/// Sends a delivery with this key, which must be stored; gives the request's name and the occurrence.
async fn occurrence(replica: &Replica, key: &str) -> (String, u32) {
    let accepted = replica.send_keyed(key).await.expect("no panic").expect("stored");
    (accepted.name, accepted.count)
}

/// Sends a delivery with the key `a1`, then ends the request that counted it.
async fn counted_and_ended(server: &Server, replica: &Replica) -> (String, u32) {
    let first = occurrence(replica, "a1").await;
    quiesce().await;
    end_request(server);
    quiesce().await;
    first
}

fn counts(server: &Server) -> Vec<u64> {
    requests(server).into_iter().map(|(_, count)| count).collect()
}

#[tokio::test(start_paused = true)]
async fn redelivery_is_answered_without_a_call() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let first = replica.send_keyed("a1").await.expect("no panic").expect("stored");
    quiesce().await;
    server.take_log();
    let again = replica.send_keyed("a1").await.expect("no panic").expect("stored");
    assert_eq!((first.disposition, first), (Disposition::Created, again), "the same answer, letter for letter");
    assert!(server.take_log().is_empty());
    assert_eq!(occurrence(&replica, "a2").await.1, 2, "another key is another delivery");
    assert_eq!(replica.stored().await, (Disposition::Duplicate, 3), "a delivery without a key counts again");
    assert_eq!((counts(&server), replica.metrics.redeliveries.get()), (vec![3], 1));
}

#[tokio::test(start_paused = true)]
async fn deleted_episode_is_looked_past() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let first = counted_and_ended(&server, &replica).await;
    assert_eq!(replica.stored().await, (Disposition::Created, 1));
    quiesce().await;
    let ended = server.all(REQUESTS).remove(0);
    server.delete_all(REQUESTS);
    server.put(REQUESTS, ended);
    // The episode whose request was deleted is given up two minutes later.
    tokio::time::sleep(Duration::from_secs(130)).await;
    assert_eq!(occurrence(&replica, "a1").await, first, "the list of the first episode is not lost");
}

#[tokio::test(start_paused = true)]
async fn delivery_without_a_key_leaves_no_list() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    replica.stored().await;
    let conditions = server.all(REQUESTS)[0]["status"]["conditions"].clone();
    assert_eq!(conditions.as_array().map(Vec::len), Some(1), "{conditions}");
    assert_eq!(counts(&server), [2]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_redeliveries_are_one_occurrence() {
    let server = Server::default();
    let replicas = [Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await];
    let sent: Vec<_> = (0..20).map(|n| replicas[n % 2].send_keyed(if n < 10 { "a1" } else { "a2" })).collect();
    let mut counts = Vec::new();
    for answer in sent {
        counts.push(answer.await.expect("no panic").expect("stored").count);
    }
    assert!(counts[..10].iter().all(|count| *count == counts[0]), "{counts:?}");
    assert!(counts[10..].iter().all(|count| *count == counts[10]), "{counts:?}");
    assert_eq!((counts[0] + counts[10], self::counts(&server)), (3, vec![2]));
}

#[tokio::test(start_paused = true)]
async fn stale_replica_finds_the_delivery() {
    let server = Server::default();
    let (one, other) = (Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await);
    server.silence_watches();
    let first = occurrence(&one, "a1").await;
    quiesce().await;
    assert_eq!(occurrence(&other, "a1").await, first, "although its caches show nothing");
    assert_eq!(counts(&server), [1]);
}

#[tokio::test(start_paused = true)]
async fn crash_after_the_count_counts_once() {
    for fault in [Fault::Unanswered, Fault::Late(Duration::from_secs(2)), Fault::NotExecuted] {
        let server = Server::default();
        let replica = Replica::with_a_request(&server).await;
        server.fault_once("PATCH", fault);
        let lost = replica.send_keyed("a1");
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(replica);
        drop(lost.await);
        let successor = Replica::ready(&server, "gw-1").await;
        assert_eq!(occurrence(&successor, "a1").await.1, 2, "{fault:?}");
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(occurrence(&successor, "a1").await.1, 2, "{fault:?}");
        assert_eq!(counts(&server), [2], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn redelivery_after_the_end_begins_nothing() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let first = counted_and_ended(&server, &replica).await;
    server.take_log();
    assert_eq!(occurrence(&replica, "a1").await, first);
    assert_eq!(server.take_log(), [format!("GET requests/{}", first.0)], "one read of the ended request");
    assert_eq!(counts(&server), [1]);
}

#[tokio::test(start_paused = true)]
async fn next_episode_remembers_the_one_before() {
    for stranger in [false, true] {
        let server = Server::default();
        let mut replica = Replica::ready(&server, "gw-1").await;
        let first = counted_and_ended(&server, &replica).await;
        // A delivery without a key begins the episode, so that it has no list when the redelivery arrives.
        assert_eq!(replica.stored().await, (Disposition::Created, 1));
        quiesce().await;
        if stranger {
            replica = Replica::ready(&server, "gw-2").await;
        }
        assert_eq!(occurrence(&replica, "a1").await, first);
        assert_eq!(occurrence(&replica, "a2").await.1, 2);
        assert_eq!(occurrence(&replica, "a1").await, first, "its list includes the inherited keys");
        assert_eq!(counts(&server), [1, 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn episode_without_keys_is_looked_past() {
    for (counted, begun) in [(false, false), (false, true), (true, false), (true, true)] {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        let first = counted_and_ended(&server, &replica).await;
        // With the count refused for good, the second episode's request is created and ends before anything is counted
        // on it.
        if !counted {
            server.fault_once("PATCH", Fault::Refused(403));
        }
        assert_eq!(replica.signal().await.is_ok(), counted);
        quiesce().await;
        server.edit_nth(REQUESTS, 1, json!({"status": {"overallPhase": "Completed"}}));
        quiesce().await;
        if begun {
            assert_eq!(replica.stored().await, (Disposition::Created, 1), "the third");
            quiesce().await;
        }
        assert_eq!(occurrence(&replica, "a1").await, first, "counted by the first");
        assert_eq!(counts(&server), [&[1, u64::from(counted)][..], if begun { &[1] } else { &[] }].concat());
    }
}
