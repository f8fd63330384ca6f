//! Disruptions: faults of replicas, streams, caches and API servers, chosen at a step or at a call.
use super::state::RunState;
use crate::{
    choice::{Alternative, Label, PAUSES, RESTARTS, SERVER_FAULTS, WORLD_FAULTS},
    event::Event,
    faults::FaultKind,
};
use apiserver::ServerId;
use std::time::Duration;

/// A fault that strikes something other than a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Disruption {
    /// A replica stops at once, and starts again later.
    Crash {
        /// The replica.
        replica: usize,
        /// Time after which it starts again.
        restart: Duration,
    },
    /// A replica is paused.
    Pause {
        /// The replica.
        replica: usize,
        /// Length of the pause.
        duration: Duration,
    },
    /// A sender disconnects from its replica.
    Disconnect,
    /// A watch stream ends.
    DropWatch,
    /// The API servers forget their history.
    Compact,
    /// An API server restarts.
    RestartServer(ServerId),
}

/// When a disruption that was chosen strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    /// At once: there must be something to strike.
    AtOnce,
    /// Some time later.
    Later,
}

impl RunState {
    /// Chooses a fault of a replica, a stream or a cache, or none.
    pub(crate) fn choose_world_fault(&mut self, per_mille: u32, strike: Strike) -> Option<Disruption> {
        let (faults, so_far) = (self.faults, self.so_far);
        match self.choices.rarely_from(per_mille, &WORLD_FAULTS)? {
            FaultKind::Crash if so_far.crashes < faults.max_crashes => {
                let replica = self.choose_running_replica()?;
                self.so_far.crashes += 1;
                Some(Disruption::Crash { replica, restart: self.choices.choose_from(&RESTARTS) })
            }
            FaultKind::Pause if so_far.pauses < faults.max_pauses => {
                let replica = self.choose_running_replica()?;
                self.so_far.pauses += 1;
                Some(Disruption::Pause { replica, duration: self.choices.choose_from(&PAUSES) })
            }
            FaultKind::WatchDrop if so_far.watches < faults.max_watch_faults && self.watch_may_drop(strike) => {
                self.so_far.watches += 1;
                Some(Disruption::DropWatch)
            }
            FaultKind::Compaction if so_far.watches < faults.max_watch_faults => {
                self.so_far.watches += 1;
                Some(Disruption::Compact)
            }
            FaultKind::Disconnect if so_far.disconnects < faults.max_disconnects => Some(Disruption::Disconnect),
            _ => None,
        }
    }

    /// Chooses a fault of an API server, or none.
    pub(crate) fn choose_server_fault(&mut self, per_mille: u32, strike: Strike) -> Option<Disruption> {
        let kind = self.choices.rarely_from(per_mille, &SERVER_FAULTS)?;
        if self.so_far.servers >= self.faults.max_server_faults {
            return None;
        }
        let disruption = match kind {
            FaultKind::WatchDrop if self.watch_may_drop(strike) => Disruption::DropWatch,
            FaultKind::WatchDrop => return None,
            _ => {
                let server = |picked| Alternative::Server(picked as u32);
                Disruption::RestartServer(ServerId(self.choices.choose(Label::Server, self.servers, server)))
            }
        };
        self.so_far.servers += 1;
        Some(disruption)
    }

    fn watch_may_drop(&self, strike: Strike) -> bool {
        strike == Strike::Later || !self.streams.is_empty()
    }

    fn choose_running_replica(&mut self) -> Option<usize> {
        let now = self.time.micros();
        let running: Vec<usize> = (0..self.replicas.len()).filter(|&index| self.replicas[index].running(now)).collect();
        if running.is_empty() {
            return None;
        }
        let name = |picked: usize| Alternative::Replica(running[picked] as u32);
        Some(running[self.choices.choose(Label::Victim, running.len(), name)])
    }

    /// Ends a stream, if one is open. Its client's next connection reaches the next server, whose caches may be older.
    pub(crate) fn drop_watch(&mut self) {
        let streams = &self.streams;
        if streams.is_empty() {
            return;
        }
        let name = |picked: usize| Alternative::Watch(streams[picked].watch.0);
        let index = self.choices.choose(Label::Victim, streams.len(), name);
        let stream = self.streams.remove(index);
        self.api.close_watch(stream.watch);
        let servers = self.servers;
        let actor = self.actors.get_mut(stream.actor);
        actor.server = ServerId((actor.server.0 + 1) % servers);
        let replica = actor.replica;
        self.note_line(stream.actor, stream.resource, b"");
        self.emit(&Event::WatchEnded { watch: stream.watch, actor: stream.actor, resource: stream.resource });
        self.deliver_fault(FaultKind::WatchDrop, None, replica);
    }

    /// Restarts an API server. Its clients' next connections reach the next one.
    pub(crate) fn restart_server(&mut self, server: ServerId) {
        self.api.restart_server_cold(server);
        self.actors.move_from(server, self.servers);
        self.deliver_fault(FaultKind::ServerRestart, None, None);
    }

    /// Lets the API servers forget their history, and end their streams.
    pub(crate) fn compact(&mut self) {
        self.api.compact(self.api.revision());
        for server in 0..self.servers {
            self.api.restart_server(ServerId(server));
        }
        self.deliver_fault(FaultKind::Compaction, None, None);
    }
}
