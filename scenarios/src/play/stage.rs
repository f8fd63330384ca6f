//! The stage: what every player can reach.
use crate::observe::{ObservedResources, Recorder};
use apiserver::ResourceId;
use sim::{
    Cluster, Faults,
    engine::{ActorId, ApiService},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

/// State that all players of one run share.
#[derive(Clone)]
pub struct Stage {
    /// The simulated cluster.
    pub cluster: Cluster,
    /// Recorder of deliveries and their answers.
    pub recorder: Recorder,
    /// The orchestrator's connection to the API.
    pub orchestrator: ApiService,
    /// The administrator's connection to the API.
    pub administrator: ApiService,
    /// Actor of the orchestrator's calls.
    pub orchestrator_id: ActorId,
    /// Actor of the administrator's calls.
    pub administrator_id: ActorId,
    /// Id of the Lease resource.
    pub leases: ResourceId,
    /// Id of the RemediationRequest resource.
    pub requests: ResourceId,
    /// Chances in 1,000 that a sender delivers an accepted payload again.
    pub redelivery: u32,
    /// Whether interference may happen at any step.
    pub interference: bool,
    turn: Arc<AtomicUsize>,
    senders_done: Arc<AtomicBool>,
}

impl Stage {
    /// A stage in this cluster.
    pub fn new(cluster: Cluster, recorder: Recorder, resources: &ObservedResources, faults: &Faults) -> Self {
        let (orchestrator_id, orchestrator) = cluster.actor();
        let (administrator_id, administrator) = cluster.actor();
        recorder.register(orchestrator_id, administrator_id);
        Self {
            cluster,
            recorder,
            orchestrator,
            administrator,
            orchestrator_id,
            administrator_id,
            leases: resources.leases,
            requests: resources.requests,
            redelivery: faults.redelivery_per_mille,
            interference: faults.interference_per_mille > 0,
            turn: Arc::default(),
            senders_done: Arc::default(),
        }
    }

    /// Number of the next delivery that goes round robin.
    pub fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Relaxed)
    }

    /// Whether the last delivery has its final answer.
    pub fn senders_done(&self) -> bool {
        self.senders_done.load(Relaxed)
    }

    /// Notes that the last delivery has its final answer.
    pub fn end_sending(&self) {
        self.senders_done.store(true, Relaxed);
        self.recorder.signals_stopped(self.cluster.micros());
    }
}
