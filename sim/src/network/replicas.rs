//! Replicas: the hosts `gateway-N`, what may happen to them at random, and what the driver does to them between ticks.
use super::{
    client::ApiClient,
    listener::Listener,
    world::{Shared, World},
};
use crate::{
    choice::Label,
    clock::{HostClock, HostEntropy, Skew},
    direct::{OFFSETS_MS, PAUSES, Phase, RESTARTS, SERVER_FAULTS, WORLD_FAULTS},
    event::{ActorId, Event},
    faults::FaultKind,
    hosts::{Environment, Host, Process},
    run::ApiService,
};
use apiserver::ServerId;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// The port that replicas take deliveries on.
pub(super) const PORT: u16 = 8080;

/// API calls are when chance looks at the world; the direct transport looks at every step, of which a call has about four.
const STEPS_PER_CALL: u32 = 4;
/// How long after such a look something happens: before the call's answer, on its way, after it.
const MOMENTS: &[Duration] = &[
    Duration::ZERO,
    Duration::from_millis(1),
    Duration::from_millis(4),
    Duration::from_millis(12),
    Duration::from_millis(40),
];

/// What the driver is to do between two ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Stop a replica at once, and start it again after a while.
    Crash { replica: usize, restart: Duration },
    /// Let a replica stand still.
    Pause { replica: usize, duration: Duration },
    /// Let a sender hang up.
    Disconnect,
    /// End a stream.
    DropWatch,
    /// Forget history.
    Compact,
    /// Restart an API server.
    RestartServer(ServerId),
}

/// One replica: a name that stays, and processes that come and go.
pub(super) struct Replica {
    pub(super) ready: bool,
    /// True time, in microseconds, at which its next process starts.
    pub(super) restart_at: Option<u64>,
    /// Whether its links are held.
    pub(super) held: bool,
    process: Option<Box<dyn Process>>,
    incarnation: u16,
    actor: Option<ActorId>,
    skew: Skew,
    paused_until: Arc<AtomicU64>,
}

impl Replica {
    /// True time until which it stands still.
    pub(super) fn paused_until(&self) -> u64 {
        self.paused_until.load(Relaxed)
    }
}

/// The name of a replica's host on the network.
pub(super) fn name(replica: usize) -> String {
    format!("gateway-{replica}")
}

/// One process of a replica, until it crashes or the run ends.
pub(super) async fn run(shared: Shared, host: Arc<dyn Host>, replica: usize) -> turmoil::Result {
    // A task of its own, so that a panic ends this process and not the simulation.
    let process = tokio::spawn(async move {
        let listener = Listener::bind(shared.clone()).await?;
        let process = host.boot(shared.start(host.as_ref(), replica));
        let serving = process.serve(listener);
        shared.lock().replicas[replica].process = Some(process);
        serving.await;
        Ok::<(), std::io::Error>(())
    });
    if let Ok(ended) = process.await {
        ended?;
    }
    std::future::pending().await
}

impl Shared {
    fn start(&self, host: &dyn Host, index: usize) -> Environment {
        let api = ApiClient::new(self.clone());
        let mut world = self.lock();
        let actor = world.add_actor(Some(index));
        let entropy = world.entropy;
        let replica = &mut world.replicas[index];
        replica.actor = Some(actor);
        let incarnation = replica.incarnation;
        let (skew, paused_until) = (replica.skew, Arc::clone(&replica.paused_until));
        let seed = (entropy << 32) | (index as u64) << 16 | u64::from(incarnation);
        world.emit(&Event::Started { replica: index, incarnation, actor });
        Environment {
            name: format!("{}-{index}", host.name()),
            api: ApiService::over_network(api, actor),
            clock: HostClock::new(world.time.clone(), skew, paused_until),
            entropy: Arc::new(HostEntropy::new(seed)),
        }
    }
}

impl World {
    /// Adds a replica that has not started yet; its clock is as wrong as the faults allow.
    pub(super) fn add_replica(&mut self) {
        let mut skew = Skew::default();
        if self.faults.skew {
            skew.offset_ms = OFFSETS_MS[self.choices.choose(OFFSETS_MS.len(), Label::ClockOffset)];
            skew.rate_ppm = self.faults.rates_ppm[self.choices.choose(self.faults.rates_ppm.len(), Label::ClockRate)];
        }
        let index = self.replicas.len();
        self.replicas.push(Replica {
            ready: false,
            restart_at: None,
            held: false,
            process: None,
            incarnation: 0,
            actor: None,
            skew,
            paused_until: Arc::default(),
        });
        if skew != Skew::default() {
            self.deliver_fault(FaultKind::ClockSkew, None, Some(index));
        }
    }

    /// Notes which replicas have become ready; whether all are.
    pub(super) fn refresh_readiness(&mut self) -> bool {
        let mut all = true;
        for index in 0..self.replicas.len() {
            let replica = &mut self.replicas[index];
            if !replica.ready {
                replica.ready = replica.process.as_ref().is_some_and(|process| process.ready());
                if replica.ready {
                    self.emit(&Event::Ready { replica: index });
                } else {
                    all = false;
                }
            }
        }
        all
    }

    /// At some calls, something happens to the world soon.
    pub(super) fn world_fault(&mut self) {
        let chances = (self.faults.world * STEPS_PER_CALL).min(1_000);
        let picked = self.choices.rarely(chances, WORLD_FAULTS.len() + 1, Label::WorldFault);
        let Some(kind) = picked.checked_sub(1).and_then(|picked| WORLD_FAULTS.get(picked)) else { return };
        let Some(order) = self.order(*kind) else { return };
        let moment = MOMENTS[self.choices.choose(MOMENTS.len(), Label::Duration)];
        self.orders.push((self.time.micros() + moment.as_micros() as u64, order));
    }

    /// At some calls, something happens to an API server soon.
    pub(super) fn server_fault(&mut self) {
        let chances = (self.faults.servers * STEPS_PER_CALL).min(1_000);
        let picked = self.choices.rarely(chances, SERVER_FAULTS.len() + 1, Label::WorldFault);
        let Some(kind) = picked.checked_sub(1).and_then(|picked| SERVER_FAULTS.get(picked)) else { return };
        if self.spent.servers >= self.faults.servers_max {
            return;
        }
        self.spent.servers += 1;
        let order = match kind {
            FaultKind::WatchDrop => Order::DropWatch,
            _ => Order::RestartServer(ServerId(self.choices.choose(self.servers, Label::Server))),
        };
        let moment = MOMENTS[self.choices.choose(MOMENTS.len(), Label::Duration)];
        self.orders.push((self.time.micros() + moment.as_micros() as u64, order));
    }

    fn order(&mut self, kind: FaultKind) -> Option<Order> {
        let (spent, faults) = (&mut self.spent, self.faults);
        match kind {
            FaultKind::Crash if spent.crashes < faults.crashes_max => {
                let replica = self.victim()?;
                self.spent.crashes += 1;
                let restart = RESTARTS[self.choices.choose(RESTARTS.len(), Label::Duration)];
                Some(Order::Crash { replica, restart })
            }
            FaultKind::Pause if spent.pauses < faults.pauses_max => {
                let replica = self.victim()?;
                self.spent.pauses += 1;
                let duration = PAUSES[self.choices.choose(PAUSES.len(), Label::Duration)];
                Some(Order::Pause { replica, duration })
            }
            FaultKind::WatchDrop if spent.watches < faults.watches_max => {
                spent.watches += 1;
                Some(Order::DropWatch)
            }
            FaultKind::Compaction if spent.watches < faults.watches_max => {
                spent.watches += 1;
                Some(Order::Compact)
            }
            FaultKind::Disconnect if spent.disconnects < faults.disconnects_max => {
                spent.disconnects += 1;
                Some(Order::Disconnect)
            }
            _ => None,
        }
    }

    fn victim(&mut self) -> Option<usize> {
        let now = self.time.micros();
        let standing = |replica: &Replica| replica.process.is_some() && replica.paused_until() <= now;
        let up: Vec<usize> = (0..self.replicas.len()).filter(|&index| standing(&self.replicas[index])).collect();
        if up.is_empty() { None } else { Some(up[self.choices.choose(up.len(), Label::Victim)]) }
    }

    /// The orders that are due.
    pub(super) fn due_orders(&mut self) -> Vec<Order> {
        let now = self.time.micros();
        self.orders.extract_if(.., |(due, _)| *due <= now).map(|(_, order)| order).collect()
    }

    /// Notes that a replica's process is gone, and hands it over to be dropped; None when there was none.
    pub(super) fn crashed(&mut self, index: usize, restart: Duration) -> Option<Box<dyn Process>> {
        let restart_at = self.time.micros() + restart.as_micros() as u64;
        let replica = &mut self.replicas[index];
        let process = replica.process.take()?;
        replica.ready = false;
        replica.incarnation += 1;
        replica.restart_at = Some(restart_at);
        // Who kills a process that stands still does not wait for it; the next one does not stand still.
        replica.held = false;
        replica.paused_until = Arc::default();
        if let Some(actor) = replica.actor.take() {
            self.actors[actor.0 as usize].gone = true;
            for stream in self.streams.extract_if(.., |stream| stream.actor == actor) {
                self.api.close_watch(stream.watch);
            }
        }
        self.emit(&Event::Crashed { replica: index });
        self.deliver_fault(FaultKind::Crash, None, Some(index));
        Some(process)
    }

    /// Notes that a replica stands still.
    pub(super) fn paused(&mut self, index: usize, duration: Duration) {
        let until = self.time.micros() + duration.as_micros() as u64;
        let replica = &mut self.replicas[index];
        replica.paused_until.fetch_max(until, Relaxed);
        replica.held = true;
        self.emit(&Event::Paused { replica: index, until });
        self.deliver_fault(FaultKind::Pause, None, Some(index));
    }

    /// Takes all processes, at the end of a run.
    pub(super) fn take_processes(&mut self) -> Vec<Box<dyn Process>> {
        self.phase = Phase::Settle;
        self.replicas.iter_mut().filter_map(|replica| replica.process.take()).collect()
    }
}
