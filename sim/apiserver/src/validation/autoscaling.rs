//! Horizontal pod autoscalers (k8s.io/kubernetes/pkg/apis/autoscaling). Not checked: metrics and behavior beyond their
//! presence.
use super::check::{self, number, text};
use crate::base::{field_error::FieldError, names::NameRule};
use serde_json::{Map, Value, json};

/// Completes the rules of a behavior that is given.
pub(crate) fn default(autoscaler: &mut Map<String, Value>) {
    let Some(behavior) = autoscaler.get_mut("spec").and_then(|spec| spec.get_mut("behavior")) else { return };
    let up = json!({
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    });
    let down = json!({"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]});
    let Some(behavior) = behavior.as_object_mut() else { return };
    for (name, rules) in [("scaleUp", up), ("scaleDown", down)] {
        let found = behavior.entry(name).or_insert_with(|| json!({}));
        let (Value::Object(found), Value::Object(rules)) = (found, rules) else { continue };
        for (member, value) in rules {
            found.entry(member).or_insert(value);
        }
    }
}

/// Validates an autoscaler, except its metadata.
pub(crate) fn validate(autoscaler: &Value, subresource: &str, errors: &mut Vec<FieldError>) {
    if subresource == "status" {
        check::not_negative(autoscaler, "/status/currentReplicas", "", errors);
        check::not_negative(autoscaler, "/status/desiredReplicas", "", errors);
        return;
    }
    let (min, max) = (number(autoscaler, "/spec/minReplicas"), number(autoscaler, "/spec/maxReplicas").unwrap_or(0));
    let mut unscalable = None;
    let mut invalid = |member: &str, value: i64, why: &str| {
        errors.push(FieldError::invalid(format!("spec.{member}"), &value.into(), why));
    };
    if let Some(min) = min.filter(|min| *min < 1) {
        invalid("minReplicas", min, "must be greater than or equal to 1");
    }
    if max < 0 {
        invalid("maxReplicas", max, "must be greater than or equal to 1");
    }
    if min.is_some_and(|min| max < min) {
        invalid("maxReplicas", max, "must be greater than or equal to `minReplicas`");
    }
    if max == 0 {
        errors.insert(0, FieldError::required("spec.maxReplicas", "must be set and greater than 0"));
    }
    let external = |metric: &Value| matches!(text(metric, "/type"), "Object" | "External");
    if min == Some(0) && !check::list(autoscaler, "/spec/metrics").iter().any(external) {
        let why = "must specify at least one Object or External metric to support scaling to zero replicas";
        unscalable = Some(FieldError::forbidden("spec.metrics", why));
    }
    for member in ["kind", "name"] {
        let (found, path) =
            (text(autoscaler, &format!("/spec/scaleTargetRef/{member}")), format!("spec.scaleTargetRef.{member}"));
        if found.is_empty() {
            errors.push(FieldError::required(path, ""));
        } else {
            check::name(found, NameRule::PathSegment, &path, errors);
        }
    }
    if !text(autoscaler, "/spec/scaleTargetRef/apiVersion").contains('/') {
        let found = Value::from(text(autoscaler, "/spec/scaleTargetRef/apiVersion"));
        if text(autoscaler, "/spec/scaleTargetRef/kind") != "ReplicationController" {
            let why = "apiVersion must specify API group";
            errors.push(FieldError::invalid("spec.scaleTargetRef.apiVersion", &found, why));
        }
    }
    errors.extend(unscalable);
}
