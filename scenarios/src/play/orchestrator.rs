//! The simulation's RemediationOrchestrator. Like the real one it reads a RemediationRequest, changes a typed status
//! that lacks the fields it does not know, and PUTs the whole.
//!
//! It knows the status fields of the Go struct in kubernaut.ai/v1alpha1. Its first write erases a mark in any other
//! field.
use crate::{
    gateway_faults::{CHANGED_BACK, REQUEST_ENDS, SUPPRESSION_CHANGED},
    objects::{is_terminal, phase_of},
    play::{api::call, stage::Stage},
    workload::Suppression,
};
use serde_json::{Map, Value, json};
use sim::engine::{ApiService, Label};
use std::time::Duration;

/// Members of status in the orchestrator's struct.
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
/// Members of metav1.Condition.
const KNOWN_CONDITION: &[&str] = &["type", "status", "observedGeneration", "lastTransitionTime", "reason", "message"];
/// Attempts of client-go's retry.DefaultRetry.
const ATTEMPTS: u32 = 5;
/// Times that it may take to notice a change: within a call, within a burst, after it.
const MOMENTS: &[Duration] =
    &[Duration::from_millis(1), Duration::from_millis(6), Duration::from_millis(30), Duration::from_millis(200)];

/// Outcome of an update; of several, the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Updated {
    /// Nothing was there to update, or it is not known whether it was.
    No,
    /// The API server refused it, and would refuse a repetition.
    Refused,
    /// It was stored.
    Yes,
}

/// Moves the fingerprint's active RemediationRequests to `phase`.
pub async fn move_to(stage: &Stage, fingerprint: &str, phase: &str) -> Updated {
    let mut moved = Updated::No;
    for (namespace, name) in active(stage, fingerprint) {
        moved = moved.max(set_phase(&stage.orchestrator, &namespace, &name, phase).await);
    }
    moved
}

/// Moves them through `phases`, each at a moment that is a choice of the run, until the phases or the senders are done.
pub async fn move_through(stage: &Stage, fingerprint: &str, phases: &[std::borrow::Cow<'static, str>]) {
    for phase in phases {
        loop {
            sleep_a_moment(stage).await;
            let over = stage.senders_done();
            match move_to(stage, fingerprint, phase).await {
                Updated::Yes if is_terminal(phase) => {
                    stage.cluster.deliver_fault(REQUEST_ENDS);
                    break;
                }
                Updated::Yes | Updated::Refused => break,
                Updated::No if over => return,
                Updated::No => {}
            }
        }
    }
}

async fn sleep_a_moment(stage: &Stage) {
    let moment = MOMENTS[stage.cluster.choose(Label::Workload, MOMENTS.len(), |picked| MOMENTS[picked].into())];
    stage.cluster.sleep(moment).await;
}

fn active(stage: &Stage, fingerprint: &str) -> Vec<(String, String)> {
    let objects = stage.cluster.objects(stage.requests);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    objects
        .iter()
        .filter(|object| object["spec"]["signalFingerprint"] == fingerprint)
        .filter(|object| !is_terminal(phase_of(object)))
        .map(|object| (text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"])))
        .collect()
}

async fn set_phase(api: &ApiService, namespace: &str, name: &str, phase: &str) -> Updated {
    update(api, namespace, name, |status, ended| {
        // A request that has ended stays ended: no gateway could handle one that becomes active again.
        status["overallPhase"] = json!(phase);
        !ended
    })
    .await
}

/// Changes a status as the real orchestrator does, until the write meets no conflict, or `change` gives up. That gets
/// the status, and whether the request has ended.
async fn update(
    api: &ApiService,
    namespace: &str,
    name: &str,
    change: impl Fn(&mut Value, bool) -> bool + Send + Sync,
) -> Updated {
    let path = format!("/apis/kubernaut.ai/v1alpha1/namespaces/{namespace}/remediationrequests/{name}");
    for _ in 0..ATTEMPTS {
        let Some((200, mut object)) = call(api, http::Method::GET, &path, None).await else { return Updated::No };
        let ended = is_terminal(phase_of(&object));
        typed(&mut object["status"]);
        if !change(&mut object["status"], ended) {
            return Updated::No;
        }
        match call(api, http::Method::PUT, &format!("{path}/status"), Some(&object)).await {
            Some((200, _)) => return Updated::Yes,
            Some((409, _)) => {}
            Some((400 | 403 | 422, _)) => return Updated::Refused,
            _ => return Updated::No,
        }
    }
    Updated::No
}

/// Ends the fingerprint's active RemediationRequests with this suppression.
pub async fn end(stage: &Stage, fingerprint: &str, phase: &str, suppression: Suppression) -> Updated {
    let mut updated = Updated::No;
    for (namespace, name) in active(stage, fingerprint) {
        let until = stage.cluster.now();
        let change = |status: &mut Value, ended: bool| {
            status["overallPhase"] = json!(phase);
            suppress(status, suppression, until);
            !ended
        };
        updated = updated.max(update(&stage.orchestrator, &namespace, &name, change).await);
    }
    updated
}

/// Ends active RemediationRequests, one after the other, until that many have ended or the senders are done.
pub async fn end_each(stage: &Stage, fingerprint: &str, phase: &str, suppression: Suppression, times: u32) {
    for _ in 0..times {
        loop {
            sleep_a_moment(stage).await;
            let over = stage.senders_done();
            match end(stage, fingerprint, phase, suppression).await {
                Updated::Yes => {
                    stage.cluster.deliver_fault(REQUEST_ENDS);
                    break;
                }
                // No API server refuses these phases for good: a proxy in between did, and controllers try again.
                Updated::Refused | Updated::No if over => return,
                Updated::Refused | Updated::No => {}
            }
        }
    }
}

/// Changes the suppression of the fingerprint's latest RemediationRequest, if that has ended.
pub async fn change_suppression(stage: &Stage, fingerprint: &str, suppression: Suppression) {
    let Some((namespace, name)) = latest(stage, fingerprint) else { return };
    let now = stage.cluster.now();
    let change = |status: &mut Value, ended| {
        suppress(status, suppression, now);
        ended
    };
    if update(&stage.orchestrator, &namespace, &name, change).await == Updated::Yes {
        stage.cluster.deliver_fault(SUPPRESSION_CHANGED);
    }
}

/// Moves the fingerprint's latest RemediationRequest back to an active phase, if it has ended.
pub async fn change_back(stage: &Stage, fingerprint: &str, phase: &str) {
    let Some((namespace, name)) = latest(stage, fingerprint) else { return };
    let change = |status: &mut Value, ended| {
        status["overallPhase"] = json!(phase);
        ended
    };
    if update(&stage.orchestrator, &namespace, &name, change).await == Updated::Yes {
        stage.cluster.deliver_fault(CHANGED_BACK);
    }
}

pub(crate) fn suppress(status: &mut Value, suppression: Suppression, now: jiff::Timestamp) {
    for (part, member) in [("routingStatus", "nextAllowedExecution"), ("completionStatus", "outcome")] {
        if let Some(members) = status.get_mut(part).and_then(Value::as_object_mut) {
            members.remove(member);
        }
    }
    match suppression {
        Suppression::None => {}
        Suppression::For(time) => {
            let until = now.as_second() + i64::try_from(time.as_secs()).unwrap_or_default();
            let until = jiff::Timestamp::from_second(until).unwrap_or(now);
            status["routingStatus"]["nextAllowedExecution"] = json!(until.to_string());
        }
        Suppression::Review => status["completionStatus"]["outcome"] = json!("ManualReviewRequired"),
    }
}

/// Namespace and name of the fingerprint's RemediationRequest that was created last.
fn latest(stage: &Stage, fingerprint: &str) -> Option<(String, String)> {
    let objects = stage.cluster.objects(stage.requests);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let age = |object: &Value| {
        let name = text(&object["metadata"]["name"]);
        (text(&object["metadata"]["creationTimestamp"]), name.len(), name)
    };
    let of = objects.iter().filter(|object| object["spec"]["signalFingerprint"] == fingerprint);
    let object = of.max_by_key(|object| age(object))?;
    Some((text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"])))
}

/// Reduces a status to the members of the orchestrator's struct.
pub(crate) fn typed(status: &mut Value) {
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
