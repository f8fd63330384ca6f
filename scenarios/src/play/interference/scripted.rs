//! Scripted interference: an administrator does it as an act of the script, through the API.
use crate::{
    gateway_faults::{LEASE_STOLEN, MARKS_ERASED, REQUEST_DELETED},
    objects::{NAMESPACE, is_terminal, lease_name, leases_path, phase_of, request_path, requests_path},
    play::{api::Write, stage::Stage},
    workload::{Interference, Payload},
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const FINALIZER: &str = "example.com/held";

/// Interferes; returns the part that happens later.
pub async fn interfere(stage: &Stage, of: Payload, how: Interference) -> BoxFuture<'static, ()> {
    let fingerprint = of.alerts()[0].fingerprint.clone();
    let all = |_: &str| true;
    match how {
        Interference::DeleteRequests { held } => return delete_requests(stage, &fingerprint, held).await,
        Interference::DeleteEnded => {
            for object in requests(stage, &fingerprint).iter().filter(|object| is_terminal(phase_of(object))) {
                write(stage, Write::delete(request_path(object))).await;
            }
        }
        Interference::EndRequest => set_phase(stage, &fingerprint, "Completed", |phase| !is_terminal(phase)).await,
        Interference::EndForReview => {
            patch_status(stage, &fingerprint, &for_review(), |phase| !is_terminal(phase)).await;
        }
        Interference::LiftReview => patch_status(stage, &fingerprint, &review_lifted(), is_terminal).await,
        Interference::RestoreMarks => restore_marks(stage, &fingerprint).await,
        Interference::Revive => set_phase(stage, &fingerprint, "Executing", is_terminal).await,
        Interference::CreateRequest => create_request(stage, &fingerprint).await,
        Interference::EraseMarks => {
            patch_status(stage, &fingerprint, &json!({"status": {"conditions": []}}), all).await;
            stage.cluster.deliver_fault(MARKS_ERASED);
        }
        Interference::SetCount(count) => {
            let counted = json!({"status": {"deduplication": {"occurrenceCount": count}}});
            patch_status(stage, &fingerprint, &counted, all).await;
        }
        Interference::DeleteLease => write(stage, Write::delete(lease_path(&fingerprint))).await,
        Interference::FreeLease => {
            let free = json!({"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}});
            write(stage, Write::patch(lease_path(&fingerprint), free)).await;
            stage.cluster.deliver_fault(LEASE_STOLEN);
        }
        Interference::ClaimLease => claim_lease(stage, &fingerprint).await,
    }
    Box::pin(std::future::ready(()))
}

/// The patch that ends a request which a person must review.
pub(super) fn for_review() -> Value {
    json!({"status": {"overallPhase": "Failed", "completionStatus": {"outcome": "ManualReviewRequired"}}})
}

/// The patch after which no review is required.
pub(super) fn review_lifted() -> Value {
    json!({"status": {"completionStatus": {"outcome": null}}})
}

/// Sets the marks to those before the latest count, as a controller does that writes back what it read earlier.
async fn restore_marks(stage: &Stage, fingerprint: &str) {
    for object in requests(stage, fingerprint) {
        let mut conditions = object["status"]["conditions"].clone();
        for condition in conditions.as_array_mut().into_iter().flatten() {
            let parts = condition["message"].as_str().unwrap_or_default().split(';');
            let older: Vec<&str> = parts.enumerate().filter(|(place, _)| *place != 1).map(|(_, part)| part).collect();
            condition["message"] = json!(older.join(";"));
        }
        let restored = json!({"status": {"conditions": conditions}});
        write(stage, Write::patch(format!("{}/status", request_path(&object)), restored)).await;
    }
    stage.cluster.deliver_fault(MARKS_ERASED);
}

async fn write(stage: &Stage, write: Write) {
    write.send(&stage.administrator).await;
}

fn lease_path(fingerprint: &str) -> String {
    format!("{}/{}", leases_path(), lease_name(fingerprint))
}

fn requests(stage: &Stage, fingerprint: &str) -> Vec<Arc<Value>> {
    let mut objects = stage.cluster.objects(stage.requests);
    objects.retain(|object| object["spec"]["signalFingerprint"] == fingerprint);
    objects
}

async fn set_phase(stage: &Stage, fingerprint: &str, phase: &str, of: fn(&str) -> bool) {
    patch_status(stage, fingerprint, &json!({"status": {"overallPhase": phase}}), of).await;
}

async fn patch_status(stage: &Stage, fingerprint: &str, body: &Value, of: fn(&str) -> bool) {
    for object in requests(stage, fingerprint) {
        if of(phase_of(&object)) {
            write(stage, Write::patch(format!("{}/status", request_path(&object)), body.clone())).await;
        }
    }
}

async fn delete_requests(stage: &Stage, fingerprint: &str, held: Duration) -> BoxFuture<'static, ()> {
    let mut objects = requests(stage, fingerprint);
    objects.retain(|object| !is_terminal(phase_of(object)));
    for object in &objects {
        if !held.is_zero() {
            set_finalizers(stage, object, &json!([FINALIZER])).await;
        }
        if Write::delete(request_path(object)).send(&stage.administrator).await.is_some() {
            stage.cluster.deliver_fault(REQUEST_DELETED);
        }
    }
    let stage = stage.clone();
    Box::pin(async move {
        if held.is_zero() {
            return;
        }
        stage.cluster.sleep(held).await;
        // A controller retries until its finalizer is gone.
        while let Some(object) = objects.iter().find(|object| is_held(&stage, object)) {
            set_finalizers(&stage, object, &Value::Null).await;
            stage.cluster.sleep(Duration::from_secs(1)).await;
        }
    })
}

async fn set_finalizers(stage: &Stage, object: &Value, finalizers: &Value) {
    write(stage, Write::patch(request_path(object), json!({"metadata": {"finalizers": finalizers}}))).await;
}

fn is_held(stage: &Stage, object: &Value) -> bool {
    let stored = stage.cluster.objects(stage.requests);
    let mut same = stored.iter().filter(|other| other["metadata"]["uid"] == object["metadata"]["uid"]);
    same.any(|other| other["metadata"].get("finalizers").is_some())
}

async fn claim_lease(stage: &Stage, fingerprint: &str) {
    let other: String = format!("{}{}", &fingerprint[..16], "0".repeat(48));
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {
            "name": lease_name(fingerprint),
            "labels": {"app.kubernetes.io/managed-by": "gateway-service"},
            "annotations": {"kubernaut.ai/fingerprint": other, "kubernaut.ai/episode": "1"},
        },
        "spec": {"holderIdentity": "", "leaseDurationSeconds": 1},
    });
    write(stage, Write::create(leases_path(), lease)).await;
}

/// Creates a copy of an existing RemediationRequest, or the smallest that the schema allows.
async fn create_request(stage: &Stage, fingerprint: &str) {
    let mut object =
        requests(stage, fingerprint).first().map_or_else(|| smallest(fingerprint), |object| (**object).clone());
    object["metadata"] = json!({"name": "made-by-hand", "namespace": NAMESPACE});
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    write(stage, Write::create(requests_path(), object)).await;
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
