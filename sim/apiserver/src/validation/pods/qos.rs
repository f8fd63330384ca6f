//! The class of service of a pod, by what its containers request and are limited to
//! (k8s.io/kubernetes/pkg/apis/core/helper/qos).
use super::super::check::list;
use crate::cel::quantity::Quantity;
use serde_json::Value;

/// The resources that count.
const COUNTED: [&str; 2] = ["cpu", "memory"];

/// The class of a pod.
pub(crate) fn class(spec: &Value) -> &'static str {
    let containers: Vec<&Value> =
        ["/containers", "/initContainers"].into_iter().flat_map(|of| list(spec, of)).collect();
    let amount = |container: &Value, of: &str, resource: &str| {
        let text = container.get("resources")?.get(of)?.get(resource)?.as_str()?;
        Quantity::parse(text).ok().filter(|quantity| quantity.sign() > 0)
    };
    let any = |of: &str| containers.iter().any(|one| COUNTED.iter().any(|name| amount(one, of, name).is_some()));
    if !any("requests") && !any("limits") {
        return "BestEffort";
    }
    let guaranteed = containers.iter().all(|container| {
        COUNTED.iter().all(|resource| {
            let limit = amount(container, "limits", resource);
            let request = amount(container, "requests", resource);
            limit.is_some_and(|limit| request.is_none_or(|request| request.compare(&limit).is_eq()))
        })
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn classes_follow_requests_and_limits() {
        let class_of = |resources: Value| class(&json!({"containers": [{"resources": resources}]}));
        let all = json!({"cpu": "1", "memory": "1Gi"});
        assert_eq!(class_of(json!({})), "BestEffort");
        assert_eq!(class_of(json!({"requests": {"cpu": "1"}})), "Burstable");
        assert_eq!(class_of(json!({"requests": all, "limits": {"cpu": "1000m", "memory": "1Gi"}})), "Guaranteed");
        assert_eq!(class_of(json!({"requests": all, "limits": {"cpu": "2", "memory": "1Gi"}})), "Burstable");
    }
}
