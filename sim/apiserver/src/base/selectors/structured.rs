//! `metav1.LabelSelector`: a label selector that is part of an object, as in webhooks and aggregated roles.
use crate::base::object;
use serde_json::Value;

/// Whether an object's labels match. An empty selector matches everything.
pub(crate) fn matches(selector: &Value, object: &Value) -> bool {
    let labels = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let requirements = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    let (mut labels, mut requirements) = (labels, requirements);
    labels.all(|(key, value)| object::label(object, key) == value.as_str())
        && requirements.all(|requirement| fits(requirement, object))
}

fn fits(requirement: &Value, object: &Value) -> bool {
    let text = |member: &str| requirement.get(member).and_then(Value::as_str).unwrap_or_default();
    let label = object::label(object, text("key"));
    let listed = || {
        let values = requirement.get("values").and_then(Value::as_array);
        label.is_some_and(|label| values.is_some_and(|values| values.iter().any(|value| value == label)))
    };
    match text("operator") {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selector_needs_every_requirement() {
        let selector = json!({
            "matchLabels": {"a": "1"},
            "matchExpressions": [
                {"key": "b", "operator": "NotIn", "values": ["2"]},
                {"key": "c", "operator": "Exists"},
            ],
        });
        let with = |labels: Value| json!({"metadata": {"labels": labels}});
        assert!(matches(&selector, &with(json!({"a": "1", "c": ""}))));
        assert!(!matches(&selector, &with(json!({"a": "1", "b": "2", "c": ""}))));
        assert!(!matches(&selector, &with(json!({"a": "1"}))));
        assert!(matches(&json!({}), &json!({})));
    }
}
