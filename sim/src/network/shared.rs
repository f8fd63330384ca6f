//! State of a run over the network transport, and the lock around it. Hosts share it beside the network, as an observer
//! that sees everything: programs reach it only through sockets.
use super::pending::Queues;
use crate::{
    event::{ActorId, CallId},
    run::state::RunState,
};
use apiserver::ServerId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// State of one run. Locked by [`Shared`]; hosts change it in their turns, and the driver between ticks.
pub(super) struct NetworkRun {
    pub(super) run: RunState,
    pub(super) queues: Queues,
}

impl NetworkRun {
    pub(super) fn new(run: RunState) -> Self {
        Self { run, queues: Queues::default() }
    }

    /// Records that a program sends a call; gives its number, and the server that it goes to.
    pub(super) fn send_call(
        &mut self,
        actor: ActorId,
        method: &http::Method,
        target: &str,
        body: &[u8],
    ) -> (CallId, ServerId) {
        let (call, _) = self.run.call_sent(actor, method, target, body);
        self.queues.waiting.insert(call);
        (call, self.run.server_of(actor))
    }

    /// Ends exploration: no faults and no choices from now on.
    pub(super) fn quiesce(&mut self) {
        if self.run.quiesce() {
            self.queues.orders.clear();
        }
    }
}

/// The state behind its lock. Uncontended: all hosts of a run take turns in one thread.
#[derive(Clone)]
pub(super) struct Shared {
    state: Arc<Mutex<NetworkRun>>,
    /// Per API server: notified when its caches may be behind.
    pub(super) behind: Arc<Vec<Notify>>,
}

impl Shared {
    pub(super) fn new(state: NetworkRun) -> Self {
        let behind = (0..state.run.servers).map(|_| Notify::new()).collect();
        Self { state: Arc::new(Mutex::new(state)), behind: Arc::new(behind) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, NetworkRun> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
