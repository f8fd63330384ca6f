//! Checks that many kinds share (k8s.io/apimachinery/pkg/apis/meta/v1/validation,
//! k8s.io/kubernetes/pkg/apis/core/validation).
use crate::base::{
    field_error::FieldError,
    names::{self, NameRule},
};
use serde_json::{Map, Value};

const NOT_NEGATIVE: &str = "must be greater than or equal to 0";
pub(crate) const PORT: &str = "must be between 1 and 65535, inclusive";
const IMMUTABLE: &str = "field is immutable";

pub(crate) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// The path of a member as messages show it.
fn shown(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// Checks that a number, if it is there, is not negative.
pub(crate) fn not_negative(object: &Value, pointer: &str, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(found) = number(object, pointer).filter(|n| *n < 0) {
        errors.push(FieldError::invalid(format!("{path}{}", shown(pointer)), &found.into(), NOT_NEGATIVE));
    }
}

/// Checks that a text, if it is there, is one of those known.
pub(crate) fn one_of(object: &Value, pointer: &str, path: &str, known: &[&str], errors: &mut Vec<FieldError>) {
    let Some(found) = object.pointer(pointer).filter(|found| !known.iter().any(|known| *found == known)) else {
        return;
    };
    let known: Vec<Value> = known.iter().map(|known| (*known).into()).collect();
    let path = format!("{path}{}", shown(pointer));
    errors.push(FieldError::not_supported(path, found, &known.iter().collect::<Vec<_>>()));
}

/// Checks that an update does not change a member.
pub(crate) fn immutable(new: &Value, old: &Value, pointer: &str, errors: &mut Vec<FieldError>) {
    if new.pointer(pointer) != old.pointer(pointer) {
        let found = new.pointer(pointer).unwrap_or(&Value::Null);
        errors.push(FieldError::invalid(shown(pointer), found, IMMUTABLE));
    }
}

/// Checks a name by a rule.
pub(crate) fn name(name: &str, rule: NameRule, path: &str, errors: &mut Vec<FieldError>) {
    errors.extend(rule.check(name).into_iter().map(|why| FieldError::invalid(path, &name.into(), why)));
}

/// Checks a `metav1.LabelSelector`.
pub(crate) fn label_selector(selector: Option<&Value>, path: &str, errors: &mut Vec<FieldError>) {
    let Some(selector) = selector else { return };
    let labels = selector.get("matchLabels").and_then(Value::as_object).into_iter().flat_map(Map::iter);
    for (key, value) in labels {
        let field = format!("{path}.matchLabels");
        let problems = names::qualified_name(key).into_iter();
        errors.extend(problems.map(|why| FieldError::invalid(field.as_str(), &key.as_str().into(), why)));
        let problems = names::label_value(value.as_str().unwrap_or_default()).into_iter();
        errors.extend(problems.map(|why| FieldError::invalid(field.as_str(), value, why)));
    }
    for (i, requirement) in list(selector, "/matchExpressions").iter().enumerate() {
        label_requirement(requirement, &format!("{path}.matchExpressions[{i}]"), errors);
    }
}

fn label_requirement(requirement: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let values = list(requirement, "/values");
    match text(requirement, "/operator") {
        "In" | "NotIn" if values.is_empty() => {
            let why = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required(format!("{path}.values"), why));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden(format!("{path}.values"), why));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            errors.push(FieldError::invalid(
                format!("{path}.operator"),
                &other.into(),
                "not a valid selector operator",
            ));
        }
    }
    let key = text(requirement, "/key");
    let problems = names::qualified_name(key).into_iter();
    errors.extend(problems.map(|why| FieldError::invalid(format!("{path}.key"), &key.into(), why)));
    for (i, value) in values.iter().enumerate() {
        let problems = names::label_value(value.as_str().unwrap_or_default()).into_iter();
        errors.extend(problems.map(|why| FieldError::invalid(format!("{path}.values[{i}]"), value, why)));
    }
}

/// Checks a number or a percentage that is not negative, and at most 100 %.
pub(crate) fn share(value: Option<&Value>, path: &str, errors: &mut Vec<FieldError>) {
    const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
        '93%', regex used for validation is '[0-9]+%')";
    match value {
        Some(Value::Number(n)) if n.as_i64().is_some_and(|n| n < 0) => {
            errors.push(FieldError::invalid(path, &n.clone().into(), NOT_NEGATIVE));
        }
        Some(Value::String(found)) => {
            let digits = found.strip_suffix('%').filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
            match digits {
                None => errors.push(FieldError::invalid(path, &found.as_str().into(), PERCENT)),
                Some(digits) if digits.parse().is_ok_and(|n: u64| n > 100) => {
                    errors.push(FieldError::invalid(path, &found.as_str().into(), "must not be greater than 100%"));
                }
                Some(_) => {}
            }
        }
        _ => {}
    }
}

/// Checks a port number.
pub(crate) fn port(found: i64, path: &str, errors: &mut Vec<FieldError>) {
    if !(1..=65535).contains(&found) {
        errors.push(FieldError::invalid(path, &found.into(), PORT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_without_values_are_refused() {
        let mut errors = Vec::new();
        let selector = json!({"matchExpressions": [{"key": "a", "operator": "In"}, {"key": "b", "operator": "Has"}]});
        label_selector(Some(&selector), "spec.selector", &mut errors);
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["spec.selector.matchExpressions[0].values", "spec.selector.matchExpressions[1].operator"]);
    }
}
