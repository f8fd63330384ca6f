//! The script: plays a scenario's acts in order, and ends when every sender and every other player has ended.
use super::{
    alertmanager,
    api::{Write, call},
    interference, kubelet, orchestrator,
    sender::{self, SharedKey},
    stage::Stage,
};
use crate::{
    gateway_faults::LEASE_BY_HAND,
    objects::{lease_name, leases_path},
    workload::{Act, Payload, Retry},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Plays the acts in order.
pub async fn play(stage: Stage, acts: Vec<Act>) {
    if stage.interference {
        stage.cluster.offer(interference::anytime::offers(&stage, &fingerprints(&acts)));
    }
    let mut senders = JoinSet::new();
    let mut actors = JoinSet::new();
    for act in acts {
        match act {
            Act::Deliver { what, copies, to, retry } => {
                for _ in 0..copies {
                    senders.spawn(sender::deliver(stage.clone(), what, to, retry, SharedKey::default()));
                }
            }
            Act::DeliverTwins { what, copies, to } => {
                let key = SharedKey::default();
                for _ in 0..copies {
                    let retry = Retry::Keyed { again: 0 };
                    senders.spawn(sender::deliver(stage.clone(), what, to, retry, key.clone()));
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
                    let key = SharedKey::default();
                    senders.spawn(sender::deliver(stage.clone(), Payload::Distinct(number), to, retry, key));
                }
            }
            Act::Alertmanagers { alerts, lasts } => send_as_pair(&stage, alerts, lasts, &mut senders),
            Act::OrchestrateEvery { of, phase, every, times } => {
                let stage = stage.clone();
                actors.spawn(async move {
                    for _ in 0..times {
                        stage.cluster.sleep(every).await;
                        orchestrate(&stage, of, &phase).await;
                    }
                });
            }
            act @ (Act::End { .. } | Act::EndMeanwhile { .. } | Act::Suppress { .. } | Act::ChangeBack { .. }) => {
                change_ends(&stage, act, &mut actors).await;
            }
            Act::WriteLease { of, spec } => {
                write_lease(&stage, of, serde_json::from_str(&spec).unwrap_or_default()).await
            }
            Act::HoldLease { of, holder } => hold_lease(&stage, of, &holder).await,
            Act::Pause { replica, duration } => stage.cluster.pause(replica % stage.cluster.replicas(), duration),
            Act::SetClock { replica, offset_ms } => set_clock(&stage, replica, offset_ms),
            Act::CrashEvery { replica, every, restart, times } => {
                actors.spawn(crash_every(stage.clone(), replica, (every, restart), times));
            }
            Act::Probe { every, times } => kubelet::probe_all(&stage, every, times, &mut actors),
            Act::Interfere { of, how } => {
                let background = interference::scripted::interfere(&stage, of, how).await;
                actors.spawn(background);
            }
            Act::DropLease { of, holder } => drop_lease(&stage, of, &holder).await,
        }
    }
    while senders.join_next().await.is_some() {}
    stage.end_sending();
    while actors.join_next().await.is_some() {}
}

/// The orchestrator ends RemediationRequests that suppress others, or changes one that has ended.
async fn change_ends(stage: &Stage, act: Act, actors: &mut JoinSet<()>) {
    match act {
        Act::End { of, phase, suppression } => {
            for alert in of.alerts().iter() {
                orchestrator::end(stage, &alert.fingerprint, &phase, suppression).await;
            }
        }
        Act::EndMeanwhile { of, phase, suppression, times } => {
            for alert in of.alerts().iter().cloned() {
                let (stage, phase) = (stage.clone(), phase.clone());
                actors.spawn(async move {
                    orchestrator::end_each(&stage, &alert.fingerprint, &phase, suppression, times).await;
                });
            }
        }
        Act::Suppress { of, suppression } => {
            for alert in of.alerts().iter() {
                orchestrator::change_suppression(stage, &alert.fingerprint, suppression).await;
            }
        }
        Act::ChangeBack { of, phase } => {
            for alert in of.alerts().iter() {
                orchestrator::change_back(stage, &alert.fingerprint, &phase).await;
            }
        }
        _ => {}
    }
}

/// A pair of Alertmanagers sends the notifications of a group.
fn send_as_pair(stage: &Stage, alerts: u16, lasts: Duration, senders: &mut JoinSet<()>) {
    let logs = alertmanager::Logs::default();
    for position in 0..alertmanager::PEERS {
        senders.spawn(alertmanager::peer(stage.clone(), position, alerts, lasts, logs.clone()));
    }
}

fn set_clock(stage: &Stage, replica: usize, offset_ms: i64) {
    stage.cluster.set_clock(replica % stage.cluster.replicas(), offset_ms);
}

/// Crashes a replica, or each in turn, again and again.
async fn crash_every(stage: Stage, replica: Option<usize>, (every, restart): (Duration, Duration), times: u32) {
    for turn in 0..times as usize {
        stage.cluster.sleep(every).await;
        stage.cluster.crash(replica.unwrap_or(turn) % stage.cluster.replicas(), restart);
    }
}

/// Fingerprints that these acts are about, each once.
fn fingerprints(acts: &[Act]) -> Vec<Arc<str>> {
    let mut fingerprints = Vec::new();
    for payload in acts.iter().flat_map(Act::payloads) {
        fingerprints.extend(payload.alerts().iter().map(|alert| Arc::clone(&alert.fingerprint)));
    }
    fingerprints.sort();
    fingerprints.dedup();
    fingerprints
}

/// Path of all locks, and the name of the payload's lock.
fn lease_path(of: Payload) -> (String, String) {
    (leases_path(), lease_name(&of.alerts()[0].fingerprint))
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
    if let Some((201, _)) = Write::create(path, lease).send(&stage.administrator).await {
        stage.cluster.deliver_fault(LEASE_BY_HAND);
    }
}

async fn drop_lease(stage: &Stage, of: Payload, holder: &str) {
    let (path, name) = lease_path(of);
    let path = format!("{path}/{name}");
    // Another holder may have taken the lease over in the meantime, and keeps it.
    let Some((200, lease)) = call(&stage.administrator, http::Method::GET, &path, None).await else { return };
    if lease["spec"]["holderIdentity"] != holder {
        return;
    }
    Write::delete_version(path, &lease).send(&stage.administrator).await;
}
