//! Many signals at once: batches, racing replicas, locks held by another program, clients that disconnect.
use super::{server::Fault, *};
use std::collections::BTreeSet;

async fn counts(sent: Vec<tokio::task::JoinHandle<Result<Accepted, Refusal>>>) -> (usize, BTreeSet<u32>) {
    let (mut created, mut counts) = (0, BTreeSet::new());
    for answer in sent {
        let accepted = answer.await.expect("no panic").expect("stored");
        created += usize::from(accepted.disposition == Disposition::Created);
        assert!(counts.insert(accepted.count), "{} was answered twice", accepted.count);
    }
    (created, counts)
}

#[tokio::test(start_paused = true)]
async fn concurrent_signals_share_writes() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let (created, counts) = counts((0..250).map(|_| replica.send()).collect()).await;
    assert_eq!((created, counts), (1, (1..=250).collect()));
    let patches = server.take_log().iter().filter(|call| call.starts_with("PATCH")).count();
    assert!(patches <= 4, "{patches} writes");
    assert_eq!(requests(&server)[0].1, 250);
}

#[tokio::test(start_paused = true)]
async fn racing_replicas_make_one_request() {
    let server = Server::default();
    let mut replicas = Vec::new();
    for pod in ["gw-1", "gw-2", "gw-3"] {
        replicas.push(Replica::ready(&server, pod).await);
    }
    let (created, counts) = counts((0..30).map(|n| replicas[n % 3].send()).collect()).await;
    assert_eq!((created, counts), (1, (1..=30).collect()));
    assert_eq!(requests(&server).len(), 1);
    let conditions = &server.all(REQUESTS)[0]["status"]["conditions"];
    assert!(conditions[0]["message"].as_str().is_some_and(|message| message.starts_with("base=0;")), "{conditions}");
}

#[tokio::test(start_paused = true)]
async fn disconnected_client_cancels_nothing() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("POST requests", Fault::AnswerLost);
    let impatient = replica.send();
    let patient = replica.send();
    tokio::task::yield_now().await;
    impatient.abort();
    assert_eq!(
        patient.await.expect("no panic").expect("stored").count,
        1,
        "a disconnected client's signal leaves the batch before the next write"
    );
}

pub(super) fn held_lease(holder: &str) -> Value {
    let labels = json!({"app.kubernetes.io/managed-by": "gateway-service"});
    let annotations = json!({"kubernaut.ai/fingerprint": FP, "kubernaut.ai/episode": "1"});
    json!({
        "metadata": {"name": "gw-lock-0123456789abcdef", "labels": labels, "annotations": annotations},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 30},
    })
}

#[tokio::test(start_paused = true)]
async fn held_lock_is_watched_not_polled() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, held_lease("gw-9_1"));
    quiesce().await;
    let waiting = replica.send();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(server.take_log().is_empty(), "the cache knows");
    let freed = tokio::time::Instant::now();
    server.edit(LEASES, json!({"spec": {"holderIdentity": ""}}));
    assert_eq!(waiting.await.expect("no panic").expect("stored").disposition, Disposition::Created);
    assert!(freed.elapsed() < Duration::from_millis(100), "{:?}", freed.elapsed());
}

#[tokio::test(start_paused = true)]
async fn held_lock_does_not_prevent_counting() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, held_lease("gw-9_1"));
    quiesce().await;
    server.silence_watches();
    let uid = server.all(LEASES)[0]["metadata"]["uid"].as_str().expect("a uid")[..8].to_owned();
    let name = format!("rr-0123456789ab-{uid}-1");
    server.put(REQUESTS, json!({"metadata": {"name": name}, "spec": {"signalFingerprint": FP}}));
    assert_eq!(replica.stored().await, (Disposition::Duplicate, 1), "the watch does not show it, a read does");
    assert_eq!(server.all(LEASES)[0]["spec"]["holderIdentity"], "gw-9_1");
}

#[tokio::test(start_paused = true)]
async fn terminating_foreign_request_blocks_a_new_one() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let metadata = json!({"name": "rr-0123456789ab-1a2b3c4d", "deletionTimestamp": DAWN, "finalizers": ["x/y"]});
    server.put(REQUESTS, json!({"metadata": metadata, "spec": {"signalFingerprint": FP}}));
    quiesce().await;
    let waiting = replica.send();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(requests(&server).len(), 1);
    server.delete_all(REQUESTS);
    let accepted = waiting.await.expect("no panic").expect("stored");
    assert_eq!(accepted.disposition, Disposition::Created);
}

#[tokio::test(start_paused = true)]
async fn first_counted_signal_is_created() {
    let server = Server::default();
    let (maker, other) = (Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await);
    server.fault_once("POST requests", Fault::Slow(Duration::ZERO, Duration::from_millis(500)));
    let slow = maker.send();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        other.stored().await,
        (Disposition::Created, 1),
        "it counted first, although another replica created the request"
    );
    let slow = slow.await.expect("no panic").expect("stored");
    assert_eq!((slow.disposition, slow.count), (Disposition::Duplicate, 2));
}

#[tokio::test(start_paused = true)]
async fn edited_lease_is_still_given_back() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("PUT leases", Fault::Slow(Duration::from_millis(100), Duration::ZERO));
    replica.stored().await;
    server.edit(LEASES, json!({"metadata": {"annotations": {"note": "an administrator's"}}}));
    quiesce().await;
    let lease = &server.all(LEASES)[0];
    assert_eq!(lease["spec"]["holderIdentity"], "", "the conflict was not with another holder");
    assert_eq!(lease["metadata"]["annotations"]["note"], "an administrator's");
}

#[tokio::test(start_paused = true)]
async fn dead_holder_is_not_waited_for() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, held_lease("gw-9_1"));
    quiesce().await;
    let sent = tokio::time::Instant::now();
    assert_eq!(replica.stored().await, (Disposition::Created, 1), "the name is the fence");
    assert!(sent.elapsed() < Duration::from_secs(4), "{:?}", sent.elapsed());
    let calls = server.take_log();
    let kinds: Vec<_> =
        calls.iter().map(|call| call.rsplit_once('/').map_or(call.as_str(), |(kind, _)| kind)).collect();
    assert_eq!(kinds[..3], ["GET leases", "GET requests", "POST requests"], "{calls:?}");
    assert_eq!(server.all(LEASES)[0]["spec"]["holderIdentity"], "gw-9_1", "its lock is left alone");
    assert_eq!(replica.metrics.creates_beside_holder.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn long_held_lock_is_looked_behind_at_once() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, held_lease("gw-9_1"));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let sent = tokio::time::Instant::now();
    assert_eq!(replica.stored().await, (Disposition::Created, 1));
    assert!(sent.elapsed() < Duration::from_millis(100), "{:?}", sent.elapsed());
}

#[tokio::test(start_paused = true)]
async fn young_lock_is_given_its_time() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, held_lease("gw-9_1"));
    quiesce().await;
    let waiting = replica.send();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    server.edit(LEASES, json!({"metadata": {"annotations": {"note": "it changed"}}}));
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    assert!(requests(&server).is_empty(), "it was looked at, and had changed less than two seconds before");
    assert_eq!(waiting.await.expect("no panic").expect("stored").disposition, Disposition::Created);
}

#[tokio::test(start_paused = true)]
async fn ended_request_ends_its_lock() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, held_lease("gw-9_1"));
    let uid = server.all(LEASES)[0]["metadata"]["uid"].as_str().expect("a uid")[..8].to_owned();
    let name = format!("rr-0123456789ab-{uid}-1");
    let ended = json!({"overallPhase": "Completed"});
    server.put(REQUESTS, json!({"metadata": {"name": name}, "spec": {"signalFingerprint": FP}, "status": ended}));
    quiesce().await;
    let accepted = replica.signal().await.expect("stored");
    assert_eq!(accepted.name, format!("rr-0123456789ab-{uid}-2"));
    let calls = server.take_log();
    assert_eq!(
        calls[..3],
        [format!("GET requests/{name}"), "PUT leases/gw-lock-0123456789abcdef".into(), "POST requests".into()]
    );
    assert_eq!(replica.metrics.lock_takeovers.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn expired_lock_is_taken_over() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, held_lease("gw-9_1"));
    tokio::time::sleep(Duration::from_secs(32)).await;
    assert_eq!(replica.stored().await, (Disposition::Created, 1), "thirty seconds and the margin are over");
    assert_eq!(replica.metrics.lock_takeovers.get(), 1);
    assert_eq!(server.all(LEASES)[0]["spec"]["leaseTransitions"], 1);
}

#[tokio::test(start_paused = true)]
async fn vanished_request_is_not_created_beside_a_holder() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let mut lease = held_lease("gw-9_1");
    lease["metadata"]["annotations"]["kubernaut.ai/episode-seen"] = json!("true");
    server.put(LEASES, lease);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(replica.signal().await, Err(Refusal::DeadlineExceeded), "a late create of it may be under way");
    assert!(requests(&server).is_empty());
}

#[tokio::test(start_paused = true)]
async fn foreign_lease_is_adopted_after_a_list() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let renewed = "2026-01-02T03:04:05.000000Z";
    server.put(
        LEASES,
        json!({
            "metadata": {"name": "gw-lock-0123456789abcdef"},
            "spec": {"holderIdentity": "old-gateway", "leaseDurationSeconds": 30, "renewTime": renewed},
        }),
    );
    let waiting = replica.send();
    quiesce().await;
    server.edit(LEASES, json!({"spec": {"holderIdentity": ""}}));
    assert!(waiting.await.expect("no panic").is_ok());
    assert!(server.take_log().contains(&"GET requests".to_owned()), "a LIST, since a foreign program is active");
    quiesce().await;
    let lease = &server.all(LEASES)[0];
    assert_eq!(lease["metadata"]["annotations"]["kubernaut.ai/episode"], "1");
    assert_eq!(lease["metadata"]["labels"]["app.kubernetes.io/managed-by"], "gateway-service");
}

#[tokio::test(start_paused = true)]
async fn deleted_lease_is_followed_by_a_list() {
    for watched in [true, false] {
        let server = Server::default();
        let replica = Replica::after_an_episode(&server).await;
        if !watched {
            server.silence_watches();
        }
        server.delete_all(LEASES);
        quiesce().await;
        server.take_log();
        let accepted = replica.signal().await.expect("stored");
        assert!(accepted.name.ends_with("-2"), "{}", accepted.name);
        let calls = server.take_log();
        let lease = calls.iter().position(|call| call == "POST leases").expect("a new lease");
        assert_eq!(calls[lease - 1], "GET requests", "a foreign program is active: a LIST before the lease");
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_lock_expires_across_lists() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let spec = json!({"holderIdentity": "gone", "leaseDurationSeconds": 30});
    server.put(LEASES, json!({"metadata": {"name": "gw-lock-0123456789abcdef"}, "spec": spec}));
    assert!(replica.signal().await.is_err(), "its time began with the first read");
    server.expire_watches();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(replica.stored().await, (Disposition::Created, 1), "and a LIST that does not show it changes nothing");
}

#[tokio::test(start_paused = true)]
async fn unseen_lease_is_found_by_its_create() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.silence_watches();
    server.put(LEASES, held_lease("gw-9_1"));
    let waiting = replica.send();
    quiesce().await;
    assert_eq!(server.take_log()[..2], ["POST leases", "GET leases/gw-lock-0123456789abcdef"], "refused, and read");
    server.edit(LEASES, json!({"spec": {"holderIdentity": ""}}));
    assert_eq!(waiting.await.expect("no panic").expect("stored").disposition, Disposition::Created);
    assert_eq!(server.all(LEASES).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn lease_gone_after_refusing_a_create_leads_to_a_list() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    // Without the label no watch shows this lease.
    server.put(LEASES, json!({"metadata": {"name": "gw-lock-0123456789abcdef"}, "spec": {"holderIdentity": "old"}}));
    server.fault_once("GET leases/", Fault::Slow(Duration::from_millis(100), Duration::ZERO));
    let waiting = replica.send();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.silence_watches();
    server.put(REQUESTS, json!({"metadata": {"name": "rr-0123456789ab-5e6f7a8b"}, "spec": {"signalFingerprint": FP}}));
    server.delete_all(LEASES);
    let accepted = waiting.await.expect("no panic").expect("stored");
    assert_eq!(
        (accepted.disposition, requests(&server).len()),
        (Disposition::Duplicate, 1),
        "the LIST shows the foreign request"
    );
}

#[tokio::test(start_paused = true)]
async fn request_shown_while_acquiring_is_counted_on() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("POST leases", Fault::Slow(Duration::ZERO, Duration::from_millis(100)));
    let waiting = replica.send();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.put(REQUESTS, json!({"metadata": {"name": "rr-0123456789ab-5e6f7a8b"}, "spec": {"signalFingerprint": FP}}));
    let accepted = waiting.await.expect("no panic").expect("stored");
    assert_eq!(
        (accepted.disposition, requests(&server).len()),
        (Disposition::Duplicate, 1),
        "no second request is created"
    );
    quiesce().await;
    assert_eq!(server.all(LEASES)[0]["spec"]["holderIdentity"], "", "and the lease is given back");
}

#[tokio::test(start_paused = true)]
async fn foreign_request_is_found_by_a_list() {
    let server = Server::default();
    let foreign = |name, phase| {
        let (metadata, spec) = (json!({"name": name}), json!({"signalFingerprint": FP}));
        json!({"metadata": metadata, "spec": spec, "status": {"overallPhase": phase}})
    };
    server.put(REQUESTS, foreign("rr-0123456789ab-1a2b3c4d", "Completed"));
    let replica = Replica::ready(&server, "gw-1").await;
    server.silence_watches();
    server.put(REQUESTS, foreign("rr-0123456789ab-5e6f7a8b", "Pending"));
    assert_eq!(replica.stored().await, (Disposition::Duplicate, 1), "the cache did not show it, the LIST did");
    assert!(server.all(LEASES).is_empty());
}

#[tokio::test(start_paused = true)]
async fn crash_answers_no_client_and_leaves_no_task() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault(|call| call.starts_with("POST requests").then_some(Fault::Unanswered));
    let waiting = replica.send();
    quiesce().await;
    let Replica { tasks, protocol, .. } = replica;
    drop(tasks);
    let refused = waiting.await.expect("no panic");
    assert!(matches!(refused, Err(Refusal::Unavailable(_))), "{refused:?}");
    let deadline = Duration::from_secs(15);
    assert!(protocol.handle(Arc::new(signal()), deadline).await.is_err(), "no writer starts after a crash");
}

#[tokio::test(start_paused = true)]
async fn panicking_writer_frees_its_signals() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    // The writer panics when it draws the pause after the refusal.
    server.fault_once("PATCH", Fault::Refused(429));
    replica.entropy.1.store(true, Ordering::Relaxed);
    let sent: Vec<_> = (0..5).map(|_| replica.send()).collect();
    for answer in sent {
        let refused = answer.await.expect("no panic");
        assert!(matches!(refused, Err(Refusal::Unavailable(_))), "{refused:?}");
    }
    assert_eq!(
        replica.stored().await,
        (Disposition::Created, 1),
        "the next signal has a writer, and no earlier signal was counted"
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(server.all(LEASES)[0]["spec"]["holderIdentity"], "", "its lease is freed, too");
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_bounded() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault(|call| call.starts_with("POST leases").then_some(Fault::Slow(Duration::from_secs(2), Duration::ZERO)));
    let deadline = replica.clock.monotonic() + Duration::from_secs(15);
    let sent: Vec<_> = (0..200)
        .map(|n| {
            let (protocol, signal) = (
                replica.protocol.clone(),
                Signal { fingerprint: format!("{n:064x}").chars().rev().collect(), ..signal() },
            );
            tokio::spawn(async move { protocol.handle(Arc::new(signal), deadline).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.take_log().len(), super::super::call::CALLS_MAX, "the others wait for their turn");
    for answer in sent {
        assert!(answer.await.expect("no panic").is_ok(), "and get their turn");
    }
}
