//! The driver: gets control exactly when every task is idle, and takes one step.
use super::{
    actions::Step,
    trigger::Trigger,
    world::{Phase, Shared, World},
};
use crate::{
    choice::{Choice, Choices},
    clock::EPOCH,
    event::Observer,
    faults::{Delivered, Faults},
    hosts::Host,
    run::{
        ControlPlane,
        cluster::{Cluster, OUTSIDER},
    },
    trace::{Detail, Trace},
};
use apiserver::{ApiServer, FixtureError, Registry};
use serde_json::Value;
use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    time::Duration,
};

/// True time that each step takes: the order of a call's latency in a real cluster.
const STEP: Duration = Duration::from_millis(1);
/// How many steps share one moving of the clock, which costs as much as a step.
const STEPS_PER_TICK: u32 = 4;
/// True time within which replicas must become ready.
const BOOT_LIMIT: Duration = Duration::from_secs(60);

/// What a run is set up with.
#[derive(Clone)]
pub struct Settings {
    /// The kinds that the API server serves.
    pub registry: Arc<Registry>,
    /// How many API servers stand over the store.
    pub servers: usize,
    /// How they are.
    pub control_plane: ControlPlane,
    /// How many replicas of the host run.
    pub replicas: usize,
    /// Objects that are there from the start.
    pub fixtures: Arc<Vec<Value>>,
    /// Whether writes record who owns which field: work that no host needs which neither reads managedFields nor applies.
    pub field_management: bool,
    /// The cluster as every run finds it, once the first has made it.
    pub past: Past,
    /// Whether garbage is collected and terminating namespaces are emptied. Over the direct transport only.
    pub controllers: bool,
    /// What may go wrong at random.
    pub faults: Faults,
    /// What goes wrong for certain.
    pub triggers: Vec<Trigger>,
    /// True time that the run goes on after the script has ended.
    pub tail: Duration,
    /// True time after which the script is given up.
    pub time_limit: Duration,
    /// Steps after which the run is given up.
    pub step_limit: u64,
    /// How much of the run is kept.
    pub detail: Detail,
}

/// A cluster with its fixtures, made once and forked for every run.
#[derive(Clone, Default)]
pub struct Past(Arc<Mutex<Option<ApiServer>>>);

impl Past {
    pub(crate) fn fork(&self, settings: &Settings) -> Result<ApiServer, FixtureError> {
        let mut past = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(api) = &*past {
            return Ok(api.fork());
        }
        let mut api = ApiServer::new(Arc::clone(&settings.registry), settings.servers, 0);
        api.set_auto_advance(true);
        api.set_controllers(settings.controllers);
        api.set_field_management(settings.field_management);
        api.apply_fixture(&settings.fixtures, EPOCH.parse().expect("EPOCH is a timestamp"))?;
        Ok(past.insert(api).fork())
    }
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The script ended and nothing is under way.
    Done,
    /// The script did not end in the time allowed.
    TimeLimit,
    /// Too many steps were taken.
    StepLimit,
}

/// A run that could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The fixtures are not valid.
    #[error("a fixture was refused: {0}")]
    Fixture(#[from] FixtureError),
    /// The replicas did not become ready.
    #[error("the replicas were not ready after {0:?} of simulated time")]
    NotReady(Duration),
    /// The runtime could not be built.
    #[error("no runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// The simulated network gave up.
    #[error("the simulated network stopped: {0}")]
    Network(String),
}

/// What a run was.
#[derive(Debug)]
pub struct Outcome {
    /// Why it ended.
    pub stop: Stop,
    /// The decisions that it consisted of.
    pub choices: Vec<Choice>,
    /// Where the decisions did not fit, if they were recorded ones.
    pub mismatch: Option<String>,
    /// Its trace.
    pub trace: Trace,
    /// What went wrong, and how often.
    pub delivered: Delivered,
    /// API calls that were made.
    pub api_calls: u64,
    /// Simulated time.
    pub simulated: Duration,
}

/// Wakes the driver when the runtime has nothing else to do.
#[derive(Default)]
struct Idle {
    waker: Mutex<Option<Waker>>,
    parked: AtomicBool,
}

impl Idle {
    fn park(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            self.parked.store(true, Relaxed);
            waker.wake();
        }
    }

    /// Completes when every other task is idle. Nothing else must be awaited meanwhile, or time would jump.
    async fn reached(&self) {
        std::future::poll_fn(|cx| {
            if self.parked.swap(false, Relaxed) {
                return Poll::Ready(());
            }
            *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Runs `script` in a world of its own, in the calling thread, until it has ended and nothing is under way.
///
/// # Errors
/// [`RunError`] when the run could not begin; what goes wrong afterwards is part of the [`Outcome`].
pub fn run<F, S>(
    settings: &Settings,
    host: Arc<dyn Host>,
    choices: Choices,
    observer: Box<dyn Observer>,
    script: S,
) -> Result<Outcome, RunError>
where
    S: FnOnce(Cluster) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let idle = Arc::new(Idle::default());
    let hook = Arc::clone(&idle);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .on_thread_park(move || hook.park())
        .build()?;
    runtime.block_on(async {
        let api = settings.past.fork(settings)?;
        let shared = Shared::new(World::new(settings, api, choices, observer));
        let stop = Driver { idle: &idle, shared: &shared, host, settings }.run(script).await?;
        Ok(finish(&shared, stop))
    })
}

fn finish(shared: &Shared, stop: Stop) -> Outcome {
    let mut world = shared.lock();
    let processes: Vec<_> = world.replicas.iter_mut().filter_map(|replica| replica.process.take()).collect();
    let trace = std::mem::replace(&mut world.trace, Trace::new(Detail::Chain));
    let choices = std::mem::replace(&mut world.choices, Choices::new(crate::choice::InOrder));
    let simulated = world.time.elapsed();
    let (delivered, api_calls) = (world.delivered.clone(), world.api_calls);
    drop(world);
    drop(processes);
    let (choices, mismatch) = choices.finish();
    Outcome { stop, choices, mismatch, trace, delivered, api_calls, simulated }
}

struct Driver<'a> {
    idle: &'a Idle,
    shared: &'a Shared,
    host: Arc<dyn Host>,
    settings: &'a Settings,
}

impl Driver<'_> {
    async fn run<F, S>(&self, script: S) -> Result<Stop, RunError>
    where
        S: FnOnce(Cluster) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        self.boot().await?;
        let (shared, script) = (self.shared.clone(), script(Cluster::new(self.shared.clone())));
        let script = tokio::spawn(async move {
            script.await;
            shared.lock().script_done = true;
            shared.pushed.notify_one();
        });
        let stop = self.explore().await;
        script.abort();
        self.shared.settle();
        if stop == Stop::Done { Ok(self.tail().await) } else { Ok(stop) }
    }

    async fn boot(&self) -> Result<(), RunError> {
        {
            let mut world = self.shared.lock();
            let outsider = world.add_actor(None);
            debug_assert_eq!(outsider, OUTSIDER);
            world.emit_commits();
        }
        for index in 0..self.settings.replicas {
            self.shared.add_replica();
            self.shared.start(self.host.as_ref(), index);
        }
        loop {
            self.idle.reached().await;
            self.deliver_lines();
            if self.shared.refresh_readiness() {
                break;
            }
            let waited = self.shared.lock().time.elapsed();
            if waited > BOOT_LIMIT {
                return Err(RunError::NotReady(BOOT_LIMIT));
            }
            self.wait(Duration::from_secs(1)).await;
        }
        let mut world = self.shared.lock();
        world.api.set_auto_advance(false);
        world.phase = Phase::Explore;
        Ok(())
    }

    /// While booting, streams deliver at once.
    fn deliver_lines(&self) {
        let mut world = self.shared.lock();
        while let Some(index) = (0..world.streams.len()).find(|&index| world.api.has_event(world.streams[index].watch))
        {
            world.stream_line(index);
        }
    }

    async fn explore(&self) -> Stop {
        loop {
            self.idle.reached().await;
            self.shared.refresh_readiness();
            let (done, steps, elapsed) = {
                let world = self.shared.lock();
                (world.script_done, world.steps, world.time.elapsed())
            };
            if done {
                return Stop::Done;
            }
            if steps > self.settings.step_limit {
                return Stop::StepLimit;
            }
            if elapsed > self.settings.time_limit {
                return Stop::TimeLimit;
            }
            self.one_step(self.settings.time_limit).await;
        }
    }

    /// Goes on until the tail is over and nothing is under way. It begins when the last replica that stands still goes on.
    async fn tail(&self) -> Stop {
        let (end, limit) = {
            let world = self.shared.lock();
            let pauses = world.replicas.iter().map(|replica| Duration::from_micros(replica.paused_until()));
            let begins = pauses.fold(world.time.elapsed(), Duration::max);
            (begins + self.settings.tail, world.steps + self.settings.step_limit)
        };
        loop {
            self.idle.reached().await;
            self.shared.refresh_readiness();
            let (steps, elapsed, late) = {
                let world = self.shared.lock();
                (world.steps, world.time.elapsed(), world.calls.iter().any(|call| call.not_before > 0))
            };
            if steps > limit {
                return Stop::StepLimit;
            }
            if elapsed >= end && !late {
                return Stop::Done;
            }
            self.one_step(end.max(elapsed + Duration::from_secs(1))).await;
        }
    }

    async fn one_step(&self, until: Duration) {
        let step = {
            let mut world = self.shared.lock();
            world.expire_streams();
            world.step()
        };
        match step {
            Step::Acted => {}
            Step::Arrive(delivery) => self.shared.arrive(*delivery),
            Step::Crash { replica, restart } => {
                if self.shared.crash(replica) {
                    self.shared.restart_later(Arc::clone(&self.host), replica, restart);
                }
            }
            Step::Disconnect => {
                self.shared.disconnect();
            }
            Step::Idle => {
                let release = self.shared.lock().next_release().map_or(until, Duration::from_micros);
                let elapsed = self.shared.lock().time.elapsed();
                self.wait(release.min(until).saturating_sub(elapsed) + STEP).await;
                return;
            }
        }
        if self.shared.lock().steps.is_multiple_of(u64::from(STEPS_PER_TICK)) {
            tokio::time::advance(STEP * STEPS_PER_TICK).await;
        }
    }

    /// Lets time jump until something is pushed, at most this long.
    async fn wait(&self, limit: Duration) {
        let mut pushed = std::pin::pin!(self.shared.pushed.notified());
        let mut sleep = std::pin::pin!(tokio::time::sleep(limit));
        std::future::poll_fn(|cx| {
            if pushed.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            sleep.as_mut().poll(cx)
        })
        .await;
    }
}
