//! The targets of a HorizontalPodAutoscaler, with their current values (printers.go, formatHPAMetrics).
use super::access::{list, text};
use serde_json::{Value, json};

/// Number of metrics that the cell shows.
const SHOWN: usize = 2;
const UNKNOWN: &str = "<unknown>";

pub(super) fn cell(value: &Value) -> Value {
    let current = list(value, "/status/currentMetrics");
    let specs = list(value, "/spec/metrics");
    let all: Vec<_> = specs.iter().enumerate().map(|(i, spec)| metric(spec, current.get(i))).collect();
    json!(match all.len() {
        0 => "<none>".to_owned(),
        found if found > SHOWN => format!("{} + {} more...", all[..SHOWN].join(", "), found - SHOWN),
        _ => all.join(", "),
    })
}

fn metric(spec: &Value, status: Option<&Value>) -> String {
    let (member, of_resource) = match text(spec, "/type") {
        "External" => ("external", false),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        _ => return "<unknown type>".to_owned(),
    };
    let target = |name: &str| spec.pointer(&format!("/{member}/target/{name}"));
    let current = |name: &str| status.and_then(|status| status.pointer(&format!("/{member}/current/{name}")));
    let shown = |found: Option<&Value>| found.and_then(Value::as_str).unwrap_or(UNKNOWN).to_owned();
    let percent = |found: Option<&Value>, otherwise: &str| {
        found.and_then(Value::as_i64).map_or_else(|| otherwise.to_owned(), |n| format!("{n}%"))
    };
    let name = spec.pointer(&format!("/{member}/name")).and_then(Value::as_str).unwrap_or_default();
    match (of_resource, target("averageValue")) {
        (true, Some(wanted)) => format!("{name}: {}/{}", shown(current("averageValue")), shown(Some(wanted))),
        (true, None) => {
            let wanted = percent(target("averageUtilization"), "<auto>");
            format!("{name}: {}/{wanted}", percent(current("averageUtilization"), UNKNOWN))
        }
        (false, Some(wanted)) => {
            let average = if member == "pods" { "" } else { " (avg)" };
            format!("{}/{}{average}", shown(current("averageValue")), shown(Some(wanted)))
        }
        (false, None) => format!("{}/{}", shown(current("value")), shown(target("value"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_metrics_are_counted() {
        let cpu = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}});
        let memory = json!({"type": "Resource", "resource": {"name": "memory", "target": {"averageValue": "1Gi"}}});
        let pods = json!({"type": "Pods", "pods": {"target": {"averageValue": "5"}}});
        let now = json!([{"type": "Resource", "resource": {"current": {"averageUtilization": 7}}}]);
        let both = json!({"spec": {"metrics": [cpu, memory]}, "status": {"currentMetrics": now}});
        assert_eq!(cell(&both), "cpu: 7%/80%, memory: <unknown>/1Gi");
        assert_eq!(
            cell(&json!({"spec": {"metrics": [pods, cpu, memory]}})),
            "<unknown>/5, cpu: <unknown>/80% + 1 more..."
        );
    }
}
