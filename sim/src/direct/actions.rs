//! Actions: what may happen next, and letting it happen.
//!
//! In their natural order (choice 0 is the first): answers reach their callers, streams deliver, caches follow the store,
//! requests are executed oldest first, deliveries arrive, controllers act.
use super::{
    calls::Aftermath,
    world::{Delivery, Phase, World},
};
use crate::{
    choice::Label,
    event::{ActorId, Event},
    faults::FaultKind,
    run::{Glimpse, Intervention, cluster::OUTSIDER},
};
use apiserver::{Request, ResourceId, ServerId, WatchItem};
use std::time::Duration;

/// Something that may happen next. Indexes are into the world's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Reply(usize),
    Line(usize),
    Cache(ServerId, ResourceId),
    Commit(usize),
    Arrive(usize),
    /// A controller of the cluster does one thing.
    Control(usize),
}

/// What the driver must do once the world is unlocked.
pub(super) enum Step {
    /// Done.
    Acted,
    /// Nothing is enabled.
    Idle,
    /// Give this request to its replica.
    Arrive(Box<Delivery>),
    /// Stop this replica at once.
    Crash { replica: usize, restart: Duration },
    /// Hang up on one of a replica's deliveries.
    Disconnect,
}

/// What may happen to API servers at any step (0 is: nothing).
pub(crate) const SERVER_FAULTS: &[FaultKind] = &[FaultKind::WatchDrop, FaultKind::ServerRestart];
/// What may happen to the world at any step, in the order of the choice (0 is: nothing).
pub const WORLD_FAULTS: &[FaultKind] =
    &[FaultKind::Crash, FaultKind::Pause, FaultKind::WatchDrop, FaultKind::Compaction, FaultKind::Disconnect];
/// After how long a crashed replica starts again: at once, within a lease's life, after it.
pub const RESTARTS: &[Duration] = &[Duration::from_millis(500), Duration::from_secs(5), Duration::from_secs(40)];
/// How long a replica stands still: within a call's deadline, past it, past a lease's life, past any request's.
pub const PAUSES: &[Duration] =
    &[Duration::from_secs(1), Duration::from_secs(8), Duration::from_secs(33), Duration::from_secs(70)];

impl World {
    /// Takes one step.
    pub(super) fn step(&mut self) -> Step {
        let now = self.time.micros();
        // The list is taken from the world and put back: it is made at every step.
        let mut enabled = std::mem::take(&mut self.enabled);
        enabled.clear();
        if self.api.has_controllers() {
            self.tasks = self.api.controller_tasks(self.time.now());
        }
        self.list_enabled(now, &mut enabled);
        let step = self.step_of(now, &enabled);
        self.enabled = enabled;
        step
    }

    fn step_of(&mut self, now: u64, enabled: &[Action]) -> Step {
        if enabled.is_empty() {
            return Step::Idle;
        }
        self.steps += 1;
        if self.phase == Phase::Explore
            && let Some(step) = self.world_fault(now).or_else(|| self.server_fault())
        {
            return step;
        }
        if self.phase == Phase::Explore && self.spent.others < self.faults.others_max && self.intervene() {
            return Step::Acted;
        }
        let picked = match self.phase {
            Phase::Explore if self.faults.reorder => self.choices.choose(enabled.len(), Label::Next),
            _ => 0,
        };
        self.count_disorder(enabled, picked);
        self.act(enabled[picked])
    }

    fn list_enabled(&self, now: u64, enabled: &mut Vec<Action>) {
        let awake = |replica: Option<usize>| replica.is_none_or(|replica| self.replicas[replica].paused_until() <= now);
        for (index, reply) in self.replies.iter().enumerate() {
            if awake(self.actor(reply.actor).replica) {
                enabled.push(Action::Reply(index));
            }
        }
        for (index, stream) in self.streams.iter().enumerate() {
            if self.api.has_event(stream.watch) && awake(self.actor(stream.actor).replica) {
                enabled.push(Action::Line(index));
            }
        }
        enabled.extend(self.api.lagging().map(|(server, resource)| Action::Cache(server, resource)));
        for (index, call) in self.calls.iter().enumerate() {
            if call.not_before <= now {
                enabled.push(Action::Commit(index));
            }
        }
        for (index, delivery) in self.deliveries.iter().enumerate() {
            if awake(Some(delivery.replica)) {
                enabled.push(Action::Arrive(index));
            }
        }
        enabled.extend((0..self.tasks.len()).map(Action::Control));
    }

    fn count_disorder(&mut self, enabled: &[Action], picked: usize) {
        if let Action::Commit(index) = enabled[picked] {
            if index > 0 {
                self.delivered.count(FaultKind::Reorder);
            }
            if enabled.iter().any(|action| matches!(action, Action::Line(_) | Action::Cache(..))) {
                self.delivered.count(FaultKind::WatchLag);
            }
        }
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::Reply(index) => self.deliver(index),
            Action::Line(index) => self.stream_line(index),
            Action::Cache(server, resource) => {
                self.api.advance_cache(server, resource);
                self.emit(&Event::CacheAdvanced { server, resource });
                self.drop_slow_watches(server, resource);
            }
            Action::Commit(index) => match self.commit(index) {
                Aftermath::Nothing => {}
                Aftermath::Crash { replica, restart } => return Step::Crash { replica, restart },
                Aftermath::Pause { replica, duration } => self.pause(replica, duration),
            },
            Action::Control(index) => {
                let task = self.tasks.swap_remove(index);
                self.api.perform(&task, OUTSIDER.0, self.time.now());
                self.emit_commits();
            }
            Action::Arrive(index) => return Step::Arrive(Box::new(self.deliveries.remove(index))),
        }
        Step::Acted
    }

    pub(super) fn stream_line(&mut self, index: usize) {
        let stream = &self.streams[index];
        let (watch, actor, resource) = (stream.watch, stream.actor, stream.resource);
        match self.api.next_event(watch) {
            WatchItem::Event(line) => {
                if self.known.kept()
                    && let Some(position) = self.api.watch_position(watch)
                {
                    self.known.hear(actor, self.actor(actor).replica, resource, position);
                }
                let heard = self.streams[index].lines.send(line.clone()).is_ok();
                self.emit(&Event::WatchDelivered { watch, actor, resource, line });
                if !heard {
                    self.api.close_watch(watch);
                    self.streams.remove(index);
                }
            }
            WatchItem::End => {
                self.emit(&Event::WatchEnded { watch, actor, resource });
                self.streams.remove(index);
            }
            WatchItem::Pending => {}
        }
    }

    /// Ends the streams whose timeoutSeconds have passed; a bookmark comes two seconds before
    /// (k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go, nextBookmarkTime).
    pub(super) fn expire_streams(&mut self) {
        let now = self.time.micros();
        for stream in &mut self.streams {
            if stream.until <= now {
                self.api.end_watch(stream.watch);
            } else if stream.bookmark_at.is_some_and(|at| at <= now) {
                stream.bookmark_at = None;
                self.api.bookmark(stream.watch);
            }
        }
    }

    /// The earliest true time at which something that is held back may go on.
    pub(super) fn next_release(&self) -> Option<u64> {
        let now = self.time.micros();
        let calls = self.calls.iter().map(|call| call.not_before);
        let pauses = self.replicas.iter().map(super::replicas::Replica::paused_until);
        let streams = self.streams.iter().map(|stream| stream.bookmark_at.unwrap_or(stream.until));
        calls.chain(pauses).chain(streams).filter(|&at| at > now).min()
    }

    fn world_fault(&mut self, now: u64) -> Option<Step> {
        let picked = self.choices.rarely(self.faults.world, WORLD_FAULTS.len() + 1, Label::WorldFault);
        match *WORLD_FAULTS.get(picked.checked_sub(1)?)? {
            FaultKind::Crash if self.spent.crashes < self.faults.crashes_max => {
                let replica = self.victim(now)?;
                self.spent.crashes += 1;
                let restart = RESTARTS[self.choices.choose(RESTARTS.len(), Label::Duration)];
                Some(Step::Crash { replica, restart })
            }
            FaultKind::Pause if self.spent.pauses < self.faults.pauses_max => {
                let replica = self.victim(now)?;
                self.spent.pauses += 1;
                let duration = PAUSES[self.choices.choose(PAUSES.len(), Label::Duration)];
                self.pause(replica, duration);
                Some(Step::Acted)
            }
            FaultKind::WatchDrop if self.spent.watches < self.faults.watches_max && !self.streams.is_empty() => {
                self.spent.watches += 1;
                self.drop_watch();
                Some(Step::Acted)
            }
            FaultKind::Compaction if self.spent.watches < self.faults.watches_max => {
                self.spent.watches += 1;
                self.compact();
                Some(Step::Acted)
            }
            FaultKind::Disconnect if self.spent.disconnects < self.faults.disconnects_max => Some(Step::Disconnect),
            _ => None,
        }
    }

    /// Lets somebody else do one of the things that can be done now, or nothing.
    fn intervene(&mut self) -> bool {
        let pending: Vec<&Request> = self.calls.iter().map(|call| &call.request).collect();
        let glimpse = Glimpse::new(&self.api, &pending);
        let possible = |offer: &dyn Intervention| Some((offer.kind(), offer.actor(), offer.request(&glimpse)?));
        let mut possible: Vec<(FaultKind, ActorId, Request)> =
            self.interventions.iter().map(AsRef::as_ref).filter_map(possible).collect();
        let picked = self.choices.rarely(self.faults.others, possible.len() + 1, Label::Intervention);
        let Some(index) = picked.checked_sub(1) else { return false };
        let (kind, actor, request) = possible.swap_remove(index);
        self.spent.others += 1;
        let server = self.actor(actor).server;
        let answer = self.api.handle(server, actor.0, &request, self.time.now());
        self.emit_commits();
        if answer.status < 300 {
            self.deliver_fault(kind, None, None);
        }
        true
    }

    fn server_fault(&mut self) -> Option<Step> {
        let picked = self.choices.rarely(self.faults.servers, SERVER_FAULTS.len() + 1, Label::WorldFault);
        let kind = *SERVER_FAULTS.get(picked.checked_sub(1)?)?;
        if self.spent.servers >= self.faults.servers_max {
            return None;
        }
        match kind {
            FaultKind::WatchDrop if self.streams.is_empty() => return None,
            FaultKind::WatchDrop => self.drop_watch(),
            _ => {
                let server = ServerId(self.choices.choose(self.servers, Label::Server));
                self.restart_server(server);
            }
        }
        self.spent.servers += 1;
        Some(Step::Acted)
    }

    /// An API server restarts; its clients' next connections reach the next one.
    fn restart_server(&mut self, server: ServerId) {
        self.api.restart_server_cold(server);
        let next = ServerId((server.0 + 1) % self.servers);
        self.actors.iter_mut().filter(|actor| actor.server == server).for_each(|actor| actor.server = next);
        self.deliver_fault(FaultKind::ServerRestart, None, None);
    }

    fn drop_slow_watches(&mut self, server: ServerId, resource: ResourceId) {
        if self.control_plane.limits.buffer < usize::MAX {
            for _ in 0..self.api.drop_slow_watches(server, resource) {
                self.deliver_fault(FaultKind::SlowWatch, None, None);
            }
        }
    }

    fn victim(&mut self, now: u64) -> Option<usize> {
        let up: Vec<usize> = (0..self.replicas.len())
            .filter(|&r| self.replicas[r].up() && self.replicas[r].paused_until() <= now)
            .collect();
        if up.is_empty() { None } else { Some(up[self.choices.choose(up.len(), Label::Victim)]) }
    }

    fn drop_watch(&mut self) {
        let index = self.choices.choose(self.streams.len(), Label::Victim);
        let stream = self.streams.remove(index);
        self.api.close_watch(stream.watch);
        let actor = &mut self.actors[stream.actor.0 as usize];
        // The next connection reaches the next API server, whose caches may be older.
        actor.server = ServerId((actor.server.0 + 1) % self.servers);
        let replica = actor.replica;
        self.emit(&Event::WatchEnded { watch: stream.watch, actor: stream.actor, resource: stream.resource });
        self.deliver_fault(FaultKind::WatchDrop, None, replica);
    }

    fn compact(&mut self) {
        self.api.compact(self.api.revision());
        for server in 0..self.servers {
            self.api.restart_server(ServerId(server));
        }
        self.deliver_fault(FaultKind::Compaction, None, None);
    }

    /// Lets a replica stand still.
    pub(super) fn pause(&mut self, replica: usize, duration: Duration) {
        let until = self.time.micros() + duration.as_micros() as u64;
        self.replicas[replica].pause_until(until);
        self.emit(&Event::Paused { replica, until });
        self.deliver_fault(FaultKind::Pause, None, Some(replica));
    }
}
