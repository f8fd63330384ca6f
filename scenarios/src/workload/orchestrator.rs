//! The RemediationOrchestrator of the simulation, as impolite as the real one: it reads a RemediationRequest, changes a typed
//! status that lacks the fields it does not know, and PUTs the whole.
//!
//! What it knows of the status is what the Go struct of kubernaut.ai/v1alpha1 has; a mark that the gateway kept anywhere else
//! is gone after its first write.
use super::script::Stage;
use crate::gateway_faults::REQUEST_ENDS;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::{Map, Value, json};
use sim::engine::{ApiService, Label};
use std::time::Duration;
use tower::Service;

/// The members of status that the orchestrator's struct has.
const KNOWN_STATUS: &[&str] = &[
    "deduplication",
    "observedGeneration",
    "overallPhase",
    "message",
    "startTime",
    "completedAt",
    "retentionExpiryTime",
    "conditions",
    "timeoutConfig",
    "phaseProgress",
    "routingStatus",
    "completionStatus",
    "operatorAudit",
    "workflowSelection",
];
/// The members of a condition that metav1.Condition has.
const KNOWN_CONDITION: &[&str] = &["type", "status", "observedGeneration", "lastTransitionTime", "reason", "message"];
/// client-go's retry.DefaultRetry has 5 steps.
const ATTEMPTS: u32 = 5;
/// After which a client gives a call up that is never answered.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
const TERMINAL: &[&str] = &["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"];
/// How long it may take to notice a change: within a call, within a burst, after it.
const MOMENTS: &[Duration] =
    &[Duration::from_millis(1), Duration::from_millis(6), Duration::from_millis(30), Duration::from_millis(200)];

/// Moves the fingerprint's active RemediationRequests to `phase`; whether there was one.
pub async fn move_to(stage: &Stage, fingerprint: &str, phase: &str) -> bool {
    let mut moved = false;
    for (namespace, name) in active(stage, fingerprint) {
        moved |= set_phase(&stage.orchestrator, &namespace, &name, phase).await;
    }
    moved
}

/// Moves them through `phases`, each at a moment that is chosen, until there are no more phases or no more senders.
pub async fn move_through(stage: &Stage, fingerprint: &str, phases: &[std::borrow::Cow<'static, str>]) {
    for phase in phases {
        loop {
            let moment = MOMENTS[stage.cluster.choose(Label::Workload, MOMENTS.len(), |picked| MOMENTS[picked].into())];
            stage.cluster.sleep(moment).await;
            let ended = stage.senders_done();
            if move_to(stage, fingerprint, phase).await {
                if TERMINAL.contains(&phase.as_ref()) {
                    stage.cluster.deliver_fault(REQUEST_ENDS);
                }
                break;
            }
            if ended {
                return;
            }
        }
    }
}

fn active(stage: &Stage, fingerprint: &str) -> Vec<(String, String)> {
    let objects = stage.cluster.objects(stage.requests);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    objects
        .iter()
        .filter(|object| object["spec"]["signalFingerprint"] == fingerprint)
        .filter(|object| !TERMINAL.contains(&object["status"]["overallPhase"].as_str().unwrap_or_default()))
        .map(|object| (text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"])))
        .collect()
}

async fn set_phase(api: &ApiService, namespace: &str, name: &str, phase: &str) -> bool {
    let path = format!("/apis/kubernaut.ai/v1alpha1/namespaces/{namespace}/remediationrequests/{name}");
    for _ in 0..ATTEMPTS {
        let Some((200, mut object)) = call(api, http::Method::GET, &path, None).await else { return false };
        // What has ended stays ended: a terminal request made active again is beyond any gateway's help.
        if TERMINAL.contains(&object["status"]["overallPhase"].as_str().unwrap_or_default()) {
            return false;
        }
        typed(&mut object["status"]);
        object["status"]["overallPhase"] = json!(phase);
        match call(api, http::Method::PUT, &format!("{path}/status"), Some(&object)).await {
            Some((200, _)) => return true,
            Some((409, _)) => {}
            _ => return false,
        }
    }
    false
}

/// What is left of a status that went through the orchestrator's struct.
fn typed(status: &mut Value) {
    if !status.is_object() {
        *status = Value::Object(Map::new());
    }
    let keep = |value: &mut Value, known: &[&str]| {
        if let Some(members) = value.as_object_mut() {
            members.retain(|name, _| known.contains(&name.as_str()));
        }
    };
    keep(status, KNOWN_STATUS);
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.iter_mut().for_each(|condition| keep(condition, KNOWN_CONDITION));
    }
}

/// One API call of a client that is not kube: status and body, or nothing when the connection broke.
pub async fn call(api: &ApiService, method: http::Method, target: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    call_as(api, method, target, "application/json", body).await
}

/// The same with a body of this type.
pub async fn call_as(
    api: &ApiService,
    method: http::Method,
    target: &str,
    content_type: &str,
    body: Option<&Value>,
) -> Option<(u16, Value)> {
    let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let request = http::Request::builder()
        .method(method)
        .uri(target)
        .header(http::header::CONTENT_TYPE, content_type)
        .body(Full::new(bytes))
        .ok()?;
    let answer = tokio::time::timeout(CALL_TIMEOUT, api.clone().call(request));
    let response = answer.await.ok()?.ok()?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_status_members_are_erased() {
        let mut status = json!({"overallPhase": "", "mark": 1, "conditions": [{"type": "A", "mark": 2}]});
        typed(&mut status);
        assert_eq!(status, json!({"overallPhase": "", "conditions": [{"type": "A"}]}));
    }
}
