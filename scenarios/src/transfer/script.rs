//! The part of a history that a violation is about, as the script of a scenario and the order of its commits.
use crate::{
    generated::Generated,
    live::{
        history::{Call, Client, Fact, History},
        judge::observations,
    },
    scenario::ClusterShape,
    workload::{Act, Payload, Retry, Route},
};
use model::{
    observation::{Actor, Change, Micros, Observation, SignalId},
    oracle::Violation,
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// Payload of every delivery: on the simulated side there is one fingerprint.
const WHAT: Payload = Payload::Deployment;
/// The longest time without an event that is played.
const LONGEST_WAIT: Micros = 120_000_000;

/// A violation cannot be transferred.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The evidence is not about one fingerprint.
    #[error("`{0}` is not about a fingerprint: only violations about one are tried on the simulated side")]
    NoFingerprint(String),
    /// The gateways' calls are not in the history.
    #[error("the history does not say which gateway wrote what: only local replicas' failures are tried")]
    NoWriters,
}

/// A write of a replica: its start, counted from the first in the script, and the call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Write {
    /// Index of the replica.
    pub replica: u8,
    /// Number of starts since the script begins.
    pub start: u16,
    /// Verb and resource, as in `create leases`.
    pub call: String,
}

/// Deliveries and writes that a violation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Fingerprint in the history.
    pub fingerprint: Arc<str>,
    /// The scenario.
    pub generated: Generated,
    /// Writes of the replicas in the order of their commits.
    pub writes: Vec<Write>,
    /// What of the history is not in the scenario, in words.
    pub left_out: Vec<String>,
}

impl Script {
    /// Takes the script of a violation out of its history.
    ///
    /// # Errors
    /// If the history lacks what is needed.
    pub fn of(history: &History, violation: &Violation) -> Result<Self, ScriptError> {
        if !history.header.proxied {
            return Err(ScriptError::NoWriters);
        }
        let all = observations(history);
        let fingerprint = fingerprint(&all, &violation.evidence)
            .ok_or_else(|| ScriptError::NoFingerprint(violation.invariant.to_owned()))?;
        let first = violation.evidence.first().copied().unwrap_or(0);
        let begin = rest_before(&all, &fingerprint, first);
        let end = violation.evidence.last().map_or(all.len(), |last| last + 1);
        let slice = &all[begin..end];
        let mut player = Player::new(history, &fingerprint, slice);
        slice.iter().for_each(|observation| player.see(observation));
        let Player { acts, writes, .. } = player;
        let cluster = ClusterShape { replicas: history.header.replicas, servers: 1, ..ClusterShape::USUAL };
        let generated = Generated { cluster, acts, faults: "none".to_owned() };
        let span = (slice.first().map_or(0, Observation::at), slice.last().map_or(0, Observation::at));
        Ok(Self { left_out: left_out(history, span), fingerprint, generated, writes })
    }
}

/// The fingerprint that observations are about.
fn fingerprint(all: &[Observation], evidence: &[usize]) -> Option<Arc<str>> {
    let signals: BTreeMap<SignalId, &Arc<str>> = all
        .iter()
        .filter_map(|observation| match observation {
            Observation::SignalSent { signal, fingerprint, .. } => Some((*signal, fingerprint)),
            _ => None,
        })
        .collect();
    evidence.iter().filter_map(|at| all.get(*at)).find_map(|observation| match observation {
        Observation::SignalSent { fingerprint, .. } => Some(Arc::clone(fingerprint)),
        Observation::SignalAnswered { signal, .. } => signals.get(signal).map(|found| Arc::clone(found)),
        Observation::RequestCommitted { request, .. } => Some(Arc::clone(&request.fingerprint)),
        Observation::LeaseCommitted { lease, .. } => {
            let digits = lease.name.strip_prefix("gw-lock-")?;
            signals.values().find(|found| found.starts_with(digits)).map(|found| Arc::clone(found))
        }
        _ => None,
    })
}

/// The last signal of the fingerprint, at or before `until`, that found it at rest: without an open delivery and
/// without an active request.
fn rest_before(all: &[Observation], fingerprint: &str, until: usize) -> usize {
    let (mut open, mut active) = (BTreeSet::new(), BTreeSet::new());
    let mut begin = 0;
    for (at, observation) in all.iter().enumerate().take(until + 1) {
        match observation {
            Observation::SignalSent { signal, fingerprint: of, .. } if **of == *fingerprint => {
                if open.is_empty() && active.is_empty() {
                    begin = at;
                }
                open.insert(*signal);
            }
            Observation::SignalAnswered { signal, .. } => _ = open.remove(signal),
            Observation::RequestCommitted { change, request, .. } if *request.fingerprint == *fingerprint => {
                let ended = *change == Change::Deleted || crate::objects::is_terminal(&request.phase);
                if ended { _ = active.remove(&request.name) } else { _ = active.insert(Arc::clone(&request.name)) }
            }
            _ => {}
        }
    }
    begin
}

/// Turns observations into acts and writes.
struct Player<'a> {
    fingerprint: &'a str,
    to: BTreeMap<SignalId, u8>,
    calls: BTreeMap<u64, &'a Call>,
    /// First start of each replica in the script.
    starts: BTreeMap<u8, u16>,
    phases: BTreeMap<Arc<str>, Arc<str>>,
    ready: Vec<(Micros, u8)>,
    /// Pauses that are still to begin, the latest first: begin, replica, length.
    pauses: Vec<(Micros, u8, Micros)>,
    open: BTreeSet<SignalId>,
    at: Micros,
    acts: Vec<Act>,
    writes: Vec<Write>,
}

impl<'a> Player<'a> {
    fn new(history: &'a History, fingerprint: &'a str, slice: &[Observation]) -> Self {
        let mut player = Self {
            fingerprint,
            to: BTreeMap::new(),
            calls: BTreeMap::new(),
            starts: BTreeMap::new(),
            phases: BTreeMap::new(),
            ready: Vec::new(),
            pauses: Vec::new(),
            open: BTreeSet::new(),
            at: slice.first().map_or(0, Observation::at),
            acts: Vec::new(),
            writes: Vec::new(),
        };
        for fact in &history.facts {
            match fact {
                Fact::Sent { signal, to: Some(to), .. } => _ = player.to.insert(*signal, *to),
                Fact::Called(call) => {
                    if let Some(revision) = call.revision {
                        player.calls.entry(revision).or_insert(call);
                    }
                }
                Fact::Ready { at, replica } => player.ready.push((*at, *replica)),
                Fact::Continued { at, replica, paused } if *at >= player.at => {
                    player.pauses.push((at.saturating_sub(*paused), *replica, *paused));
                }
                _ => {}
            }
        }
        player.pauses.sort_unstable_by(|one, other| other.cmp(one));
        player
    }

    fn see(&mut self, observation: &Observation) {
        while let Some((begin, replica, length)) = self.pauses.pop_if(|(begin, ..)| *begin <= observation.at()) {
            self.pass_until(begin);
            let duration = Duration::from_micros((begin + length).saturating_sub(self.at));
            self.acts.push(Act::Pause { replica: replica.into(), duration });
        }
        match observation {
            Observation::SignalSent { at, signal, fingerprint, .. } if **fingerprint == *self.fingerprint => {
                self.pass_until(*at);
                self.open.insert(*signal);
                self.deliver(*signal);
            }
            Observation::SignalAnswered { signal, .. } => _ = self.open.remove(signal),
            Observation::RequestCommitted { at, revision, actor, request, .. }
                if *request.fingerprint == *self.fingerprint =>
            {
                let before = self.phases.insert(Arc::clone(&request.name), Arc::clone(&request.phase));
                if *actor == Actor::Orchestrator && before.as_deref() != Some(&*request.phase) {
                    self.orchestrate(*at, &request.phase);
                }
                self.wrote(*revision, *actor);
            }
            Observation::LeaseCommitted { revision, actor, lease, .. }
                if lease.name.strip_prefix("gw-lock-").is_some_and(|digits| self.fingerprint.starts_with(digits)) =>
            {
                self.wrote(*revision, *actor);
            }
            Observation::Crashed { at, index } => self.crash(*at, *index),
            _ => {}
        }
    }

    /// Lets time pass, unless a delivery is open: those overlap.
    fn pass_until(&mut self, at: Micros) {
        let gap = at.saturating_sub(self.at);
        self.at = self.at.max(at);
        if self.open.is_empty() && gap >= 1_000 && !self.acts.is_empty() {
            self.acts.push(Act::AwaitAnswers);
            self.acts.push(Act::Wait(Duration::from_millis(gap.min(LONGEST_WAIT) / 1_000)));
        }
    }

    fn deliver(&mut self, signal: SignalId) {
        let route = self.to.get(&signal).map_or(Route::RoundRobin, |to| Route::Replica((*to).into()));
        if let Some(Act::Deliver { copies, to, .. }) = self.acts.last_mut()
            && *to == route
        {
            *copies += 1;
            return;
        }
        // Each repetition is a signal of its own in the history.
        self.acts.push(Act::Deliver { what: WHAT, copies: 1, to: route, retry: Retry::Never });
    }

    fn orchestrate(&mut self, at: Micros, phase: &str) {
        self.pass_until(at);
        let phase: Cow<'static, str> = phase.to_owned().into();
        self.acts.push(match self.open.is_empty() {
            true => Act::Orchestrate { of: WHAT, phase },
            false => Act::OrchestrateMeanwhile { of: WHAT, phases: vec![phase].into() },
        });
    }

    fn crash(&mut self, at: Micros, index: u8) {
        let again = self.ready.iter().find(|(ready, replica)| *replica == index && *ready > at);
        let restart = again.map_or(Duration::from_secs(1), |(ready, _)| Duration::from_micros(ready - at));
        self.acts.push(Act::CrashEvery {
            replica: Some(index.into()),
            every: Duration::from_millis(1),
            restart,
            times: 1,
        });
    }

    fn wrote(&mut self, revision: u64, actor: Actor) {
        let Actor::Replica { index, incarnation } = actor else { return };
        let first = *self.starts.entry(index).or_insert(incarnation);
        let Some(Call { method, resource, by: Client::Replica { .. }, .. }) = self.calls.get(&revision) else { return };
        let verb = match &**method {
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            _ => "delete",
        };
        let call = format!("{verb} {resource}");
        self.writes.push(Write { replica: index, start: incarnation.saturating_sub(first), call });
    }
}

/// What happened between two moments that the scenario does not have.
fn left_out(history: &History, (from, to): (Micros, Micros)) -> Vec<String> {
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    for fact in &history.facts {
        if let Fact::Fault { at, name } = fact
            && (from..=to).contains(at)
            && !matches!(&**name, "kill" | "pause")
        {
            *faults.entry(name).or_default() += 1;
        }
    }
    let mut left_out: Vec<String> = faults.into_iter().map(|(name, count)| format!("{count} × {name}")).collect();
    left_out.push("the moments of reads, and what the caches of the API server showed".to_owned());
    left_out
}
