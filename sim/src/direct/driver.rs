//! The driver: gets control exactly when every task is idle, and takes one step.
use super::{
    idle::Idle,
    pending::Todo,
    shared::{DirectRun, Shared},
};
use crate::{
    choice::{Choices, Flow},
    clock::{PausedClock, SimulatedTime},
    event::Observer,
    hosts::Host,
    run::{
        cluster::Cluster,
        execution::Line,
        settings::{BOOT_LIMIT, Outcome, RunError, Settings, Stop},
        state::RunState,
    },
};
use std::{future::Future, sync::Arc, task::Poll, time::Duration};

/// Simulated time that each step takes: the order of a call's latency in a real cluster.
const STEP: Duration = Duration::from_millis(1);
/// Number of steps that share one advance of the clock, which costs as much as a step.
const STEPS_PER_TICK: u32 = 4;

/// Runs `script` in a world of its own, in the calling thread, until it has ended and nothing is pending.
///
/// # Errors
/// [`RunError`] when the run could not begin. What goes wrong afterwards is part of the [`Outcome`].
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
    let (idle, clock) = (Arc::new(Idle::default()), Arc::new(PausedClock::default()));
    let (parking, unparked) = (Arc::clone(&idle), Arc::clone(&clock));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .on_thread_park(move || parking.park())
        .on_thread_unpark(move || unparked.read())
        .build()?;
    runtime.block_on(async {
        let api = settings.template.fork(settings)?;
        let time = SimulatedTime::start(Arc::clone(&clock));
        let state = RunState::new(settings, host.as_ref(), api, choices, observer, time);
        let shared = Shared::new(DirectRun::new(state));
        let stop = Driver { idle: &idle, clock: &clock, shared: &shared, host, settings }.run(script).await?;
        Ok(finish(&shared, stop))
    })
}

fn finish(shared: &Shared, stop: Stop) -> Outcome {
    let mut state = shared.lock();
    let processes = state.run.take_processes();
    let simulated = state.run.time.elapsed();
    let digest = state.state();
    let outside = state.run.digest.as_ref().map_or(0, |digest| digest.outside());
    let outcome = state.run.take_outcome(stop, simulated);
    drop(state);
    drop(processes);
    Outcome { state: digest, outside, ..outcome }
}

struct Driver<'a> {
    idle: &'a Idle,
    clock: &'a PausedClock,
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
            shared.lock().run.script_done = true;
            shared.added.notify_one();
        });
        let stop = self.explore().await;
        if stop == Stop::Known {
            script.abort();
            return Ok(stop);
        }
        script.abort();
        self.shared.lock().run.quiesce();
        if stop == Stop::Done { Ok(self.tail().await) } else { Ok(stop) }
    }

    async fn boot(&self) -> Result<(), RunError> {
        self.shared.lock().run.begin();
        for index in 0..self.settings.replicas {
            self.shared.lock().add_replica(self.host.as_ref());
            self.shared.start(self.host.as_ref(), index);
        }
        loop {
            self.idle.reached().await;
            self.send_lines();
            if self.shared.lock().run.refresh_readiness() {
                break;
            }
            if self.shared.lock().run.time.elapsed() > BOOT_LIMIT {
                return Err(RunError::NotReady(BOOT_LIMIT));
            }
            self.wait(Duration::from_secs(1)).await;
        }
        self.shared.lock().run.explore();
        Ok(())
    }

    /// While booting, streams deliver at once.
    fn send_lines(&self) {
        let run = &mut self.shared.lock().run;
        while let Some(index) = (0..run.streams.len()).find(|&index| run.api.has_event(run.streams[index].watch)) {
            let _: Line = run.send_line(index);
        }
    }

    async fn explore(&self) -> Stop {
        loop {
            self.idle.reached().await;
            let (done, steps, elapsed, progress) = {
                let mut state = self.shared.lock();
                state.run.refresh_readiness();
                (state.run.script_done, state.steps, state.run.time.elapsed(), state.run.progress.step())
            };
            if done {
                return Stop::Done;
            }
            if steps > self.settings.step_limit {
                return Stop::StepLimit;
            }
            if !progress {
                return Stop::NoProgress;
            }
            if elapsed > self.settings.time_limit {
                return Stop::TimeLimit;
            }
            if self.one_step(self.settings.time_limit).await == Flow::Stop {
                return Stop::Known;
            }
        }
    }

    /// Continues until the tail is over and nothing is pending. It begins when the last replica that is paused resumes.
    async fn tail(&self) -> Stop {
        let (end, limit) = {
            let state = self.shared.lock();
            (state.run.tail_begins() + self.settings.tail, state.steps + self.settings.step_limit)
        };
        loop {
            self.idle.reached().await;
            let (steps, elapsed, late) = {
                let mut state = self.shared.lock();
                state.run.refresh_readiness();
                let late = state.queues.calls.iter().any(|call| call.not_before > 0);
                (state.steps, state.run.time.elapsed(), late)
            };
            if steps > limit {
                return Stop::StepLimit;
            }
            if elapsed >= end && !late {
                return Stop::Done;
            }
            let _: Flow = self.one_step(end.max(elapsed + Duration::from_secs(1))).await;
        }
    }

    async fn one_step(&self, until: Duration) -> Flow {
        let todo = {
            let mut state = self.shared.lock();
            state.expire_streams();
            state.step()
        };
        match todo {
            Todo::Done => {}
            Todo::Stop => return Flow::Stop,
            Todo::Arrive(delivery) => self.shared.arrive(*delivery),
            Todo::Crash { replica, restart } => {
                if self.shared.crash(replica) {
                    self.shared.restart_later(Arc::clone(&self.host), replica, restart);
                }
            }
            Todo::Disconnect => self.shared.disconnect(),
            Todo::Wait => {
                let (release, elapsed) = {
                    let state = self.shared.lock();
                    (state.next_release().map_or(until, Duration::from_micros), state.run.time.elapsed())
                };
                self.wait(release.min(until).saturating_sub(elapsed) + STEP).await;
                return Flow::Continue;
            }
        }
        let moves = {
            let state = self.shared.lock();
            !state.still && state.steps.is_multiple_of(u64::from(STEPS_PER_TICK))
        };
        if moves {
            self.clock.advance(STEP * STEPS_PER_TICK).await;
        }
        Flow::Continue
    }

    /// Lets time jump until something is added, at most this long.
    async fn wait(&self, limit: Duration) {
        let mut added = std::pin::pin!(self.shared.added.notified());
        let mut sleep = std::pin::pin!(tokio::time::sleep(limit));
        std::future::poll_fn(|cx| {
            if added.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            sleep.as_mut().poll(cx)
        })
        .await;
    }
}
