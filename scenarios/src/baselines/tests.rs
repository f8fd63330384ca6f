//! The baselines against a scripted API server: which calls they make, in which order, and what they answer.
use super::{Start, Surroundings, Terms, none, planned_lease, redis::Redis, shipped_lease};
use gateway::{
    api::{RemediationRequest, new_request},
    api_client::ApiClient,
    clock::{Clock, Sleep},
    entropy::Entropy,
    metrics::Metrics,
    protocol::{Accepted, Context, Disposition, Refusal},
    signals::{Signal, Target},
    tasks::TaskSet,
};
use http::{Request, Response};
use jiff::Timestamp;
use kube::client::Body;
use serde_json::{Value, json};
use sim::engine::HostEntropy;
use std::{
    collections::{BTreeMap, VecDeque},
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

const DEADLINE: Duration = Duration::from_secs(15);
const NOW: &str = "2026-11-20T12:00:00Z";

fn signal() -> Signal {
    let time: Timestamp = NOW.parse().expect("a timestamp");
    Signal {
        fingerprint: "0123456789abcdef".repeat(4),
        name: "KubePodCrashLooping".into(),
        severity: "warning".into(),
        source: "prometheus",
        target: Target {
            kind: "Deployment".into(),
            name: "checkout".into(),
            namespace: "payments".into(),
            api_version: None,
        },
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

pub(super) fn request(name: &str) -> RemediationRequest {
    new_request(&signal(), name, "kubernaut-system")
}

/// One answer: HTTP status (0: the connection breaks instead), Retry-After, body.
#[derive(Clone)]
struct Scripted(u16, Option<&'static str>, Value);

fn ok(body: Value) -> Scripted {
    Scripted(200, None, body)
}

fn rr(name: &str, status: Value) -> Scripted {
    let mut body = serde_json::to_value(request(name)).expect("JSON");
    body["status"] = status;
    ok(body)
}

fn counted(count: i32) -> Value {
    let seen = "2026-11-20T11:00:00Z";
    json!({ "deduplication": { "occurrenceCount": count, "firstSeenAt": seen, "lastSeenAt": seen } })
}

fn list(items: &[Scripted]) -> Scripted {
    let items: Vec<_> = items.iter().map(|item| item.2.clone()).collect();
    ok(json!({ "metadata": {}, "items": items }))
}

fn lease(holder: &str, renewed: &str) -> Scripted {
    ok(json!({
        "metadata": { "name": "gw-lock-0123456789abcdef", "uid": "u", "resourceVersion": "7" },
        "spec": { "holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": renewed },
    }))
}

fn refused(code: u16, reason: &str) -> Scripted {
    Scripted(
        code,
        None,
        json!({ "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": reason }),
    )
}

/// A clock over tokio's paused time, and numbers that count up.
struct Virtual(tokio::time::Instant);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        NOW.parse::<Timestamp>().expect("a timestamp") + self.0.elapsed()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

struct Fixed;

impl Entropy for Fixed {
    fn next_u64(&self) -> u64 {
        0xcafe_f00d_0000_0064
    }
}

type Log = Arc<Mutex<Vec<(String, Value)>>>;

/// What a request does, as `VERB resource`.
fn called(request: &Request<Body>) -> String {
    let path = request.uri().path();
    let resource = match path {
        _ if path.contains("/leases") => "Lease",
        _ if path.ends_with("/status") => "RR/status",
        _ if path.contains("/remediationrequests") => "RR",
        other => other,
    };
    let query = request.uri().query().unwrap_or_default();
    let listed = path.ends_with("/remediationrequests") && request.method() == http::Method::GET;
    let verb = if listed { "LIST" } else { request.method().as_str() };
    let selected = if query.contains("fieldSelector=spec.signalFingerprint") { " by fingerprint" } else { "" };
    format!("{verb} {resource}{selected}")
}

struct Bench {
    ctx: Context,
    log: Log,
    tasks: TaskSet,
    left: Arc<Mutex<VecDeque<Scripted>>>,
}

impl Bench {
    fn new(script: impl IntoIterator<Item = Scripted>) -> Self {
        let left = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let log = Log::default();
        let (answers, calls) = (left.clone(), log.clone());
        let service = tower::service_fn(move |request: Request<Body>| {
            let (answers, calls) = (answers.clone(), calls.clone());
            async move {
                let call = called(&request);
                let body = request.into_body().collect_bytes().await.expect("a body");
                calls.lock().expect("lock").push((call, serde_json::from_slice(&body).unwrap_or_default()));
                let Scripted(status, retry_after, body) =
                    answers.lock().expect("lock").pop_front().unwrap_or_else(|| refused(501, "end of script"));
                if status == 0 {
                    return Err(io::Error::other("read tcp: connection reset by peer"));
                }
                let mut response = Response::builder().status(status);
                if let Some(seconds) = retry_after {
                    response = response.header("retry-after", seconds);
                }
                Ok(response.body(Body::from(body.to_string().into_bytes())).expect("a response"))
            }
        });
        let tasks = TaskSet::default();
        let client = kube::Client::new(service, "kubernaut-system");
        let clock = Arc::new(Virtual(tokio::time::Instant::now()));
        let ctx = Context {
            client: ApiClient::new(client, clock.clone(), Arc::new(Fixed)),
            namespace: "kubernaut-system".into(),
            lock_namespace: "locks".into(),
            pod: "pod-a".into(),
            clock,
            entropy: Arc::new(Fixed),
            tasks: tasks.spawner(),
            metrics: Arc::new(Metrics::new()),
        };
        Self { ctx, log, tasks, left }
    }

    async fn handle(&self, start: Start) -> Result<Accepted, Refusal> {
        let deadline = self.ctx.clock.monotonic() + DEADLINE;
        start(self.ctx.clone(), &surroundings()).handle(Arc::new(signal()), deadline).await
    }

    fn calls(&self) -> Vec<String> {
        assert!(self.left.lock().expect("lock").is_empty(), "unused answers");
        assert!(self.tasks.is_empty(), "these protocols work within the request");
        self.log.lock().expect("lock").iter().map(|(call, _)| call.clone()).collect()
    }
}

fn surroundings() -> Surroundings {
    let redis = Redis::new(false).connect(tokio::time::Instant::now(), Arc::new(HostEntropy::new(0)));
    Surroundings { terms: Terms::USUAL, redis: Arc::new(redis), attempts: Arc::default() }
}

fn new_signal() -> [Scripted; 6] {
    [
        refused(404, "NotFound"),
        lease("pod-a", NOW),
        list(&[]),
        rr("rr-0123456789ab-cafef00d", json!({})),
        rr("rr-0123456789ab-cafef00d", json!({})),
        rr("rr-0123456789ab-cafef00d", counted(1)),
    ]
}

fn duplicate() -> [Scripted; 5] {
    let open = rr("rr-1", counted(4));
    [refused(404, "NotFound"), lease("pod-a", NOW), list(std::slice::from_ref(&open)), open, rr("rr-1", counted(5))]
}

fn own_release() -> [Scripted; 2] {
    [lease("pod-a", NOW), ok(json!({ "kind": "Status", "status": "Success" }))]
}

#[tokio::test(start_paused = true)]
async fn shipped_lease_makes_eight_calls_for_new() {
    let bench = Bench::new(new_signal().into_iter().chain(own_release()));
    let accepted = bench.handle(shipped_lease::start).await.expect("accepted");
    assert_eq!(accepted.disposition, Disposition::Created);
    assert_eq!((accepted.name.as_str(), accepted.count), ("rr-0123456789ab-cafef00d", 1));
    let expected = [
        "GET Lease",
        "POST Lease",
        "LIST RR by fingerprint",
        "POST RR",
        "GET RR",
        "PUT RR/status",
        "GET Lease",
        "DELETE Lease",
    ];
    assert_eq!(bench.calls(), expected);
    let log = bench.log.lock().expect("lock");
    assert_eq!(log[1].1["spec"]["holderIdentity"], "pod-a");
    assert_eq!(log[1].1["spec"]["acquireTime"], "2026-11-20T12:00:00.000000Z");
    assert_eq!(log[5].1["status"]["deduplication"]["occurrenceCount"], 1);
    assert_eq!(log[5].1["spec"]["signalFingerprint"], "0123456789abcdef".repeat(4), "a full-object PUT");
    assert!(log[7].1.get("preconditions").is_none(), "the DELETE is by name");
}

#[tokio::test(start_paused = true)]
async fn shipped_lease_makes_seven_for_duplicate() {
    let bench = Bench::new(duplicate().into_iter().chain(own_release()));
    let accepted = bench.handle(shipped_lease::start).await.expect("accepted");
    assert_eq!((accepted.disposition, accepted.count), (Disposition::Duplicate, 5));
    let expected =
        ["GET Lease", "POST Lease", "LIST RR by fingerprint", "GET RR", "PUT RR/status", "GET Lease", "DELETE Lease"];
    assert_eq!(bench.calls(), expected);
}

#[tokio::test(start_paused = true)]
async fn own_lease_is_entered_without_write() {
    let open = rr("rr-1", counted(4));
    let long_expired = lease("pod-a", "2026-11-20T00:00:00Z");
    let mine = [long_expired, list(std::slice::from_ref(&open)), open, rr("rr-1", counted(5))];
    let bench = Bench::new(mine.into_iter().chain(own_release()));
    bench.handle(shipped_lease::start).await.expect("accepted");
    assert_eq!(bench.calls()[..2], ["GET Lease", "LIST RR by fingerprint"]);
}

#[tokio::test(start_paused = true)]
async fn expired_lease_is_taken_by_put() {
    let open = rr("rr-1", counted(4));
    let stale = lease("pod-b", "2026-11-20T11:59:29Z");
    let takeover = [stale, lease("pod-a", NOW), list(std::slice::from_ref(&open)), open, rr("rr-1", counted(5))];
    let bench = Bench::new(takeover.into_iter().chain(own_release()));
    bench.handle(shipped_lease::start).await.expect("accepted");
    assert_eq!(bench.calls()[..2], ["GET Lease", "PUT Lease"]);
    let put = &bench.log.lock().expect("lock")[1].1;
    assert_eq!(put["metadata"]["resourceVersion"], "7");
    assert_eq!(put["metadata"]["uid"], "u");
    assert_eq!(put["spec"]["holderIdentity"], "pod-a");
}

#[tokio::test(start_paused = true)]
async fn tenth_contended_attempt_is_last() {
    let contended = (0..9).flat_map(|_| [lease("pod-b", NOW), list(&[])]);
    let bench = Bench::new(contended.chain([lease("pod-b", NOW)]));
    let refusal = bench.handle(shipped_lease::start).await.expect_err("refused");
    assert_eq!(refusal, Refusal::Internal("lock acquisition timeout after 10 attempts".into()));
    assert_eq!(bench.calls().len(), 19);
    let waited = bench.ctx.clock.monotonic();
    assert!((5860..6650).contains(&waited.as_millis()), "waited {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn waiter_counts_without_the_lock() {
    let open = rr("rr-1", counted(4));
    let script = [lease("pod-b", NOW), list(std::slice::from_ref(&open)), open, rr("rr-1", counted(5))];
    for start in [shipped_lease::start, planned_lease::start] {
        let bench = Bench::new(script.clone());
        assert_eq!(bench.handle(start).await.expect("accepted").count, 5);
        assert_eq!(bench.calls(), ["GET Lease", "LIST RR by fingerprint", "GET RR", "PUT RR/status"]);
    }
}

#[tokio::test(start_paused = true)]
async fn reply_quotes_count_never_stored() {
    let open = rr("rr-1", counted(4));
    let conflict = refused(409, "Conflict");
    let rounds = (0..4).flat_map(|_| [open.clone(), conflict.clone()]);
    let bench = Bench::new([list(std::slice::from_ref(&open))].into_iter().chain(rounds));
    let accepted = bench.handle(none::start).await.expect("accepted all the same");
    assert_eq!((accepted.disposition, accepted.count), (Disposition::Duplicate, 5));
    assert_eq!(bench.calls().len(), 9);
    let waited = bench.ctx.clock.monotonic().as_millis();
    assert!((310..=341).contains(&waited), "waited {waited} ms");
}

#[tokio::test(start_paused = true)]
async fn taken_name_passes_for_a_create() {
    let older = rr("rr-0123456789ab-cafef00d", counted(8));
    let bench = Bench::new([list(&[]), refused(409, "AlreadyExists"), older, rr("rr-1", counted(9))]);
    let accepted = bench.handle(none::start).await.expect("accepted");
    assert_eq!((accepted.disposition, accepted.count), (Disposition::Created, 9));
    assert_eq!(bench.calls(), ["LIST RR by fingerprint", "POST RR", "GET RR", "PUT RR/status"]);
}

#[tokio::test(start_paused = true)]
async fn planned_lease_releases_by_name_unseen() {
    let bench = Bench::new(new_signal().into_iter().chain([refused(404, "NotFound")]));
    bench.handle(planned_lease::start).await.expect("accepted");
    assert_eq!(bench.calls()[6..], ["DELETE Lease"]);
}

#[tokio::test(start_paused = true)]
async fn planned_lease_waits_until_its_deadline() {
    let contended = (0..150).flat_map(|_| [lease("pod-b", NOW), list(&[])]);
    let mut script: Vec<_> = contended.collect();
    script.pop();
    let bench = Bench::new(script);
    let refusal = bench.handle(planned_lease::start).await.expect_err("refused");
    assert_eq!(refusal, Refusal::DeadlineExceeded);
    assert_eq!(bench.calls().len(), 299);
}

#[tokio::test(start_paused = true)]
async fn lock_error_is_answered_at_once() {
    let bench = Bench::new([refused(403, "Forbidden")]);
    let refusal = bench.handle(shipped_lease::start).await.expect_err("refused");
    assert_eq!(refusal, Refusal::Internal("acquire lock: Forbidden".into()));
    assert_eq!(bench.calls(), ["GET Lease"]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_replays_any_verb() {
    let busy = Scripted(429, Some("2"), json!({}));
    let bench = Bench::new([
        list(&[]),
        busy.clone(),
        busy,
        rr("rr-1", json!({})),
        rr("rr-1", json!({})),
        rr("rr-1", counted(1)),
    ]);
    bench.handle(none::start).await.expect("accepted");
    assert_eq!(bench.calls()[1..4], ["POST RR", "POST RR", "POST RR"]);
    assert_eq!(bench.ctx.clock.monotonic(), Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn unsupported_selector_lists_everything() {
    let refusal = Scripted(
        400,
        None,
        json!({ "status": "Failure", "code": 400, "reason": "BadRequest",
        "message": "field label not supported: spec.signalFingerprint" }),
    );
    let (mut other, open) = (rr("rr-0", counted(1)), rr("rr-1", counted(4)));
    other.2["spec"]["signalFingerprint"] = "f".repeat(64).into();
    let bench = Bench::new([refusal, list(&[other, open.clone()]), open, rr("rr-1", counted(5))]);
    assert_eq!(bench.handle(none::start).await.expect("accepted").name, "rr-1");
    assert_eq!(bench.calls()[..2], ["LIST RR by fingerprint", "LIST RR"]);
}

#[tokio::test(start_paused = true)]
async fn broken_get_is_sent_again() {
    let broken = Scripted(0, None, json!({}));
    let open = rr("rr-1", counted(4));
    let found = list(std::slice::from_ref(&open));
    let bench = Bench::new([broken.clone(), found, open, rr("rr-1", counted(5))]);
    bench.handle(none::start).await.expect("accepted");
    assert_eq!(bench.calls()[..2], ["LIST RR by fingerprint"; 2]);
    let bench = Bench::new([list(&[]), broken.clone(), broken.clone(), broken]);
    let refusal = bench.handle(none::start).await.expect_err("refused");
    assert_eq!(refusal, Refusal::Internal("create RemediationRequest: read tcp: connection reset by peer".into()));
    assert_eq!(bench.calls()[1..], ["POST RR"; 3], "a POST is sent again by its caller alone, three times in all");
}

#[tokio::test(start_paused = true)]
async fn dropped_request_leaves_its_lease() {
    let bench = Bench::new([refused(404, "NotFound"), lease("pod-a", NOW), Scripted(429, Some("5"), json!({}))]);
    let waiting = tokio::time::timeout(Duration::from_secs(1), bench.handle(shipped_lease::start));
    assert!(waiting.await.is_err(), "the client hung up during the LIST");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(bench.calls(), ["GET Lease", "POST Lease", "LIST RR by fingerprint"]);
}

#[test]
fn names_of_alternatives_are_distinct() {
    let names: std::collections::BTreeSet<_> = super::BASELINES.iter().map(|baseline| baseline.name).collect();
    assert_eq!(names.len(), super::BASELINES.len());
}
