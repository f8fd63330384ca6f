//! The state of one run, and the one lock around it. Hosts share it beside the network, as an observer that sees everything:
//! programs reach it only through sockets.
use super::{
    delivery::UnderWay,
    replicas::{Order, Replica},
};
use crate::{
    choice::{Choices, Label},
    clock::TrueTime,
    direct::{Actor, Phase, Settings, Spent, Trigger},
    event::{ActorId, CallId, DeliveryId, Event, Observer},
    faults::{Delivered, FaultKind, Faults},
    run::{Balance, ControlPlane, control_plane::Known, service::CallResult},
    trace::Trace,
};
use apiserver::{ApiServer, ResourceId, ServerId, WatchId};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64},
    },
};
use tokio::sync::{Notify, mpsc, oneshot};

/// An open watch: the server's end of its body.
pub(super) struct Stream {
    pub(super) watch: WatchId,
    pub(super) actor: ActorId,
    pub(super) resource: ResourceId,
    pub(super) lines: mpsc::UnboundedSender<Bytes>,
}

/// Everything.
pub(super) struct World {
    pub(super) api: ApiServer,
    pub(super) servers: usize,
    pub(super) control_plane: ControlPlane,
    pub(super) known: Known,
    pub(super) choices: Choices,
    pub(super) faults: Faults,
    pub(super) spent: Spent,
    pub(super) time: TrueTime,
    pub(super) phase: Phase,
    pub(super) actors: Vec<Actor>,
    pub(super) replicas: Vec<Replica>,
    pub(super) streams: Vec<Stream>,
    /// Requests to replicas that are not answered yet.
    pub(super) deliveries: BTreeMap<DeliveryId, UnderWay>,
    /// The same by their sender's end of the connection.
    pub(super) connections: BTreeMap<SocketAddr, DeliveryId>,
    pub(super) triggers: Vec<(Trigger, u32)>,
    /// Calls that were handed over and are neither executed nor given up.
    pub(super) waiting: BTreeSet<CallId>,
    /// How many calls will be executed later.
    pub(super) held_back: usize,
    /// Callers of calls that are never answered, kept so that they wait.
    pub(super) silent: Vec<oneshot::Sender<CallResult>>,
    /// What the driver is to do, and from when on.
    pub(super) orders: Vec<(u64, Order)>,
    pub(super) trace: Trace,
    pub(super) observer: Box<dyn Observer>,
    pub(super) delivered: Delivered,
    pub(super) api_calls: u64,
    pub(super) script_done: bool,
    /// Set while a call is executed that RBAC is to refuse.
    pub(super) forbids: Arc<AtomicBool>,
    pub(super) entropy: u64,
    emitted_at: u64,
    next_call: u32,
    next_delivery: u32,
}

impl World {
    pub(super) fn new(
        settings: &Settings,
        mut api: ApiServer,
        mut choices: Choices,
        observer: Box<dyn Observer>,
        between: Arc<AtomicU64>,
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
            time: TrueTime::of_network(between),
            phase: Phase::Boot,
            actors: Vec::new(),
            replicas: Vec::new(),
            streams: Vec::new(),
            deliveries: BTreeMap::new(),
            connections: BTreeMap::new(),
            triggers: settings.triggers.iter().map(|&trigger| (trigger, 0)).collect(),
            waiting: BTreeSet::new(),
            held_back: 0,
            silent: Vec::new(),
            orders: Vec::new(),
            trace: Trace::new(settings.detail),
            observer,
            delivered: Delivered::default(),
            api_calls: 0,
            script_done: false,
            forbids,
            entropy,
            emitted_at: 0,
            next_call: 0,
            next_delivery: 0,
        }
    }

    /// Records that something happened.
    pub(super) fn emit(&mut self, event: &Event) {
        // Hosts take turns within a tick, each from its beginning: one may look back from the end of another's.
        self.emitted_at = self.emitted_at.max(self.time.micros());
        self.trace.push(self.emitted_at, event);
        self.observer.event(self.emitted_at, event);
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

    /// A program hands a call to the network; its number, and the server that it goes to.
    pub(super) fn hand_over(
        &mut self,
        actor: ActorId,
        method: &http::Method,
        target: &str,
        body: &[u8],
    ) -> (CallId, ServerId) {
        let call = CallId(self.next_call);
        self.next_call += 1;
        self.api_calls += 1;
        self.waiting.insert(call);
        self.trace.body(body);
        self.emit(&Event::CallSent { call, actor, method: method.clone(), target: Arc::from(target) });
        let server = match self.control_plane.balance {
            Balance::PerRequest if self.phase == Phase::Explore => {
                ServerId(self.choices.choose(self.servers, Label::Server))
            }
            _ => self.actor(actor).server,
        };
        (call, server)
    }

    /// Ends exploration: no faults and no choices from here on.
    pub(super) fn settle(&mut self) {
        if self.phase == Phase::Explore {
            self.phase = Phase::Settle;
            self.orders.clear();
            self.emit(&Event::FaultsStopped);
        }
    }
}

/// The world behind its lock. Uncontended: all hosts of a run take turns in one thread.
#[derive(Clone)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    /// Per API server: its caches may be behind.
    pub(super) behind: Arc<Vec<Notify>>,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        let behind = (0..world.servers).map(|_| Notify::new()).collect();
        Self { world: Arc::new(Mutex::new(world)), behind: Arc::new(behind) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
