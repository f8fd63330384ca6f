//! Members of a group that was answered 5xx: their occurrences wait for the group to arrive again.
use super::{server::Fault, *};
use crate::signals::delivery_key::DeliveryKey;

fn key(text: &str) -> DeliveryKey {
    text.into()
}

async fn send(replica: &Replica, key: &str) -> Accepted {
    let signal = Arc::new(Signal { notification_key: Some(key.into()), ..signal() });
    let deadline = replica.clock.monotonic() + Duration::from_secs(15);
    replica.protocol.handle(signal, deadline).await.expect("stored")
}

async fn give_back(replica: &Replica, key: &str, accepted: &Accepted) {
    replica.protocol.give_back(vec![(self::key(key), accepted.clone())]).await;
}

fn count(server: &Server) -> u64 {
    requests(server).iter().map(|(_, count)| count).sum()
}

#[tokio::test(start_paused = true)]
async fn retried_member_takes_its_occurrence() {
    let server = Server::default();
    let replicas = [Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await];
    let first = send(&replicas[0], "a1").await;
    for attempt in 0..5 {
        give_back(&replicas[attempt % 2], "a1", &first).await;
        quiesce().await;
        let again = send(&replicas[(attempt + 1) % 2], "a1").await;
        assert_eq!((again.count, &again.name, again.disposition), (1, &first.name, first.disposition));
    }
    assert_eq!(count(&server), 1);
    assert_eq!(send(&replicas[0], "a1").await.count, 2, "the next notification is another signal");
    assert_eq!(count(&server), 2);
}

#[tokio::test(start_paused = true)]
async fn occurrence_is_taken_by_one_delivery() {
    let server = Server::default();
    let replicas = [Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await];
    let first = send(&replicas[0], "a1").await;
    give_back(&replicas[0], "a1", &first).await;
    quiesce().await;
    let (one, other) = tokio::join!(send(&replicas[0], "a1"), send(&replicas[1], "a1"));
    assert_eq!((one.count.min(other.count), one.count.max(other.count), count(&server)), (1, 2, 2));
    assert_eq!(send(&replicas[1], "b2").await.count, 3, "another alert has another key");
}

#[tokio::test(start_paused = true)]
async fn lost_answers_never_lose_a_signal() {
    for fault in [Fault::Unanswered, Fault::NotExecuted, Fault::Late(Duration::from_secs(2))] {
        for lost in ["give", "take"] {
            let server = Server::default();
            let replica = Replica::ready(&server, "gw-1").await;
            let first = send(&replica, "a1").await;
            if lost == "give" {
                server.fault_once("PATCH", fault);
            }
            give_back(&replica, "a1", &first).await;
            if lost == "take" {
                server.fault_once("PATCH", fault);
            }
            let again = send(&replica, "a1").await;
            let next = send(&replica, "a1").await;
            assert!(again.count < next.count, "{lost} {fault:?}");
            assert!((2..=3).contains(&count(&server)), "{lost} {fault:?}: never less than what was accepted");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ended_request_gives_no_occurrence() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let first = send(&replica, "a1").await;
    give_back(&replica, "a1", &first).await;
    end_request(&server);
    quiesce().await;
    let again = send(&replica, "a1").await;
    assert_ne!(again.name, first.name, "the alert fires again, and its remediation has ended");
    give_back(&replica, "a1", &first).await;
    assert_eq!(requests(&server).len(), 2, "and nothing is given back to an ended one");
}
