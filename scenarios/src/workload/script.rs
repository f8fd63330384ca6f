//! The script: plays a scenario's acts against the cluster, in order, and ends when every sender and actor has.
use super::{Act, Payload, alertmanager, meddling, orchestrator, orchestrator::call, others, sender};
use crate::observe::Recorder;
use apiserver::ResourceId;
use serde_json::{Value, json};
use sim::{
    Cluster, Faults,
    engine::{ActorId, ApiService},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};
use tokio::task::JoinSet;

/// The namespace of RemediationRequests and of locks.
pub const NAMESPACE: &str = "kubernaut-system";

/// The two kinds that a run is about.
#[derive(Debug, Clone, Copy)]
pub struct Resources {
    /// Leases.
    pub leases: ResourceId,
    /// RemediationRequests.
    pub requests: ResourceId,
}

/// What every act can reach.
#[derive(Clone)]
pub struct Stage {
    /// The simulated cluster.
    pub cluster: Cluster,
    /// Where the oracle hears of signals.
    pub recorder: Recorder,
    /// The orchestrator's way to the API.
    pub orchestrator: ApiService,
    /// An administrator's way to the API.
    pub administrator: ApiService,
    /// Whose API calls the orchestrator's are.
    pub orchestrator_id: ActorId,
    /// Whose API calls the administrator's are.
    pub administrator_id: ActorId,
    /// The resource of Leases.
    pub leases: ResourceId,
    /// The resource of RemediationRequests.
    pub requests: ResourceId,
    /// Chances in 1,000 that a sender delivers an accepted payload again.
    pub redelivery: u32,
    /// Whether others may do something at any step.
    pub others: bool,
    turn: Arc<AtomicUsize>,
    senders_done: Arc<AtomicBool>,
}

impl Stage {
    /// A stage in this cluster.
    pub fn new(cluster: Cluster, recorder: Recorder, resources: Resources, faults: &Faults) -> Self {
        let (orchestrator_id, orchestrator) = cluster.actor();
        let (administrator_id, administrator) = cluster.actor();
        recorder.cast(orchestrator_id, administrator_id);
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
            others: faults.interference_per_mille > 0,
            turn: Arc::default(),
            senders_done: Arc::default(),
        }
    }

    /// The number of the next delivery that is sent round robin.
    pub fn next_replica(&self) -> usize {
        self.turn.fetch_add(1, Relaxed)
    }

    /// Whether nothing will be delivered any more.
    pub fn senders_done(&self) -> bool {
        self.senders_done.load(Relaxed)
    }
}

/// Plays the acts.
pub async fn play(stage: Stage, acts: Vec<Act>) {
    if stage.others {
        stage.cluster.offer(others::of(&stage, &fingerprints(&acts)));
    }
    let mut senders = JoinSet::new();
    let mut actors = JoinSet::new();
    for act in acts {
        match act {
            Act::Deliver { what, copies, to, retry } => {
                for _ in 0..copies {
                    senders.spawn(sender::deliver(stage.clone(), what, to, retry));
                }
            }
            Act::AwaitAnswers => while senders.join_next().await.is_some() {},
            Act::Wait(duration) => stage.cluster.sleep(duration).await,
            Act::Orchestrate { of, phase } => orchestrate(&stage, of, &phase).await,
            Act::OrchestrateMeanwhile { of, phases } => {
                for alert in of.alerts().iter().cloned() {
                    let (stage, phases) = (stage.clone(), phases.clone());
                    actors.spawn(async move { orchestrator::move_through(&stage, &alert.fingerprint, &phases).await });
                }
            }
            Act::DeliverEach { count, to, retry } => {
                for number in 0..count {
                    senders.spawn(sender::deliver(stage.clone(), Payload::Distinct(number), to, retry));
                }
            }
            Act::Alertmanagers { alerts, lasts } => {
                let logs = alertmanager::Logs::default();
                for position in 0..alertmanager::PEERS {
                    senders.spawn(alertmanager::peer(stage.clone(), position, alerts, lasts, logs.clone()));
                }
            }
            Act::OrchestrateEvery { of, phase, every, times } => {
                let stage = stage.clone();
                actors.spawn(async move {
                    for _ in 0..times {
                        stage.cluster.sleep(every).await;
                        orchestrate(&stage, of, &phase).await;
                    }
                });
            }
            Act::WriteLease { of, spec } => {
                write_lease(&stage, of, serde_json::from_str(&spec).unwrap_or_default()).await
            }
            Act::HoldLease { of, holder } => hold_lease(&stage, of, &holder).await,
            Act::Pause { replica, duration } => stage.cluster.pause(replica, duration),
            Act::Meddle { of, how } => {
                let background = meddling::meddle(&stage, of, how).await;
                actors.spawn(background);
            }
            Act::DropLease { of, holder } => drop_lease(&stage, of, &holder).await,
        }
    }
    while senders.join_next().await.is_some() {}
    stage.senders_done.store(true, Relaxed);
    stage.recorder.signals_stopped(stage.cluster.micros());
    while actors.join_next().await.is_some() {}
}

/// The fingerprints that these acts are about, each once.
fn fingerprints(acts: &[Act]) -> Vec<Arc<str>> {
    let mut fingerprints = Vec::new();
    for payload in acts.iter().flat_map(Act::payloads) {
        fingerprints.extend(payload.alerts().iter().map(|alert| Arc::clone(&alert.fingerprint)));
    }
    fingerprints.sort();
    fingerprints.dedup();
    fingerprints
}

/// The collection of the payload's lease, and the lease's name.
pub(super) fn lease_path(of: Payload) -> (String, String) {
    let fingerprint = of.alerts()[0].fingerprint.clone();
    let name = format!("gw-lock-{}", &fingerprint[..16]);
    (format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"), name)
}

async fn orchestrate(stage: &Stage, of: Payload, phase: &str) {
    for alert in of.alerts().iter() {
        orchestrator::move_to(stage, &alert.fingerprint, phase).await;
    }
}

async fn hold_lease(stage: &Stage, of: Payload, holder: &str) {
    let now = format!("{:.6}", stage.cluster.now());
    let spec = json!({"holderIdentity": holder, "leaseDurationSeconds": 30, "acquireTime": now, "renewTime": now});
    write_lease(stage, of, spec).await;
}

async fn write_lease(stage: &Stage, of: Payload, spec: Value) {
    let (path, name) = lease_path(of);
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec,
    });
    call(&stage.administrator, http::Method::POST, &path, Some(&lease)).await;
}

async fn drop_lease(stage: &Stage, of: Payload, holder: &str) {
    let (path, name) = lease_path(of);
    let path = format!("{path}/{name}");
    // Only its own: whoever has taken the lease over meanwhile keeps it.
    let Some((200, lease)) = call(&stage.administrator, http::Method::GET, &path, None).await else { return };
    if lease["spec"]["holderIdentity"] != holder {
        return;
    }
    let metadata = &lease["metadata"];
    let preconditions = json!({"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]});
    let options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions});
    call(&stage.administrator, http::Method::DELETE, &path, Some(&options)).await;
}
