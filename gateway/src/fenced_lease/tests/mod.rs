//! Tests of the whole protocol, against a small server each of whose calls can be made to fail.
mod ambiguity;
mod bounds;
mod caches;
mod chaos;
mod contention;
mod episodes;
mod groups;
mod measures;
mod outage;
mod readiness;
mod redelivery;
mod server;
mod upkeep;

use super::FencedLease;
use crate::{
    api_client::ApiClient,
    clock::{Clock, Sleep},
    entropy::Entropy,
    metrics::Metrics,
    protocol::{Accepted, Context, Disposition, Protocol, Refusal},
    signals::{Signal, Target},
    tasks::TaskSet,
};
use serde_json::{Value, json};
use server::{LEASES, REQUESTS, Server};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

const FP: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// The wall clock at the beginning of every test.
const DAWN: &str = "2026-01-02T03:04:05Z";

struct PausedClock(tokio::time::Instant);

impl Clock for PausedClock {
    fn now(&self) -> jiff::Timestamp {
        let dawn: jiff::Timestamp = DAWN.parse().expect("a time");
        dawn + jiff::SignedDuration::try_from(self.monotonic()).expect("a short test")
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Weyl's sequence: different numbers, the same in every run. If the flag is set, the next draw panics.
struct Sequence(AtomicU64, AtomicBool);

impl Entropy for Sequence {
    fn next_u64(&self) -> u64 {
        assert!(!self.1.swap(false, Ordering::Relaxed), "the entropy is broken, as the test wants it");
        self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

/// One replica; dropping it is a crash.
struct Replica {
    protocol: Arc<FencedLease>,
    metrics: Arc<Metrics>,
    clock: Arc<PausedClock>,
    entropy: Arc<Sequence>,
    tasks: TaskSet,
}

impl Replica {
    /// A replica that has not listed anything yet.
    fn boot(server: &Server, pod: &str) -> Self {
        let (tasks, metrics) = (TaskSet::default(), Arc::new(Metrics::new()));
        let clock = Arc::new(PausedClock(tokio::time::Instant::now()));
        let seed = pod.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
        let entropy = Arc::new(Sequence(AtomicU64::new(seed), AtomicBool::new(false)));
        let context = Context {
            client: ApiClient::new(server.client(), clock.clone(), entropy.clone()),
            namespace: "work".into(),
            lock_namespace: "locks".into(),
            pod: pod.into(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            tasks: tasks.spawner(),
            metrics: metrics.clone(),
        };
        Self { protocol: FencedLease::start(context), metrics, clock, entropy, tasks }
    }

    async fn ready(server: &Server, pod: &str) -> Self {
        let replica = Self::boot(server, pod);
        while replica.protocol.ready().is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.take_log();
        replica
    }

    /// A replica that has stored one signal.
    async fn with_a_request(server: &Server) -> Self {
        let replica = Self::ready(server, "gw-1").await;
        replica.stored().await;
        quiesce().await;
        replica
    }

    /// The same, once the request has ended.
    async fn after_an_episode(server: &Server) -> Self {
        let replica = Self::with_a_request(server).await;
        end_request(server);
        quiesce().await;
        replica
    }

    /// Sends a signal that waits for 15 seconds, on a task of its own.
    fn send(&self) -> tokio::task::JoinHandle<Result<Accepted, Refusal>> {
        self.send_for(Duration::from_secs(15))
    }

    /// Sends a signal that waits for so long.
    fn send_for(&self, patience: Duration) -> tokio::task::JoinHandle<Result<Accepted, Refusal>> {
        let (protocol, deadline) = (self.protocol.clone(), self.clock.monotonic() + patience);
        tokio::spawn(async move { protocol.handle(Arc::new(signal()), deadline).await })
    }

    /// Sends a signal about another object.
    fn send_about(&self, number: u8) -> tokio::task::JoinHandle<Result<Accepted, Refusal>> {
        let (protocol, deadline) = (self.protocol.clone(), self.clock.monotonic() + Duration::from_secs(15));
        let signal = Arc::new(Signal { fingerprint: format!("{number:02x}{}", &FP[2..]), ..signal() });
        tokio::spawn(async move { protocol.handle(signal, deadline).await })
    }

    /// Sends a delivery with a key.
    fn send_keyed(&self, key: &str) -> tokio::task::JoinHandle<Result<Accepted, Refusal>> {
        let (protocol, deadline) = (self.protocol.clone(), self.clock.monotonic() + Duration::from_secs(15));
        let signal = Arc::new(Signal { delivery_key: Some(key.into()), ..signal() });
        tokio::spawn(async move { protocol.handle(signal, deadline).await })
    }

    async fn signal(&self) -> Result<Accepted, Refusal> {
        self.send().await.expect("no panic")
    }

    /// Sends a signal that must be stored; gives its disposition and occurrence.
    async fn stored(&self) -> (Disposition, u32) {
        let accepted = self.signal().await.expect("stored");
        (accepted.disposition, accepted.count)
    }
}

fn signal() -> Signal {
    let time = DAWN.parse().expect("a time");
    Signal {
        fingerprint: FP.into(),
        name: "KubePodCrashLooping".into(),
        severity: "critical".into(),
        source: "prometheus",
        target: Target { kind: "Deployment".into(), name: "web".into(), namespace: "shop".into(), api_version: None },
        cluster_id: None,
        firing_time: time,
        received_time: time,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        payload: "{}".into(),
        delivery_key: None,
        notification_key: None,
    }
}

fn count_of(request: &Value) -> u64 {
    request["status"]["deduplication"]["occurrenceCount"].as_u64().unwrap_or(0)
}

/// Names and counts of all requests.
fn requests(server: &Server) -> Vec<(String, u64)> {
    let all = server.all(REQUESTS).into_iter();
    all.map(|request| (request["metadata"]["name"].as_str().unwrap_or_default().to_owned(), count_of(&request)))
        .collect()
}

fn end_request(server: &Server) {
    server.edit(REQUESTS, json!({"status": {"overallPhase": "Completed"}}));
}

/// Waits until background tasks have finished their work.
async fn quiesce() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}
