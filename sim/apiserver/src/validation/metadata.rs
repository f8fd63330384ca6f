//! `ObjectMeta`: decoding as in Go, and validation on create and on update
//! (k8s.io/apimachinery/pkg/api/validation/objectmeta.go).
//!
//! Only the form of managedFields is checked here; the field manager handles their content.
use super::options;
use crate::base::{
    field_error::FieldError,
    names::{self, NameRule},
    object,
};
use serde_json::{Map, Value};

const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// Maximum length of a subresource's name, in bytes.
const SUBRESOURCE_LIMIT: usize = 256;

/// Validates the metadata of an object to be created.
pub(crate) fn validate(value: &Value, rule: NameRule, errors: &mut Vec<FieldError>) {
    let name = object::meta_str(value, "name");
    let prefix = object::meta_str(value, "generateName");
    if !prefix.is_empty() {
        // The generated part is always valid, and a prefix may end in a dash or a dot.
        let sample = format!("{}a", prefix.trim_end_matches(['-', '.']));
        let shown = Value::from(prefix);
        errors.extend(rule.check(&sample).into_iter().map(|p| FieldError::invalid("metadata.generateName", &shown, p)));
    }
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        let shown = || Value::from(name);
        errors.extend(rule.check(name).into_iter().map(|p| FieldError::invalid("metadata.name", &shown(), p)));
    }
    validate_collections(value, errors);
    for finalizer in object::finalizers(value) {
        let shown = Value::from(finalizer);
        let problems = names::qualified_name(finalizer).into_iter();
        errors.extend(problems.map(|p| FieldError::invalid("metadata.finalizers", &shown, p)));
    }
}

/// Validates the metadata of an update, and that it changes nothing immutable. kube-apiserver checks the latter twice
/// (generic registry and strategy), and lists each cause as often as it was found.
pub(crate) fn validate_update(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    validate_collections(new, errors);
    let start = errors.len();
    if object::is_terminating(old) {
        let before = object::finalizers(old);
        let added: Vec<_> = object::finalizers(new).into_iter().filter(|f| !before.contains(f)).collect();
        if !added.is_empty() {
            let list = added.iter().map(|f| format!("{f:?}")).collect::<Vec<_>>().join(", ");
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"
            );
            errors.push(FieldError::forbidden("metadata.finalizers", detail));
        }
    }
    let uid = object::meta_str(new, "uid");
    if uid != object::meta_str(old, "uid") {
        errors.push(FieldError::invalid("metadata.uid", &Value::from(uid), "field is immutable"));
    }
    for member in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        let value = |object| object::metadata(object).and_then(|meta| meta.get(member));
        if value(new) != value(old) {
            let shown = value(new).unwrap_or(&Value::Null);
            errors.push(FieldError::invalid(format!("metadata.{member}"), shown, "field is immutable"));
        }
    }
    validate_collections(new, errors);
    let again: Vec<_> = errors[start..].to_vec();
    errors.extend(again);
}

/// Checks the names of the managers (k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateManagedFields); the field
/// manager has written the rest of each entry.
fn validate_managers(meta: &Map<String, Value>, errors: &mut Vec<FieldError>) {
    let entries = meta.get("managedFields").and_then(Value::as_array).into_iter().flatten();
    for (i, entry) in entries.enumerate() {
        let text = |member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default();
        options::field_manager(text("manager"), &format!("metadata.managedFields[{i}].manager"), errors);
        if text("subresource").len() > SUBRESOURCE_LIMIT {
            let field = format!("metadata.managedFields[{i}].subresource");
            errors.push(FieldError::too_long(field, SUBRESOURCE_LIMIT as u64));
        }
    }
}

fn validate_collections(value: &Value, errors: &mut Vec<FieldError>) {
    let Some(meta) = object::metadata(value) else { return };
    validate_managers(meta, errors);
    if let Some(labels) = meta.get("labels").and_then(Value::as_object) {
        for (key, label) in labels {
            let shown = || Value::from(key.as_str());
            let problems = names::qualified_name(key).into_iter();
            errors.extend(problems.map(|p| FieldError::invalid("metadata.labels", &shown(), p)));
            let problems = names::label_value(label.as_str().unwrap_or_default()).into_iter();
            errors.extend(problems.map(|p| FieldError::invalid("metadata.labels", label, p)));
        }
    }
    if let Some(annotations) = meta.get("annotations").and_then(Value::as_object) {
        let mut size = 0;
        for (key, text) in annotations {
            size += key.len() + text.as_str().map_or(0, str::len);
            let shown = || Value::from(key.as_str());
            let problems = names::qualified_name(&key.to_ascii_lowercase()).into_iter();
            errors.extend(problems.map(|p| FieldError::invalid("metadata.annotations", &shown(), p)));
        }
        if size > ANNOTATIONS_LIMIT {
            errors.push(FieldError::too_long("metadata.annotations", ANNOTATIONS_LIMIT as u64));
        }
    }
    for reference in meta.get("ownerReferences").and_then(Value::as_array).into_iter().flatten() {
        for (member, detail) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if reference.get(member).and_then(Value::as_str).is_none_or(str::is_empty) {
                let field = format!("metadata.ownerReferences.{member}");
                errors.push(FieldError::invalid(field, &Value::from(""), detail));
            }
        }
    }
}
