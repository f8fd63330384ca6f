//! HorizontalPodAutoscalers in autoscaling/v1: the objects of autoscaling/v2, with the target of CPU utilization in
//! place of the list of metrics (k8s.io/kubernetes/pkg/apis/autoscaling/v1/conversion.go).
//!
//! Targets other than CPU utilization, behavior and conditions, which v1 shows as annotations, are left out there.
use crate::base::object;
use serde_json::{Value, json};

const ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const STORED: &str = "autoscaling/v2";
const SHOWN: &str = "autoscaling/v1";
const TARGET: &str = "targetCPUUtilizationPercentage";
const CURRENT: &str = "currentCPUUtilizationPercentage";

/// Converts an object of v1 into the form of v2, in which it is stored.
pub(super) fn stored(value: &mut Value) {
    value["apiVersion"] = STORED.into();
    if let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut)
        && let Some(percentage) = spec.remove(TARGET)
    {
        let target = json!({"type": "Utilization", "averageUtilization": percentage});
        spec.insert("metrics".into(), json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    }
    if let Some(status) = value.get_mut("status").and_then(Value::as_object_mut) {
        let current = status.remove(CURRENT);
        let metric = |percentage| {
            let current = json!({"averageUtilization": percentage, "averageValue": "0"});
            json!([{"type": "Resource", "resource": {"name": "cpu", "current": current}}])
        };
        status.insert("currentMetrics".into(), current.map_or(Value::Null, metric));
    }
}

/// The object in the form of v1.
pub(super) fn shown(stored: &Value) -> Value {
    let mut value = stored.clone();
    value["apiVersion"] = SHOWN.into();
    if let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) {
        let metrics = spec.remove("metrics");
        let percentage = metrics.as_ref().and_then(|metrics| cpu(metrics, "/resource/target/averageUtilization"));
        spec.extend(percentage.map(|found| (TARGET.to_owned(), found.clone())));
        spec.remove("behavior");
    }
    if let Some(status) = value.get_mut("status").and_then(Value::as_object_mut) {
        let metrics = status.remove("currentMetrics");
        let percentage = metrics.as_ref().and_then(|metrics| cpu(metrics, "/resource/current/averageUtilization"));
        status.extend(percentage.map(|found| (CURRENT.to_owned(), found.clone())));
        status.remove("conditions");
        status.entry("currentReplicas").or_insert(json!(0));
        if let Some(current) = metrics.as_ref().and_then(annotation) {
            object::metadata_mut(&mut value).entry("annotations").or_insert_with(|| json!({}))[ANNOTATION] =
                current.into();
        }
    }
    value
}

/// The current values of resources as the annotation in which v1 has them.
fn annotation(metrics: &Value) -> Option<String> {
    let of_resource = |metric: &Value| {
        let resource = metric.get("resource")?;
        let mut members = format!("{{\"name\":{}", resource.get("name")?);
        for (name, older) in
            [("averageUtilization", "currentAverageUtilization"), ("averageValue", "currentAverageValue")]
        {
            if let Some(found) = resource.pointer(&format!("/current/{name}")) {
                members.push_str(&format!(",\"{older}\":{found}"));
            }
        }
        Some(format!("{{\"type\":\"Resource\",\"resource\":{members}}}}}"))
    };
    let all: Vec<_> = metrics.as_array()?.iter().filter_map(of_resource).collect();
    (!all.is_empty()).then(|| format!("[{}]", all.join(",")))
}

/// The CPU utilization in a list of metrics.
fn cpu<'a>(metrics: &'a Value, pointer: &str) -> Option<&'a Value> {
    let of_cpu = |metric: &&Value| metric.pointer("/resource/name").is_some_and(|name| name == "cpu");
    metrics.as_array()?.iter().find(of_cpu)?.pointer(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_survives_both_ways() {
        let older = json!({"apiVersion": SHOWN, "spec": {"maxReplicas": 3, TARGET: 70}});
        let mut newer = older.clone();
        stored(&mut newer);
        assert_eq!(newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
        assert_eq!(shown(&newer), older);
    }
}
