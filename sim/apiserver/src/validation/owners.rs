//! Owner references (k8s.io/apimachinery/pkg/api/validation/objectmeta.go, ValidateOwnerReferences).
//!
//! Nothing checks that an owner exists: that is the garbage collector's work.
use crate::base::{field_error::FieldError, go_text, json::text, object};
use serde_json::Value;

const FIELD: &str = "metadata.ownerReferences";

/// Validates each owner, and that at most one is the controller.
pub(crate) fn validate(value: &Value, errors: &mut Vec<FieldError>) {
    let Some(owners) = object::metadata(value).map(|meta| meta.get("ownerReferences")) else { return };
    let owners = owners.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut controller: Option<String> = None;
    for owner in owners {
        validate_one(owner, errors);
        if owner.get("controller") != Some(&Value::Bool(true)) {
            continue;
        }
        let name = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
        match &controller {
            // Go takes an empty name for none.
            Some(first) if !first.is_empty() => {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and \
                     {name}"
                );
                let all = owners.iter().map(shown).collect::<Vec<_>>().join(",");
                errors.push(FieldError::invalid_hidden(FIELD, format_args!("[{all}]: {detail}")));
            }
            _ => controller = Some(name),
        }
    }
}

fn validate_one(owner: &Value, errors: &mut Vec<FieldError>) {
    let (api_version, kind) = (text(owner, "apiVersion"), text(owner, "kind"));
    let (group, version) = group_version(api_version);
    let required = [
        ("apiVersion", api_version, version, "version must not be empty"),
        ("kind", kind, kind, "must not be empty"),
        ("name", text(owner, "name"), text(owner, "name"), "must not be empty"),
        ("uid", text(owner, "uid"), text(owner, "uid"), "must not be empty"),
    ];
    for (member, found, needed, detail) in required {
        if needed.is_empty() {
            errors.push(FieldError::invalid(format!("{FIELD}.{member}"), &found.into(), detail));
        }
    }
    if (group, version, kind) == ("", "v1", "Event") {
        let detail = format!("{}: /v1, Kind=Event is disallowed from being an owner", shown(owner));
        errors.push(FieldError::invalid_hidden(FIELD, detail));
    }
}

/// Group and version; both are empty if the text is malformed (schema.FromAPIVersionAndKind).
fn group_version(api_version: &str) -> (&str, &str) {
    match api_version.split_once('/') {
        None => ("", api_version),
        Some((_, version)) if version.contains('/') => ("", ""),
        Some(parts) => parts,
    }
}

/// An owner as JSON, its members in Go's order.
fn shown(owner: &Value) -> String {
    let texts = ["apiVersion", "kind", "name", "uid"];
    let mut members: Vec<String> =
        texts.iter().map(|name| format!("\"{name}\":{}", go_text::json(&text(owner, name).into()))).collect();
    for flag in ["controller", "blockOwnerDeletion"] {
        members.extend(owner.get(flag).filter(|flag| flag.is_boolean()).map(|set| format!("\"{flag}\":{set}")));
    }
    format!("{{{}}}", members.join(","))
}
