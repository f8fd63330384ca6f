//! The stage: what every story of one live run can reach.
use super::{orchestrator::Orchestrator, sender::Sender};
use crate::live::cluster::View;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// What every story can reach. Clones share it.
#[derive(Clone)]
pub struct Stage {
    /// Delivers notifications.
    pub sender: Sender,
    /// Ends and moves requests.
    pub orchestrator: Orchestrator,
    /// The latest states of the gateway's objects.
    pub view: View,
    keys: Arc<AtomicU64>,
}

impl Stage {
    /// A stage.
    pub fn new(sender: Sender, orchestrator: Orchestrator, view: View) -> Self {
        Self { sender, orchestrator, view, keys: Arc::default() }
    }

    /// A new idempotency key.
    pub fn next_key(&self) -> u64 {
        self.keys.fetch_add(1, Relaxed)
    }
}
