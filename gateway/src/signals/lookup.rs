//! Look-ups of objects' owners: one GET each, remembered for 30 s, and shared by concurrent callers.
//!
//! Only a definite answer is remembered. A 404 means that an object does not exist. So does any other definite refusal,
//! for a kind that remediations do not need: a label called `role` or `secret` must not hold its alert up for ever. For
//! a kind that they need, a refusal is an error, because another target would be another fingerprint (`docs/input.md`).
//! A shared call belongs to the callers that still wait for it: a client that disconnects neither fails the others nor
//! leaves behind a call that is never polled.
use super::{discovery::Kind, names};
use crate::{
    api_client::ApiClient,
    clock::{SharedClock, within},
    metrics::{Metrics, RefusedLabels},
};
use futures::future::{BoxFuture, FutureExt, Shared, WeakShared};
use kube::{
    api::{GetParams, ListParams},
    core::Request,
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// How long an answer is remembered.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);
/// How long one look-up may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many look-ups may be under way at a time; more wait, first come, first served. A group of alerts may need
/// hundreds.
const CALLS_MAX: usize = 32;
/// The largest number of answers remembered.
const REMEMBERED_MAX: usize = 10_000;

/// The controller of an object, or the Pod behind a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
}

/// Result of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// The API server answered 404, or will not say whether it exists.
    Missing,
    /// The object exists; `managed` is what its label says about scope.
    Object { owner: Option<Owner>, managed: Option<bool> },
}

/// A look-up without a definite answer: whether the object exists is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("look-up of {object} failed: {reason}")]
pub struct LookupError {
    object: Arc<str>,
    reason: Arc<str>,
}

type Answer = Result<Arc<Found>, LookupError>;
type Call = Shared<BoxFuture<'static, Answer>>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ObjectKey {
    name: String,
    namespace: String,
    plural: String,
    group: String,
}

enum Entry {
    Known { found: Arc<Found>, until: Duration },
    Asked { call: WeakShared<BoxFuture<'static, Answer>>, number: u64 },
}

#[derive(Default)]
struct Remembered {
    entries: BTreeMap<ObjectKey, Entry>,
    /// Known entries, oldest first. All have the same time to live, so they expire in this order.
    order: VecDeque<(Duration, ObjectKey)>,
    calls: u64,
}

/// The look-ups of one application.
pub(super) struct Lookups {
    client: ApiClient,
    clock: SharedClock,
    remembered: Arc<Mutex<Remembered>>,
    permits: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Lookups {
    pub(super) fn new(client: ApiClient, clock: SharedClock, metrics: Arc<Metrics>) -> Self {
        let permits = Arc::new(Semaphore::new(CALLS_MAX));
        Self { client, clock, remembered: Arc::default(), permits, metrics }
    }

    /// Looks the object up, from memory if it was looked up in the last 30 s.
    pub(super) async fn find(&self, kind: &Arc<Kind>, namespace: &str, name: &str) -> Answer {
        let key = ObjectKey {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            plural: kind.plural.clone(),
            group: kind.group.clone(),
        };
        let call = {
            let mut remembered = lock(&self.remembered);
            match remembered.entries.get(&key) {
                Some(Entry::Known { found, until }) if *until > self.clock.monotonic() => return Ok(found.clone()),
                Some(Entry::Asked { call, .. }) => call.upgrade(),
                _ => None,
            }
            .unwrap_or_else(|| self.ask(&mut remembered, kind, key))
        };
        call.await
    }

    fn ask(&self, remembered: &mut Remembered, kind: &Arc<Kind>, key: ObjectKey) -> Call {
        remembered.calls += 1;
        let number = remembered.calls;
        let mut pending = Pending { remembered: self.remembered.clone(), key: key.clone(), number };
        let (client, clock, kind, permits) =
            (self.client.clone(), self.clock.clone(), kind.clone(), self.permits.clone());
        let metrics = self.metrics.clone();
        let call = async move {
            let deadline = clock.monotonic() + TIMEOUT;
            let answer = within(&*clock, deadline, async {
                let _permit = permits.acquire().await;
                request(&client, &kind, &pending.key).await
            });
            let answer = answer.await;
            let reason = match answer {
                Some(Ok(found)) => {
                    let found = Arc::new(found);
                    pending.remember(found.clone(), clock.monotonic() + TIME_TO_LIVE);
                    return Ok(found);
                }
                Some(Err(error)) => {
                    if let Some(code) = refusal(&error) {
                        let labels = RefusedLabels { kind: kind.kind.clone(), code };
                        metrics.lookups_refused.get_or_create(&labels).inc();
                        if !kind.is_needed() {
                            let missing = Arc::new(Found::Missing);
                            pending.remember(missing.clone(), clock.monotonic() + TIME_TO_LIVE);
                            return Ok(missing);
                        }
                    }
                    reason(&error)
                }
                None => format!("no answer within {} s", TIMEOUT.as_secs()),
            };
            let ObjectKey { name, namespace, .. } = &pending.key;
            let object = format!("{} {namespace}/{name}", kind.kind);
            Err(LookupError { object: object.into(), reason: reason.into() })
        };
        let call = call.boxed().shared();
        let weak = call.downgrade().expect("a shared future that was never polled is not done");
        remembered.entries.insert(key, Entry::Asked { call: weak, number });
        call
    }
}

/// Removes its call from memory when the call ends without a definite answer, or when the last caller stops waiting.
struct Pending {
    remembered: Arc<Mutex<Remembered>>,
    key: ObjectKey,
    number: u64,
}

impl Pending {
    fn remember(&mut self, found: Arc<Found>, until: Duration) {
        let mut remembered = lock(&self.remembered);
        let now = until.saturating_sub(TIME_TO_LIVE);
        while let Some((ends, _)) = remembered.order.front()
            && (*ends <= now || remembered.order.len() >= REMEMBERED_MAX)
        {
            let Some((ends, key)) = remembered.order.pop_front() else { break };
            // The object may have been looked up again since: remove only the entry that this record is about.
            if matches!(remembered.entries.get(&key), Some(Entry::Known { until, .. }) if *until == ends) {
                remembered.entries.remove(&key);
            }
        }
        remembered.entries.insert(self.key.clone(), Entry::Known { found, until });
        remembered.order.push_back((until, self.key.clone()));
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let mut remembered = lock(&self.remembered);
        if matches!(remembered.entries.get(&self.key), Some(Entry::Asked { number, .. }) if *number == self.number) {
            remembered.entries.remove(&self.key);
        }
    }
}

fn lock(remembered: &Mutex<Remembered>) -> std::sync::MutexGuard<'_, Remembered> {
    remembered.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The status of a refusal that would be repeated: any 4xx but those that depend on credentials, load or time.
fn refusal(error: &kube::Error) -> Option<u16> {
    let kube::Error::Api(status) = error else { return None };
    Some(status.code).filter(|code| (400..500).contains(code) && !matches!(code, 401 | 408 | 409 | 425 | 429))
}

fn reason(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("the API server answered {}: {}", status.code, status.message),
        other => other.to_string(),
    }
}

async fn request(client: &ApiClient, kind: &Kind, key: &ObjectKey) -> Result<Found, kube::Error> {
    let objects = Request::new(kind.path(&key.namespace));
    // A Service's owner does not matter; its selector is in its spec, which metadata does not include.
    let is_service = kind.kind == "Service" && kind.group.is_empty();
    let params = GetParams::default();
    let request = if is_service { objects.get(&key.name, &params) } else { objects.get_metadata(&key.name, &params) };
    let object: Object = match client.request(request.map_err(kube::Error::BuildRequest)?).await {
        Ok(object) => object,
        Err(kube::Error::Api(status)) if status.code == 404 => return Ok(Found::Missing),
        Err(error) => return Err(error),
    };
    let managed = managed(&object.metadata.labels);
    let owner = if is_service {
        first_selected_pod(client, &key.namespace, object.spec.unwrap_or_default().selector).await?
    } else {
        let mut owners = object.metadata.owner_references.into_iter();
        owners.find(|owner| owner.controller).map(|owner| Owner {
            api_version: owner.api_version,
            kind: owner.kind,
            name: owner.name,
        })
    };
    Ok(Found::Object { owner, managed })
}

/// What labels say about scope; `None` if they say nothing.
fn managed(labels: &BTreeMap<String, String>) -> Option<bool> {
    match labels.get("kubernaut.ai/managed")?.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The first Pod that `selector` selects; an API server lists in the order of names.
async fn first_selected_pod(
    client: &ApiClient,
    namespace: &str,
    selector: BTreeMap<String, String>,
) -> Result<Option<Owner>, kube::Error> {
    let selectable = selector.iter().all(|(key, value)| names::is_selectable(key) && names::is_selectable(value));
    if selector.is_empty() || !selectable {
        return Ok(None);
    }
    let selector: Vec<_> = selector.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    let params = ListParams::default().labels(&selector.join(",")).limit(1);
    let request = Request::new(format!("/api/v1/namespaces/{namespace}/pods")).list_metadata(&params);
    let pods: ObjectList = client.request(request.map_err(kube::Error::BuildRequest)?).await?;
    let first = pods.items.into_iter().next();
    Ok(first.map(|pod| Owner { api_version: "v1".to_owned(), kind: "Pod".to_owned(), name: pod.metadata.name }))
}

/// An object, as far as it is read; managedFields, by far its largest part, is skipped.
#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    spec: Option<ServiceSpec>,
}

#[derive(Deserialize)]
struct ObjectList {
    items: Vec<Object>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    owner_references: Vec<OwnerReference>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct ServiceSpec {
    #[serde(default)]
    selector: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnerReference {
    api_version: String,
    kind: String,
    name: String,
    #[serde(default)]
    controller: bool,
}
