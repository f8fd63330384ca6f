//! Lifecycle of replicas: how processes start, become ready, pause and crash.
use super::{actor::THIRD_PARTY, replica::Replica, state::RunState};
use crate::{
    choice::{Alternative, CLOCK_OFFSETS, Label},
    clock::{HostClock, HostEntropy, Skew},
    event::{ActorId, Event},
    faults::FaultKind,
    hosts::{Environment, Host, Process},
    service::ApiService,
};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

impl RunState {
    /// Adds the actor of fixtures, controllers and conflicting writes, and records the fixtures.
    pub(crate) fn begin(&mut self) {
        let third_party = self.add_actor(None);
        debug_assert_eq!(third_party, THIRD_PARTY);
        self.emit_commits();
    }

    /// Adds a replica that has not started yet. Its clock is as wrong as the faults allow.
    pub(crate) fn add_replica(&mut self, host: &dyn Host) {
        let mut skew = Skew::default();
        if self.faults.clock_skew {
            skew.offset_ms = self.choices.choose_from(&CLOCK_OFFSETS);
            let rates = self.faults.clock_rates_ppm;
            let name = |picked: usize| Alternative::PartsPerMillion(rates[picked]);
            skew.rate_ppm = rates[self.choices.choose(Label::ClockRate, rates.len(), name)];
        }
        let index = self.replicas.len();
        self.replicas.push(Replica::new(Arc::from(format!("{}-{index}", host.name())), skew));
        if skew != Skew::default() {
            self.deliver_fault(FaultKind::ClockSkew, None, Some(index));
        }
    }

    /// What a new process of a replica boots with. `api` makes its connection to the API servers.
    pub(crate) fn start_process(&mut self, index: usize, api: impl FnOnce(ActorId) -> ApiService) -> Environment {
        let actor = self.add_actor(Some(index));
        let replica = &mut self.replicas[index];
        replica.actor = Some(actor);
        let (incarnation, name) = (replica.incarnation, replica.name.to_string());
        let clock = HostClock::new(self.time.clone(), replica.skew, Arc::clone(&replica.paused_until))
            .stepped_by(Arc::clone(&replica.stepped_ms));
        let seed = (self.entropy << 32) | (index as u64) << 16 | u64::from(incarnation);
        self.emit(&Event::Started { replica: index, incarnation, actor });
        Environment { name, api: api(actor), clock, entropy: Arc::new(HostEntropy::new(seed)) }
    }

    /// Records which replicas have become ready; true if all are.
    pub(crate) fn refresh_readiness(&mut self) -> bool {
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

    /// Pauses a replica.
    pub(crate) fn pause(&mut self, index: usize, duration: Duration) {
        let until = self.time.micros() + duration.as_micros() as u64;
        self.replicas[index].paused_until.fetch_max(until, Relaxed);
        self.emit(&Event::Paused { replica: index, until });
        self.deliver_fault(FaultKind::Pause, None, Some(index));
    }

    /// Sets a replica's wall clock: it is wrong by this many milliseconds from now on.
    pub(crate) fn set_clock(&mut self, index: usize, offset_ms: i64) {
        self.replicas[index].set_clock(offset_ms);
        self.deliver_fault(FaultKind::ClockStep, None, Some(index));
    }

    /// Stops a replica's process, and hands it over to be dropped outside the lock; None if it was down.
    pub(crate) fn crash(&mut self, index: usize) -> Option<Crashed> {
        let replica = &mut self.replicas[index];
        let process = replica.process.take()?;
        replica.ready = false;
        replica.incarnation += 1;
        let actor = replica.actor.take();
        if let Some(actor) = actor {
            self.actors.get_mut(actor).gone = true;
            for stream in self.streams.extract_if(.., |stream| stream.actor == actor) {
                self.api.close_watch(stream.watch);
            }
        }
        self.emit(&Event::Crashed { replica: index });
        self.deliver_fault(FaultKind::Crash, None, Some(index));
        Some(Crashed { process, actor })
    }
}

/// A process that has crashed.
pub(crate) struct Crashed {
    /// The process. Dropping it runs its code, which must not happen under the lock.
    pub(crate) process: Box<dyn Process>,
    /// The actor that it was.
    pub(crate) actor: Option<ActorId>,
}
