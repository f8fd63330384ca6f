//! Pod disruption budgets (k8s.io/kubernetes/pkg/apis/policy/validation).
use super::check;
use crate::base::field_error::FieldError;
use serde_json::{Value, json};

/// Validates a budget, except its metadata.
pub(crate) fn validate(budget: &Value, subresource: &str, errors: &mut Vec<FieldError>) {
    if subresource == "status" {
        for member in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
            check::not_negative(budget, &format!("/status/{member}"), "", errors);
        }
        return;
    }
    let spec = budget.get("spec").unwrap_or(&Value::Null);
    let (min, max) = (spec.get("minAvailable"), spec.get("maxUnavailable"));
    if min.is_some() && max.is_some() {
        let why = "minAvailable and maxUnavailable cannot be both set";
        errors.push(FieldError::invalid("spec", &internal(spec), why));
    }
    check::share(min, "spec.minAvailable", errors);
    check::share(max, "spec.maxUnavailable", errors);
    check::label_selector(spec.get("selector"), "spec.selector", errors);
    check::one_of(budget, "/spec/unhealthyPodEvictionPolicy", "", &["AlwaysAllow", "IfHealthyBudget"], errors);
}

/// The spec as Go's internal type, which has no names for JSON.
fn internal(spec: &Value) -> Value {
    let value = |name: &str| spec.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "MinAvailable": value("minAvailable"),
        "Selector": value("selector"),
        "MaxUnavailable": value("maxUnavailable"),
        "UnhealthyPodEvictionPolicy": value("unhealthyPodEvictionPolicy"),
    })
}
