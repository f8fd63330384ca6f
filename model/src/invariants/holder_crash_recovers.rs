//! `holder_crash_recovers`: a dead holder stops nobody for longer than its lease.
//!
//! A crash of a replica that holds a lock leaves an obligation: as long as a signal of that fingerprint waits, another
//! replica, or another start of this one, proceeds (counts something for it, or acquires the lock) within lease duration plus
//! one retry period. The clock starts at the last of the crash, the end of the faults and the last replica's becoming ready,
//! since a replica measures a lease's silence from its own start; for a signal sent later, at its sending.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Actor, Micros, Observation, SignalId},
    settings::Settings,
    state::{Acquisition, LockStep, Moment, State, Step},
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "holder_crash_recovers",
    "after a lock holder crashed, another replica proceeds within lease duration plus one retry period",
    || Box::new(HolderCrashRecovers { orphaned: BTreeMap::new() }),
);

struct HolderCrashRecovers {
    /// By lease name.
    orphaned: BTreeMap<Arc<str>, Orphan>,
}

/// An acquisition that outlived its replica, and since when.
struct Orphan {
    acquisition: Acquisition,
    since: Moment,
}

/// One step, and what is known by then.
struct Scene<'a> {
    step: &'a Step<'a>,
    state: &'a State,
    settings: &'a Settings,
}

impl Check for HolderCrashRecovers {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, tally: &mut Tally) {
        let scene = Scene { step, state, settings };
        match step.observation {
            Observation::Crashed { .. } => self.replica_crashed(&scene),
            Observation::LeaseCommitted { lease, .. } => self.lock_changed(&lease.name, &scene, tally),
            Observation::RequestCommitted { actor, request, .. } if step.raised && !state.is_gone(*actor) => {
                self.counted(*actor, &request.fingerprint, &scene, tally);
            }
            Observation::Ended { .. } => {
                for (name, orphan) in std::mem::take(&mut self.orphaned) {
                    orphan.judge(&name, None, &scene, tally);
                }
            }
            _ => {}
        }
    }
}

impl HolderCrashRecovers {
    fn replica_crashed(&mut self, scene: &Scene<'_>) {
        let since = scene.step.now;
        for (name, lock) in scene.state.locks() {
            let dead = |held: &&Acquisition| scene.state.is_gone(held.actor);
            let Some(acquisition) = lock.acquisition.as_ref().filter(dead) else { continue };
            let expired = since.at.saturating_sub(acquisition.since.at) >= scene.settings.longest_hold();
            if lock.lease.is_some() && !expired {
                let orphan = || Orphan { acquisition: acquisition.clone(), since };
                self.orphaned.entry(Arc::clone(name)).or_insert_with(orphan);
            }
        }
    }

    fn lock_changed(&mut self, name: &Arc<str>, scene: &Scene<'_>, tally: &mut Tally) {
        let by = match &scene.step.lock {
            Some(LockStep::Acquired { by, .. }) => Some(by),
            Some(LockStep::Released(_) | LockStep::Taken(_)) => None,
            Some(LockStep::Unchanged) | None => return,
        };
        let orphan = self.orphaned.remove(name);
        let Some(by) = by else { return };
        if scene.state.is_gone(by.actor) {
            // A dead replica's write may acquire a lock as well, and then the wait begins anew.
            self.orphaned.insert(Arc::clone(name), Orphan { acquisition: by.clone(), since: scene.step.now });
        } else if let Some(orphan) = orphan {
            orphan.judge(name, Some(by.actor), scene, tally);
        }
    }

    fn counted(&mut self, by: Actor, fingerprint: &str, scene: &Scene<'_>, tally: &mut Tally) {
        self.orphaned.retain(|name, orphan| {
            let recovers = scene.state.locked_by(name).any(|(locked, _)| locked == fingerprint);
            if recovers {
                orphan.judge(name, Some(by), scene, tally);
            }
            !recovers
        });
    }
}

impl Orphan {
    /// Judges the obligation when it is met (`by` somebody), or when the run is over (by nobody).
    fn judge(&self, lock: &str, by: Option<Actor>, scene: &Scene<'_>, tally: &mut Tally) {
        let Some((signal, sent)) = longest_waiting(lock, scene.state) else { return };
        let now = scene.step.now;
        let deadline = self.deadline(sent, scene);
        let late = deadline.filter(|&deadline| now.at > deadline);
        let Some(deadline) = late else {
            // In time, or before the faults had stopped, which is earlier still; else the run ended too early to tell.
            return if by.is_some() { tally.checked() } else { tally.undecided() };
        };
        tally.checked();
        tally.violate(now.at, || {
            let end = match by {
                Some(by) => format!("{} proceeded only at {}", wording::Who(by), wording::Seconds(now.at)),
                None => format!("nobody had proceeded when the run ended at {}", wording::Seconds(now.at)),
            };
            let sentence = format!(
                "{} was gone at {} and left {lock} held, with {} waiting; another replica had until {}, but {end}.",
                wording::Who(self.acquisition.actor),
                wording::Seconds(self.since.at),
                wording::Signal(signal),
                wording::Seconds(deadline),
            );
            let evidence = vec![self.acquisition.since.index, self.since.index, sent.index, now.index];
            (wording::sentence(&sentence), evidence)
        });
    }

    /// `None` while faults go on.
    fn deadline(&self, sent: Moment, scene: &Scene<'_>) -> Option<Micros> {
        let begin = self.since.at.max(scene.state.faults_stopped()?).max(scene.state.last_ready().unwrap_or(0));
        Some(sent.at.max(begin + scene.settings.longest_hold()) + scene.settings.retry_period)
    }
}

/// The chain of signals of the lock's fingerprints that waits longest.
fn longest_waiting(lock: &str, state: &State) -> Option<(SignalId, Moment)> {
    state.locked_by(lock).flat_map(|(_, facts)| state.waiting(&facts.firing)).min_by_key(|(_, sent)| *sent)
}
