//! Everything that a check may look back at: the state that the observations add up to.
//!
//! It does not judge. Each fact costs a few look-ups in ordered maps, however long the run, and no text is made.
mod fingerprints;
mod locks;
mod moment;
mod requests;
mod signals;
mod spans;
mod watches;

use crate::{
    observation::{Actor, Change, Micros, Observation, Request, SignalId},
    watch::WatchId,
};
pub(crate) use fingerprints::Fingerprint;
use fingerprints::Fingerprints;
pub(crate) use locks::{Acquisition, Lock, LockStep};
pub(crate) use moment::Moment;
use requests::Requests;
pub(crate) use requests::{Counted, Record, RequestState};
pub(crate) use signals::{Answer, Signal};
use signals::{Flags, Signals};
pub(crate) use spans::Spans;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use watches::Watches;
pub(crate) use watches::{EventClass, Missed, Stream, StreamStep};

/// One observation with what it changed.
pub(crate) struct Step<'a> {
    pub(crate) now: Moment,
    pub(crate) observation: &'a Observation,
    /// For a commit of a RemediationRequest: the same object (by uid) as the previous commit left it.
    pub(crate) previous: Option<Arc<Request>>,
    /// For a commit of a RemediationRequest: whether it counted signals.
    pub(crate) raised: bool,
    /// For a commit of a Lease: its effect on the lock.
    pub(crate) lock: Option<LockStep>,
    /// For an event or bookmark of a watch: how it relates to the commits.
    pub(crate) stream: Option<StreamStep>,
}

/// The last known process of a replica.
#[derive(Default)]
struct Process {
    incarnation: u16,
    crashed: bool,
}

/// All facts so far, indexed for the checks.
#[derive(Default)]
pub(crate) struct State {
    signals: Signals,
    requests: Requests,
    fingerprints: Fingerprints,
    locks: BTreeMap<Arc<str>, Lock>,
    watches: Watches,
    processes: BTreeMap<u8, Process>,
    ready: BTreeSet<u8>,
    /// Times of each replica's crashes.
    crashes: BTreeMap<u8, Vec<Micros>>,
    last_ready: Option<Micros>,
    /// Whether the last ready replica has crashed.
    unserved: bool,
    /// When a replica became ready again after that.
    served_since: Micros,
    /// When the last pause of a replica ends.
    paused_until: Micros,
    faults_stopped: Option<Moment>,
    signals_stopped: Option<Micros>,
    ended: bool,
}

impl State {
    /// Takes in one observation.
    pub(crate) fn apply<'a>(&mut self, index: usize, observation: &'a Observation) -> Step<'a> {
        let now = Moment { index, at: observation.at() };
        if let Some(Actor::Replica { index, incarnation }) = observation.actor() {
            let process = self.processes.entry(index).or_default();
            if incarnation > process.incarnation {
                *process = Process { incarnation, crashed: false };
            }
        }
        let mut step = Step { now, observation, previous: None, raised: false, lock: None, stream: None };
        let fingerprints = &mut self.fingerprints;
        match observation {
            Observation::SignalSent { signal, fingerprint, resolved, retried, repeats, keyed, to, alone, .. } => {
                let (resolved, retried, keyed, to, alone) = (*resolved, *retried, *keyed, *to, *alone);
                let flags = Flags { resolved, retried, keyed, to, alone };
                self.signals.sent(now, *signal, fingerprint, flags, *repeats, fingerprints);
            }
            Observation::SignalAnswered { signal, reply, .. } => {
                self.signals.answered(now, *signal, reply, fingerprints);
            }
            Observation::RequestCommitted { actor, change, request, issued, .. } => {
                let write = (*actor, *change, *issued);
                (step.previous, step.raised) = self.requests.committed(now, write, request, fingerprints);
                let listed = step.previous.as_ref().map_or(0, |previous| previous.deliveries);
                let lost = *change == Change::Deleted || listed != request.deliveries;
                let removed = !actor.is_replica() && listed != 0 && lost;
                let records = fingerprints.get(&request.fingerprint).map_or(&[][..], |facts| facts.records.as_slice());
                let made = *change == Change::Created && self.requests.hands_on_nothing(records);
                if removed || made {
                    self.signals.forgotten(&request.fingerprint, fingerprints);
                }
            }
            Observation::LeaseCommitted { actor, change, lease, .. } => {
                let lock = self.locks.entry(Arc::clone(&lease.name)).or_insert_with(|| Lock::new(now));
                step.lock = Some(lock.commit(now, *actor, *change, lease));
            }
            Observation::ObjectCommitted { revision, change, object, .. } => {
                self.watches.committed(now, *revision, *change, object);
            }
            Observation::Watched { watch, actor, fact, .. } => {
                step.stream = self.watches.watched(now, *watch, *actor, fact);
            }
            Observation::Crashed { at, index } => {
                self.crashes.entry(*index).or_default().push(*at);
                self.processes.entry(*index).or_default().crashed = true;
                self.unserved |= self.ready.remove(index) && self.ready.is_empty();
            }
            Observation::Ready { at, index } => {
                self.last_ready = Some(*at);
                self.ready.insert(*index);
                if std::mem::take(&mut self.unserved) {
                    self.served_since = *at;
                }
            }
            Observation::Paused { until, .. } => self.paused_until = self.paused_until.max(*until),
            Observation::FaultsStopped { .. } => self.faults_stopped = Some(now),
            Observation::SignalsStopped { at } => self.signals_stopped = Some(*at),
            Observation::Ended { .. } => self.ended = true,
            Observation::ApiCalled { .. } => {}
        }
        step
    }

    pub(crate) fn signal(&self, id: SignalId) -> Option<&Signal> {
        self.signals.get(id)
    }

    pub(crate) fn signals(&self) -> impl Iterator<Item = (SignalId, &Signal)> {
        self.signals.iter()
    }

    /// Whether two deliveries count as one signal, since they share a key.
    pub(crate) fn are_one(&self, one: SignalId, other: SignalId) -> bool {
        self.signals.are_one(one, other)
    }

    /// Whether a client that is not a replica has removed what a replica had stored of the signal's key.
    pub(crate) fn is_forgotten(&self, id: SignalId) -> bool {
        self.signals.is_forgotten(id)
    }

    /// How often that happened since the first delivery of a chain.
    pub(crate) fn times_forgotten(&self, chain: SignalId) -> u64 {
        self.signals.times_forgotten(chain)
    }

    /// When the replica crashed at this moment or else next, if it did.
    pub(crate) fn next_crash(&self, replica: u8, from: Micros) -> Option<Micros> {
        self.crashes.get(&replica)?.iter().copied().find(|&crash| crash >= from)
    }

    /// When the signal was first sent: a delivery with a key may have been counted before it was repeated.
    pub(crate) fn first_sent(&self, id: SignalId) -> Option<Moment> {
        self.signals.first_sent(id)
    }

    /// The chains of redeliveries among these signals that were not accepted and whose sender still waits. With each,
    /// the time of its first signal.
    pub(crate) fn waiting(&self, signals: &[SignalId]) -> Vec<(SignalId, Moment)> {
        self.signals.waiting(signals)
    }

    pub(crate) fn fingerprint(&self, fingerprint: &str) -> Option<&Fingerprint> {
        self.fingerprints.get(fingerprint)
    }

    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = (&str, &Fingerprint)> {
        self.fingerprints.iter()
    }

    /// The requests that ever had this name, since a name may be used again.
    pub(crate) fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = (usize, &Record)> {
        self.requests.named(name)
    }

    pub(crate) fn record(&self, index: usize) -> &Record {
        self.requests.record(index)
    }

    /// An open stream in its current state.
    pub(crate) fn stream(&self, watch: WatchId) -> Option<&Stream> {
        self.watches.stream(watch)
    }

    pub(crate) fn locks(&self) -> impl Iterator<Item = (&Arc<str>, &Lock)> {
        self.locks.iter()
    }

    /// The fingerprints that a lease of this name locks: those that begin with the sixteen digits at its end, as locks
    /// are named `gw-lock-<fp16>`.
    pub(crate) fn locked_by<'a>(&'a self, lease: &'a str) -> impl Iterator<Item = (&'a str, &'a Fingerprint)> {
        let digits = lease.len().checked_sub(16).and_then(|start| lease.get(start..));
        digits.into_iter().flat_map(|digits| self.fingerprints.beginning_with(digits))
    }

    /// Whether this process of a replica is over: it crashed, or a later one has acted. Its writes may still take
    /// effect.
    pub(crate) fn is_gone(&self, actor: Actor) -> bool {
        let Actor::Replica { index, incarnation } = actor else { return false };
        self.processes.get(&index).is_some_and(|process| incarnation < process.incarnation || process.crashed)
    }

    /// Number of replicas that have acted.
    pub(crate) fn replicas(&self) -> usize {
        self.processes.len()
    }

    /// Number of firing signals that were accepted, over all fingerprints.
    pub(crate) const fn accepted(&self) -> u64 {
        self.signals.accepted()
    }

    /// Since when some replica has always been ready; `None` while none is.
    pub(crate) const fn served_since(&self) -> Option<Micros> {
        if self.unserved { None } else { Some(self.served_since) }
    }

    /// When a replica last became ready.
    pub(crate) const fn last_ready(&self) -> Option<Micros> {
        self.last_ready
    }

    pub(crate) const fn faults_stopped(&self) -> Option<Moment> {
        self.faults_stopped
    }

    pub(crate) const fn ended(&self) -> bool {
        self.ended
    }

    /// When quiet begins: no signals and no faults after it, every pause is over and every restarted replica is ready.
    /// `None` until signals and faults have stopped.
    pub(crate) fn quiet_since(&self) -> Option<Micros> {
        let stopped = self.signals_stopped?.max(self.faults_stopped?.at);
        Some(stopped.max(self.paused_until).max(self.last_ready.unwrap_or(0)))
    }
}
