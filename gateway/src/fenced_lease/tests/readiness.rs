//! What a replica says about itself: ready means that a signal would be stored.
use super::{server::Fault, *};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn is_about(call: &str, write: &str) -> bool {
    call.trim_end_matches("?dryRun") == write
}

#[tokio::test(start_paused = true)]
async fn idle_replica_tries_every_call() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    assert_eq!(replica.protocol.verify().await, Ok(()));
    let mut calls = server.take_log();
    calls.sort();
    let kinds: Vec<_> = calls.iter().map(|call| call.split(['/', ' ']).take(2).collect::<Vec<_>>().join(" ")).collect();
    let all =
        ["GET leases", "GET requests", "PATCH requests", "POST leases?dryRun", "POST requests?dryRun", "PUT leases"];
    assert_eq!(kinds, all, "{calls:?}");
    assert!(server.all(LEASES).is_empty() && server.all(REQUESTS).is_empty(), "a trial stores nothing");
    tokio::time::sleep(seconds(50)).await;
    assert_eq!(replica.protocol.verify().await, Ok(()));
    assert!(server.take_log().is_empty(), "the evidence is fresh");
    tokio::time::sleep(seconds(11)).await;
    assert_eq!(replica.protocol.verify().await, Ok(()));
    assert_eq!(server.take_log().len(), 6, "and becomes old after a minute");
}

#[tokio::test(start_paused = true)]
async fn signals_are_evidence() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    server.take_log();
    assert_eq!(replica.protocol.verify().await, Ok(()));
    let calls = server.take_log();
    assert!(calls.iter().all(|call| call.starts_with("GET")), "only reads were not needed: {calls:?}");
}

#[tokio::test(start_paused = true)]
async fn each_refusal_is_the_reason() {
    for (call, reason) in [
        ("POST leases", "cannot create leases: "),
        ("PUT leases", "cannot update leases: "),
        ("GET leases/", "cannot get leases: "),
        ("POST requests", "cannot create remediationrequests: "),
        ("PATCH requests", "cannot patch remediationrequests/status: "),
        ("GET requests/", "cannot get remediationrequests: "),
    ] {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        server.fault(move |line| line.starts_with(call).then_some(Fault::Refused(403)));
        let why = replica.protocol.verify().await.expect_err("it cannot store signals");
        assert!(why.starts_with(reason) && why.contains("403"), "{why}");
        assert_eq!(replica.protocol.ready(), Err(why));
        server.fault(|_| None);
        tokio::time::sleep(seconds(4)).await;
        assert_eq!(replica.protocol.verify().await, Ok(()), "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_signal_is_the_reason_at_once() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    assert_eq!(replica.protocol.verify().await, Ok(()));
    server.fault(|line| is_about(line, "POST leases").then_some(Fault::Refused(403)));
    assert!(replica.signal().await.is_err());
    assert!(replica.protocol.ready().is_err_and(|why| why.starts_with("cannot create leases: ")));
    server.fault(|_| None);
    replica.stored().await;
    assert_eq!(replica.protocol.ready(), Ok(()), "a signal that is stored turns it on");
}

#[tokio::test(start_paused = true)]
async fn refused_list_is_the_reason() {
    for (call, reason) in
        [("GET leases", "cannot list leases: "), ("GET requests", "cannot list remediationrequests: ")]
    {
        let server = Server::default();
        server.fault(move |line| (line == call).then_some(Fault::Refused(403)));
        let replica = Replica::boot(&server, "gw-1");
        quiesce().await;
        assert!(replica.protocol.verify().await.is_err_and(|why| why.starts_with(reason)));
        server.take_log();
        tokio::time::sleep(seconds(5)).await;
        let lists = server.take_log().len();
        assert!((4..=20).contains(&lists), "{lists} tries in five seconds, and no trial of anything else");
        server.fault(|_| None);
        tokio::time::sleep(seconds(2)).await;
        assert_eq!(replica.protocol.verify().await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn refused_watch_is_the_reason() {
    for (call, reason) in
        [("WATCH leases", "cannot watch leases: "), ("WATCH requests", "cannot watch remediationrequests: ")]
    {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        assert_eq!(replica.protocol.verify().await, Ok(()));
        server.fault(move |line| (line == call).then_some(Fault::Refused(403)));
        server.expire_watches();
        quiesce().await;
        assert!(replica.protocol.ready().is_err_and(|why| why.starts_with(reason)), "{call}");
        server.fault(|_| None);
        tokio::time::sleep(seconds(2)).await;
        assert_eq!(replica.protocol.ready(), Ok(()), "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn trials_are_few_while_they_fail() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault(|line| is_about(line, "POST requests").then_some(Fault::Refused(403)));
    for _ in 0..300 {
        assert!(replica.protocol.verify().await.is_err());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let tries = server.take_log().iter().filter(|call| is_about(call, "POST requests")).count();
    assert!((5..=10).contains(&tries), "{tries} in a minute");
}

#[tokio::test(start_paused = true)]
async fn blip_does_not_make_a_replica_unready() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    assert_eq!(replica.protocol.verify().await, Ok(()));
    server.fault(|_| Some(Fault::NotExecuted));
    let waiting = replica.send();
    for _ in 0..9 {
        assert_eq!(replica.protocol.verify().await, Ok(()));
        tokio::time::sleep(seconds(1)).await;
    }
    server.fault(|_| None);
    assert!(waiting.await.expect("no panic").is_ok());
    assert_eq!(replica.protocol.verify().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn full_disk_makes_a_replica_unready() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    assert_eq!(replica.protocol.verify().await, Ok(()));
    let is_write = |line: &str| !line.starts_with("GET") && !line.ends_with("?dryRun");
    server.fault(move |line| is_write(line).then_some(Fault::NotExecuted));
    assert!(replica.signal().await.is_err());
    let why = replica.protocol.ready().expect_err("nothing was written for fifteen seconds");
    assert!(why.starts_with("cannot create leases: ") && why.contains("500"), "{why}");
    for _ in 0..60 {
        assert!(replica.protocol.verify().await.is_err(), "that dry runs work proves nothing");
        tokio::time::sleep(seconds(1)).await;
    }
    server.fault(|_| None);
    tokio::time::sleep(seconds(12)).await;
    server.take_log();
    assert_eq!(replica.protocol.verify().await, Ok(()));
    assert!(server.take_log().contains(&"DELETE leases/gw-trial-gw-1".to_owned()), "a real write proved it");
    assert!(server.all(LEASES).is_empty());
}
