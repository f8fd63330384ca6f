//! Work without signals: readiness, caches, and the sweep.
use super::{super::watch::Cache, server::Fault, *};

#[tokio::test(start_paused = true)]
async fn unsynced_replica_is_not_ready() {
    let server = Server::default();
    let replica = Replica::boot(&server, "gw-1");
    assert!(replica.protocol.ready().is_err());
    assert!(matches!(replica.signal().await, Err(Refusal::Unavailable(_))));
    quiesce().await;
    assert_eq!(replica.protocol.ready(), Ok(()));
    assert_eq!(server.take_log(), ["GET requests", "GET leases"], "boot is two LISTs beside the watches");
}

#[tokio::test(start_paused = true)]
async fn another_lock_namespace_is_not_ready() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let name = "rr-0123456789ab-0000abcd-1";
    let annotations = json!({"kubernaut.ai/lock-namespace": "elsewhere"});
    server.put(
        REQUESTS,
        json!({"metadata": {"name": name, "annotations": annotations}, "spec": {"signalFingerprint": FP}}),
    );
    quiesce().await;
    let why = replica.protocol.ready().expect_err("two gateways that do not share locks");
    assert!(why.contains("elsewhere") && why.contains(name), "{why}");
    assert!(replica.signal().await.is_err());
    server.delete_all(REQUESTS);
    quiesce().await;
    assert_eq!(replica.protocol.ready(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn expired_watch_lists_again() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    server.silence_watches();
    server.delete_all(REQUESTS);
    quiesce().await;
    assert!(replica.protocol.shared.requests.any(FP));
    server.expire_watches();
    quiesce().await;
    assert!(!replica.protocol.shared.requests.any(FP), "the LIST shows what the watch missed");
    assert!(replica.protocol.shared.leases.get("gw-lock-0123456789abcdef").is_some());
}

#[tokio::test(start_paused = true)]
async fn refused_version_lists_again() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    server.silence_watches();
    server.delete_all(REQUESTS);
    // A silent watch is opened again after five and a half minutes.
    server.fault_once("WATCH requests", Fault::Refused(410));
    tokio::time::sleep(Duration::from_secs(335)).await;
    assert!(!replica.protocol.shared.requests.any(FP), "the LIST shows what the watch missed");
}

#[tokio::test(start_paused = true)]
async fn idle_lease_is_swept_with_its_requests_gone() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(server.all(LEASES).len(), 1, "its request still exists");
    assert!(server.take_log().iter().all(|call| !call.starts_with("GET requests")), "and the cache shows it");
    server.delete_all(REQUESTS);
    tokio::time::sleep(Duration::from_secs(75)).await;
    assert!(server.all(LEASES).is_empty());
    server.take_log();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert!(server.take_log().is_empty(), "no signal, no call");
}

#[tokio::test(start_paused = true)]
async fn young_lease_is_not_swept() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    server.delete_all(REQUESTS);
    tokio::time::sleep(Duration::from_secs(290)).await;
    assert_eq!(server.all(LEASES).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn slow_answer_restores_nothing() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    let old = super::super::request::parse(server.all(REQUESTS).remove(0));
    server.delete_all(REQUESTS);
    quiesce().await;
    let requests = &replica.protocol.shared.requests;
    requests.learn(Arc::new(old));
    assert!(!requests.any(FP), "the watch has passed the version of that answer");
}

#[tokio::test(start_paused = true)]
async fn older_answer_replaces_nothing() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    let old_request = server.all(REQUESTS).remove(0);
    replica.stored().await;
    quiesce().await;
    let shared = &replica.protocol.shared;
    shared.requests.learn(Arc::new(super::super::request::parse(old_request.clone())));
    let name = old_request["metadata"]["name"].as_str().expect("a name");
    assert_eq!(shared.requests.get(name).map(|request| request.count()), Some(2));
    let mut old_lease = server.all(LEASES).remove(0);
    old_lease["metadata"]["resourceVersion"] = json!("1");
    old_lease["spec"]["holderIdentity"] = json!("gw-1_1");
    let old_lease: super::super::lease::LeaseRecord = serde_json::from_value(old_lease).expect("a lease");
    let known = shared.leases.learn(old_lease);
    assert_eq!(known.lease.holder(), None, "what is known is newer");
}

#[tokio::test(start_paused = true)]
async fn restored_store_forgets_what_was_known() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    let (shared, lock) = (&replica.protocol.shared, "gw-lock-0123456789abcdef");
    assert!(shared.requests.any(FP) && shared.leases.get(lock).is_some());
    shared.requests.replace(Vec::new(), 1);
    shared.leases.replace(Vec::new(), 1);
    assert!(!shared.requests.any(FP) && shared.leases.get(lock).is_none(), "newer versions are not valid any more");
}

#[tokio::test(start_paused = true)]
async fn name_may_be_used_again() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let other = "f".repeat(64);
    for (version, fingerprint) in [("900", FP), ("901", &*other)] {
        let metadata = json!({"name": "made-by-hand", "uid": version, "resourceVersion": version});
        let request = json!({"metadata": metadata, "spec": {"signalFingerprint": fingerprint}});
        replica.protocol.shared.requests.learn(Arc::new(super::super::request::parse(request)));
    }
    let requests = &replica.protocol.shared.requests;
    assert!(requests.any(&other) && !requests.any(FP), "the name is of one request");
}

#[tokio::test(start_paused = true)]
async fn forgotten_lease_is_freed() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let holder = format!("{}_99", replica.protocol.shared.writer);
    let annotations = json!({"kubernaut.ai/fingerprint": FP, "kubernaut.ai/episode": "1"});
    let labels = json!({"app.kubernetes.io/managed-by": "gateway-service"});
    for (name, holder) in [("gw-lock-0123456789abcdef", holder.as_str()), ("gw-lock-fedcba9876543210", "gw-2_1")] {
        let metadata = json!({"name": name, "labels": labels, "annotations": annotations});
        server
            .put(LEASES, json!({"metadata": metadata, "spec": {"holderIdentity": holder, "leaseDurationSeconds": 30}}));
    }
    tokio::time::sleep(Duration::from_secs(45)).await;
    let holders: Vec<_> = server.all(LEASES).iter().map(|lease| lease["spec"]["holderIdentity"].clone()).collect();
    assert_eq!(holders, ["", "gw-2_1"], "its own is freed, another's is not");
}

#[tokio::test(start_paused = true)]
async fn orphaned_lease_is_freed_by_the_sweeper() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    let annotations = json!({"kubernaut.ai/fingerprint": FP, "kubernaut.ai/episode": "1"});
    let labels = json!({"app.kubernetes.io/managed-by": "gateway-service"});
    let spec = json!({"holderIdentity": "gw-2_1", "leaseDurationSeconds": 30});
    for name in ["gw-lock-0123456789abcdef", "gw-lock-fedcba9876543210"] {
        server.put(
            LEASES,
            json!({"metadata": {"name": name, "labels": labels, "annotations": annotations}, "spec": spec}),
        );
    }
    server.edit(&format!("{LEASES}/gw-lock-fedcba9876543210"), json!({"metadata": {"annotations": null}}));
    let uid = server.all(LEASES)[0]["metadata"]["uid"].as_str().expect("a uid")[..8].to_owned();
    let request = json!({"metadata": {"name": format!("rr-0123456789ab-{uid}-1")}, "spec": {"signalFingerprint": FP}});
    server.put(REQUESTS, request);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(server.take_log().is_empty(), "nothing has expired yet");
    tokio::time::sleep(Duration::from_secs(75)).await;
    let leases = server.all(LEASES);
    assert_eq!(
        (&leases[0]["spec"]["holderIdentity"], &leases[1]["spec"]["holderIdentity"]),
        (&json!(""), &json!("gw-2_1"))
    );
    assert_eq!(leases[0]["metadata"]["annotations"]["kubernaut.ai/episode-seen"], "true", "as its holder would have");
    assert_eq!(replica.metrics.lock_reclaims.get(), 1, "a foreign lease is left alone");
}
