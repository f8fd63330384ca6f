//! The state of one run: what is pending where, and the one lock around it.
use super::{actions::Action, driver::Settings, replicas::Replica, trigger::Trigger};
use crate::{
    choice::{Choices, Label},
    clock::TrueTime,
    event::{ActorId, CallEnd, CallId, DeliveryId, Event, Observer},
    faults::{Delivered, FaultKind, Faults},
    run::{
        ControlPlane, Intervention,
        control_plane::Known,
        service::{ApiFuture, CallResult},
    },
    trace::Trace,
};
use apiserver::{Answer, ApiServer, Request, ResourceId, ServerId, Task, WatchId};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool};
use tokio::sync::{Notify, mpsc, oneshot};

/// An API request that was handed over and is not executed yet.
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) actor: ActorId,
    pub(super) request: Request,
    pub(super) caller: Option<oneshot::Sender<CallResult>>,
    /// True time before which it is not executed.
    pub(super) not_before: u64,
    /// Whether a fault has decided its fate already.
    pub(super) settled: bool,
    /// What it is answered with, when its time has come, instead of being executed.
    pub(super) instead: Option<Answer>,
}

/// An answer under way to its caller.
pub(super) struct Reply {
    pub(super) id: CallId,
    pub(super) actor: ActorId,
    pub(super) caller: oneshot::Sender<CallResult>,
    pub(super) result: CallResult,
    pub(super) end: CallEnd,
    /// The watch that this answer opens.
    pub(super) opens: Option<Stream>,
}

/// An open watch.
pub(super) struct Stream {
    pub(super) watch: WatchId,
    pub(super) actor: ActorId,
    pub(super) resource: ResourceId,
    pub(super) lines: mpsc::UnboundedSender<Bytes>,
    /// True time at which the server ends it (timeoutSeconds).
    pub(super) until: u64,
    /// True time at which it tells a bookmark, until it has.
    pub(super) bookmark_at: Option<u64>,
}

/// An HTTP request under way to a replica.
pub(super) struct Delivery {
    pub(super) id: DeliveryId,
    pub(super) replica: usize,
    pub(super) request: http::Request<Bytes>,
    pub(super) sender: oneshot::Sender<http::Response<Bytes>>,
}

/// Who makes API requests.
pub(crate) struct Actor {
    /// The replica it is a process of.
    pub(crate) replica: Option<usize>,
    /// The API server that it talks to.
    pub(crate) server: ServerId,
    /// Its process is gone: nothing reaches it.
    pub(crate) gone: bool,
    /// No fault befalls its calls.
    pub(crate) spared: bool,
}

/// Which part of a run it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Replicas start: everything is answered at once, no choices.
    Boot,
    /// Choices and faults.
    Explore,
    /// No faults, everything in order, until nothing is under way.
    Settle,
}

/// Everything.
pub(crate) struct World {
    pub(super) api: ApiServer,
    pub(super) servers: usize,
    pub(super) control_plane: ControlPlane,
    pub(super) known: Known,
    pub(super) choices: Choices,
    pub(super) faults: Faults,
    pub(super) spent: Spent,
    pub(super) time: TrueTime,
    pub(super) phase: Phase,
    pub(super) calls: Vec<Call>,
    pub(super) replies: Vec<Reply>,
    pub(super) streams: Vec<Stream>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) replicas: Vec<Replica>,
    pub(super) actors: Vec<Actor>,
    pub(super) triggers: Vec<(Trigger, u32)>,
    /// Callers of calls that are never answered, kept so that they wait.
    pub(super) silent: Vec<oneshot::Sender<CallResult>>,
    pub(super) trace: Trace,
    pub(super) observer: Box<dyn Observer>,
    pub(super) delivered: Delivered,
    pub(super) api_calls: u64,
    pub(super) steps: u64,
    pub(super) script_done: bool,
    pub(super) enabled: Vec<Action>,
    /// What controllers could do, as [`Action::Control`] counts them.
    pub(super) tasks: Vec<Task>,
    /// What others may do at any step.
    pub(super) interventions: Vec<Box<dyn Intervention>>,
    next_call: u32,
    next_delivery: u32,
    pub(super) entropy: u64,
    /// Set while a call is executed that RBAC is to refuse.
    pub(super) forbids: Arc<AtomicBool>,
}

/// How many of the faults allowed in a run have happened.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    pub(crate) calls: u32,
    pub(crate) crashes: u32,
    pub(crate) pauses: u32,
    pub(crate) watches: u32,
    pub(crate) disconnects: u32,
    pub(crate) others: u32,
    pub(crate) servers: u32,
}

impl World {
    pub(super) fn new(
        settings: &Settings,
        mut api: ApiServer,
        mut choices: Choices,
        observer: Box<dyn Observer>,
    ) -> Self {
        let forbids = Arc::new(AtomicBool::new(false));
        api.set_authorizer(crate::run::wording::authorizer(Arc::clone(&forbids)));
        api.set_limits(settings.control_plane.limits);
        let entropy = choices.choose(1 << 16, Label::Entropy) as u64;
        Self {
            api,
            servers: settings.servers.max(1),
            control_plane: settings.control_plane,
            known: Known::new(settings.servers, &settings.control_plane, &settings.faults),
            choices,
            faults: settings.faults,
            spent: Spent::default(),
            time: TrueTime::start(),
            phase: Phase::Boot,
            calls: Vec::new(),
            replies: Vec::new(),
            streams: Vec::new(),
            deliveries: Vec::new(),
            replicas: Vec::new(),
            actors: Vec::new(),
            triggers: settings.triggers.iter().map(|&trigger| (trigger, 0)).collect(),
            silent: Vec::new(),
            trace: Trace::new(settings.detail),
            observer,
            delivered: Delivered::default(),
            api_calls: 0,
            steps: 0,
            script_done: false,
            enabled: Vec::new(),
            tasks: Vec::new(),
            interventions: Vec::new(),
            next_call: 0,
            next_delivery: 0,
            entropy,
            forbids,
        }
    }

    /// Records that something happened.
    pub(super) fn emit(&mut self, event: &Event) {
        let at = self.time.micros();
        self.trace.push(at, event);
        self.observer.event(at, event);
    }

    /// Records that a fault took effect.
    pub(super) fn deliver_fault(&mut self, kind: FaultKind, call: Option<CallId>, replica: Option<usize>) {
        self.delivered.count(kind);
        self.emit(&Event::Fault { kind, call, replica });
    }

    pub(super) fn add_actor(&mut self, replica: Option<usize>) -> ActorId {
        let server = ServerId(self.actors.len() % self.servers);
        self.actors.push(Actor { replica, server, gone: false, spared: false });
        ActorId(self.actors.len() as u32 - 1)
    }

    pub(super) fn actor(&self, id: ActorId) -> &Actor {
        &self.actors[id.0 as usize]
    }

    pub(super) fn next_delivery(&mut self) -> DeliveryId {
        self.next_delivery += 1;
        DeliveryId(self.next_delivery - 1)
    }

    fn hand_over(&mut self, actor: ActorId, request: Request) -> (Call, bool) {
        let id = CallId(self.next_call);
        self.next_call += 1;
        self.api_calls += 1;
        self.trace.body(&request.body);
        self.emit(&Event::CallSent {
            call: id,
            actor,
            method: request.method.clone(),
            target: Arc::from(request.target.as_str()),
        });
        let at_once = self.phase == Phase::Boot;
        (Call { id, actor, request, caller: None, not_before: 0, settled: at_once, instead: None }, at_once)
    }
}

/// The world behind its lock. Uncontended: a run has one thread; the lock is there because kube clients must be `Send`.
#[derive(Clone)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    /// Something was added that the driver may act on.
    pub(super) pushed: Arc<Notify>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)), pushed: Arc::new(Notify::new()) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one API request off a client's hands.
    pub(crate) fn call(&self, actor: ActorId, parts: http::request::Parts, body: Bytes) -> ApiFuture {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let request = Request { method: parts.method, target, headers: parts.headers, body };
        let mut world = self.lock();
        let (mut call, at_once) = world.hand_over(actor, request);
        if at_once {
            return ApiFuture::Ready(Some(world.answer_at_once(call)));
        }
        let (caller, answer) = oneshot::channel();
        call.caller = Some(caller);
        world.calls.push(call);
        drop(world);
        self.pushed.notify_one();
        ApiFuture::Waiting(answer)
    }
}
