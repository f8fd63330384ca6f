//! Defaults and validation of built-in kinds other than leases: the few rules that scenarios reach.
//!
//! Otherwise their bodies are not checked; `docs/fidelity.md` says so.
use super::{namespace, pods};
use crate::{base::field_error::FieldError, extensions::defaults, registry::events};
use serde_json::{Map, Value, json};

/// Maximum length of a ConfigMap key.
const CONFIG_KEY_LIMIT: usize = 253;
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. \
    'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Fills in the defaults of a built-in kind.
pub(crate) fn default(kind: &str, object: &mut Map<String, Value>) {
    match kind {
        "Namespace" => namespace::label(object),
        "Event" => events::add_zero_members(object),
        "CustomResourceDefinition" => defaults::default(object),
        _ => {}
    }
}

/// Sets the members that the API server itself writes in a new object of a built-in kind, whatever the request
/// contains; false if the kind has no rules here.
pub(crate) fn prepare_new(kind: &str, object: &mut Map<String, Value>) -> bool {
    let status = match kind {
        "Namespace" => {
            namespace::prepare_new(object);
            return true;
        }
        "CustomResourceDefinition" => {
            defaults::prepare_new(object);
            return true;
        }
        "Pod" => {
            let class = pods::qos::class(object.get("spec").unwrap_or(&Value::Null));
            json!({"phase": "Pending", "qosClass": class})
        }
        "Node" => return true,
        _ => return false,
    };
    object.insert("status".into(), status);
    true
}

/// Validates a new object of a built-in kind.
pub(crate) fn validate(kind: &str, object: &Value, errors: &mut Vec<FieldError>) {
    if kind == "ConfigMap" {
        config_keys(object, errors);
    }
}

/// Checks that keys are valid file names and occur in only one of the two maps (pkg/apis/core/validation,
/// ValidateConfigMap).
fn config_keys(object: &Value, errors: &mut Vec<FieldError>) {
    let members = |member: &str| object.get(member).and_then(Value::as_object);
    for member in ["data", "binaryData"] {
        for key in members(member).into_iter().flatten().map(|(key, _)| key) {
            let mut invalid = |why: &str| {
                errors.push(FieldError::invalid(format!("{member}[{key}]"), &Value::from(key.as_str()), why));
            };
            if key.len() > CONFIG_KEY_LIMIT {
                invalid("must be no more than 253 bytes");
            }
            if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                invalid(CONFIG_KEY);
            } else if key == "." {
                invalid("must not be '.'");
            } else if key == ".." {
                invalid("must not be '..'");
            } else if key.starts_with("..") {
                invalid("must not start with '..'");
            }
            if member == "data" && members("binaryData").is_some_and(|binary| binary.contains_key(key)) {
                invalid("duplicate of key present in binaryData");
            }
        }
    }
}

/// Checks that an update of a built-in kind does not change immutable members.
pub(crate) fn validate_update(kind: &str, new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if kind != "ConfigMap" {
        return;
    }
    let locked = old.get("immutable").and_then(Value::as_bool).unwrap_or_default();
    let detail = "field is immutable when `immutable` is set";
    for member in ["immutable", "data", "binaryData"].into_iter().filter(|_| locked) {
        if new.get(member) != old.get(member) {
            errors.push(FieldError::forbidden(member, detail));
        }
    }
    config_keys(new, errors);
}
