//! Ambiguous calls: each call of the protocol fails in each way, and still each signal counts once.
use super::{server::Fault, *};

const WAYS: [Fault; 6] = [
    Fault::AnswerLost,
    Fault::Unanswered,
    Fault::NotExecuted,
    Fault::Twice,
    Fault::Late(Duration::from_millis(30)),
    Fault::Late(Duration::from_secs(4)),
];

async fn one_signal_with(call: &'static str, fault: Fault) -> (Server, Replica) {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once(call, fault);
    assert_eq!(replica.stored().await, (Disposition::Created, 1), "{call} {fault:?}");
    tokio::time::sleep(Duration::from_secs(8)).await;
    let counts: Vec<u64> = requests(&server).into_iter().map(|(_, count)| count).collect();
    assert_eq!(counts, [1], "{call} {fault:?}");
    (server, replica)
}

#[tokio::test(start_paused = true)]
async fn lost_create_makes_one_request() {
    for way in WAYS {
        let (_, replica) = one_signal_with("POST requests", way).await;
        assert_eq!(replica.metrics.ambiguous_writes.get(), u64::from(way != Fault::Twice), "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_acquisition_is_recognised() {
    for way in WAYS {
        let (server, _replica) = one_signal_with("POST leases", way).await;
        assert_eq!(server.all(LEASES)[0]["spec"]["holderIdentity"], "", "{way:?}: freed in the end");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_count_counts_once() {
    for way in WAYS {
        one_signal_with("PATCH", way).await;
    }
}

/// A proxy that repeats a count passes on its own refusal of the second copy.
#[tokio::test(start_paused = true)]
async fn refused_second_copy_counts_once() {
    for code in [400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503, 504] {
        one_signal_with("PATCH", Fault::SecondRefused(code)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn refused_count_is_repeated_only_where_that_helps() {
    for (code, repeated) in
        [(429, true), (409, true), (404, true), (503, true), (400, false), (403, false), (422, false)]
    {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        server.fault_once("PATCH", Fault::Refused(code));
        assert_eq!(replica.signal().await.is_ok(), repeated, "{code}");
        assert_eq!(requests(&server)[0].1, u64::from(repeated), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn conflict_without_a_ledger_is_not_guessed() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    // The watch is silent: the count is decided on the version before, and meets another program's.
    server.silence_watches();
    let counted = json!({"deduplication": {"occurrenceCount": 2}, "conditions": []});
    server.edit(REQUESTS, json!({"status": counted}));
    let refused = replica.signal().await;
    assert!(matches!(&refused, Err(Refusal::Unavailable(why)) if why.contains("cannot be known")), "{refused:?}");
    assert_eq!((requests(&server)[0].1, replica.metrics.unresolved_counts.get()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn lost_release_is_repeated() {
    for way in WAYS {
        let (server, _replica) = one_signal_with("PUT leases", way).await;
        assert_eq!(server.all(LEASES)[0]["spec"]["holderIdentity"], "", "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_takeover_begins_one_episode() {
    for way in WAYS {
        let server = Server::default();
        let replica = Replica::after_an_episode(&server).await;
        server.fault_once("PUT leases", way);
        assert_eq!(replica.stored().await, (Disposition::Created, 1), "{way:?}");
        let counts: Vec<u64> = requests(&server).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 1], "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn late_count_and_other_writers_agree() {
    for other_counts in [false, true] {
        let server = Server::default();
        let (one, other) = (Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await);
        one.stored().await;
        quiesce().await;
        server.fault_once("PATCH", Fault::Late(Duration::from_millis(5)));
        let lost = one.send();
        if other_counts {
            other.stored().await;
        } else {
            server.edit(REQUESTS, json!({"status": {"overallPhase": "Analyzing"}}));
        }
        lost.await.expect("no panic").expect("stored");
        quiesce().await;
        assert_eq!(requests(&server)[0].1, 2 + u64::from(other_counts));
    }
}

#[tokio::test(start_paused = true)]
async fn erased_marks_are_not_guessed() {
    let server = Server::default();
    let (one, other) = (Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await);
    one.stored().await;
    quiesce().await;
    server.fault_once("PATCH", Fault::Unanswered);
    let lost = one.send();
    quiesce().await;
    server.edit(REQUESTS, json!({"status": {"conditions": []}}));
    assert_eq!(other.stored().await, (Disposition::Duplicate, 3), "the lost count had committed");
    let refused = lost.await.expect("no panic");
    assert!(matches!(&refused, Err(Refusal::Unavailable(why)) if why.contains("cannot be known")), "{refused:?}");
    assert_eq!(one.metrics.unresolved_counts.get(), 1);
    assert_eq!(requests(&server)[0].1, 3, "at most once");
}

#[tokio::test(start_paused = true)]
async fn vanished_request_is_not_guessed() {
    let server = Server::default();
    let replica = Replica::with_a_request(&server).await;
    server.fault_once("PATCH", Fault::Unanswered);
    let lost = replica.send();
    quiesce().await;
    server.delete_all(REQUESTS);
    assert!(matches!(lost.await.expect("no panic"), Err(Refusal::Unavailable(_))));
    assert_eq!(replica.metrics.unresolved_counts.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn abandoned_acquisition_is_given_back() {
    for executed in [true, false] {
        let server = Server::default();
        let replica = Replica::ready(&server, "gw-1").await;
        let clock = replica.clock.clone();
        let mut asked = false;
        server.fault(move |call| match call {
            "POST leases" => {
                asked = true;
                Some(if executed { Fault::AnswerLost } else { Fault::NotExecuted })
            }
            _ if !call.starts_with("GET leases") || clock.monotonic() > Duration::from_secs(15) => None,
            _ => asked.then_some(Fault::Refused(429)),
        });
        server.silence_watches();
        assert!(replica.signal().await.is_err());
        if !executed {
            server.put(
                LEASES,
                json!({"metadata": {"name": "gw-lock-0123456789abcdef"}, "spec": {"holderIdentity": "gw-9_1"}}),
            );
        }
        tokio::time::sleep(Duration::from_secs(12)).await;
        let holder = server.all(LEASES)[0]["spec"]["holderIdentity"].clone();
        assert_eq!(holder, if executed { "" } else { "gw-9_1" }, "its own lease is given back, another's is not");
    }
}

/// Two replicas send two signals each while call `n` fails; gives how many were accepted and refused, or `None` past
/// the last call.
async fn round(n: usize, way: Fault, (ended, watched): (bool, bool)) -> Option<(Server, u64, u64)> {
    let server = Server::default();
    let (one, other) = (Replica::ready(&server, "gw-1").await, Replica::ready(&server, "gw-2").await);
    if ended {
        one.stored().await;
        quiesce().await;
        end_request(&server);
        quiesce().await;
    }
    if !watched {
        server.silence_watches();
    }
    let (reached, mut calls) = (Arc::new(AtomicU64::new(0)), 0);
    let seen = reached.clone();
    server.fault(move |call| {
        calls += 1;
        let reached = calls == n;
        seen.fetch_or(u64::from(reached), Ordering::Relaxed);
        // No server answers a read with a conflict.
        let conflict = matches!(way, Fault::Refused(409) | Fault::SecondRefused(409));
        (reached && !(conflict && call.starts_with("GET"))).then_some(way)
    });
    let sent = [one.send(), one.send(), other.send(), other.send()];
    let (mut accepted, mut refused) = (u64::from(ended), 0);
    for answer in sent {
        if answer.await.expect("no panic").is_ok() { accepted += 1 } else { refused += 1 }
    }
    tokio::time::sleep(Duration::from_secs(20)).await;
    (reached.load(Ordering::Relaxed) == 1).then_some((server, accepted, refused))
}

#[tokio::test(start_paused = true)]
async fn any_failed_call_keeps_the_count() {
    let mut rounds = 0;
    for world in [(false, true), (true, true), (false, false), (true, false)] {
        let refused = [Fault::Refused(409), Fault::Refused(429), Fault::SecondRefused(429), Fault::SecondRefused(409)];
        for way in WAYS.into_iter().chain(refused) {
            for n in 1.. {
                let Some((server, accepted, refused)) = round(n, way, world).await else { break };
                let all = server.all(REQUESTS);
                let total: u64 = all.iter().map(count_of).sum();
                let active = all.iter().filter(|request| request["status"]["overallPhase"] != "Completed").count();
                assert_eq!(active, 1, "call {n} {way:?} {world:?}: {all:#?}");
                assert_eq!((total, refused), (accepted, 0), "call {n} {way:?} {world:?}: {all:#?}");
                rounds += 1;
            }
        }
    }
    assert!(rounds > 160, "only {rounds} calls were failed");
}

#[tokio::test(start_paused = true)]
async fn signal_that_timed_out_is_not_counted() {
    let (server, seconds) = (Server::default(), Duration::from_secs);
    let replica = Replica::ready(&server, "gw-1").await;
    let mut lease = Some(Fault::Slow(Duration::ZERO, seconds(5)));
    let mut create = Some(Fault::Slow(Duration::ZERO, seconds(1)));
    server.fault(move |line| match line {
        "POST leases" => lease.take(),
        "POST requests" => create.take(),
        _ => None,
    });
    let first = replica.send_for(seconds(1));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (impatient, patient) = (replica.send_for(Duration::from_millis(1_400)), replica.send());
    assert!(first.await.expect("no panic").is_err());
    assert_eq!(impatient.await.expect("no panic"), Err(Refusal::DeadlineExceeded), "the create takes until 2 s");
    assert_eq!(patient.await.expect("no panic").expect("stored").count, 1);
    assert_eq!(requests(&server)[0].1, 1, "its sender was answered, and sends it again");
}

#[tokio::test(start_paused = true)]
async fn sender_that_left_the_line_is_not_counted() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault_once("PATCH", Fault::Slow(Duration::from_secs(1), Duration::ZERO));
    let first = replica.send();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = replica.send();
    tokio::time::sleep(Duration::from_millis(100)).await;
    second.abort();
    assert_eq!(first.await.expect("no panic").expect("stored").count, 1);
    quiesce().await;
    assert_eq!(count_of(&server.all(REQUESTS)[0]), 1, "it will send its signal again");
}

#[tokio::test(start_paused = true)]
async fn refusal_of_a_repeated_count_is_final() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    replica.stored().await;
    let mut first = Some(Fault::NotExecuted);
    server.fault(move |line| line.starts_with("PATCH").then(|| first.take().unwrap_or(Fault::Refused(403))));
    let sent = tokio::time::Instant::now();
    assert!(matches!(replica.signal().await, Err(Refusal::Refused(why)) if why.contains("403")));
    assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
}

#[tokio::test(start_paused = true)]
async fn failed_takeover_is_not_a_conflict() {
    let server = Server::default();
    let replica = Replica::after_an_episode(&server).await;
    server.fault_once("PUT leases", Fault::NotExecuted);
    assert_eq!(replica.stored().await, (Disposition::Created, 1));
    assert_eq!((replica.metrics.lock_conflicts.get(), replica.metrics.lock_contention.get()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn request_that_refused_a_create_and_vanished_is_not_created_again() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.put(LEASES, contention::held_lease(""));
    quiesce().await;
    server.silence_watches();
    let uid = server.all(LEASES)[0]["metadata"]["uid"].as_str().expect("a uid")[..8].to_owned();
    let mut reads = 0;
    server.fault(move |line| {
        reads += u32::from(line.starts_with("GET requests/"));
        let slow = |millis| Some(Fault::Slow(Duration::from_millis(millis), Duration::ZERO));
        match line {
            line if line.starts_with("PUT leases") => slow(500),
            line if line.starts_with("GET requests/") && reads == 2 => slow(1_000),
            _ => None,
        }
    });
    let signal = replica.send();
    tokio::time::sleep(Duration::from_millis(250)).await;
    let metadata = json!({"name": format!("rr-0123456789ab-{uid}-1")});
    server.put(REQUESTS, json!({"metadata": metadata, "spec": {"signalFingerprint": FP}}));
    tokio::time::sleep(Duration::from_millis(750)).await;
    server.delete_all(REQUESTS);
    let refused = signal.await.expect("no panic");
    assert!(matches!(&refused, Err(Refusal::Unavailable(why)) if why.contains("late create")), "{refused:?}");
    assert!(requests(&server).is_empty());
}
