//! Meddling: what people with `kubectl`, other controllers and restored backups do to a gateway's objects.
//!
//! Some of it the protocol must bear; some of it breaks what docs/protocol.md assumes, and is how a scenario shows what then
//! happens.
use super::{
    Payload,
    orchestrator::call,
    script::{NAMESPACE, Stage, lease_path},
};
use crate::gateway_faults::{MARKS_ERASED, REQUEST_DELETED};
use futures::future::BoxFuture;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// What is done to the objects of one fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Meddling {
    /// Every RemediationRequest is deleted. A finalizer keeps it terminating for this long; with none it is gone at once.
    DeleteRequests {
        /// How long it takes to go.
        held: Duration,
    },
    /// The lease is deleted, whoever holds it.
    DeleteLease,
    /// The lease is one that another fingerprint with the same first digits has taken.
    ClaimLease,
    /// Every RemediationRequest that has ended is made active again.
    Revive,
    /// Somebody makes a RemediationRequest of their own.
    CreateRequest,
    /// The conditions of every RemediationRequest are erased.
    EraseMarks,
    /// occurrenceCount is set to this.
    SetCount(u32),
}

const FINALIZER: &str = "example.com/held";
const TERMINAL: &[&str] = &["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"];

/// Does it; gives what remains to be done later.
pub async fn meddle(stage: &Stage, of: Payload, how: Meddling) -> BoxFuture<'static, ()> {
    let fingerprint = of.alerts()[0].fingerprint.clone();
    match how {
        Meddling::DeleteRequests { held } => return delete_requests(stage, &fingerprint, held).await,
        Meddling::DeleteLease => delete_lease(stage, of).await,
        Meddling::ClaimLease => claim_lease(stage, of, &fingerprint).await,
        Meddling::Revive => {
            let revived = json!({"status": {"overallPhase": "Executing"}});
            patch_requests(stage, &fingerprint, "/status", &revived, |phase| TERMINAL.contains(&phase)).await;
        }
        Meddling::CreateRequest => create_request(stage, &fingerprint).await,
        Meddling::EraseMarks => {
            let erased = json!({"status": {"conditions": []}});
            patch_requests(stage, &fingerprint, "/status", &erased, |_| true).await;
            stage.cluster.deliver_fault(MARKS_ERASED);
        }
        Meddling::SetCount(count) => {
            let counted = json!({"status": {"deduplication": {"occurrenceCount": count}}});
            patch_requests(stage, &fingerprint, "/status", &counted, |_| true).await;
        }
    }
    Box::pin(std::future::ready(()))
}

fn requests(stage: &Stage, fingerprint: &str) -> Vec<Arc<Value>> {
    let mut objects = stage.cluster.objects(stage.requests);
    objects.retain(|object| object["spec"]["signalFingerprint"] == fingerprint);
    objects
}

fn collection() -> String {
    format!("/apis/kubernaut.ai/v1alpha1/namespaces/{NAMESPACE}/remediationrequests")
}

fn path(object: &Value) -> String {
    format!("{}/{}", collection(), object["metadata"]["name"].as_str().unwrap_or_default())
}

async fn patch(stage: &Stage, target: &str, body: &Value) {
    let merge = "application/merge-patch+json";
    super::orchestrator::call_as(&stage.administrator, Method::PATCH, target, merge, Some(body)).await;
}

async fn patch_requests(stage: &Stage, fingerprint: &str, below: &str, body: &Value, of: fn(&str) -> bool) {
    for object in requests(stage, fingerprint) {
        if of(object["status"]["overallPhase"].as_str().unwrap_or_default()) {
            patch(stage, &format!("{}{below}", path(&object)), body).await;
        }
    }
}

async fn delete_requests(stage: &Stage, fingerprint: &str, held: Duration) -> BoxFuture<'static, ()> {
    let objects = requests(stage, fingerprint);
    for object in &objects {
        if !held.is_zero() {
            patch(stage, &path(object), &json!({"metadata": {"finalizers": [FINALIZER]}})).await;
        }
        let options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        if call(&stage.administrator, Method::DELETE, &path(object), Some(&options)).await.is_some() {
            stage.cluster.deliver_fault(REQUEST_DELETED);
        }
    }
    let stage = stage.clone();
    Box::pin(async move {
        if held.is_zero() {
            return;
        }
        stage.cluster.sleep(held).await;
        // A controller takes its finalizer off however often that fails.
        while let Some(object) = objects.iter().find(|object| is_held(&stage, object)) {
            patch(&stage, &path(object), &json!({"metadata": {"finalizers": null}})).await;
            stage.cluster.sleep(Duration::from_secs(1)).await;
        }
    })
}

fn is_held(stage: &Stage, object: &Value) -> bool {
    let stored = stage.cluster.objects(stage.requests);
    let mut same = stored.iter().filter(|other| other["metadata"]["uid"] == object["metadata"]["uid"]);
    same.any(|other| other["metadata"].get("finalizers").is_some())
}

async fn delete_lease(stage: &Stage, of: Payload) {
    let (leases, name) = lease_path(of);
    let options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
    call(&stage.administrator, Method::DELETE, &format!("{leases}/{name}"), Some(&options)).await;
}

async fn claim_lease(stage: &Stage, of: Payload, fingerprint: &str) {
    let (leases, name) = lease_path(of);
    let other: String = format!("{}{}", &fingerprint[..16], "0".repeat(48));
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/managed-by": "gateway-service"},
            "annotations": {"kubernaut.ai/fingerprint": other, "kubernaut.ai/episode": "1"},
        },
        "spec": {"holderIdentity": "", "leaseDurationSeconds": 1},
    });
    call(&stage.administrator, Method::POST, &leases, Some(&lease)).await;
}

/// A copy of one that stands, or as little as the schema allows.
async fn create_request(stage: &Stage, fingerprint: &str) {
    let mut object =
        requests(stage, fingerprint).first().map_or_else(|| smallest(fingerprint), |object| (**object).clone());
    object["metadata"] = json!({"name": "made-by-hand", "namespace": NAMESPACE});
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    call(&stage.administrator, Method::POST, &collection(), Some(&object)).await;
}

fn smallest(fingerprint: &str) -> Value {
    let now = "2026-11-20T16:00:00Z";
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest",
        "spec": {
            "signalFingerprint": fingerprint, "signalName": "MadeByHand", "severity": "warning", "signalType": "alert",
            "targetType": "kubernetes", "firingTime": now, "receivedTime": now,
            "targetResource": {"kind": "Deployment", "name": "checkout", "namespace": "payments"},
        },
    })
}
