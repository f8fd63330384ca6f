//! Replicas: processes of the host under test, their deliveries, crashes and restarts.
use super::world::{Delivery, Phase, Shared};
use crate::{
    choice::Label,
    clock::{HostClock, HostEntropy, Skew},
    event::{ActorId, DeliveryId, Event},
    faults::FaultKind,
    hosts::{Environment, Host, Process},
    run::ApiService,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::task::AbortHandle;

/// Wall clocks this wrong, at most: beyond it the freshness check of deliveries, not the protocol, is what is tested.
pub(crate) const OFFSETS_MS: &[i64] = &[0, 40_000, -40_000, 90_000, -50_000];

/// One replica: a name that stays, and processes that come and go.
pub(super) struct Replica {
    pub(super) process: Option<Box<dyn Process>>,
    pub(super) ready: bool,
    pub(super) incarnation: u16,
    pub(super) actor: Option<ActorId>,
    /// Requests that it is handling.
    pub(super) handling: BTreeMap<DeliveryId, AbortHandle>,
    skew: Skew,
    paused_until: Arc<AtomicU64>,
}

impl Replica {
    /// Whether a process runs.
    pub(super) fn up(&self) -> bool {
        self.process.is_some()
    }

    /// True time until which it stands still.
    pub(super) fn paused_until(&self) -> u64 {
        self.paused_until.load(Relaxed)
    }

    pub(super) fn pause_until(&self, until: u64) {
        self.paused_until.fetch_max(until, Relaxed);
    }
}

impl Shared {
    /// Adds a replica that has not started yet; its clock is as wrong as the faults allow.
    pub(super) fn add_replica(&self) {
        let mut world = self.lock();
        let rates = world.faults.rates_ppm;
        let skew = if world.faults.skew {
            Skew {
                offset_ms: OFFSETS_MS[world.choices.choose(OFFSETS_MS.len(), Label::ClockOffset)],
                rate_ppm: rates[world.choices.choose(rates.len(), Label::ClockRate)],
            }
        } else {
            Skew::default()
        };
        let index = world.replicas.len();
        world.replicas.push(Replica {
            process: None,
            ready: false,
            incarnation: 0,
            actor: None,
            handling: BTreeMap::new(),
            skew,
            paused_until: Arc::default(),
        });
        if skew != Skew::default() {
            world.deliver_fault(FaultKind::ClockSkew, None, Some(index));
        }
    }

    /// Starts a process of a replica.
    pub(super) fn start(&self, host: &dyn Host, index: usize) {
        let environment = {
            let mut world = self.lock();
            let name = format!("{}-{index}", host.name());
            let actor = world.add_actor(Some(index));
            let incarnation = world.replicas[index].incarnation;
            let seed = (world.entropy << 32) | (index as u64) << 16 | u64::from(incarnation);
            let replica = &mut world.replicas[index];
            replica.actor = Some(actor);
            let clock = HostClock::new(
                world.time.clone(),
                world.replicas[index].skew,
                world.replicas[index].paused_until.clone(),
            );
            world.emit(&Event::Started { replica: index, incarnation, actor });
            Environment {
                name,
                api: ApiService::new(self.clone(), actor),
                clock,
                entropy: Arc::new(HostEntropy::new(seed)),
            }
        };
        // Booting makes API calls, which take the lock.
        let process = host.boot(environment);
        self.lock().replicas[index].process = Some(process);
    }

    /// Notes which replicas have become ready; whether all are.
    pub(super) fn refresh_readiness(&self) -> bool {
        let mut world = self.lock();
        let mut all = true;
        for index in 0..world.replicas.len() {
            let replica = &mut world.replicas[index];
            if !replica.ready {
                replica.ready = replica.process.as_ref().is_some_and(|process| process.ready());
                if replica.ready {
                    world.emit(&Event::Ready { replica: index });
                } else {
                    all = false;
                }
            }
        }
        all
    }

    /// Gives a request to its replica, or breaks the connection when it is down.
    pub(super) fn arrive(&self, delivery: Delivery) {
        let Delivery { id, replica, request, sender } = delivery;
        let mut world = self.lock();
        let Some(process) = world.replicas[replica].process.as_ref() else {
            world.emit(&Event::DeliveryAnswered { delivery: id, replica, status: None });
            return;
        };
        let handling = process.call(request);
        world.emit(&Event::DeliveryArrived { delivery: id, replica });
        let shared = self.clone();
        let task = tokio::spawn(async move {
            let response = handling.await;
            let mut world = shared.lock();
            world.replicas[replica].handling.remove(&id);
            let status = Some(response.status().as_u16());
            world.emit(&Event::DeliveryAnswered { delivery: id, replica, status });
            // A sender that stopped waiting is no concern of the replica's.
            let _ = sender.send(response);
        });
        world.replicas[replica].handling.insert(id, task.abort_handle());
    }

    /// Stops a replica's process at once; what it had handed over may still take effect.
    pub(super) fn crash(&self, index: usize) -> bool {
        let mut world = self.lock();
        let replica = &mut world.replicas[index];
        let Some(process) = replica.process.take() else { return false };
        replica.ready = false;
        replica.incarnation += 1;
        let handling = std::mem::take(&mut replica.handling);
        let actor = replica.actor.take();
        for id in handling.keys() {
            world.emit(&Event::DeliveryAnswered { delivery: *id, replica: index, status: None });
        }
        if let Some(actor) = actor {
            world.actors[actor.0 as usize].gone = true;
            let (gone, streams) =
                std::mem::take(&mut world.streams).into_iter().partition(|stream| stream.actor == actor);
            world.streams = streams;
            let gone: Vec<_> = gone;
            gone.iter().for_each(|stream| world.api.close_watch(stream.watch));
            world.replies.retain(|reply| reply.actor != actor);
        }
        world.emit(&Event::Crashed { replica: index });
        world.deliver_fault(FaultKind::Crash, None, Some(index));
        drop(world);
        // Dropping a process runs its code: not under the lock.
        handling.values().for_each(AbortHandle::abort);
        drop(process);
        true
    }

    /// Lets the sender of one of the requests under way hang up; whether there was one.
    pub(super) fn disconnect(&self) -> bool {
        let mut world = self.lock();
        let under_way: Vec<(usize, DeliveryId)> = world
            .replicas
            .iter()
            .enumerate()
            .flat_map(|(index, replica)| replica.handling.keys().map(move |&id| (index, id)))
            .collect();
        if under_way.is_empty() {
            return false;
        }
        world.spent.disconnects += 1;
        let (replica, id) = under_way[world.choices.choose(under_way.len(), Label::Victim)];
        let task = world.replicas[replica].handling.remove(&id);
        world.emit(&Event::DeliveryAnswered { delivery: id, replica, status: None });
        world.deliver_fault(FaultKind::Disconnect, None, Some(replica));
        drop(world);
        if let Some(task) = task {
            task.abort();
        }
        true
    }

    /// Starts a crashed replica again after a while.
    pub(super) fn restart_later(&self, host: Arc<dyn Host>, index: usize, after: Duration) {
        let shared = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            shared.start(host.as_ref(), index);
            shared.pushed.notify_one();
        });
    }

    /// Ends exploration: no faults and no choices from here on.
    pub(super) fn settle(&self) {
        let mut world = self.lock();
        if world.phase == Phase::Explore {
            world.phase = Phase::Settle;
            world.emit(&Event::FaultsStopped);
        }
    }
}
