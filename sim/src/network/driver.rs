//! The driver: builds the network, ticks it, and does between ticks what no host can do to itself.
use super::{
    api, processes,
    shared::{NetworkRun, Shared},
};
use crate::{
    choice::{Alternative, Choices, Label},
    clock::{EPOCH, SimulatedTime},
    event::Observer,
    hosts::Host,
    run::{
        cluster::Cluster,
        disruption::Disruption,
        settings::{BOOT_LIMIT, Outcome, RunError, Settings, Stop},
        state::RunState,
    },
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
/// At least a tick: what is sent within a tick arrives in a later one, so that a crash between ticks precedes the
/// answer.
const LATENCY_MIN: Duration = Duration::from_millis(1);
const LATENCY_MAX: Duration = Duration::from_millis(20);
/// Capacity for connections that wait to be accepted and segments that wait to be read. turmoil panics over more of the
/// first.
const TCP_CAPACITY: usize = 1_024;
/// Host that the script and its senders run on.
const SENDERS: &str = "senders";

/// Runs `script` in a world of its own, in the calling thread, until it has ended and nothing is pending.
///
/// # Errors
/// [`RunError`] when the run could not begin, or the network failed. What else goes wrong is part of the [`Outcome`].
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
    let seed = choices.choose(Label::Entropy, 1 << 16, |picked| Alternative::Number(picked as u32)) as u64;
    let between = Arc::new(AtomicU64::new(0));
    let api = settings.template.fork(settings)?;
    let time = SimulatedTime::of_network(Arc::clone(&between));
    let state = RunState::new(settings, host.as_ref(), api, choices, observer, time);
    let shared = Shared::new(NetworkRun::new(state));
    let sim = network(seed, settings);
    let mut driver = Driver { sim, shared: shared.clone(), between, settings, closing: VecDeque::new() };
    driver.boot(host)?;
    let stop = driver.play(script)?;
    let simulated = driver.sim.elapsed();
    let processes = shared.lock().run.take_processes();
    // Hosts first: their tasks still use the processes.
    drop(driver);
    drop(processes);
    let outcome = shared.lock().run.take_outcome(stop, simulated);
    Ok(outcome)
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

struct Driver<'a> {
    sim: turmoil::Sim<'static>,
    shared: Shared,
    between: Arc<AtomicU64>,
    settings: &'a Settings,
    /// Connections of dead processes, by their ends, whose last segments are not sent yet.
    closing: VecDeque<(SocketAddr, SocketAddr)>,
}

impl Driver<'_> {
    fn boot(&mut self, host: Arc<dyn Host>) -> Result<(), RunError> {
        self.shared.lock().run.begin();
        for server in (0..self.settings.servers.max(1)).map(ServerId) {
            let shared = self.shared.clone();
            self.sim.host(api::name(server), move || api::run(shared.clone(), server));
        }
        for replica in 0..self.settings.replicas {
            self.shared.lock().add_replica(host.as_ref());
            let name = self.shared.name(replica);
            let (shared, host) = (self.shared.clone(), Arc::clone(&host));
            self.sim.host(&*name, move || processes::run(shared.clone(), Arc::clone(&host), replica));
        }
        while !self.tick()? {
            if self.sim.elapsed() > BOOT_LIMIT {
                return Err(RunError::NotReady(BOOT_LIMIT));
            }
        }
        self.shared.lock().run.explore();
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
            shared.lock().run.script_done = true;
            Ok(())
        });
        let stop = self.explore()?;
        self.shared.lock().quiesce();
        if stop == Stop::Done { self.tail() } else { Ok(stop) }
    }

    fn explore(&mut self) -> Result<Stop, RunError> {
        loop {
            self.tick()?;
            let run = &self.shared.lock().run;
            if run.script_done {
                return Ok(Stop::Done);
            }
            if run.api_calls > self.settings.step_limit {
                return Ok(Stop::StepLimit);
            }
            if self.sim.elapsed() > self.settings.time_limit {
                return Ok(Stop::TimeLimit);
            }
        }
    }

    /// Continues until the tail is over and nothing is pending. It begins when the last replica that is paused resumes.
    fn tail(&mut self) -> Result<Stop, RunError> {
        let (end, limit) = {
            let run = &self.shared.lock().run;
            (run.tail_begins() + self.settings.tail, run.api_calls + self.settings.step_limit)
        };
        loop {
            self.tick()?;
            let state = self.shared.lock();
            if state.run.api_calls > limit {
                return Ok(Stop::StepLimit);
            }
            if self.sim.elapsed() >= end && state.queues.held_back == 0 {
                return Ok(Stop::Done);
            }
        }
    }

    /// Runs one tick, and what is due after it; true if all replicas are ready.
    fn tick(&mut self) -> Result<bool, RunError> {
        self.sim.step().map_err(|error| RunError::Network(error.to_string()))?;
        self.between.store(self.sim.elapsed().as_micros() as u64, Relaxed);
        if let Some(connection) = self.closing.pop_front() {
            self.sim.links(|links| deliver(links, connection));
        }
        let orders = self.shared.lock().due_orders();
        orders.into_iter().for_each(|order| self.obey(order));
        self.resume();
        Ok(self.shared.lock().run.refresh_readiness())
    }

    fn obey(&mut self, order: Disruption) {
        match order {
            Disruption::Crash { replica, restart } => {
                let process = self.shared.lock().crash(replica, restart);
                if let Some(process) = process {
                    self.crash(replica);
                    // Dropping a process runs its code: not under the lock.
                    drop(process);
                }
            }
            Disruption::Pause { replica, duration } => {
                self.shared.lock().pause(replica, duration);
                let name = self.shared.name(replica);
                self.peers().for_each(|peer| self.sim.hold(&*name, peer));
            }
            Disruption::Disconnect => self.shared.lock().disconnect(),
            Disruption::DropWatch => self.shared.lock().run.drop_watch(),
            Disruption::Compact => {
                let mut state = self.shared.lock();
                state.run.compact();
                state.send_lines();
            }
            Disruption::RestartServer(server) => {
                let mut state = self.shared.lock();
                state.run.restart_server(server);
                state.send_lines();
                // Its caches fill again.
                self.shared.behind[server.0].notify_one();
            }
        }
    }

    /// Stops a replica's host. A runtime drops its tasks in the order of their ids, which differ between runs and
    /// threads. So the segments that close their sockets are held, and sent in the order of the connections, one per
    /// tick.
    fn crash(&mut self, replica: usize) {
        let name = self.shared.name(replica);
        self.peers().for_each(|peer| self.sim.hold(&*name, peer));
        self.sim.crash(&*name);
        self.peers().for_each(|peer| self.sim.repair(&*name, peer));
        let address = self.sim.lookup(&*name);
        let mut connections = BTreeSet::new();
        self.sim.links(|links| {
            for link in links.filter(|link| link.pair().0 == address || link.pair().1 == address) {
                connections.extend(link.map(|segment| ends(segment.pair())));
            }
        });
        self.closing.extend(connections);
    }

    /// Starts replicas that are due to start again, and resumes those whose pause is over.
    fn resume(&mut self) {
        for replica in 0..self.settings.replicas {
            let (name, restarts, resumes) = {
                let NetworkRun { run, queues } = &mut *self.shared.lock();
                let (now, link) = (run.time.micros(), &mut queues.links[replica]);
                let restarts = link.restart_at.take_if(|at| *at <= now).is_some();
                let resumes = link.held && run.replicas[replica].paused_until() <= now;
                link.held &= !resumes;
                (Arc::clone(&run.replicas[replica].name), restarts, resumes)
            };
            if restarts {
                self.sim.bounce(&*name);
            }
            if resumes {
                self.peers().for_each(|peer| self.sim.release(&*name, peer));
            }
        }
    }

    /// Names of the hosts that replicas talk to.
    fn peers(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.settings.servers.max(1)).map(|server| api::name(ServerId(server))).chain([SENDERS.to_owned()])
    }
}

/// The ends of a connection, in an order that does not depend on which of them sends.
fn ends((from, to): (SocketAddr, SocketAddr)) -> (SocketAddr, SocketAddr) {
    if from < to { (from, to) } else { (to, from) }
}

fn deliver(links: turmoil::LinksIter<'_>, connection: (SocketAddr, SocketAddr)) {
    for segment in links.flatten().filter(|segment| ends(segment.pair()) == connection) {
        segment.deliver();
    }
}
