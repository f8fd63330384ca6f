//! Priority classes (k8s.io/kubernetes/pkg/apis/scheduling/validation).
use super::check::{self, number, text};
use crate::base::{field_error::FieldError, object};
use serde_json::Value;

/// The highest priority of a class that is not the system's.
const HIGHEST: i64 = 1_000_000_000;
/// The classes of the system, with their values.
pub(crate) const SYSTEM: [(&str, i64); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// Validates a class, except its metadata.
pub(crate) fn validate(class: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let value = number(class, "/value").unwrap_or_default();
    if let Some(old) = old {
        if number(old, "/value").unwrap_or_default() != value {
            errors.push(FieldError::forbidden("value", "may not be changed in an update."));
        }
        check::immutable(class, old, "/preemptionPolicy", errors);
        return;
    }
    let name = object::meta_str(class, "name");
    if name.starts_with("system-") {
        reserved(class, name, value, errors);
    } else if value > HIGHEST {
        let why = format!("maximum allowed value of a user defined priority is {HIGHEST}");
        errors.push(FieldError::forbidden("value", why));
    }
    match text(class, "/preemptionPolicy") {
        "" => errors.push(FieldError::required("preemptionPolicy", "")),
        _ => check::one_of(class, "/preemptionPolicy", "", &["PreemptLowerPriority", "Never"], errors),
    }
}

fn reserved(class: &Value, name: &str, value: i64, errors: &mut Vec<FieldError>) {
    let why = match SYSTEM.iter().find(|(known, _)| *known == name) {
        None => format!("{name} is not a known system priority class"),
        Some((_, known)) if *known != value => {
            format!("value of {name} PriorityClass must be {known}")
        }
        Some(_) if class.get("globalDefault") == Some(&Value::Bool(true)) => {
            format!("globalDefault of {name} PriorityClass must be false")
        }
        Some(_) => return,
    };
    let why = format!("priority class names with 'system-' prefix are reserved for system use only. error: {why}");
    errors.push(FieldError::forbidden("metadata.name", why));
}
