//! Observation: the one place that knows both the simulation's events and the oracle's facts.
//!
//! It extracts facts from bytes on the wire and commits in the store, never from the gateway's own types.
use crate::{
    calls::ApiCall,
    watches::{self, change},
    workload::{Payload, Retry},
};
use apiserver::{self, Commit, Registry, ResourceId};
use bytes::Bytes;
use model::{
    observation::{Actor, Lease, Observation, Reply, Request, SignalId},
    oracle::{Finding, Oracle},
    settings::Settings,
    watch::{Heard, WatchId},
};
use serde::Deserialize;
use serde_json::Value;
use sim::engine::{ActorId, DeliveryId, Event, Observer};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The signals of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signals {
    first: u32,
    count: u32,
    delivery: DeliveryId,
}

/// How a delivery ended for its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of it was accepted, or needs nothing.
    Accepted,
    /// Some of it was refused for good, as 4xx answers are.
    Dropped,
    /// A 5xx or a broken connection.
    TryAgain,
}

/// What one signal came to, kept for a scenario's own expectations.
#[derive(Debug, Clone)]
pub struct Told {
    /// What was delivered.
    pub payload: Payload,
    /// Which alert of it.
    pub alert: usize,
    /// When it was sent, in microseconds of true time.
    pub sent_at: u64,
    /// When it was answered, in microseconds of true time.
    pub answered_at: u64,
    /// The answer, once there is one.
    pub reply: Option<Reply>,
    /// The HTTP status of the delivery, if it had an answer.
    pub status: Option<u16>,
    /// Which replica answered.
    pub replica: Option<usize>,
    /// Whether the alert is resolved.
    pub resolved: bool,
}

/// The resources of a cluster, by the ids of its registry.
#[derive(Debug, Clone)]
pub struct ObservedResources {
    /// Leases.
    pub leases: ResourceId,
    /// RemediationRequests.
    pub requests: ResourceId,
    /// The name of each.
    names: Arc<[Arc<str>]>,
}

impl ObservedResources {
    /// Those of a registry that has the gateway's CRD; None of another.
    pub fn of(registry: &Registry) -> Option<Self> {
        let (leases, requests) = (
            registry.resource("coordination.k8s.io", "leases")?,
            registry.resource("kubernaut.ai", "remediationrequests")?,
        );
        Some(Self { leases, requests, names: registry.names().map(Arc::from).collect() })
    }
}

/// Turns events into facts and feeds them to the oracle.
pub struct Recording {
    oracle: Oracle,
    actors: BTreeMap<ActorId, Actor>,
    resources: ObservedResources,
    watching: watches::Reader,
    epoch_micros: i64,
    told: Vec<Told>,
    served: BTreeSet<usize>,
    delivered_to: BTreeMap<DeliveryId, usize>,
    timeline: Option<crate::timeline::Recording>,
    calls: Option<Vec<ApiCall>>,
    /// Deliveries that ended, answered or not.
    answered: usize,
    observed: usize,
}

/// A recording that the world, the senders and the runner share. One thread: the lock is never contended.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Recording>>);

/// What a recording holds at the end.
pub struct Recorded {
    /// One per invariant.
    pub findings: Vec<Finding>,
    /// What the senders were told.
    pub told: Vec<Told>,
    /// The replicas that answered something.
    pub served: BTreeSet<usize>,
    /// The timeline, where it was asked for.
    pub timeline: Option<crate::timeline::Recording>,
    /// The replicas' API calls, watches left out, where a timeline was asked for.
    pub calls: Vec<ApiCall>,
}

impl Recorder {
    /// A recording of a run that has not begun.
    pub fn new(settings: Settings, resources: ObservedResources, with_timeline: bool) -> Self {
        let epoch: jiff::Timestamp = sim::engine::EPOCH.parse().unwrap_or_default();
        Self(Arc::new(Mutex::new(Recording {
            oracle: Oracle::new(settings),
            actors: BTreeMap::new(),
            watching: watches::Reader::new(Arc::clone(&resources.names)),
            resources,
            epoch_micros: epoch.as_microsecond(),
            told: Vec::new(),
            served: BTreeSet::new(),
            delivered_to: BTreeMap::new(),
            timeline: with_timeline.then(crate::timeline::Recording::default),
            calls: with_timeline.then(Vec::new),
            answered: 0,
            observed: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says who the orchestrator is, and who the administrator.
    pub fn cast(&self, orchestrator: ActorId, administrator: ActorId) {
        let mut recording = self.lock();
        recording.actors.insert(orchestrator, Actor::Orchestrator);
        if let Some(timeline) = &mut recording.timeline {
            timeline.name(orchestrator, "orchestrator");
            timeline.name(administrator, "administrator");
        }
    }

    /// A delivery is about to be sent: each of its alerts is a signal.
    pub fn sent(
        &self,
        delivery: DeliveryId,
        at: u64,
        what: Payload,
        retry: Retry,
        repeats: Option<Signals>,
    ) -> Signals {
        let mut recording = self.lock();
        let alerts = what.alerts();
        let signals = Signals { first: recording.told.len() as u32, count: alerts.len() as u32, delivery };
        for (index, alert) in alerts.iter().enumerate() {
            let signal = SignalId(signals.first + index as u32);
            recording.told.push(Told {
                payload: what,
                alert: index,
                sent_at: at,
                answered_at: 0,
                reply: None,
                status: None,
                replica: None,
                resolved: alert.resolved,
            });
            recording.observe(&Observation::SignalSent {
                at,
                signal,
                fingerprint: Arc::clone(&alert.fingerprint),
                resolved: alert.resolved,
                retried: retry != Retry::Never,
                // A group that has grown repeats those that it began with.
                repeats: repeats
                    .filter(|repeated| (index as u32) < repeated.count)
                    .map(|repeated| SignalId(repeated.first + index as u32)),
                keyed: matches!(retry, Retry::Keyed { .. }),
            });
        }
        signals
    }

    /// A delivery was answered, or its connection broke.
    pub fn answered(&self, signals: Signals, at: u64, response: Option<http::Response<Bytes>>) -> Ending {
        let mut recording = self.lock();
        let replica = recording.delivered_to.get(&signals.delivery).copied();
        let status = response.as_ref().map(|response| response.status().as_u16());
        let replies = replies(signals.count as usize, response);
        let any = |is: fn(&Reply) -> bool| replies.iter().any(is);
        let ending = if any(|reply| matches!(reply, Reply::ServerError { .. } | Reply::Lost)) {
            Ending::TryAgain
        } else if any(|reply| matches!(reply, Reply::ClientError { .. })) {
            Ending::Dropped
        } else {
            Ending::Accepted
        };
        for (index, reply) in replies.into_iter().enumerate() {
            let id = signals.first as usize + index;
            recording.told[id].answered_at = at;
            recording.told[id].reply = Some(reply.clone());
            recording.told[id].status = status;
            recording.told[id].replica = replica;
            recording.observe(&Observation::SignalAnswered { at, signal: SignalId(id as u32), reply });
        }
        ending
    }

    /// Nothing is sent from here on.
    pub fn signals_stopped(&self, at: u64) {
        self.lock().observe(&Observation::SignalsStopped { at });
    }

    /// The run is over.
    pub fn finish(self, at: u64) -> Recorded {
        let mut recording = self.lock();
        recording.observe(&Observation::Ended { at });
        let blank = Oracle::new(Settings { invariants: Vec::new(), ..Settings::of_the_protocol() });
        let oracle = std::mem::replace(&mut recording.oracle, blank);
        Recorded {
            findings: oracle.finish(),
            told: std::mem::take(&mut recording.told),
            served: std::mem::take(&mut recording.served),
            timeline: recording.timeline.take(),
            calls: recording.calls.take().unwrap_or_default(),
        }
    }
}

impl Observer for Recorder {
    fn event(&mut self, at: u64, event: &Event) {
        let mut recording = self.lock();
        let before = recording.observed;
        recording.event(at, event);
        let observed = before..recording.observed;
        if let Some(timeline) = &mut recording.timeline {
            timeline.event(at, event, observed);
        }
    }
}

impl Recording {
    fn observe(&mut self, observation: &Observation) {
        self.oracle.observe(observation);
        if let Some(timeline) = &mut self.timeline {
            let observed: Range<usize> = self.observed..self.observed + 1;
            timeline.observation(observation, observed);
        }
        self.observed += 1;
    }

    fn actor(&self, actor: ActorId) -> Actor {
        self.actors.get(&actor).copied().unwrap_or(Actor::Outsider)
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
            Event::CallSent { actor, method, target, .. } if !target.contains("watch=") => {
                let actor = self.actor(*actor);
                if matches!(actor, Actor::Replica { .. }) {
                    if let Some(calls) = &mut self.calls {
                        calls.push(ApiCall::new(self.told.len(), self.answered, method, target));
                    }
                    self.observe(&Observation::ApiCalled { at, actor });
                }
            }
            Event::Committed(commit) => self.committed(at, commit),
            Event::WatchOpened { watch, actor, resource, target, start } => {
                let opened = self.watching.opened(*resource, target, *start);
                self.watched(at, *watch, *actor, opened);
            }
            Event::WatchDelivered { watch, actor, line, .. } => {
                if let Some(heard) = self.watching.line(line) {
                    self.watched(at, *watch, *actor, heard);
                }
            }
            Event::WatchEnded { watch, actor, .. } => self.watched(at, *watch, *actor, Heard::Ended),
            Event::FaultsStopped => self.observe(&Observation::FaultsStopped { at }),
            _ => {}
        }
    }

    fn watched(&mut self, at: u64, watch: apiserver::WatchId, actor: ActorId, heard: Heard) {
        let (watch, actor) = (WatchId(watch.0), self.actor(actor));
        self.observe(&Observation::Watched { at, watch, actor, heard });
    }

    fn committed(&mut self, at: u64, commit: &Commit) {
        if commit.resource == self.resources.requests {
            self.request_committed(at, commit);
        } else if commit.resource == self.resources.leases {
            let actor = self.actor(ActorId(commit.actor));
            let (change, lease) = (change(commit.change), Arc::new(lease(commit)));
            self.observe(&Observation::LeaseCommitted { at, revision: commit.revision, actor, change, lease });
        }
        let object = self.watching.object(commit);
        let (revision, change) = (commit.revision, change(commit.change));
        self.observe(&Observation::ObjectCommitted { at, revision, change, object });
    }

    fn request_committed(&mut self, at: u64, commit: &Commit) {
        let actor = self.actor(ActorId(commit.actor));
        let request = Arc::new(request(commit, self.epoch_micros));
        let change = change(commit.change);
        self.observe(&Observation::RequestCommitted { at, revision: commit.revision, actor, change, request });
    }
}

fn text(value: &Value) -> Arc<str> {
    Arc::from(value.as_str().unwrap_or_default())
}

fn timestamp(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str()?.parse().ok()
}

fn request(commit: &Commit, epoch_micros: i64) -> Request {
    let object = &*commit.after;
    let (metadata, status) = (&object["metadata"], &object["status"]);
    let deduplication = &status["deduplication"];
    Request {
        namespace: Arc::clone(&commit.namespace),
        name: Arc::clone(&commit.name),
        uid: text(&metadata["uid"]),
        fingerprint: text(&object["spec"]["signalFingerprint"]),
        phase: text(&status["overallPhase"]),
        terminating: metadata.get("deletionTimestamp").is_some(),
        manual_review_required: status["completionStatus"]["outcome"] == "ManualReviewRequired",
        next_allowed_execution: timestamp(&status["routingStatus"]["nextAllowedExecution"])
            .map(|at| at.as_microsecond() - epoch_micros),
        occurrence_count: deduplication["occurrenceCount"].as_u64().and_then(|count| u32::try_from(count).ok()),
        first_seen: timestamp(&deduplication["firstSeenAt"]).map(jiff::Timestamp::as_second),
        last_seen: timestamp(&deduplication["lastSeenAt"]).map(jiff::Timestamp::as_second),
    }
}

fn lease(commit: &Commit) -> Lease {
    let spec = &commit.after["spec"];
    Lease {
        name: Arc::clone(&commit.name),
        uid: text(&commit.after["metadata"]["uid"]),
        holder: spec["holderIdentity"].as_str().filter(|holder| !holder.is_empty()).map(Arc::from),
        duration_seconds: spec["leaseDurationSeconds"].as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
    }
}

/// What is read of an answer, by the contract of the existing gateway.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body<'a> {
    #[serde(borrow)]
    remediation_request_name: Option<Cow<'a, str>>,
    metadata: Option<Counted>,
    #[serde(borrow)]
    results: Vec<Member<'a>>,
}

#[derive(Deserialize)]
struct Counted {
    count: Option<u32>,
}

#[derive(Deserialize)]
struct Member<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
}

/// What each of `count` signals of one delivery was told.
fn replies(count: usize, response: Option<http::Response<Bytes>>) -> Vec<Reply> {
    let Some(response) = response else { return vec![Reply::Lost; count] };
    let status = response.status().as_u16();
    let retry_after = response.headers().contains_key(http::header::RETRY_AFTER);
    let body: Body<'_> = match status {
        201 | 202 | 207 => serde_json::from_slice(response.body()).unwrap_or_default(),
        _ => Body::default(),
    };
    let name = body.remediation_request_name.as_deref().map(Arc::from);
    let one = match status {
        200 => Reply::Ignored,
        201 => Reply::Created { name },
        202 => Reply::Duplicate { name, count: body.metadata.and_then(|metadata| metadata.count) },
        207 => return (0..count).map(|index| member(body.results.get(index))).collect(),
        400..=499 => Reply::ClientError { status },
        _ => Reply::ServerError { status, retry_after },
    };
    vec![one; count]
}

/// A member of a 207: it has a status and no name or count.
fn member(result: Option<&Member<'_>>) -> Reply {
    match result.and_then(|result| result.status.as_deref()) {
        Some("created") => Reply::Created { name: None },
        Some("duplicate") => Reply::Duplicate { name: None, count: None },
        Some("rejected") => Reply::Ignored,
        // A failed member of a 2xx is a signal that its sender will not send again.
        _ => Reply::ClientError { status: 207 },
    }
}
