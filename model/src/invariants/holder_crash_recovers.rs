//! `holder_crash_recovers`: a crashed holder blocks its fingerprint for a bounded time, whatever restarts meanwhile.
//!
//! A crash of a replica that holds a lock leaves an obligation. As long as a signal of that fingerprint waits, another
//! replica, or the same one after a restart, must proceed within the recovery time: count a signal of the fingerprint,
//! or acquire the lock. The time starts at the last of three events: the crash, the moment since which some replica has
//! always been ready, and the end of the faults, unless crashes are the only ones. For a signal sent after these, it
//! starts when the signal is sent. A restart does not start it anew.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Actor, Micros, Observation, SignalId},
    settings::Settings,
    state::{Acquisition, LockStep, Moment, State, Step},
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "holder_crash_recovers",
    "after a lock holder crashed, another replica proceeds within the recovery time, whatever restarts meanwhile",
    || Box::new(HolderCrashRecovers { orphaned: BTreeMap::new() }),
);

struct HolderCrashRecovers {
    /// Acquisitions of crashed replicas, by lease name.
    orphaned: BTreeMap<Arc<str>, Orphan>,
}

/// An acquisition that outlived its replica, and since when it has.
struct Orphan {
    acquisition: Acquisition,
    since: Moment,
}

/// One step with everything that a judgement needs.
struct Scene<'a> {
    step: &'a Step<'a>,
    state: &'a State,
    settings: &'a Settings,
}

impl Check for HolderCrashRecovers {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary) {
        let scene = Scene { step, state, settings };
        match step.observation {
            Observation::Crashed { .. } => self.replica_crashed(&scene),
            Observation::LeaseCommitted { lease, .. } => self.lock_changed(&lease.name, &scene, summary),
            Observation::RequestCommitted { actor, request, .. } if step.raised && !state.is_gone(*actor) => {
                self.counted(*actor, &request.fingerprint, &scene, summary);
            }
            Observation::Ended { .. } => {
                for (name, orphan) in std::mem::take(&mut self.orphaned) {
                    orphan.judge(&name, None, &scene, summary);
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

    fn lock_changed(&mut self, name: &Arc<str>, scene: &Scene<'_>, summary: &mut Summary) {
        let by = match &scene.step.lock {
            Some(LockStep::Acquired { by, .. }) => Some(by),
            Some(LockStep::Released(_) | LockStep::Taken(_) | LockStep::Stolen) => None,
            Some(LockStep::Unchanged) | None => return,
        };
        let orphan = self.orphaned.remove(name);
        let Some(by) = by else { return };
        if scene.state.is_gone(by.actor) {
            // A crashed replica's late write may acquire a lock as well. Then the wait begins anew.
            self.orphaned.insert(Arc::clone(name), Orphan { acquisition: by.clone(), since: scene.step.now });
        } else if let Some(orphan) = orphan {
            orphan.judge(name, Some(by.actor), scene, summary);
        }
    }

    fn counted(&mut self, by: Actor, fingerprint: &str, scene: &Scene<'_>, summary: &mut Summary) {
        self.orphaned.retain(|name, orphan| {
            let recovers = scene.state.locked_by(name).any(|(locked, _)| locked == fingerprint);
            if recovers {
                orphan.judge(name, Some(by), scene, summary);
            }
            !recovers
        });
    }
}

impl Orphan {
    /// Judges the obligation when an actor meets it (`by`), or when the run is over (`None`).
    fn judge(&self, lock: &str, by: Option<Actor>, scene: &Scene<'_>, summary: &mut Summary) {
        let Some((signal, sent)) = longest_waiting(lock, scene.state) else { return };
        let now = scene.step.now;
        let deadline = self.deadline(sent, scene);
        let late = deadline.filter(|&deadline| now.at > deadline);
        let Some(deadline) = late else {
            // In time, or even before the faults stopped. Without `by`, the run ended before the deadline.
            return if by.is_some() { summary.checked() } else { summary.undecided() };
        };
        summary.checked();
        summary.violate(now.at, || {
            let end = match by {
                Some(by) => format!("{} proceeded only at {}", display::Client(by), display::Seconds(now.at)),
                None => format!("no replica had proceeded when the run ended at {}", display::Seconds(now.at)),
            };
            let sentence = format!(
                "{} was gone at {} and left {lock} held, with {} waiting; another replica had until {}, but {end}.",
                display::Client(self.acquisition.actor),
                display::Seconds(self.since.at),
                display::Signal(signal),
                display::Seconds(deadline),
            );
            let evidence = vec![self.acquisition.since.index, self.since.index, sent.index, now.index];
            (display::sentence(&sentence), evidence)
        });
    }

    /// Latest time at which another replica must proceed; `None` during faults, and while no replica is ready.
    fn deadline(&self, sent: Moment, scene: &Scene<'_>) -> Option<Micros> {
        let calm = if scene.settings.crashes_only { 0 } else { scene.state.faults_stopped()?.at };
        let begin = self.since.at.max(calm).max(scene.state.served_since()?);
        Some(sent.at.max(begin) + scene.settings.recovery)
    }
}

/// Of the chains of signals of the lock's fingerprints, the one that waits longest.
fn longest_waiting(lock: &str, state: &State) -> Option<(SignalId, Moment)> {
    state.locked_by(lock).flat_map(|(_, facts)| state.waiting(&facts.firing)).min_by_key(|(_, sent)| *sent)
}
