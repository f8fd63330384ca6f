//! The recorder: receives the simulation's events and the senders' deliveries, and passes facts to the oracle.
use super::{
    facts,
    probes::Probe,
    replies::replies,
    resources::ObservedResources,
    signals::{DeliveryOutcome, SentSignal, Signals},
    watches::Reader,
    writes::Writes,
};
use crate::{
    calls::ApiCall,
    timeline,
    workload::{Payload, Retry},
};
use apiserver::Commit;
use bytes::Bytes;
use model::{
    observation::{Actor, Observation, SignalId},
    oracle::{Finding, Oracle},
    settings::Settings,
    watch::{WatchFact, WatchId},
};
use sim::engine::{ActorId, DeliveryId, EPOCH, Event, Observer};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The state behind a [`Recorder`].
struct State {
    oracle: Oracle,
    actors: BTreeMap<ActorId, Actor>,
    resources: ObservedResources,
    watches: Reader,
    epoch_micros: i64,
    signals: Vec<SentSignal>,
    served: BTreeSet<usize>,
    probes: Vec<Probe>,
    delivered_to: BTreeMap<DeliveryId, usize>,
    timeline: Option<timeline::Recording>,
    calls: Option<Vec<ApiCall>>,
    writes: Writes,
    /// Number of deliveries that ended, with or without an answer.
    answered: usize,
    /// Number of facts so far.
    observed: usize,
}

/// A recorder, shared by the simulation, the senders and the runner. They run in one thread without contention.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<State>>);

/// Everything that was recorded in a run.
pub struct Recorded {
    /// Findings of the oracle, one per invariant.
    pub findings: Vec<Finding>,
    /// Every signal with its answer.
    pub signals: Vec<SentSignal>,
    /// Indexes of the replicas that answered a delivery.
    pub served: BTreeSet<usize>,
    /// What replicas answered to the kubelet.
    pub probes: Vec<Probe>,
    /// Events for a timeline, if one was requested.
    pub timeline: Option<timeline::Recording>,
    /// API calls of the replicas except watches, if a timeline was requested.
    pub calls: Vec<ApiCall>,
}

impl Recorder {
    /// A recorder for a run that has not begun.
    pub fn new(oracle: Oracle, resources: ObservedResources, with_timeline: bool) -> Self {
        let epoch: jiff::Timestamp = EPOCH.parse().unwrap_or_default();
        Self(Arc::new(Mutex::new(State {
            oracle,
            actors: BTreeMap::new(),
            watches: Reader::new(Arc::clone(&resources.names)),
            resources,
            epoch_micros: epoch.as_microsecond(),
            signals: Vec::new(),
            served: BTreeSet::new(),
            probes: Vec::new(),
            delivered_to: BTreeMap::new(),
            timeline: with_timeline.then(timeline::Recording::default),
            calls: with_timeline.then(Vec::new),
            writes: Writes::default(),
            answered: 0,
            observed: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers the actors of the script.
    pub fn register(&self, orchestrator: ActorId, administrator: ActorId) {
        let mut state = self.lock();
        state.actors.insert(orchestrator, Actor::Orchestrator);
        if let Some(timeline) = &mut state.timeline {
            timeline.name(orchestrator, "orchestrator");
            timeline.name(administrator, "administrator");
        }
    }

    /// Records that a delivery is sent: each of its alerts is one signal.
    pub fn sent(
        &self,
        delivery: DeliveryId,
        at: u64,
        what: Payload,
        retry: Retry,
        (repeats, replica): (Option<Signals>, usize),
    ) -> Signals {
        let mut state = self.lock();
        let alerts = what.alerts();
        let signals = Signals { first: state.signals.len() as u32, count: alerts.len() as u32, delivery };
        for (index, alert) in alerts.iter().enumerate() {
            let signal = SignalId(signals.first + index as u32);
            state.signals.push(SentSignal {
                payload: what,
                alert: index,
                sent_at: at,
                answered_at: 0,
                reply: None,
                status: None,
                replica: None,
                resolved: alert.resolved,
            });
            state.observe(&Observation::SignalSent {
                at,
                signal,
                fingerprint: Arc::clone(&alert.fingerprint),
                resolved: alert.resolved,
                retried: retry != Retry::Never,
                // A group that has grown repeats the alerts that it began with.
                repeats: repeats
                    .filter(|repeated| (index as u32) < repeated.count)
                    .map(|repeated| SignalId(repeated.first + index as u32)),
                keyed: matches!(retry, Retry::Keyed { .. }),
                to: Some(replica as u8),
                alone: alerts.len() == 1,
            });
        }
        signals
    }

    /// Records the answer of a delivery, or that its connection broke.
    pub fn answered(&self, signals: Signals, at: u64, response: Option<http::Response<Bytes>>) -> DeliveryOutcome {
        let mut state = self.lock();
        let replica = state.delivered_to.get(&signals.delivery).copied();
        let status = response.as_ref().map(|response| response.status().as_u16());
        let replies = replies(signals.count as usize, response);
        let outcome = DeliveryOutcome::of(&replies);
        for (index, reply) in replies.into_iter().enumerate() {
            let id = signals.first as usize + index;
            state.signals[id].answered_at = at;
            state.signals[id].reply = Some(reply.clone());
            state.signals[id].status = status;
            state.signals[id].replica = replica;
            state.observe(&Observation::SignalAnswered { at, signal: SignalId(id as u32), reply });
        }
        outcome
    }

    /// Records what a replica answered to the kubelet.
    pub fn probed(&self, probe: Probe) {
        self.lock().probes.push(probe);
    }

    /// Records that no further signal will be sent.
    pub fn signals_stopped(&self, at: u64) {
        self.lock().observe(&Observation::SignalsStopped { at });
    }

    /// Ends the recording.
    pub fn finish(self, at: u64) -> Recorded {
        let mut state = self.lock();
        state.observe(&Observation::Ended { at });
        let blank = Oracle::new(&[], Settings::of_the_protocol());
        let oracle = std::mem::replace(&mut state.oracle, blank);
        Recorded {
            findings: oracle.finish(),
            signals: std::mem::take(&mut state.signals),
            served: std::mem::take(&mut state.served),
            probes: std::mem::take(&mut state.probes),
            timeline: state.timeline.take(),
            calls: state.calls.take().unwrap_or_default(),
        }
    }
}

impl Observer for Recorder {
    fn event(&mut self, at: u64, event: &Event) {
        mutants::note_event();
        let mut state = self.lock();
        let before = state.observed;
        state.event(at, event);
        let observed = before..state.observed;
        if let Some(timeline) = &mut state.timeline {
            timeline.event(at, event, observed);
        }
    }
}

impl State {
    fn observe(&mut self, observation: &Observation) {
        self.oracle.observe(observation);
        if let Some(timeline) = &mut self.timeline {
            let observed: Range<usize> = self.observed..self.observed + 1;
            timeline.observation(observation, observed);
        }
        self.observed += 1;
    }

    fn actor(&self, actor: ActorId) -> Actor {
        self.actors.get(&actor).copied().unwrap_or(Actor::External)
    }

    fn event(&mut self, at: u64, event: &Event) {
        match event {
            Event::Started { replica, incarnation, actor } => {
                self.actors.insert(*actor, Actor::Replica { index: *replica as u8, incarnation: *incarnation });
            }
            Event::Ready { replica } => self.observe(&Observation::Ready { at, index: *replica as u8 }),
            Event::Crashed { replica } => self.observe(&Observation::Crashed { at, index: *replica as u8 }),
            Event::DeliverySent { delivery, replica } => {
                self.delivered_to.insert(*delivery, *replica);
            }
            Event::DeliveryAnswered { replica, status, .. } => {
                self.answered += 1;
                if status.is_some() {
                    self.served.insert(*replica);
                }
            }
            Event::CallSent { call, actor, method, target, body }
                if *method != http::Method::GET || !target.contains("watch=") =>
            {
                self.writes.sent((at, *call, *actor), (method, target), *body);
                let actor = self.actor(*actor);
                if matches!(actor, Actor::Replica { .. }) {
                    if let Some(calls) = &mut self.calls {
                        calls.push(ApiCall::new(self.signals.len(), self.answered, method, target));
                    }
                    self.observe(&Observation::ApiCalled { at, actor });
                }
            }
            Event::Committed(commit) => self.committed(at, commit),
            Event::CallDropped { call } => self.writes.dropped(*call),
            Event::CallCommitted { call, writes, .. } => self.writes.executed(*call, *writes > 0),
            Event::WatchOpened { watch, actor, resource, target, start } => {
                let opened = self.watches.opened(*resource, target, *start);
                self.watched(at, *watch, *actor, opened);
            }
            Event::WatchDelivered { watch, actor, line, .. } => {
                if let Some(fact) = self.watches.line(line) {
                    self.watched(at, *watch, *actor, fact);
                }
            }
            Event::WatchEnded { watch, actor, .. } => self.watched(at, *watch, *actor, WatchFact::Ended),
            Event::Paused { replica, until } => {
                self.observe(&Observation::Paused { at, index: *replica as u8, until: *until });
            }
            Event::FaultsStopped => self.observe(&Observation::FaultsStopped { at }),
            _ => {}
        }
    }

    fn watched(&mut self, at: u64, watch: apiserver::WatchId, actor: ActorId, fact: WatchFact) {
        let (watch, actor) = (WatchId(watch.0), self.actor(actor));
        self.observe(&Observation::Watched { at, watch, actor, fact });
    }

    fn committed(&mut self, at: u64, commit: &Commit) {
        if commit.resource == self.resources.requests {
            self.request_committed(at, commit);
        } else if commit.resource == self.resources.leases {
            let actor = self.actor(ActorId(commit.actor));
            let (change, lease) = (facts::change(commit.change), Arc::new(facts::lease(commit)));
            self.observe(&Observation::LeaseCommitted { at, revision: commit.revision, actor, change, lease });
        }
        let object = self.watches.object(commit);
        let (revision, change) = (commit.revision, facts::change(commit.change));
        self.observe(&Observation::ObjectCommitted { at, revision, change, object });
    }

    fn request_committed(&mut self, at: u64, commit: &Commit) {
        let actor = self.actor(ActorId(commit.actor));
        let request = Arc::new(facts::request(commit, self.epoch_micros));
        let change = facts::change(commit.change);
        let revision = commit.revision;
        let created = change == model::Change::Created;
        let issued = self.writes.issued(ActorId(commit.actor), &commit.name, created);
        self.observe(&Observation::RequestCommitted { at, revision, actor, change, request, issued });
    }
}
