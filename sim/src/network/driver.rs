//! The driver: builds the network, ticks it, and does between ticks what no host can do to itself.
use super::{
    api,
    replicas::{self, Order},
    world::{Shared, World},
};
use crate::{
    choice::{Choices, InOrder, Label},
    clock::EPOCH,
    direct::{Outcome, Phase, RunError, Settings, Stop},
    event::Observer,
    hosts::Host,
    run::cluster::{Cluster, OUTSIDER},
    trace::{Detail, Trace},
};
use apiserver::ServerId;
use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

const TICK: Duration = Duration::from_millis(1);
/// Never none: what is sent within a tick arrives in a later one, so that a crash between ticks comes before the answer.
const LATENCY_MIN: Duration = Duration::from_millis(1);
const LATENCY_MAX: Duration = Duration::from_millis(20);
/// Connections that wait to be accepted, and segments that wait to be read. turmoil panics over more of the first.
const TCP_CAPACITY: usize = 1_024;
/// True time within which replicas must become ready.
const BOOT_LIMIT: Duration = Duration::from_secs(60);
/// The host that the script and its senders run on.
const SENDERS: &str = "senders";

/// Runs `script` in a world of its own, in the calling thread, until it has ended and nothing is under way.
///
/// # Errors
/// [`RunError`] when the run could not begin, or the network gave up; what else goes wrong is part of the [`Outcome`].
pub fn run<F, S>(
    settings: &Settings,
    host: Arc<dyn Host>,
    mut choices: Choices,
    observer: Box<dyn Observer>,
    script: S,
) -> Result<Outcome, RunError>
where
    S: FnOnce(Cluster) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let seed = choices.choose(1 << 16, Label::Entropy) as u64;
    let between = Arc::new(AtomicU64::new(0));
    let api = settings.past.fork(settings)?;
    let shared = Shared::new(World::new(settings, api, choices, observer, Arc::clone(&between)));
    let sim = network(seed, settings);
    let mut driver = Driver { sim, shared: shared.clone(), between, settings, closing: VecDeque::new() };
    driver.boot(host)?;
    let stop = driver.play(script)?;
    let simulated = driver.sim.elapsed();
    let processes = shared.lock().take_processes();
    // Hosts first: their tasks are what still uses the processes.
    drop(driver);
    drop(processes);
    Ok(outcome(&shared, stop, simulated))
}

fn network(seed: u64, settings: &Settings) -> turmoil::Sim<'static> {
    let epoch: jiff::Timestamp = EPOCH.parse().expect("EPOCH is a timestamp");
    turmoil::Builder::new()
        .epoch(SystemTime::from(epoch))
        .rng_seed(seed)
        .enable_random_order()
        .tick_duration(TICK)
        .min_message_latency(LATENCY_MIN)
        .max_message_latency(LATENCY_MAX)
        .tcp_capacity(TCP_CAPACITY)
        // The driver has limits of its own.
        .simulation_duration((BOOT_LIMIT + settings.time_limit + settings.tail) * 2)
        .build()
}

fn outcome(shared: &Shared, stop: Stop, simulated: Duration) -> Outcome {
    let mut world = shared.lock();
    let trace = std::mem::replace(&mut world.trace, Trace::new(Detail::Chain));
    let (choices, mismatch) = std::mem::replace(&mut world.choices, Choices::new(InOrder)).finish();
    let (delivered, api_calls) = (world.delivered.clone(), world.api_calls);
    Outcome { stop, choices, mismatch, trace, delivered, api_calls, simulated }
}

struct Driver<'a> {
    sim: turmoil::Sim<'static>,
    shared: Shared,
    between: Arc<AtomicU64>,
    settings: &'a Settings,
    /// Connections of dead processes, by their ends, whose last segments are yet to be sent.
    closing: VecDeque<(SocketAddr, SocketAddr)>,
}

impl Driver<'_> {
    fn boot(&mut self, host: Arc<dyn Host>) -> Result<(), RunError> {
        {
            let mut world = self.shared.lock();
            let outsider = world.add_actor(None);
            debug_assert_eq!(outsider, OUTSIDER);
            world.emit_commits();
        }
        for server in (0..self.settings.servers.max(1)).map(ServerId) {
            let shared = self.shared.clone();
            self.sim.host(api::name(server), move || api::run(shared.clone(), server));
        }
        for replica in 0..self.settings.replicas {
            self.shared.lock().add_replica();
            let (shared, host) = (self.shared.clone(), Arc::clone(&host));
            let software = move || replicas::run(shared.clone(), Arc::clone(&host), replica);
            self.sim.host(replicas::name(replica), software);
        }
        while !self.tick()? {
            if self.sim.elapsed() > BOOT_LIMIT {
                return Err(RunError::NotReady(BOOT_LIMIT));
            }
        }
        let mut world = self.shared.lock();
        world.api.set_auto_advance(false);
        world.phase = Phase::Explore;
        Ok(())
    }

    fn play<F, S>(&mut self, script: S) -> Result<Stop, RunError>
    where
        S: FnOnce(Cluster) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let (shared, script) = (self.shared.clone(), script(Cluster::new(self.shared.clone())));
        self.sim.client(SENDERS, async move {
            script.await;
            shared.lock().script_done = true;
            Ok(())
        });
        let stop = self.explore()?;
        self.shared.lock().settle();
        if stop == Stop::Done { self.tail() } else { Ok(stop) }
    }

    fn explore(&mut self) -> Result<Stop, RunError> {
        loop {
            self.tick()?;
            let world = self.shared.lock();
            if world.script_done {
                return Ok(Stop::Done);
            }
            if world.api_calls > self.settings.step_limit {
                return Ok(Stop::StepLimit);
            }
            if self.sim.elapsed() > self.settings.time_limit {
                return Ok(Stop::TimeLimit);
            }
        }
    }

    /// Goes on until the tail is over and nothing is under way. It begins when the last replica that stands still goes on.
    fn tail(&mut self) -> Result<Stop, RunError> {
        let (end, limit) = {
            let world = self.shared.lock();
            let pauses = world.replicas.iter().map(|replica| Duration::from_micros(replica.paused_until()));
            let begins = pauses.fold(self.sim.elapsed(), Duration::max);
            (begins + self.settings.tail, world.api_calls + self.settings.step_limit)
        };
        loop {
            self.tick()?;
            let world = self.shared.lock();
            if world.api_calls > limit {
                return Ok(Stop::StepLimit);
            }
            if self.sim.elapsed() >= end && world.held_back == 0 {
                return Ok(Stop::Done);
            }
        }
    }

    /// One tick, and what is due after it; whether all replicas are ready.
    fn tick(&mut self) -> Result<bool, RunError> {
        self.sim.step().map_err(|error| RunError::Network(error.to_string()))?;
        self.between.store(self.sim.elapsed().as_micros() as u64, Relaxed);
        if let Some(connection) = self.closing.pop_front() {
            self.sim.links(|links| deliver(links, connection));
        }
        let orders = self.shared.lock().due_orders();
        orders.into_iter().for_each(|order| self.obey(order));
        self.resume();
        Ok(self.shared.lock().refresh_readiness())
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Crash { replica, restart } => {
                let process = self.shared.lock().crashed(replica, restart);
                if let Some(process) = process {
                    self.crash(replica);
                    // Dropping a process runs its code: not under the lock.
                    drop(process);
                }
            }
            Order::Pause { replica, duration } => {
                self.shared.lock().paused(replica, duration);
                self.peers().for_each(|peer| self.sim.hold(replicas::name(replica), peer));
            }
            Order::Disconnect => self.shared.lock().disconnect(),
            Order::DropWatch => self.shared.lock().drop_watch(),
            Order::Compact => self.shared.lock().compact(),
            Order::RestartServer(server) => {
                self.shared.lock().restart_server(server);
                // Its caches have yet to fill.
                self.shared.behind[server.0].notify_one();
            }
        }
    }

    /// Stops a replica's host. A runtime drops its tasks in the order of their ids, which count on from run to run and thread to
    /// thread: the segments that close their sockets are held as they come, and sent a connection a tick, in their order.
    fn crash(&mut self, replica: usize) {
        let name = replicas::name(replica);
        self.peers().for_each(|peer| self.sim.hold(name.as_str(), peer));
        self.sim.crash(name.as_str());
        self.peers().for_each(|peer| self.sim.repair(name.as_str(), peer));
        let address = self.sim.lookup(name.as_str());
        let mut connections = BTreeSet::new();
        self.sim.links(|links| {
            for link in links.filter(|link| link.pair().0 == address || link.pair().1 == address) {
                connections.extend(link.map(|segment| ends(segment.pair())));
            }
        });
        self.closing.extend(connections);
    }

    /// Starts what is to start again, and lets go on what has stood still for long enough.
    fn resume(&mut self) {
        for replica in 0..self.settings.replicas {
            let (restarts, goes_on) = {
                let mut world = self.shared.lock();
                let now = world.time.micros();
                let replica = &mut world.replicas[replica];
                let restarts = replica.restart_at.take_if(|at| *at <= now).is_some();
                let goes_on = replica.held && replica.paused_until() <= now;
                replica.held &= !goes_on;
                (restarts, goes_on)
            };
            if restarts {
                self.sim.bounce(replicas::name(replica));
            }
            if goes_on {
                self.peers().for_each(|peer| self.sim.release(replicas::name(replica), peer));
            }
        }
    }

    /// The hosts that replicas talk to.
    fn peers(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.settings.servers.max(1)).map(|server| api::name(ServerId(server))).chain([SENDERS.to_owned()])
    }
}

/// A connection's ends, whichever of them sends.
fn ends((from, to): (SocketAddr, SocketAddr)) -> (SocketAddr, SocketAddr) {
    if from < to { (from, to) } else { (to, from) }
}

fn deliver(links: turmoil::LinksIter<'_>, connection: (SocketAddr, SocketAddr)) {
    for segment in links.flatten().filter(|segment| ends(segment.pair()) == connection) {
        segment.deliver();
    }
}
