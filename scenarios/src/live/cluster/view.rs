//! The latest states of the gateway's objects, as the watch reported them: what the orchestrator acts on.
use crate::{live::history::Object, objects::is_terminal};
use model::observation::Change;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Name to the latest state of every object that exists. Clones share it.
#[derive(Clone, Default)]
pub struct View {
    objects: Arc<Mutex<Objects>>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct Objects {
    /// By name.
    requests: BTreeMap<Arc<str>, Latest>,
    leases: BTreeMap<Arc<str>, u64>,
}

struct Latest {
    revision: u64,
    fingerprint: Arc<str>,
    active: bool,
}

impl View {
    /// Takes in a commit.
    pub fn apply(&self, revision: u64, change: Change, object: &Object) {
        let mut objects = self.lock();
        let gone = change == Change::Deleted;
        match object {
            Object::Request(request) if gone => drop(objects.requests.remove(&request.name)),
            Object::Lease(lease) if gone => drop(objects.leases.remove(&lease.name)),
            Object::Request(request) => {
                let active = !is_terminal(&request.phase) && !request.terminating;
                let latest = Latest { revision, fingerprint: Arc::clone(&request.fingerprint), active };
                objects.requests.insert(Arc::clone(&request.name), latest);
            }
            Object::Lease(lease) => drop(objects.leases.insert(Arc::clone(&lease.name), revision)),
        }
        drop(objects);
        self.changed.notify_waiters();
    }

    /// Names of a fingerprint's active RemediationRequests.
    pub fn active(&self, fingerprint: &str) -> Vec<Arc<str>> {
        let objects = self.lock();
        let of = objects.requests.iter().filter(|(_, latest)| latest.active && *latest.fingerprint == *fingerprint);
        of.map(|(name, _)| Arc::clone(name)).collect()
    }

    /// Waits until the fingerprint has an active RemediationRequest; false after `limit`.
    pub async fn await_active(&self, fingerprint: &str, limit: Duration) -> bool {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if !self.active(fingerprint).is_empty() {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(limit, wait).await.is_ok()
    }

    /// Names of all RemediationRequests.
    pub fn requests(&self) -> Vec<Arc<str>> {
        self.lock().requests.keys().map(Arc::clone).collect()
    }

    /// Version of each object by its kind and name, as in `lease/gw-lock-0123456789abcdef`.
    pub fn versions(&self) -> BTreeMap<String, u64> {
        let objects = self.lock();
        let requests = objects.requests.iter().map(|(name, latest)| (format!("request/{name}"), latest.revision));
        let leases = objects.leases.iter().map(|(name, revision)| (format!("lease/{name}"), *revision));
        requests.chain(leases).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
