//! The cache of leases, each with the moment since which this replica has seen it unchanged.
//!
//! Expiry is computed from that moment. The content is a hint: every write to a lease names the uid and version it was
//! decided on. A foreign program's lease, which the watch's label does not select, is added when it is read, and
//! removed by the sweeper.
use super::{changes::Changes, lease::LeaseRecord, names, requests::FOREIGN_MEMORY, version::number, watch::Cache};
use crate::clock::SharedClock;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a lease must be unchanged before a sweeper may delete it.
pub(super) const IDLE: Duration = Duration::from_secs(5 * 60);

/// One lease, and since when it is unchanged.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) lease: Arc<LeaseRecord>,
    /// When this version was first seen here, on the monotonic clock.
    pub(super) since: Duration,
}

/// The gateways' leases of the lock namespace, as far as they are known.
pub(super) struct Leases {
    changes: Arc<Changes>,
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    leases: BTreeMap<String, Observed>,
    /// When a lease was deleted that was too young for any sweeper, even with differing clocks and watches.
    disturbed: Option<Duration>,
    reached: Option<u64>,
}

impl Leases {
    pub(super) fn new(changes: Arc<Changes>, clock: SharedClock) -> Self {
        Self { changes, clock, state: Mutex::default() }
    }

    /// Whether the first LIST has been answered.
    pub(super) fn synced(&self) -> bool {
        self.lock().reached.is_some()
    }

    /// The lease called `name`, as far as it is known.
    pub(super) fn get(&self, name: &str) -> Option<Observed> {
        self.lock().leases.get(name).cloned()
    }

    /// All known leases.
    pub(super) fn all(&self) -> Vec<Observed> {
        self.lock().leases.values().cloned().collect()
    }

    /// Whether another program deleted a lease in use within the last 24 hours.
    pub(super) fn disturbed(&self) -> bool {
        let now = self.clock.monotonic();
        self.lock().disturbed.is_some_and(|then| now < then + FOREIGN_MEMORY)
    }

    /// Learns `lease` from the answer to a call of this replica; gives what is known now, which may be newer.
    pub(super) fn learn(&self, lease: impl Into<Arc<LeaseRecord>>) -> Observed {
        let lease = lease.into();
        let name = lease.metadata.name.clone();
        let now = self.clock.monotonic();
        let mut state = self.lock();
        let fresh = state.leases.get(&name).is_none_or(|known| is_newer(&lease, &known.lease));
        if fresh {
            state.leases.insert(name.clone(), Observed { lease, since: now });
        }
        let known = state.leases[&name].clone();
        drop(state);
        if fresh {
            self.notify(&name);
        }
        known
    }

    /// Removes the lease called `name` with `uid`, which is known to be gone.
    pub(super) fn forget(&self, name: &str, uid: &str) {
        self.remove(name, |known| known.metadata.uid == uid);
    }

    fn remove(&self, name: &str, condition: impl Fn(&LeaseRecord) -> bool) {
        let mut state = self.lock();
        if state.leases.get(name).is_some_and(|known| condition(&known.lease)) {
            state.leases.remove(name);
            drop(state);
            self.notify(name);
        }
    }

    fn notify(&self, name: &str) {
        if let Some(key) = names::lock_key_of_lease(name) {
            self.changes.notify(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_newer(lease: &LeaseRecord, known: &LeaseRecord) -> bool {
    number(&lease.metadata.resource_version) > number(&known.metadata.resource_version)
}

impl Cache for Leases {
    type Object = LeaseRecord;

    fn replace(&self, objects: Vec<LeaseRecord>, version: u64) {
        let mut state = self.lock();
        // A LIST older than what was seen already: etcd was restored, as in `requests`.
        if state.reached.is_some_and(|reached| version < reached) {
            *state = State { disturbed: state.disturbed, ..State::default() };
        }
        let listed: BTreeSet<&str> = objects.iter().map(|object| object.metadata.name.as_str()).collect();
        // A lease without the label is never listed. Forgetting it would restart its time, and it would never expire.
        let missing = |lease: &LeaseRecord| lease.is_labelled() && !listed.contains(lease.metadata.name.as_str());
        let gone = state.leases.iter().filter(|(_, known)| missing(&known.lease)).map(|(name, _)| name.clone());
        let gone: Vec<String> = gone.collect();
        drop(state);
        for name in gone {
            self.remove(&name, |known| number(&known.metadata.resource_version) <= version);
        }
        for object in objects {
            self.learn(object);
        }
        self.reach(version);
    }

    fn apply(&self, object: LeaseRecord) {
        self.learn(object);
    }

    fn delete(&self, object: LeaseRecord) {
        let version = number(&object.metadata.resource_version);
        let now = self.clock.monotonic();
        let mut state = self.lock();
        if state.leases.get(&object.metadata.name).is_some_and(|known| now < known.since + IDLE / 2) {
            state.disturbed = Some(now);
        }
        drop(state);
        self.remove(&object.metadata.name, |known| number(&known.metadata.resource_version) <= version);
    }

    fn reach(&self, version: u64) {
        let mut state = self.lock();
        state.reached = state.reached.max(Some(version));
    }
}
