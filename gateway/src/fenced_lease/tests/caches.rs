//! The caches: what a LIST, an event and the answer to a call change, and which writers they wake.
use super::{
    super::{
        changes::{Changes, Subscription},
        lease::LeaseRecord,
        leases::Leases,
        names,
        request::{RequestRecord, parse},
        requests::Requests,
        watch::Cache,
    },
    *,
};
use futures::FutureExt;

const RR: &str = "rr-0123456789ab-0000abcd-1";
const LOCK: &str = "gw-lock-0123456789abcdef";

/// Both caches, and a writer that waits for a change of its fingerprint.
struct Caches {
    requests: Requests,
    leases: Leases,
    woken: Subscription,
}

impl Caches {
    fn new() -> Self {
        let changes = Arc::new(Changes::default());
        let clock = Arc::new(PausedClock(tokio::time::Instant::now()));
        Self {
            requests: Requests::new(changes.clone(), clock.clone(), "locks".into()),
            leases: Leases::new(changes.clone(), clock),
            woken: Changes::subscribe(&changes, names::lock_key(FP)),
        }
    }

    /// Whether the writer was woken since the last look.
    fn was_woken(&self) -> bool {
        self.woken.changed().now_or_never().is_some()
    }
}

/// A request of the fingerprint, at this version; its uid is that of its first version.
fn request(name: &str, uid: u64, version: u64) -> RequestRecord {
    let metadata = json!({"name": name, "uid": uid.to_string(), "resourceVersion": version.to_string()});
    parse(json!({"metadata": metadata, "spec": {"signalFingerprint": FP}}))
}

/// A request that was made under the leases of a namespace.
fn fenced(name: &str, version: u64, namespace: &str) -> RequestRecord {
    let mut request = request(name, 1, version);
    request.metadata.annotations.lock_namespace = Some(namespace.into());
    request
}

/// The lease of the fingerprint at this version, with the label that the watch selects by or without.
fn lease(uid: u64, version: u64, labelled: bool) -> LeaseRecord {
    let labels = if labelled { json!({"app.kubernetes.io/managed-by": "gateway-service"}) } else { json!({}) };
    let metadata = json!({
        "name": LOCK, "uid": uid.to_string(), "resourceVersion": version.to_string(), "labels": labels,
    });
    serde_json::from_value(json!({"metadata": metadata, "spec": {}})).expect("a lease")
}

#[tokio::test(start_paused = true)]
async fn answer_older_than_the_watch_restores_no_request() {
    let caches = Caches::new();
    caches.requests.learn(Arc::new(request("before-the-first-list", 1, 3)));
    assert!(caches.requests.has("before-the-first-list") && !caches.requests.synced());
    caches.requests.replace(Vec::new(), 5);
    assert!(caches.requests.synced() && caches.was_woken());
    caches.requests.learn(Arc::new(request(RR, 5, 5)));
    assert!(!caches.requests.has(RR) && !caches.was_woken(), "the watch has passed version 5 and does not show it");
    caches.requests.learn(Arc::new(request(RR, 6, 6)));
    assert!(caches.requests.has(RR) && caches.was_woken());
    caches.requests.reach(9);
    caches.requests.learn(Arc::new(request(RR, 6, 8)));
    assert_eq!(caches.requests.get(RR).map(|known| known.metadata.resource_version.clone()).as_deref(), Some("8"));
    assert!(caches.was_woken(), "a known request may change at any version");
    caches.requests.learn(Arc::new(request(RR, 6, 8)));
    assert!(!caches.was_woken(), "nothing new");
}

#[tokio::test(start_paused = true)]
async fn reached_version_never_falls() {
    let caches = Caches::new();
    caches.requests.reach(9);
    caches.requests.reach(5);
    caches.requests.learn(Arc::new(request(RR, 7, 7)));
    assert!(!caches.requests.has(RR));
    caches.leases.reach(9);
    caches.leases.reach(5);
    caches.leases.learn(lease(3, 3, true));
    caches.leases.replace(Vec::new(), 7);
    assert!(caches.leases.get(LOCK).is_none(), "a LIST at version 7 is older than what was reached");
}

#[tokio::test(start_paused = true)]
async fn late_deletion_removes_no_successor() {
    let caches = Caches::new();
    caches.requests.learn(Arc::new(request(RR, 8, 8)));
    caches.leases.learn(lease(8, 8, true));
    assert!(caches.was_woken());
    caches.requests.delete(request(RR, 3, 7));
    caches.leases.delete(lease(3, 7, true));
    assert!(caches.requests.has(RR) && caches.leases.get(LOCK).is_some() && !caches.was_woken());
    caches.requests.delete(request(RR, 8, 9));
    assert!(!caches.requests.any(FP) && caches.was_woken());
    caches.leases.delete(lease(8, 9, true));
    assert!(caches.leases.all().is_empty() && caches.was_woken());
}

#[tokio::test(start_paused = true)]
async fn only_the_object_that_is_gone_is_forgotten() {
    let caches = Caches::new();
    caches.requests.learn(Arc::new(request(RR, 8, 8)));
    caches.leases.learn(lease(8, 8, true));
    assert!(caches.was_woken());
    caches.requests.forget(RR, "3");
    caches.leases.forget(LOCK, "3");
    assert!(caches.requests.has(RR) && caches.leases.get(LOCK).is_some() && !caches.was_woken());
    caches.requests.forget(RR, "8");
    caches.leases.forget(LOCK, "8");
    assert!(!caches.requests.has(RR) && caches.leases.get(LOCK).is_none() && caches.was_woken());
}

#[tokio::test(start_paused = true)]
async fn list_removes_what_it_would_show() {
    let caches = Caches::new();
    let other = "rr-0123456789ab-0000abcd-2";
    caches.requests.replace(vec![request(RR, 3, 3), request(other, 4, 4)], 5);
    caches.requests.learn(Arc::new(request("newer", 9, 9)));
    caches.leases.replace(vec![lease(3, 3, true)], 5);
    assert!(caches.was_woken());
    caches.requests.replace(vec![request(other, 4, 4)], 7);
    assert!(!caches.requests.has(RR) && caches.requests.has(other), "one was deleted");
    assert!(caches.requests.has("newer"), "the LIST is older");
    assert!(caches.was_woken());
    caches.leases.replace(Vec::new(), 2);
    caches.leases.learn(lease(6, 6, true));
    caches.leases.replace(Vec::new(), 5);
    assert!(caches.leases.get(LOCK).is_some(), "the LIST is older");
    caches.leases.replace(Vec::new(), 7);
    assert!(caches.leases.get(LOCK).is_none());
    caches.leases.learn(lease(8, 8, false));
    caches.leases.replace(Vec::new(), 9);
    assert!(caches.leases.get(LOCK).is_some(), "no LIST shows a lease without the label");
}

#[tokio::test(start_paused = true)]
async fn list_at_the_reached_version_is_no_older() {
    let caches = Caches::new();
    caches.requests.replace(Vec::new(), 5);
    caches.requests.learn(Arc::new(request(RR, 9, 9)));
    caches.requests.replace(Vec::new(), 5);
    assert!(caches.requests.has(RR), "the store was not restored: what is newer is valid");
    caches.leases.replace(Vec::new(), 5);
    caches.leases.learn(lease(9, 9, true));
    caches.leases.replace(Vec::new(), 5);
    assert!(caches.leases.get(LOCK).is_some());
}

#[tokio::test(start_paused = true)]
async fn lease_keeps_its_time_until_it_changes() {
    let caches = Caches::new();
    caches.leases.learn(lease(3, 3, true));
    assert!(caches.was_woken());
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(caches.leases.learn(lease(3, 3, true)).since.as_secs(), 0);
    assert!(!caches.was_woken());
    assert_eq!(caches.leases.learn(lease(3, 4, true)).since.as_secs(), 7);
    assert!(caches.was_woken());
}

#[tokio::test(start_paused = true)]
async fn other_locks_are_noticed_only_on_requests_of_this_protocol() {
    let caches = Caches::new();
    caches.requests.learn(Arc::new(fenced("made-by-hand", 1, "elsewhere")));
    assert_eq!(caches.requests.fenced_elsewhere(), None);
    assert!(caches.requests.foreign_seen());
    caches.requests.learn(Arc::new(fenced(RR, 2, "elsewhere")));
    assert_eq!(caches.requests.fenced_elsewhere(), Some((RR.into(), "elsewhere".into())));
    caches.requests.learn(Arc::new(fenced(RR, 3, "locks")));
    assert_eq!(caches.requests.fenced_elsewhere(), None);
    caches.requests.learn(Arc::new(fenced(RR, 4, "elsewhere")));
    caches.requests.delete(fenced(RR, 5, "elsewhere"));
    assert_eq!(caches.requests.fenced_elsewhere(), None);
}

#[tokio::test(start_paused = true)]
async fn requests_of_this_protocol_are_not_foreign() {
    let caches = Caches::new();
    caches.requests.learn(Arc::new(fenced(RR, 2, "locks")));
    assert!(!caches.requests.foreign_seen());
    assert_eq!(caches.requests.highest_episode(FP), 1);
    caches.requests.learn(Arc::new(fenced("rr-0123456789ab-0000abcd-12", 3, "locks")));
    assert_eq!((caches.requests.highest_episode(FP), caches.requests.active(FP).len()), (12, 2));
    assert_eq!(caches.requests.highest_episode(&"f".repeat(64)), 0);
}
