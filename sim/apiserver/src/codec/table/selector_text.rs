//! Label selectors as text (k8s.io/apimachinery/pkg/labels, Requirement.String; metav1.LabelSelectorAsSelector).
use super::access::{list, text};
use serde_json::{Map, Value};

/// A map of labels as `a=b,c=d`; `<none>` if it is empty.
pub(crate) fn labels(map: Option<&Value>) -> String {
    let pairs = map.and_then(Value::as_object).into_iter().flat_map(Map::iter);
    let pairs: Vec<_> = pairs.map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
}

/// A `metav1.LabelSelector` as text; empty if it selects nothing in particular.
pub(crate) fn selector(selector: Option<&Value>) -> String {
    let Some(selector) = selector else { return String::new() };
    let equal = selector.get("matchLabels").and_then(Value::as_object).into_iter().flat_map(Map::iter);
    let mut parts: Vec<_> =
        equal.map(|(key, value)| (key.as_str(), format!("{key}={}", value.as_str().unwrap_or_default()))).collect();
    for expression in list(selector, "/matchExpressions") {
        let key = text(expression, "/key");
        let mut values: Vec<_> = list(expression, "/values").iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        let part = match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return "<error>".into(),
        };
        parts.push((key, part));
    }
    parts.sort_by_key(|(key, _)| *key);
    parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requirements_are_sorted_by_key() {
        let expressions = json!([
            {"key": "b", "operator": "NotIn", "values": ["y", "x"]},
            {"key": "a", "operator": "DoesNotExist"},
        ]);
        let both = json!({"matchLabels": {"c": "1"}, "matchExpressions": expressions});
        assert_eq!(selector(Some(&both)), "!a,b notin (x,y),c=1");
        assert_eq!(labels(None), "<none>");
    }
}
