//! Namespaces (k8s.io/kubernetes/pkg/registry/core/namespace/strategy.go, pkg/apis/core/validation/validation.go).
use super::metadata::STANDARD_FINALIZERS;
use crate::base::{field_error::FieldError, names, object};
use serde_json::{Map, Value, json};

const LABEL: &str = "kubernetes.io/metadata.name";

/// Sets the initial state: a new namespace is active, whatever its body contains, and has the finalizer `kubernetes`.
pub(crate) fn prepare_new(namespace: &mut Map<String, Value>) {
    let mut finalizers =
        namespace.get("spec").and_then(|s| s.get("finalizers")).and_then(Value::as_array).cloned().unwrap_or_default();
    if !finalizers.iter().any(|f| f == "kubernetes") {
        finalizers.push("kubernetes".into());
    }
    namespace.insert("spec".into(), json!({"finalizers": finalizers}));
    namespace.insert("status".into(), json!({"phase": "Active"}));
}

/// Sets the label with the namespace's name, which the server owns.
pub(crate) fn label(namespace: &mut Map<String, Value>) {
    let Some(metadata) = namespace.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let name = metadata.get("name").cloned().unwrap_or_default();
    metadata.entry("labels").or_insert_with(|| json!({}))[LABEL] = name;
}

/// Validates a namespace, except its metadata. `subresource` is empty, `status` or `finalize`.
pub(crate) fn validate(namespace: &Value, subresource: &str, errors: &mut Vec<FieldError>) {
    if subresource == "status" {
        return validate_phase(namespace, errors);
    }
    let finalizers = namespace.pointer("/spec/finalizers").and_then(Value::as_array);
    for finalizer in finalizers.into_iter().flatten() {
        let text = finalizer.as_str().unwrap_or_default();
        let problems = names::qualified_name(text);
        let unknown = !text.contains('/') && !STANDARD_FINALIZERS.contains(&text);
        errors.extend(problems.into_iter().map(|p| FieldError::invalid("spec.finalizers", finalizer, p)));
        if unknown {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid("spec.finalizers", finalizer, detail));
        }
    }
}

fn validate_phase(namespace: &Value, errors: &mut Vec<FieldError>) {
    let phase = namespace.pointer("/status/phase").cloned().unwrap_or_else(|| "".into());
    let (wanted, when) =
        if object::is_terminating(namespace) { ("Terminating", "not empty") } else { ("Active", "empty") };
    if phase != wanted {
        let detail = format!("may only be '{wanted}' if `deletionTimestamp` is {when}");
        errors.push(FieldError::invalid("status.Phase", &phase, detail));
    }
}
