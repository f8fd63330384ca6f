//! Timelines: the events of one run, recorded while it runs and described afterwards for a report.
mod copies;

use crate::api_names::{object, verb};
use apiserver::{Change, Commit};
use copies::Copies;
use model::observation::Observation;
use reports::timeline::{Belief, Entry, Happening, Lane, LaneKind, ObjectState, Timeline};
use serde_json::Value;
use sim::engine::{ActorId, CallEnd, CallId, Event};
use std::{collections::BTreeMap, ops::Range};

/// The events of one run, each with the facts that the oracle received from it.
#[derive(Debug, Default, Clone)]
pub struct Recording {
    events: Vec<(u64, Event, Range<usize>)>,
    answers: BTreeMap<usize, usize>,
    names: BTreeMap<ActorId, String>,
}

impl Recording {
    /// Records an event, with the range of facts that it caused.
    pub fn event(&mut self, at: u64, event: &Event, observed: Range<usize>) {
        self.events.push((at, event.clone(), observed));
    }

    /// Records a fact from a sender, which belongs to the delivery's last event.
    pub fn observation(&mut self, observation: &Observation, observed: Range<usize>) {
        if matches!(observation, Observation::SignalAnswered { .. }) {
            let last = self.events.iter().rposition(|(_, event, _)| matches!(event, Event::DeliveryAnswered { .. }));
            self.answers.extend(last.map(|last| (observed.start, last)));
        }
    }

    /// Names an actor that is not a replica.
    pub fn name(&mut self, actor: ActorId, name: &str) {
        self.names.insert(actor, name.to_owned());
    }

    /// Index of the event that made a fact true.
    fn event_of(&self, fact: usize) -> Option<usize> {
        let by_event = self.events.iter().position(|(.., observed)| observed.contains(&fact));
        by_event.or_else(|| self.answers.get(&fact).copied())
    }

    /// Index of the event by which all these facts are true; the last one if there are none.
    pub fn complete(&self, evidence: &[usize]) -> usize {
        let last = evidence.iter().filter_map(|&fact| self.event_of(fact)).max();
        last.unwrap_or(self.events.len().saturating_sub(1))
    }

    /// The events, with their times.
    pub fn events(&self) -> impl Iterator<Item = (u64, &Event)> {
        self.events.iter().map(|(at, event, _)| (*at, event))
    }

    /// Number of API calls that were sent before the last of these facts became true.
    pub fn calls_until(&self, evidence: &[usize]) -> u64 {
        let last = (self.complete(evidence) + 1).min(self.events.len());
        let sent = |(_, event, _): &&(u64, Event, Range<usize>)| matches!(event, Event::CallSent { .. });
        self.events[..last].iter().filter(sent).count() as u64
    }

    /// The timeline, with the evidence of a violation marked.
    pub fn timeline(&self, replicas: usize, evidence: &[usize]) -> Timeline {
        self.marked(replicas, evidence, &[])
    }

    /// The timeline, with these steps marked as the critical pair too.
    pub fn marked(&self, replicas: usize, evidence: &[usize], pair: &[Mark]) -> Timeline {
        let mut of_event = Vec::new();
        let mut narrator = Narrator::new(replicas, &self.names);
        narrator.copies = Copies::of(self.events.iter().map(|(_, event, _)| event));
        let answered: Vec<usize> = evidence.iter().filter_map(|fact| self.answers.get(fact).copied()).collect();
        let begins =
            self.events.iter().position(|(_, event, _)| matches!(event, Event::DeliverySent { .. })).unwrap_or(0);
        for (index, (at, event, observed)) in self.events.iter().enumerate() {
            // Fixtures and booting are the same in every run.
            let shown = index >= begins || matches!(event, Event::Started { .. } | Event::Fault { .. });
            let critical = answered.contains(&index) || evidence.iter().any(|fact| observed.contains(fact));
            narrator.take_in(*at, event, shown.then_some(critical));
            of_event.resize(narrator.entries.len(), index);
        }
        let pair = pair.iter().filter_map(|mark| mark.entry(&narrator.entries, &of_event)).collect();
        let Narrator { lanes, entries, beliefs, copies, objects, .. } = narrator;
        let (versions, copies, views) = copies.finish(&objects);
        Timeline { lanes, entries, pair, beliefs, versions, copies, views }
    }
}

/// A step of a run, to be marked in its timeline.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Its events.
    pub events: Range<usize>,
    /// The call that it is about.
    pub call: Option<u32>,
}

impl Mark {
    /// The entry that shows it: its commit, or else the answer to its call, since a read leaves no other trace.
    fn entry(&self, entries: &[Entry], of_event: &[usize]) -> Option<usize> {
        let of_step = |index: usize| self.events.contains(&of_event[index]);
        let own = |what: &Happening| match what {
            Happening::CallAnswered { call, .. } => self.call.map(u64::from) == Some(*call),
            _ => false,
        };
        let committed =
            |index: &usize| matches!(entries[*index].what, Happening::CallCommitted { .. }) && of_step(*index);
        let all = || 0..entries.len();
        all()
            .find(committed)
            .or_else(|| all().find(|&index| own(&entries[index].what)))
            .or_else(|| all().find(|&index| of_step(index)))
    }
}

/// A call that is under way.
struct Begun {
    verb: &'static str,
    object: String,
    lane: usize,
    replica: Option<u8>,
}

struct Narrator<'a> {
    lanes: Vec<Lane>,
    entries: Vec<Entry>,
    names: &'a BTreeMap<ActorId, String>,
    replicas: usize,
    actors: BTreeMap<ActorId, usize>,
    calls: BTreeMap<CallId, Begun>,
    objects: BTreeMap<String, usize>,
    /// Writes that an event has yet to attribute to a call.
    commits: Vec<Written>,
    /// What each write of a lease that is under way does to the belief of its replica.
    leases: BTreeMap<CallId, bool>,
    beliefs: Vec<Belief>,
    copies: Copies,
    /// Lanes of replicas that are paused, and when each resumes.
    paused: BTreeMap<usize, u64>,
}

/// A write. If it is shown, `critical` says whether it is evidence.
struct Written {
    at: u64,
    commit: Commit,
    critical: Option<bool>,
}

/// Number of the call of a write that another client made.
const NO_CALL: CallId = CallId(u32::MAX);

impl<'a> Narrator<'a> {
    fn new(replicas: usize, names: &'a BTreeMap<ActorId, String>) -> Self {
        let mut lanes = vec![Lane { name: "sender".to_owned(), kind: LaneKind::Sender }];
        lanes.extend((0..replicas).map(|index| Lane { name: format!("replica {index}"), kind: LaneKind::Replica }));
        Self {
            lanes,
            entries: Vec::new(),
            names,
            replicas,
            actors: BTreeMap::new(),
            calls: BTreeMap::new(),
            objects: BTreeMap::new(),
            commits: Vec::new(),
            leases: BTreeMap::new(),
            beliefs: Vec::new(),
            copies: Copies::default(),
            paused: BTreeMap::new(),
        }
    }

    fn push(&mut self, at: u64, lane: usize, what: Happening, text: String, critical: bool) {
        let replica = (1..=self.replicas).contains(&lane).then(|| (lane - 1) as u8);
        let ordinal = self.entries.len() as u64;
        self.entries.push(Entry { at_us: at, ordinal, lane, what, text, replica, critical });
    }

    fn lane_of(&mut self, actor: ActorId) -> usize {
        if let Some(&lane) = self.actors.get(&actor) {
            return lane;
        }
        let name = self.names.get(&actor).cloned().unwrap_or_else(|| format!("actor {}", actor.0));
        self.lanes.push(Lane { name, kind: LaneKind::Actor });
        self.actors.insert(actor, self.lanes.len() - 1);
        self.lanes.len() - 1
    }

    fn object_lane(&mut self, name: &str) -> usize {
        if let Some(&lane) = self.objects.get(name) {
            return lane;
        }
        self.lanes.push(Lane { name: name.to_owned(), kind: LaneKind::Object });
        self.objects.insert(name.to_owned(), self.lanes.len() - 1);
        self.lanes.len() - 1
    }

    fn describe(&mut self, at: u64, event: &Event, critical: bool) {
        match event {
            Event::DeliverySent { delivery, replica } => {
                let text = format!("delivery {} to replica {replica}", delivery.0);
                self.push(at, 0, Happening::SignalSent { signal: delivery.0 }, text, critical);
            }
            Event::DeliveryArrived { delivery, replica } => {
                let text = format!("delivery {} arrives", delivery.0);
                self.push(at, replica + 1, Happening::SignalArrives { signal: delivery.0 }, text, critical);
            }
            Event::DeliveryAnswered { delivery, status, .. } => {
                let answer = status.map_or("no answer".to_owned(), |status| status.to_string());
                let what = Happening::SignalAnswered { signal: delivery.0, status: *status };
                self.push(at, 0, what, format!("delivery {}: {answer}", delivery.0), critical);
            }
            Event::CallSent { call, actor, method, target, .. } => {
                self.call_sent(at, *call, *actor, method, target, critical)
            }
            Event::CallAnswered { call, end } => self.call_answered(at, *call, *end, critical),
            Event::Committed(_)
            | Event::CallCommitted { .. }
            | Event::CallDropped { .. }
            | Event::CacheAdvanced { .. }
            | Event::WatchOpened { .. }
            | Event::FaultsStopped => {}
            Event::WatchDelivered { actor, .. } => {
                let lane = self.lane_of(*actor);
                self.push(at, lane, Happening::WatchEvent, "watch event".to_owned(), critical);
            }
            Event::WatchEnded { actor, .. } => {
                let lane = self.lane_of(*actor);
                self.push(at, lane, Happening::WatchEvent, "watch ends".to_owned(), critical);
            }
            Event::Fault { fault, call, replica } => {
                let lane = call.and_then(|call| self.calls.get(&call)).map(|begun| begun.lane);
                let lane = lane.or(replica.map(|replica| replica + 1)).unwrap_or(0);
                self.push(at, lane, Happening::Fault, fault.name().to_owned(), critical);
            }
            Event::Crashed { replica } => {
                self.forget(replica + 1);
                self.paused.remove(&(replica + 1));
                self.push(at, replica + 1, Happening::Crash, "crashes".to_owned(), critical);
            }
            Event::Started { replica, actor, .. } => {
                self.actors.insert(*actor, replica + 1);
            }
            Event::Ready { replica } => self.push(at, replica + 1, Happening::Restart, "is ready".to_owned(), critical),
            Event::Paused { replica, until } => {
                let text = format!("pauses until {:.3} s", *until as f64 / 1e6);
                self.push(at, replica + 1, Happening::Pause, text, critical);
                self.paused.insert(replica + 1, *until);
            }
        }
    }

    fn call_sent(
        &mut self,
        at: u64,
        call: CallId,
        actor: ActorId,
        method: &http::Method,
        target: &str,
        critical: bool,
    ) {
        let lane = self.lane_of(actor);
        let (verb, object) = (verb(method, target), object(target));
        let replica = (1..=self.replicas).contains(&lane).then(|| (lane - 1) as u8);
        self.calls.insert(call, Begun { verb, object: object.clone(), lane, replica });
        let text = format!("{verb} {object}");
        let what = Happening::CallSent { call: u64::from(call.0), verb: verb.to_owned(), object };
        self.push(at, lane, what, text, critical);
    }

    fn committed(&mut self, call: CallId, written: &Written) {
        let Written { at, commit, critical } = written;
        let name = lane_name(commit);
        self.copies.written(commit, name.clone(), self.entries.len());
        let Some(critical) = *critical else { return };
        let lane = self.object_lane(&name);
        let (verb, replica) = self.calls.get(&call).map_or(("write", None), |begun| (begun.verb, begun.replica));
        let state = object_state(commit);
        if name.starts_with("Lease ") {
            self.leases.insert(call, state == ObjectState::Live);
        }
        let what = Happening::CallCommitted {
            call: u64::from(call.0),
            verb: verb.to_owned(),
            revision: commit.revision,
            state,
        };
        let by = self.names.get(&ActorId(commit.actor)).map_or("another client", |name| name);
        let by = if call == NO_CALL { format!(", by {by}") } else { String::new() };
        self.push(*at, lane, what, describe_commit(commit) + &by, critical);
        if let Some(entry) = self.entries.last_mut() {
            entry.replica = replica;
        }
    }

    fn call_answered(&mut self, at: u64, call: CallId, end: CallEnd, critical: bool) {
        let Some(begun) = self.calls.get(&call) else { return };
        let (status, answer) = match end {
            CallEnd::Status(status) => (Some(status), status.to_string()),
            CallEnd::Broken => (None, "connection broken".to_owned()),
            CallEnd::Silent => (None, "never answered".to_owned()),
        };
        let (lane, text) = (begun.lane, format!("{} {}: {answer}", begun.verb, begun.object));
        self.believe(lane, call, status);
        self.push(at, lane, Happening::CallAnswered { call: u64::from(call.0), status }, text, critical);
    }
}

impl Narrator<'_> {
    /// Takes in the next event. If it is shown, `critical` says whether it is evidence.
    fn take_in(&mut self, at: u64, event: &Event, critical: Option<bool>) {
        if let Event::Committed(commit) = event {
            self.commits.push(Written { at, commit: commit.clone(), critical });
            return;
        }
        // The last writes before the end of a call's execution are its own, others are of a third party.
        let (call, own) = match event {
            Event::CallCommitted { call, writes, .. } => (*call, *writes),
            _ => (NO_CALL, 0),
        };
        self.resume(at);
        let others = self.commits.len().saturating_sub(own);
        for (index, written) in std::mem::take(&mut self.commits).into_iter().enumerate() {
            self.committed(if index < others { NO_CALL } else { call }, &written);
        }
        self.copy(event);
        if let Some(critical) = critical {
            self.describe(at, event, critical);
        }
    }

    /// Replicas whose pause is over by now have resumed, which is not an event.
    fn resume(&mut self, now: u64) {
        let over: Vec<(usize, u64)> =
            self.paused.iter().filter(|(_, until)| **until <= now).map(|(&l, &u)| (l, u)).collect();
        for (lane, until) in over {
            self.paused.remove(&lane);
            self.push(until, lane, Happening::Resume, "resumes".to_owned(), false);
        }
    }

    /// Follows the copies of objects, before [`Self::describe`] adds the event's own entry.
    fn copy(&mut self, event: &Event) {
        let entry = self.entries.len();
        let replica = |actor: &ActorId| {
            let lane = self.actors.get(actor).copied();
            lane.filter(|lane| (1..=self.replicas).contains(lane)).map(|lane| lane - 1)
        };
        match event {
            Event::CacheAdvanced { server, resource } => self.copies.advanced(server.0, *resource, entry),
            Event::WatchOpened { actor, resource, start, .. } => {
                if let Some(replica) = replica(actor) {
                    self.copies.opened(replica, *resource, start.after, entry);
                }
            }
            Event::WatchDelivered { actor, resource, line, .. } => {
                if let Some(replica) = replica(actor) {
                    self.copies.delivered(replica, *resource, line, entry);
                }
            }
            Event::Crashed { replica } => self.copies.forget(*replica, entry),
            _ => {}
        }
    }

    /// A replica knows of its own writes of a lease when their answers have come.
    fn believe(&mut self, lane: usize, call: CallId, status: Option<u16>) {
        let replica = (1..=self.replicas).contains(&lane);
        let Some(holds) = self.leases.remove(&call).filter(|_| replica && matches!(status, Some(200..=299))) else {
            return;
        };
        let now = self.entries.len();
        let open = self.beliefs.iter_mut().find(|belief| belief.lane == lane && belief.until.is_none());
        match (open, holds) {
            (None, true) => self.beliefs.push(Belief { lane, from: now, until: None }),
            (Some(belief), false) => belief.until = Some(now),
            _ => {}
        }
    }

    /// A replica that crashed believes nothing.
    fn forget(&mut self, lane: usize) {
        let now = self.entries.len();
        self.beliefs
            .iter_mut()
            .filter(|belief| belief.lane == lane)
            .for_each(|belief| _ = belief.until.get_or_insert(now));
    }
}

/// Name of an object's lane.
fn lane_name(commit: &Commit) -> String {
    format!("{} {}", commit.after["kind"].as_str().unwrap_or("object"), commit.name)
}

fn object_state(commit: &Commit) -> ObjectState {
    const OVER: [&str; 5] = ["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"];
    let object = &commit.after;
    if commit.change == Change::Deleted {
        return ObjectState::Gone;
    }
    let over = match object["kind"].as_str() {
        Some("Lease") => object["spec"]["holderIdentity"].as_str().is_none_or(str::is_empty),
        _ => OVER.contains(&object["status"]["overallPhase"].as_str().unwrap_or_default()),
    };
    if over { ObjectState::Idle } else { ObjectState::Live }
}

fn describe_commit(commit: &Commit) -> String {
    let object = &commit.after;
    let change = match commit.change {
        Change::Created => "created",
        Change::Modified => "changed",
        Change::Deleted => return "deleted".to_owned(),
    };
    let holder = &object["spec"]["holderIdentity"];
    let count = &object["status"]["deduplication"]["occurrenceCount"];
    let phase = object["status"]["overallPhase"].as_str().unwrap_or_default();
    match (holder, count) {
        (Value::String(holder), _) if holder.is_empty() => format!("{change}: free"),
        (Value::String(holder), _) => format!("{change}: held by {holder}"),
        (_, Value::Number(count)) => format!("{change}: count {count} {phase}").trim_end().to_owned(),
        _ => format!("{change} {phase}").trim_end().to_owned(),
    }
}
