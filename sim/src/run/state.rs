//! State of one run, whatever carries its messages.
use super::{
    actor::{Actor, Actors},
    api_faults,
    control_plane::ControlPlane,
    fault_rule::{ActiveRule, FaultRuleTemplate},
    progress::Progress,
    replica::Replica,
    seen_revisions::SeenRevisions,
    settings::{Outcome, Settings, Stop},
    stream::Stream,
    trigger::Triggers,
};
use crate::{
    choice::{Alternative, Choices, InOrder, Label, Needs},
    clock::SimulatedTime,
    digest::{StateDigest, mix},
    event::{ActorId, CallId, DeliveryId, Event, Observer},
    faults::{Delivered, Fault, Faults},
    hosts::{Host, Process},
    trace::{Detail, Trace},
};
use apiserver::ApiServer;
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

/// Phase of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Replicas start. Everything is answered at once, without choices.
    Boot,
    /// Choices and faults.
    Explore,
    /// No faults, everything in order, until nothing is pending.
    Quiesce,
}

/// Number of faults so far, of those that have a ceiling.
#[derive(Debug, Clone, Copy, Default, Hash)]
pub(crate) struct FaultsSoFar {
    pub(crate) calls: u32,
    pub(crate) crashes: u32,
    pub(crate) pauses: u32,
    pub(crate) watches: u32,
    pub(crate) disconnects: u32,
    pub(crate) interferences: u32,
    pub(crate) servers: u32,
}

impl FaultsSoFar {
    fn all(self) -> u32 {
        let Self { calls, crashes, pauses, watches, disconnects, interferences, servers } = self;
        calls + crashes + pauses + watches + disconnects + interferences + servers
    }
}

/// State of one simulated run, as far as both transports share it. Each keeps it behind its lock, beside its queues.
pub(crate) struct RunState {
    pub(crate) phase: Phase,
    pub(crate) time: SimulatedTime,
    pub(crate) script_done: bool,
    pub(crate) api: ApiServer,
    pub(crate) servers: usize,
    pub(crate) control_plane: ControlPlane,
    pub(crate) actors: Actors,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) seen: SeenRevisions,
    pub(crate) choices: Choices,
    pub(crate) faults: Faults,
    pub(crate) so_far: FaultsSoFar,
    pub(crate) rules: Vec<ActiveRule>,
    pub(crate) triggers: Triggers,
    /// Set while a call is executed that RBAC is to refuse.
    pub(crate) forbids: Arc<AtomicBool>,
    /// Seed of the replicas' random numbers.
    pub(crate) entropy: u64,
    pub(crate) api_calls: u64,
    /// Whether time moves only when nothing else can happen.
    pub(crate) still: bool,
    /// Digest of the state, if the source of choices wants one.
    pub(crate) digest: Option<Box<StateDigest>>,
    pub(crate) progress: Progress,
    delivered: Delivered,
    record: Record,
}

/// What a run leaves behind besides its choices.
struct Record {
    trace: Trace,
    observer: Box<dyn Observer>,
    /// Time of the last event. Hosts of a network take turns within a tick, so one may be behind another.
    last: u64,
    calls: u32,
    deliveries: u32,
}

impl RunState {
    /// State of a run that begins. Must be called inside the run's runtime, where it has one.
    pub(crate) fn new(
        settings: &Settings,
        host: &dyn Host,
        mut api: ApiServer,
        mut choices: Choices,
        observer: Box<dyn Observer>,
        time: SimulatedTime,
    ) -> Self {
        let forbids = Arc::new(AtomicBool::new(false));
        api.set_authorizer(api_faults::authorizer(Arc::clone(&forbids), host.user().to_owned()));
        api.set_limits(settings.control_plane.limits);
        let still = choices.pace();
        let digest = choices.needs();
        let digest = (digest >= Needs::States).then(|| Box::new(StateDigest::new(digest == Needs::Outputs)));
        let seed = |picked| Alternative::Number(picked as u32);
        let entropy = choices.choose(Label::Entropy, 1 << 16, seed) as u64;
        let trace = Trace::new(settings.detail);
        Self {
            phase: Phase::Boot,
            time,
            script_done: false,
            api,
            servers: settings.servers.max(1),
            control_plane: settings.control_plane,
            actors: Actors::default(),
            replicas: Vec::new(),
            streams: Vec::new(),
            seen: SeenRevisions::new(settings.servers, &settings.control_plane, &settings.faults),
            choices,
            faults: settings.faults,
            so_far: FaultsSoFar::default(),
            rules: settings.fault_rules.iter().map(FaultRuleTemplate::activate).collect(),
            triggers: Triggers::new(&settings.triggers),
            forbids,
            entropy,
            api_calls: 0,
            still,
            digest,
            progress: Progress::default(),
            delivered: Delivered::default(),
            record: Record { trace, observer, last: 0, calls: 0, deliveries: 0 },
        }
    }

    /// Whether replicas are starting.
    pub(crate) fn booting(&self) -> bool {
        self.phase == Phase::Boot
    }

    /// Whether choices and faults are explored now.
    pub(crate) fn exploring(&self) -> bool {
        self.phase == Phase::Explore
    }

    /// Begins exploration: caches lag from now on.
    pub(crate) fn explore(&mut self) {
        self.api.set_auto_advance(false);
        self.phase = Phase::Explore;
    }

    /// Ends exploration; false if it had not begun, or has ended.
    pub(crate) fn quiesce(&mut self) -> bool {
        let exploring = self.exploring();
        if exploring {
            self.phase = Phase::Quiesce;
            self.emit(&Event::FaultsStopped);
        }
        exploring
    }

    /// Records that something happened.
    pub(crate) fn emit(&mut self, event: &Event) {
        let Record { trace, observer, last, .. } = &mut self.record;
        *last = (*last).max(self.time.micros());
        trace.push(*last, event);
        if let Some(digest) = &mut self.digest {
            digest.event(*last, event);
        }
        observer.event(*last, event);
        self.progress.event(event);
        self.choices.see(event);
    }

    /// Adds what the script has chosen to its history.
    pub(crate) fn note_script(&mut self, what: impl std::hash::Hash) {
        if let Some(digest) = &mut self.digest {
            digest.script(mix(what));
        }
    }

    /// Adds something that no event says and that has consequences later.
    pub(crate) fn note_fact(&mut self, what: impl std::hash::Hash) {
        let at = self.time.micros();
        if let Some(digest) = &mut self.digest {
            digest.fact(at, what);
        }
    }

    /// The trace, for what is not an event.
    pub(crate) fn trace(&mut self) -> &mut Trace {
        &mut self.record.trace
    }

    /// Counts a fault that leaves no event.
    pub(crate) fn count_fault(&mut self, fault: impl Into<Fault>) {
        self.delivered.count(fault);
    }

    /// Records that a fault took effect.
    pub(crate) fn deliver_fault(&mut self, fault: impl Into<Fault>, call: Option<CallId>, replica: Option<usize>) {
        let fault = fault.into();
        self.delivered.count(fault);
        self.emit(&Event::Fault { fault, call, replica });
    }

    pub(crate) fn add_actor(&mut self, replica: Option<usize>) -> ActorId {
        self.actors.add(replica, self.servers)
    }

    pub(crate) fn actor(&self, id: ActorId) -> &Actor {
        self.actors.get(id)
    }

    /// Number of the next delivery.
    pub(crate) fn next_delivery(&mut self) -> DeliveryId {
        self.record.deliveries += 1;
        DeliveryId(self.record.deliveries - 1)
    }

    /// Records that a program sent an API request, and numbers it. Gives the hash of its content too, if there is a
    /// digest.
    pub(crate) fn call_sent(
        &mut self,
        actor: ActorId,
        method: &http::Method,
        target: &str,
        body: &[u8],
    ) -> (CallId, u64) {
        let call = CallId(self.record.calls);
        self.record.calls += 1;
        self.api_calls += 1;
        self.record.trace.body(body);
        let content = self.digest.as_mut().map_or(0, |digest| digest.send(actor, method, target, body));
        let (method, target, body) = (method.clone(), Arc::from(target), mix(body));
        self.emit(&Event::CallSent { call, actor, method, target, body });
        (call, content)
    }

    /// Simulated time at which the tail begins: when the last replica that is paused resumes.
    pub(crate) fn tail_begins(&self) -> Duration {
        let pauses = self.replicas.iter().map(|replica| Duration::from_micros(replica.paused_until()));
        pauses.fold(self.time.elapsed(), Duration::max)
    }

    /// Takes all processes, at the end of a run. Dropping one runs its code, which must not happen under the lock.
    pub(crate) fn take_processes(&mut self) -> Vec<Box<dyn Process>> {
        self.replicas.iter_mut().filter_map(|replica| replica.process.take()).collect()
    }

    /// Takes the result of the run.
    pub(crate) fn take_outcome(&mut self, stop: Stop, simulated: Duration) -> Outcome {
        let trace = std::mem::replace(&mut self.record.trace, Trace::new(Detail::Chain));
        let (choices, mismatch) = std::mem::replace(&mut self.choices, Choices::new(InOrder)).finish();
        let (delivered, api_calls) = (self.delivered.clone(), self.api_calls);
        let cycle = if stop == Stop::NoProgress { self.progress.cycle() } else { Vec::new() };
        let by_chance = self.so_far.all();
        Outcome {
            stop,
            choices,
            mismatch,
            trace,
            delivered,
            by_chance,
            api_calls,
            cycle,
            simulated,
            state: 0,
            outside: 0,
        }
    }
}
