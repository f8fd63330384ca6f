//! What the observations add up to: everything that a check may look back at.
//!
//! It judges nothing. Each fact costs a few look-ups in ordered maps, whatever came before; no text is made.
mod locks;
mod requests;
mod signals;
mod watches;

use crate::{
    observation::{Actor, Micros, Observation, Request, SignalId},
    watch::WatchId,
};
pub(crate) use locks::{Acquisition, Lock, LockStep};
pub(crate) use requests::{Counted, Record, Standing};
use signals::Keyed;
pub(crate) use signals::{Answer, Signal};
use std::{collections::BTreeMap, ops::Bound, sync::Arc};
pub(crate) use watches::{Heard, Missed, Place, Stream};

/// When something happened, and which observation said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) index: usize,
    pub(crate) at: Micros,
}

/// One observation with what it changed.
pub(crate) struct Step<'a> {
    pub(crate) now: Moment,
    pub(crate) observation: &'a Observation,
    /// For a commit of a RemediationRequest: the same object (by uid) as the commit before left it.
    pub(crate) previous: Option<Arc<Request>>,
    /// For a commit of a RemediationRequest: whether it counted signals.
    pub(crate) raised: bool,
    /// For a commit of a Lease: what it means for the lock.
    pub(crate) lock: Option<LockStep>,
    /// For what a watch told: where that stands among the commits.
    pub(crate) heard: Option<Heard>,
}

/// The signals of one fingerprint, and what was counted for them.
#[derive(Default)]
pub(crate) struct Fingerprint {
    /// Signals in the order in which they were sent, those of resolved alerts left out.
    pub(crate) firing: Vec<SignalId>,
    /// How many firing signals were accepted; those with one key are one.
    pub(crate) accepted: u64,
    /// How many firing signals may still be counted, or may have been: unanswered, lost, or answered 5xx.
    pub(crate) ambiguous: u64,
    /// Signals of resolved alerts that are not answered yet.
    pub(crate) resolved_open: Vec<SignalId>,
    /// The sum of occurrence counts over all requests that ever were, less what outsiders put there.
    pub(crate) counted: i64,
    /// The last commit that counted signals.
    pub(crate) last_raise: Option<usize>,
    /// Its requests, in the order of their creation: places in [`State::records`].
    pub(crate) records: Vec<usize>,
}

/// The last start of a replica that was heard of.
#[derive(Default)]
struct Start {
    latest: u16,
    crashed: bool,
}

/// See the module.
pub(crate) struct State {
    signals: BTreeMap<SignalId, Signal>,
    /// What is known of each chain of redeliveries with one key, by its first signal.
    keyed: BTreeMap<SignalId, Keyed>,
    records: Vec<Record>,
    by_uid: BTreeMap<Arc<str>, usize>,
    by_name: BTreeMap<Arc<str>, Vec<usize>>,
    fingerprints: BTreeMap<Arc<str>, Fingerprint>,
    locks: BTreeMap<Arc<str>, Lock>,
    watches: watches::Watches,
    starts: BTreeMap<u8, Start>,
    accepted: u64,
    last_ready: Option<Micros>,
    faults_stopped: Option<Micros>,
    signals_stopped: Option<Micros>,
    ended: bool,
}

impl State {
    pub(crate) const fn new() -> Self {
        Self {
            signals: BTreeMap::new(),
            keyed: BTreeMap::new(),
            records: Vec::new(),
            by_uid: BTreeMap::new(),
            by_name: BTreeMap::new(),
            fingerprints: BTreeMap::new(),
            locks: BTreeMap::new(),
            watches: watches::Watches::new(),
            starts: BTreeMap::new(),
            accepted: 0,
            last_ready: None,
            faults_stopped: None,
            signals_stopped: None,
            ended: false,
        }
    }

    /// Takes one observation in.
    pub(crate) fn apply<'a>(&mut self, index: usize, observation: &'a Observation) -> Step<'a> {
        let now = Moment { index, at: observation.at() };
        if let Some(Actor::Replica { index, incarnation }) = observation.actor() {
            let start = self.starts.entry(index).or_default();
            if incarnation > start.latest {
                *start = Start { latest: incarnation, crashed: false };
            }
        }
        let mut step = Step { now, observation, previous: None, raised: false, lock: None, heard: None };
        match observation {
            Observation::SignalSent { signal, fingerprint, resolved, retried, repeats, keyed, .. } => {
                self.signal_sent(now, *signal, fingerprint, (*resolved, *retried, *keyed), *repeats);
            }
            Observation::SignalAnswered { signal, reply, .. } => self.signal_answered(now, *signal, reply),
            Observation::RequestCommitted { actor, change, request, .. } => {
                (step.previous, step.raised) = self.request_committed(now, *actor, *change, request);
            }
            Observation::LeaseCommitted { actor, change, lease, .. } => {
                let lock = self.locks.entry(Arc::clone(&lease.name)).or_insert_with(|| Lock::new(now));
                step.lock = Some(lock.commit(now, *actor, *change, lease));
            }
            Observation::ObjectCommitted { revision, change, object, .. } => {
                self.watches.committed(now, *revision, *change, object);
            }
            Observation::Watched { watch, actor, heard, .. } => {
                step.heard = self.watches.heard(now, *watch, *actor, heard);
            }
            Observation::Crashed { index, .. } => self.starts.entry(*index).or_default().crashed = true,
            Observation::Ready { at, .. } => self.last_ready = Some(*at),
            Observation::FaultsStopped { at } => self.faults_stopped = Some(*at),
            Observation::SignalsStopped { at } => self.signals_stopped = Some(*at),
            Observation::Ended { .. } => self.ended = true,
            Observation::ApiCalled { .. } => {}
        }
        step
    }

    pub(crate) fn signal(&self, id: SignalId) -> Option<&Signal> {
        self.signals.get(&id)
    }

    pub(crate) fn signals(&self) -> impl Iterator<Item = (SignalId, &Signal)> {
        self.signals.iter().map(|(id, signal)| (*id, signal))
    }

    pub(crate) fn fingerprint(&self, fingerprint: &str) -> Option<&Fingerprint> {
        self.fingerprints.get(fingerprint)
    }

    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = (&str, &Fingerprint)> {
        self.fingerprints.iter().map(|(name, fingerprint)| (&**name, fingerprint))
    }

    /// The requests that ever had that name: names may come back.
    pub(crate) fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = (usize, &Record)> {
        self.by_name.get(name).into_iter().flatten().map(|&place| (place, &self.records[place]))
    }

    pub(crate) fn record(&self, place: usize) -> &Record {
        &self.records[place]
    }

    /// A stream that has told something, as it is now.
    pub(crate) fn stream(&self, watch: WatchId) -> Option<&Stream> {
        self.watches.stream(watch)
    }

    pub(crate) fn locks(&self) -> impl Iterator<Item = (&Arc<str>, &Lock)> {
        self.locks.iter()
    }

    /// The fingerprints that a lease of that name locks: those that begin with the sixteen digits it ends with, which is how
    /// locks are named (`gw-lock-<fp16>`).
    pub(crate) fn locked_by<'a>(&'a self, lease: &'a str) -> impl Iterator<Item = (&'a str, &'a Fingerprint)> {
        let digits = lease.len().checked_sub(16).and_then(|start| lease.get(start..));
        digits.into_iter().flat_map(move |digits| {
            self.fingerprints
                .range::<str, _>((Bound::Included(digits), Bound::Unbounded))
                .take_while(move |(name, _)| name.starts_with(digits))
                .map(|(name, fingerprint)| (&**name, fingerprint))
        })
    }

    /// Whether that start of a replica is over: it crashed, or a later one was heard of. Its writes may still take effect.
    pub(crate) fn is_gone(&self, actor: Actor) -> bool {
        let Actor::Replica { index, incarnation } = actor else { return false };
        self.starts.get(&index).is_some_and(|start| incarnation < start.latest || start.crashed)
    }

    /// How many firing signals were accepted, of all fingerprints.
    pub(crate) const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// When a replica last became ready.
    pub(crate) const fn last_ready(&self) -> Option<Micros> {
        self.last_ready
    }

    pub(crate) const fn faults_stopped(&self) -> Option<Micros> {
        self.faults_stopped
    }

    pub(crate) const fn ended(&self) -> bool {
        self.ended
    }

    /// When quiet begins: neither signals nor faults from there on. `None` until both have stopped.
    pub(crate) fn quiet_since(&self) -> Option<Micros> {
        Some(self.signals_stopped?.max(self.faults_stopped?))
    }
}

/// Whether that write was a replica's.
pub(crate) const fn is_replica(actor: Actor) -> bool {
    matches!(actor, Actor::Replica { .. })
}
