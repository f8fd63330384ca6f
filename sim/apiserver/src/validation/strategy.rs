//! What the strategies of built-in kinds add to their types: conditional defaults, the state of a new object, and
//! validation (k8s.io/kubernetes/pkg/registry). One row for each kind that has any.
use super::{
    autoscaling, batch, certificates, check, defaults, ephemeral, networking, pods, policy, scheduling, storage,
    workloads,
};
use crate::{
    access::user::User,
    base::{field_error::FieldError, timestamp},
    registry::kind::Kind,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Fills in the defaults of a built-in kind.
pub(crate) fn default(kind: &Kind, object: &mut Map<String, Value>) {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("batch", "Job") => batch::default_job(object),
        ("autoscaling", _) => autoscaling::default(object),
        ("networking.k8s.io", "NetworkPolicy") => networking::default_policy(object),
        ("", "ReplicationController") => default_controller(object),
        ("", "LimitRange") => default_limits(object),
        ("apps", name) => workloads::default(name, object),
        _ => {}
    }
    pods::defaults::fill(&kind.group, &kind.kind, object);
    defaults::fill(kind, object);
    if kind.group == "resource.k8s.io" && kind.kind == "ResourceClaim" {
        default_counts(object);
    }
}

/// What a container has by default: its limit is the maximum, its request the limit or else the minimum.
fn default_limits(range: &mut Map<String, Value>) {
    let limits = range.get_mut("spec").and_then(|spec| spec.get_mut("limits")).and_then(Value::as_array_mut);
    for limit in limits.into_iter().flatten().filter(|limit| limit["type"] == "Container") {
        for (member, other) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
            let others = limit.get(other).and_then(Value::as_object).cloned().unwrap_or_default();
            if let (false, Some(limit)) = (others.is_empty(), limit.as_object_mut())
                && let Some(amounts) = limit.entry(member).or_insert_with(|| json!({})).as_object_mut()
            {
                others.into_iter().for_each(|(name, amount)| _ = amounts.entry(name).or_insert(amount));
            }
        }
    }
}

/// A request for an exact number of devices is for one.
fn default_counts(claim: &mut Map<String, Value>) {
    let requests = claim.get_mut("spec").and_then(|spec| spec.pointer_mut("/devices/requests"));
    let requests = requests.and_then(Value::as_array_mut).into_iter().flatten();
    for request in requests {
        let alternatives = request.get("firstAvailable").and_then(Value::as_array).map_or(0, Vec::len);
        let paths = (0..alternatives).map(|i| format!("/firstAvailable/{i}")).chain(["/exactly".to_owned()]);
        for path in paths {
            let exact = request.pointer_mut(&path).and_then(Value::as_object_mut);
            let exact = exact.filter(|exact| exact.get("allocationMode").is_some_and(|mode| mode == "ExactCount"));
            exact.into_iter().for_each(|exact| {
                exact.entry("count").or_insert(json!(1));
            });
        }
    }
}

/// A replication controller selects the labels of its template, and has them.
fn default_controller(controller: &mut Map<String, Value>) {
    let labels = controller.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
    let Some(labels) = labels else { return };
    if let Some(spec) = controller.get_mut("spec").and_then(Value::as_object_mut) {
        spec.entry("selector").or_insert_with(|| labels.clone());
    }
    if let Some(metadata) = controller.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.entry("labels").or_insert(labels);
    }
}

/// The state of a new API service: one without a service is the server's own, and available.
fn local_service(service: &Map<String, Value>, now: Timestamp) -> Value {
    if service.get("spec").is_some_and(|spec| spec.get("service").is_some()) {
        return json!({});
    }
    json!({"conditions": [{
        "type": "Available",
        "status": "True",
        "lastTransitionTime": timestamp::seconds(now),
        "reason": "Local",
        "message": "Local APIServices are always available",
    }]})
}

/// Sets what the server itself writes in a new object.
pub(crate) fn prepare_new(kind: &Kind, object: &mut Map<String, Value>, user: Option<&User>, now: Timestamp) {
    let status = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "PersistentVolumeClaim") => {
            storage::protect(object, "kubernetes.io/pvc-protection");
            json!({"phase": "Pending"})
        }
        ("", "PersistentVolume") => {
            storage::protect(object, "kubernetes.io/pv-protection");
            json!({"phase": "Pending", "lastPhaseTransitionTime": timestamp::seconds(now)})
        }
        ("storage.k8s.io", "VolumeAttributesClass") => return storage::protect(object, "kubernetes.io/vac-protection"),
        ("certificates.k8s.io", _) => return certificates::prepare_new(object, user),
        ("autoscaling", _) => json!({"currentMetrics": null, "desiredReplicas": 0}),
        ("apiregistration.k8s.io", _) => local_service(object, now),
        ("batch", "Job") => {
            batch::prepare_job(object);
            json!({})
        }
        _ if kind.has_status => kind.zero().remove("status").unwrap_or_default(),
        _ => return,
    };
    object.insert("status".into(), status);
}

/// Limits an update of a built-in kind; false for a kind without rules of its own.
pub(crate) fn prepare_update(kind: &Kind, value: &mut Value, old: &Value, below: &str, now: Timestamp) -> bool {
    match kind.kind.as_str() {
        _ if kind.custom => return false,
        "CertificateSigningRequest" => certificates::prepare_update(value, old, below, now),
        "PersistentVolume" if below == "status" => {
            let phase = |volume: &Value| volume.pointer("/status/phase").cloned();
            let time =
                value.pointer("/status/lastPhaseTransitionTime") == old.pointer("/status/lastPhaseTransitionTime");
            if phase(value) != phase(old) && time {
                value["status"]["lastPhaseTransitionTime"] = timestamp::seconds(now).into();
            }
            value["spec"] = old["spec"].clone();
        }
        _ => return false,
    }
    true
}

/// Validates an object of a built-in kind, except its metadata; false for a kind without rules here.
pub(crate) fn validate(
    kind: &Kind,
    value: &Value,
    old: Option<&Value>,
    below: &str,
    errors: &mut Vec<FieldError>,
) -> bool {
    match (kind.group.as_str(), kind.kind.as_str(), below) {
        ("", "Pod", "ephemeralcontainers") => ephemeral::validate(value, old, errors),
        ("" | "apps", "Pod" | "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet", "status") => {}
        ("", "Pod", _) => {
            pods::spec::validate(value.get("spec").unwrap_or(&Value::Null), "spec", errors);
            old.into_iter().for_each(|old| pods::update::validate(value, old, errors));
        }
        ("", "PodTemplate", _) => {
            let spec = value.pointer("/template/spec").unwrap_or(&Value::Null);
            pods::spec::validate(spec, "template.spec", errors);
        }
        ("apps", name @ ("Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet"), _) => {
            workloads::validate(name, value, old, errors);
        }
        ("apps", "ControllerRevision", _) => {
            if let Some(old) = old {
                check::immutable(value, old, "/data", errors);
            }
        }
        ("policy", ..) => policy::validate(value, below, errors),
        ("autoscaling", ..) => autoscaling::validate(value, below, errors),
        ("certificates.k8s.io", ..) => certificates::validate(value, old, below, errors),
        ("batch" | "networking.k8s.io" | "storage.k8s.io" | "scheduling.k8s.io", _, "status") => {}
        ("batch", name, _) => batch::validate(name, value, old, errors),
        ("networking.k8s.io", name, _) => networking::validate(name, value, old, errors),
        ("scheduling.k8s.io", ..) => scheduling::validate(value, old, errors),
        ("storage.k8s.io", name, _) => storage::validate(name, value, old, errors),
        ("", "PersistentVolumeClaim" | "PersistentVolume", "status") => {}
        ("", name @ ("PersistentVolumeClaim" | "PersistentVolume"), _) => storage::validate(name, value, old, errors),
        _ => return false,
    }
    true
}
