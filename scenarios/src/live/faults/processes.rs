//! Faults of replicas: kills within bursts, pauses past a lease, rolling restarts.
use super::plan::{FaultPlan, KILL, PAUSE, TERMINATE};
use crate::live::{
    fleet::{Fleet, Replica, ReplicaError, Running},
    history::{Fact, Journal},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, OwnedMutexGuard},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// Time between two kills.
const KILLS_EVERY: Duration = Duration::from_millis(2_200);
/// Longest wait for the begin of a story, within which a kill strikes.
const STORY: Duration = Duration::from_secs(1);
/// Milliseconds from there to the kill: holders die after acquiring, after creating, after counting.
const KILL_AFTER: std::ops::Range<u64> = 5..160;
/// Longest time until a killed replica starts again.
const RESTART_AFTER: u64 = 800;
/// Time between the begins of two pauses.
const PAUSES_EVERY: Duration = Duration::from_secs(20);
/// Longer than a lease (30 s).
const PAUSE_LASTS: Duration = Duration::from_secs(33);
/// Time between two rolling restarts.
const ROLLS_EVERY: Duration = Duration::from_secs(75);
/// Longest time until a restarted replica is ready, before the next of a rolling restart ends.
const READY: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// Strikes until `stop` is set; all replicas run again when it returns. A pause under way is finished, unless the whole
/// run is `abandoned`.
///
/// # Errors
/// If a replica does not start again.
pub async fn strike(
    plan: &FaultPlan,
    fleet: &Arc<Fleet>,
    journal: &Journal,
    (stop, abandoned, begins): (&Arc<AtomicBool>, &Arc<AtomicBool>, &Arc<Notify>),
    seed: u64,
) -> Result<(), ReplicaError> {
    let mut strikers = JoinSet::new();
    let striker = || Striker {
        fleet: Arc::clone(fleet),
        journal: journal.clone(),
        stop: Arc::clone(stop),
        abandoned: Arc::clone(abandoned),
        begins: Arc::clone(begins),
        random: fastrand::Rng::with_seed(seed),
    };
    if plan.has(KILL) {
        strikers.spawn(striker().kills());
    }
    if plan.has(PAUSE) {
        strikers.spawn(striker().pauses());
    }
    if plan.has(TERMINATE) {
        strikers.spawn(striker().rolls());
    }
    let mut outcome = Ok(());
    while let Some(ended) = strikers.join_next().await {
        if let Ok(Err(error)) = ended {
            outcome = Err(error);
        }
    }
    outcome
}

/// Delivers one kind of fault.
struct Striker {
    fleet: Arc<Fleet>,
    journal: Journal,
    stop: Arc<AtomicBool>,
    abandoned: Arc<AtomicBool>,
    begins: Arc<Notify>,
    random: fastrand::Rng,
}

impl Striker {
    fn is_over(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// Waits until `at`; false if the faults are over before.
    async fn until(&self, at: Instant) -> bool {
        while !self.is_over() {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            sleep(left.min(POLL)).await;
        }
        false
    }

    /// Takes hold of a replica that no other fault has.
    fn hold_any(&mut self) -> Option<(Arc<Replica>, OwnedMutexGuard<Running>)> {
        let replicas = self.fleet.replicas();
        let first = self.random.usize(0..replicas.len());
        let mut in_turn = (0..replicas.len()).map(|more| &replicas[(first + more) % replicas.len()]);
        in_turn.find_map(|replica| Some((Arc::clone(replica), replica.try_hold()?)))
    }

    async fn kills(mut self) -> Result<(), ReplicaError> {
        let mut next = Instant::now() + KILLS_EVERY / 2;
        while self.until(next).await {
            next += KILLS_EVERY;
            let _ = timeout(STORY, self.begins.notified()).await;
            sleep(Duration::from_millis(self.random.u64(KILL_AFTER))).await;
            let Some((replica, mut running)) = self.hold_any() else { continue };
            let struck = replica.kill(&mut running);
            sleep(Duration::from_millis(self.random.u64(0..RESTART_AFTER))).await;
            replica.start(&mut running).await?;
            if struck {
                self.journal.fault(KILL);
            }
        }
        Ok(())
    }

    async fn pauses(mut self) -> Result<(), ReplicaError> {
        let (mut next, mut paused) = (Instant::now() + POLL, JoinSet::new());
        while self.until(next).await {
            // At least one replica keeps running.
            let most = self.fleet.replicas().len().saturating_sub(1).clamp(1, 2);
            while paused.try_join_next().is_some() {}
            let held = if paused.len() < most { self.hold_any() } else { None };
            let Some((replica, running)) = held else {
                next += POLL;
                continue;
            };
            next += PAUSES_EVERY;
            let (journal, abandoned) = (self.journal.clone(), Arc::clone(&self.abandoned));
            paused.spawn(async move {
                let (began, stopped) = (journal.now(), replica.pause(&running));
                let until = Instant::now() + PAUSE_LASTS;
                while Instant::now() < until && !abandoned.load(Relaxed) {
                    sleep(POLL).await;
                }
                if replica.resume(&running) && stopped && !abandoned.load(Relaxed) {
                    let at = journal.now();
                    journal.record(Fact::Continued { at, replica: replica.index(), paused: at - began });
                    journal.fault(PAUSE);
                }
            });
        }
        while paused.join_next().await.is_some() {}
        Ok(())
    }

    async fn rolls(self) -> Result<(), ReplicaError> {
        let mut next = Instant::now() + PAUSES_EVERY / 4;
        while self.until(next).await {
            next += ROLLS_EVERY;
            for replica in self.fleet.replicas() {
                // A replica that another fault has is restarted after that.
                let mut running = loop {
                    match replica.try_hold() {
                        Some(running) => break running,
                        None => sleep(POLL).await,
                    }
                };
                let ended_by_itself = replica.terminate(&mut running).await;
                replica.start(&mut running).await?;
                drop(running);
                if ended_by_itself {
                    self.journal.fault(TERMINATE);
                }
                let ready = async {
                    while !replica.is_ready() {
                        sleep(POLL).await;
                    }
                };
                let _ = timeout(READY, ready).await;
                if self.is_over() {
                    break;
                }
            }
        }
        Ok(())
    }
}
