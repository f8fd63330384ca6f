//! Actions: what may happen next, and how it happens.
//!
//! In their natural order (choice 0 is the first): answers reach their callers, streams deliver, caches follow the
//! store, calls are executed oldest first, deliveries arrive, controllers act.
use super::{
    pending::{Action, Todo},
    shared::DirectRun,
};
use crate::{
    choice::{Alternative, Label, Needs},
    event::ActorId,
    faults::FaultKind,
    run::{
        actor::THIRD_PARTY,
        disruption::{Disruption, Strike},
        interference::ClusterView,
        stream::Stream,
    },
};
use apiserver::Request;

impl DirectRun {
    /// Takes one step.
    pub(super) fn step(&mut self) -> Todo {
        if let Some(disruption) = self.ordered.pop_front() {
            return self.strike(disruption);
        }
        let now = self.run.time.micros();
        // The list is taken and put back, because every step makes one.
        let mut enabled = std::mem::take(&mut self.enabled);
        enabled.clear();
        if self.run.api.has_controllers() {
            self.tasks = self.run.api.controller_tasks(self.run.time.now());
        }
        self.list_enabled(now, &mut enabled);
        self.view(&mut enabled);
        let todo = self.step_of(&enabled);
        self.enabled = enabled;
        todo
    }

    fn step_of(&mut self, enabled: &[Action]) -> Todo {
        if enabled.is_empty() {
            return Todo::Wait;
        }
        self.steps += 1;
        if self.run.exploring() {
            if self.stops_here() {
                return Todo::Stop;
            }
            if let Some(disruption) = self.choose_disruption() {
                return self.strike(disruption);
            }
            if self.interfere() {
                return Todo::Done;
            }
        }
        let name = |picked: usize| enabled[picked].name(&self.queues, &self.run.streams);
        let picked = if self.run.exploring() && self.run.faults.reorder {
            match self.needs {
                Needs::Picks => self.run.choices.choose(Label::Next, enabled.len(), name),
                _ => self.run.choices.choose_step(&self.views, name),
            }
        } else {
            0
        };
        self.run.choices.begin(&name(picked));
        self.count_disorder(enabled, picked);
        self.act(enabled[picked])
    }

    fn list_enabled(&self, now: u64, enabled: &mut Vec<Action>) {
        let replicas = &self.run.replicas;
        let awake = |replica: Option<usize>| replica.is_none_or(|replica| replicas[replica].paused_until() <= now);
        let awake_actor = |actor: ActorId| awake(self.run.actor(actor).replica);
        for (index, answer) in self.queues.answers.iter().enumerate() {
            if awake_actor(answer.actor) {
                enabled.push(Action::Answer(index));
            }
        }
        for (index, stream) in self.run.streams.iter().enumerate() {
            if stream.speaks() && self.run.api.has_event(stream.watch) && awake_actor(stream.actor) {
                enabled.push(Action::Line(index));
            }
        }
        enabled.extend(self.run.api.lagging().map(|(server, resource)| Action::Cache(server, resource)));
        for (index, call) in self.queues.calls.iter().enumerate() {
            if call.not_before <= now {
                enabled.push(Action::Execute(index));
            }
        }
        for (index, delivery) in self.queues.deliveries.iter().enumerate() {
            if awake(Some(delivery.replica)) {
                enabled.push(Action::Arrive(index));
            }
        }
        enabled.extend((0..self.tasks.len()).map(Action::Control));
    }

    fn count_disorder(&mut self, enabled: &[Action], picked: usize) {
        if let Action::Execute(index) = enabled[picked] {
            if index > 0 {
                self.run.count_fault(FaultKind::Reorder);
            }
            if enabled.iter().any(|action| matches!(action, Action::Line(_) | Action::Cache(..))) {
                self.run.count_fault(FaultKind::WatchLag);
            }
        }
    }

    fn act(&mut self, action: Action) -> Todo {
        match action {
            Action::Answer(index) => self.deliver(index),
            Action::Line(index) => _ = self.run.send_line(index),
            Action::Cache(server, resource) => _ = self.run.advance_cache(server, resource),
            Action::Execute(index) => {
                if let Some(disruption) = self.commit(index) {
                    return self.strike(disruption);
                }
            }
            Action::Control(index) => {
                let task = self.tasks.swap_remove(index);
                self.run.api.perform(&task, THIRD_PARTY.0, self.run.time.now());
                self.run.emit_commits();
            }
            Action::Arrive(index) => return Todo::Arrive(Box::new(self.queues.deliveries.remove(index))),
        }
        Todo::Done
    }

    fn choose_disruption(&mut self) -> Option<Disruption> {
        let faults = self.run.faults;
        self.run
            .choose_world_fault(faults.world_fault_per_mille, Strike::AtOnce)
            .or_else(|| self.run.choose_server_fault(faults.server_fault_per_mille, Strike::AtOnce))
    }

    fn strike(&mut self, disruption: Disruption) -> Todo {
        match disruption {
            Disruption::Crash { replica, restart } => {
                self.run.note_fact(("restarts", replica, restart));
                return Todo::Crash { replica, restart };
            }
            Disruption::Disconnect => return Todo::Disconnect,
            Disruption::Pause { replica, duration } => self.run.pause(replica, duration),
            Disruption::DropWatch => self.run.drop_watch(),
            Disruption::Compact => self.run.compact(),
            Disruption::RestartServer(server) => self.run.restart_server(server),
        }
        Todo::Done
    }

    /// Lets a third party make one of the writes that are possible now; false if none was chosen.
    fn interfere(&mut self) -> bool {
        let faults = &self.run.faults;
        if self.run.so_far.interferences >= faults.max_interferences {
            return false;
        }
        let pending: Vec<&Request> = self.queues.calls.iter().map(|call| &call.request).collect();
        let view = ClusterView::new(&self.run.api, &pending);
        let offered = self.interferences.iter().enumerate();
        let mut possible: Vec<(usize, Request)> =
            offered.filter_map(|(place, offer)| Some((place, offer.request(&view)?))).collect();
        let name = |picked: usize| {
            let place = possible[picked].0;
            Alternative::Interference(self.interferences[place].fault(), place as u32)
        };
        let per_mille = faults.interference_per_mille;
        let Some(picked) = self.run.choices.rarely(per_mille, Label::Interference, possible.len(), name) else {
            return false;
        };
        let (place, request) = possible.swap_remove(picked);
        let (fault, actor) = (self.interferences[place].fault(), self.interferences[place].actor());
        self.run.so_far.interferences += 1;
        let server = self.run.actor(actor).server;
        if self.run.execute_at_once(actor, server, &request) {
            self.run.deliver_fault(fault, None, None);
        }
        true
    }

    /// Ends the streams whose timeoutSeconds have passed. A bookmark comes two seconds before
    /// (k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go, nextBookmarkTime).
    pub(super) fn expire_streams(&mut self) {
        let now = self.run.time.micros();
        for stream in self.run.streams.iter_mut().filter(|stream| stream.speaks()) {
            let Some(expiry) = &mut stream.expiry else { continue };
            if expiry.until <= now {
                self.run.api.end_watch(stream.watch);
            } else if expiry.bookmark_at.is_some_and(|at| at <= now) {
                expiry.bookmark_at = None;
                self.run.api.bookmark(stream.watch);
            }
        }
    }

    /// The earliest simulated time, in microseconds, at which something that is held back may continue.
    pub(super) fn next_release(&self) -> Option<u64> {
        let now = self.run.time.micros();
        let calls = self.queues.calls.iter().map(|call| call.not_before);
        let pauses = self.run.replicas.iter().map(|replica| replica.paused_until());
        let speaking = self.run.streams.iter().filter(|stream| stream.speaks());
        let expiries = speaking.filter_map(|Stream { expiry, .. }| *expiry);
        let streams = expiries.map(|expiry| expiry.bookmark_at.unwrap_or(expiry.until));
        calls.chain(pauses).chain(streams).filter(|&at| at > now).min()
    }
}
