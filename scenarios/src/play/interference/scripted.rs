//! Scripted interference: an administrator does it as an act of the script, through the API.
use super::garbled;
use crate::{
    gateway_faults::{
        COUNT_OVERWRITTEN, ENDED_DELETED, LEASE_PINNED, LEASE_STOLEN, MARKS_ERASED, MARKS_GARBLED, NAMESPACE_ENDS,
        REQUEST_BY_HAND, REQUEST_DELETED,
    },
    objects::{
        NAMESPACE, is_terminal, lease_name, leases_path, phase_of, request_path, requests_path, smallest_request,
    },
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
    match how {
        Interference::DeleteRequests { held } => return delete_requests(stage, &fingerprint, held).await,
        Interference::DeleteEnded => {
            let mut deleted = false;
            for object in requests(stage, &fingerprint).iter().filter(|object| is_terminal(phase_of(object))) {
                deleted |= write(stage, Write::delete(request_path(object))).await;
            }
            if deleted {
                stage.cluster.deliver_fault(ENDED_DELETED);
            }
        }
        Interference::EndRequest => set_phase(stage, &fingerprint, "Completed", |phase| !is_terminal(phase)).await,
        Interference::EndForReview => {
            patch_status(stage, &fingerprint, &for_review(), |phase| !is_terminal(phase)).await;
        }
        Interference::LiftReview => _ = patch_status(stage, &fingerprint, &review_lifted(), is_terminal).await,
        Interference::RestoreMarks => restore_marks(stage, &fingerprint).await,
        Interference::Revive => set_phase(stage, &fingerprint, "Executing", is_terminal).await,
        Interference::CreateRequest => create_request(stage, &fingerprint).await,
        Interference::EraseMarks => {
            for object in requests(stage, &fingerprint) {
                write(stage, Write::patch(format!("{}/status", request_path(&object)), erased(&object))).await;
            }
            stage.cluster.deliver_fault(MARKS_ERASED);
        }
        Interference::GarbleMarks(way) => {
            for object in requests(stage, &fingerprint).iter().filter(|object| !is_terminal(phase_of(object))) {
                let target = format!("{}/status", request_path(object));
                if write(stage, Write::patch(target, garbled::patch(object, way))).await {
                    stage.cluster.deliver_fault(MARKS_GARBLED);
                }
            }
        }
        Interference::PinLease { held } => return pin_lease(stage, lease_path(&fingerprint), held).await,
        Interference::EndNamespace => {
            if write(stage, Write::delete(format!("/api/v1/namespaces/{NAMESPACE}"))).await {
                stage.cluster.deliver_fault(NAMESPACE_ENDS);
            }
        }
        Interference::Reopen => {
            patch_status(stage, &fingerprint, &json!({"status": {"conditions": []}}), is_terminal).await;
            stage.cluster.deliver_fault(MARKS_ERASED);
        }
        Interference::SetCount(count) => {
            let counted = json!({"status": {"deduplication": {"occurrenceCount": count}}});
            if patch_status(stage, &fingerprint, &counted, |phase| !is_terminal(phase)).await {
                stage.cluster.deliver_fault(COUNT_OVERWRITTEN);
            }
        }
        Interference::DeleteLease => _ = write(stage, Write::delete(lease_path(&fingerprint))).await,
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

/// Whether the condition closes a request that has ended.
pub(super) fn closes(condition: &Value) -> bool {
    condition["type"] == "EpisodeClosed"
}

/// The patch that erases the marks of this request. One that is closed stays so: docs/protocol/argument.md assumes that
/// nobody reopens a request which a replica may find suppressing, by its own clock or after a late review.
pub(super) fn erased(request: &Value) -> Value {
    let conditions = request["status"]["conditions"].as_array();
    let kept: Vec<&Value> = conditions.into_iter().flatten().filter(|condition| closes(condition)).collect();
    json!({"status": {"conditions": kept}})
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

/// Sends a write; whether it succeeded.
async fn write(stage: &Stage, write: Write) -> bool {
    write.send(&stage.administrator).await.is_some_and(|(status, _)| status < 300)
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

/// Patches the status of every request in such a phase; whether there was one.
async fn patch_status(stage: &Stage, fingerprint: &str, body: &Value, of: fn(&str) -> bool) -> bool {
    let mut patched = false;
    for object in requests(stage, fingerprint) {
        if of(phase_of(&object)) {
            patched |= write(stage, Write::patch(format!("{}/status", request_path(&object)), body.clone())).await;
        }
    }
    patched
}

/// Deletes every active request, and keeps each for a while by a finalizer. One that has ended in the meantime stays,
/// as docs/protocol/argument.md assumes.
async fn delete_requests(stage: &Stage, fingerprint: &str, held: Duration) -> BoxFuture<'static, ()> {
    let mut objects = requests(stage, fingerprint);
    objects.retain(|object| !is_terminal(phase_of(object)));
    for object in &objects {
        if !held.is_zero() {
            while_active(stage, object, |now| set_finalizers(now, &json!([FINALIZER]))).await;
        }
        if while_active(stage, object, |now| Write::delete_version(request_path(now), now)).await {
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
        for object in &objects {
            while !while_active(&stage, object, |now| set_finalizers(now, &Value::Null)).await
                && active(&stage, object).is_some()
            {
                stage.cluster.sleep(Duration::from_secs(1)).await;
            }
        }
    })
}

/// Sends a write that names the request's version, again after each conflict, for as long as the request is active;
/// whether it was stored.
async fn while_active(stage: &Stage, object: &Value, make: impl Fn(&Value) -> Write + Send + Sync) -> bool {
    while let Some(now) = active(stage, object) {
        match make(&now).send(&stage.administrator).await {
            Some((200 | 202, _)) => return true,
            Some((409, _)) => {}
            _ => return false,
        }
    }
    false
}

/// The request as it is stored, while it is active.
fn active(stage: &Stage, object: &Value) -> Option<Arc<Value>> {
    let mut stored = stage.cluster.objects(stage.requests).into_iter();
    let same = stored.find(|other| other["metadata"]["uid"] == object["metadata"]["uid"])?;
    (!is_terminal(phase_of(&same))).then_some(same)
}

fn set_finalizers(object: &Value, finalizers: &Value) -> Write {
    let version = &object["metadata"]["resourceVersion"];
    let metadata = json!({"finalizers": finalizers, "resourceVersion": version});
    Write::patch(request_path(object), json!({"metadata": metadata}))
}

/// Puts a finalizer on a lease. The controller that did so takes it away later, and retries until it is gone.
async fn pin_lease(stage: &Stage, path: String, held: Duration) -> BoxFuture<'static, ()> {
    let pin = |finalizers: Value| Write::patch(path.clone(), json!({"metadata": {"finalizers": finalizers}}));
    let (pinned, unpin) = (pin(json!([FINALIZER])), pin(Value::Null));
    let stage = stage.clone();
    if write(&stage, pinned).await {
        stage.cluster.deliver_fault(LEASE_PINNED);
    }
    Box::pin(async move {
        stage.cluster.sleep(held).await;
        // A lease that is gone, or was made anew, has no finalizer to take away.
        while !matches!(unpin.send(&stage.administrator).await, Some((200 | 404, _))) {
            stage.cluster.sleep(Duration::from_secs(1)).await;
        }
    })
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

/// Creates a copy of an existing RemediationRequest, or the smallest that the schema allows, unless one is active: a
/// client looks first, and may be too late all the same.
async fn create_request(stage: &Stage, fingerprint: &str) {
    let known = requests(stage, fingerprint);
    if known.iter().any(|object| !is_terminal(phase_of(object))) {
        return;
    }
    let mut object = known.first().map_or_else(|| smallest_request(fingerprint), |object| (**object).clone());
    let name = if known.is_empty() { "made-by-hand".to_owned() } else { format!("made-by-hand-{}", known.len()) };
    object["metadata"] = json!({"name": name, "namespace": NAMESPACE});
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    if write(stage, Write::create(requests_path(), object)).await {
        stage.cluster.deliver_fault(REQUEST_BY_HAND);
    }
}
