//! The cache of RemediationRequests, by fingerprint.
//!
//! It is a hint and never a proof: a count commits only on the version it was decided on, and a create only under a
//! free name. So it may lag, and it may learn from the answers to this replica's own calls ahead of the watch. A slow
//! answer never restores what the watch has shown to be deleted.
use super::{
    changes::Changes,
    names,
    request::{RequestRecord, RequestState, classify},
    version::number,
    watch::Cache,
};
use crate::clock::SharedClock;
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long after a foreign program's request or lease was seen creates are preceded by a consistent LIST.
pub(super) const FOREIGN_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// The RemediationRequests of the namespace, as far as they are known.
pub(super) struct Requests {
    changes: Arc<Changes>,
    clock: SharedClock,
    lock_namespace: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    by_fingerprint: BTreeMap<String, BTreeMap<String, Arc<RequestRecord>>>,
    fingerprints: BTreeMap<String, String>,
    /// Requests of this protocol that leases of another namespace fence: name to namespace.
    fenced_elsewhere: BTreeMap<String, String>,
    foreign_seen: Option<Duration>,
    /// The version up to which the watch has shown the collection; `None` before the first LIST.
    reached: Option<u64>,
}

impl Requests {
    pub(super) fn new(changes: Arc<Changes>, clock: SharedClock, lock_namespace: String) -> Self {
        Self { changes, clock, lock_namespace, state: Mutex::default() }
    }

    /// Whether the first LIST has been answered.
    pub(super) fn synced(&self) -> bool {
        self.lock().reached.is_some()
    }

    /// A request of this protocol that was created under another namespace's leases, and that namespace.
    pub(super) fn fenced_elsewhere(&self) -> Option<(String, String)> {
        self.lock().fenced_elsewhere.first_key_value().map(|(name, namespace)| (name.clone(), namespace.clone()))
    }

    /// What the requests of `fingerprint` mean for its next signal.
    pub(super) fn classify(&self, fingerprint: &str, now: Timestamp) -> RequestState {
        let state = self.lock();
        classify(state.by_fingerprint.get(fingerprint).into_iter().flat_map(BTreeMap::values), now)
    }

    /// The active requests of `fingerprint`, as far as they are known.
    pub(super) fn active(&self, fingerprint: &str) -> Vec<Arc<RequestRecord>> {
        let state = self.lock();
        let known = state.by_fingerprint.get(fingerprint).into_iter().flat_map(BTreeMap::values);
        known.filter(|record| record.is_active()).cloned().collect()
    }

    /// Whether any request of `fingerprint` is known.
    pub(super) fn any(&self, fingerprint: &str) -> bool {
        self.lock().by_fingerprint.contains_key(fingerprint)
    }

    /// The request called `name`, as far as it is known.
    pub(super) fn get(&self, name: &str) -> Option<Arc<RequestRecord>> {
        self.lock().get(name).cloned()
    }

    /// Whether the request called `name` is known.
    pub(super) fn has(&self, name: &str) -> bool {
        self.lock().fingerprints.contains_key(name)
    }

    /// The highest episode of the requests that this protocol created for `fingerprint`; 0 if it created none.
    pub(super) fn highest_episode(&self, fingerprint: &str) -> u64 {
        let state = self.lock();
        let names = state.by_fingerprint.get(fingerprint).into_iter().flat_map(BTreeMap::keys);
        names.filter_map(|name| names::episode_of_request(name, fingerprint)).max().unwrap_or(0)
    }

    /// Whether a foreign program's lease or request was seen within the last 24 hours.
    pub(super) fn foreign_seen(&self) -> bool {
        let now = self.clock.monotonic();
        self.lock().foreign_seen.is_some_and(|seen| now < seen + FOREIGN_MEMORY)
    }

    /// Notes that a foreign program's lease was seen now.
    pub(super) fn note_foreign(&self) {
        self.lock().foreign_seen = Some(self.clock.monotonic());
    }

    /// Learns `record` from an event, or from the answer to a call of this replica.
    pub(super) fn learn(&self, record: Arc<RequestRecord>) {
        let version = number(&record.metadata.resource_version);
        let known = self.lock().fingerprints.contains_key(&record.metadata.name);
        // The watch has shown everything up to `reached`: a request that it does not show was deleted since this
        // answer.
        if known || self.lock().reached.is_none_or(|reached| version > reached) {
            self.put(record);
        }
    }

    /// Removes the request called `name` with `uid`, which is known to be gone.
    pub(super) fn forget(&self, name: &str, uid: &str) {
        self.lock().remove(name, |record| record.metadata.uid == uid);
    }

    fn put(&self, record: Arc<RequestRecord>) {
        let ours = names::episode_of_request(&record.metadata.name, &record.spec.signal_fingerprint).is_some();
        let now = self.clock.monotonic();
        let key = names::lock_key(&record.spec.signal_fingerprint).to_owned();
        let mut state = self.lock();
        if !state.put(&record) {
            return;
        }
        let elsewhere = record.metadata.annotations.lock_namespace.as_ref().filter(|at| **at != self.lock_namespace);
        match elsewhere {
            Some(at) if ours => drop(state.fenced_elsewhere.insert(record.metadata.name.clone(), at.clone())),
            _ => drop(state.fenced_elsewhere.remove(&record.metadata.name)),
        }
        if !ours {
            state.foreign_seen = Some(now);
        }
        drop(state);
        self.changes.notify(&key);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Stores `record` if it is newer than what is known; gives whether it was. Versions grow across the whole
    /// collection.
    fn put(&mut self, record: &Arc<RequestRecord>) -> bool {
        let (name, fingerprint) = (&record.metadata.name, &record.spec.signal_fingerprint);
        if let Some(known) = self.get(name) {
            if number(&known.metadata.resource_version) >= number(&record.metadata.resource_version) {
                return false;
            }
            // A name that was deleted and created again may have another fingerprint.
            if known.spec.signal_fingerprint != *fingerprint {
                self.remove(name, |_| true);
            }
        }
        self.by_fingerprint.entry(fingerprint.clone()).or_default().insert(name.clone(), record.clone());
        self.fingerprints.insert(name.clone(), fingerprint.clone());
        true
    }

    fn get(&self, name: &str) -> Option<&Arc<RequestRecord>> {
        self.by_fingerprint.get(self.fingerprints.get(name)?)?.get(name)
    }

    fn remove(&mut self, name: &str, condition: impl Fn(&RequestRecord) -> bool) -> Option<String> {
        if !self.get(name).is_some_and(|record| condition(record)) {
            return None;
        }
        let fingerprint = self.fingerprints.remove(name)?;
        if let Some(requests) = self.by_fingerprint.get_mut(&fingerprint) {
            requests.remove(name);
            if requests.is_empty() {
                self.by_fingerprint.remove(&fingerprint);
            }
        }
        self.fenced_elsewhere.remove(name);
        Some(fingerprint)
    }

    fn remove_through(&mut self, name: &str, version: u64) -> Option<String> {
        self.remove(name, |record| number(&record.metadata.resource_version) <= version)
    }
}

impl Cache for Requests {
    type Object = RequestRecord;

    fn replace(&self, objects: Vec<RequestRecord>, version: u64) {
        let mut state = self.lock();
        // A LIST older than what was seen already: etcd was restored, so that nothing known is still valid.
        if state.reached.is_some_and(|reached| version < reached) {
            *state = State { foreign_seen: state.foreign_seen, ..State::default() };
        }
        let listed: std::collections::BTreeSet<&str> =
            objects.iter().map(|object| object.metadata.name.as_str()).collect();
        let gone: Vec<String> =
            state.fingerprints.keys().filter(|name| !listed.contains(name.as_str())).cloned().collect();
        let gone: Vec<String> = gone.iter().filter_map(|name| state.remove_through(name, version)).collect();
        drop(state);
        gone.iter().for_each(|fingerprint| self.changes.notify(names::lock_key(fingerprint)));
        objects.into_iter().for_each(|object| self.put(Arc::new(object)));
        self.reach(version);
    }

    fn apply(&self, object: RequestRecord) {
        self.learn(Arc::new(object));
    }

    fn delete(&self, object: RequestRecord) {
        let version = number(&object.metadata.resource_version);
        let gone = self.lock().remove_through(&object.metadata.name, version);
        if let Some(fingerprint) = gone {
            self.changes.notify(names::lock_key(&fingerprint));
        }
    }

    fn reach(&self, version: u64) {
        let mut state = self.lock();
        state.reached = state.reached.max(Some(version));
    }
}
