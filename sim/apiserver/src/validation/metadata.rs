//! `ObjectMeta`: decoding as in Go, and validation on create and on update
//! (k8s.io/apimachinery/pkg/api/validation/objectmeta.go).
//!
//! Only the form of managedFields is checked here; the field manager handles their content.
use super::{FieldError, options};
use crate::base::names::{self, NameRule};
use crate::base::object;
use serde_json::{Map, Value};

const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// Maximum length of a subresource's name, in bytes.
const SUBRESOURCE_LIMIT: usize = 256;

/// Converts metadata into its stored form: drops null and empty members, drops and reports unknown ones.
///
/// # Errors
/// The message of Go's decoder for a member of the wrong type.
pub(crate) fn normalise(meta: &mut Map<String, Value>, custom: bool, unknown: &mut Vec<String>) -> Result<(), String> {
    // The metadata of a custom resource is decoded separately.
    let at = if custom { "" } else { "metadata." };
    let mut error = None;
    meta.retain(|member, value| match decode_member(member, value) {
        Ok(Some(kept)) => kept,
        Ok(None) => {
            unknown.push(format!("metadata.{member}"));
            false
        }
        Err(wanted) => {
            error.get_or_insert_with(|| {
                let (owner, below, culprit) = culprit(member, value);
                let found = json_type(culprit);
                format!(
                    "json: cannot unmarshal {found} into Go struct field {owner}.{at}{member}{below} of type {wanted}"
                )
            });
            true
        }
    });
    error.map_or(Ok(()), Err)
}

/// The part of a member that has the wrong type: the Go struct that contains it, its path in the member, and its value.
fn culprit<'v>(member: &str, value: &'v Value) -> (&'static str, String, &'v Value) {
    let whole = ("ObjectMeta", String::new(), value);
    match (member, value) {
        ("labels" | "annotations", Value::Object(map)) => {
            let wrong = map.values().find(|v| !v.is_string() && !v.is_null());
            ("ObjectMeta", String::new(), wrong.unwrap_or(value))
        }
        ("finalizers", Value::Array(list)) => {
            ("ObjectMeta", String::new(), list.iter().find(|item| !item.is_string()).unwrap_or(value))
        }
        ("ownerReferences", Value::Array(list)) => {
            let wrong = |item: &'v Value| match item {
                Value::Object(members) => members.iter().find_map(|(name, v)| {
                    let fits = if matches!(name.as_str(), "controller" | "blockOwnerDeletion") {
                        v.is_boolean()
                    } else {
                        v.is_string()
                    };
                    (!fits).then(|| ("OwnerReference", format!(".{name}"), v))
                }),
                other => Some(("ObjectMeta", String::new(), other)),
            };
            list.iter().find_map(wrong).unwrap_or(whole)
        }
        _ => whole,
    }
}

/// Whether to keep a member; None for an unknown one; as error the Go type that it should have.
fn decode_member(member: &str, value: &mut Value) -> Result<Option<bool>, &'static str> {
    let known = match member {
        "name" | "generateName" | "namespace" | "uid" | "resourceVersion" | "selfLink" => text(value, "string"),
        "creationTimestamp" | "deletionTimestamp" => text(value, "string"),
        "generation" | "deletionGracePeriodSeconds" => match value {
            Value::Null => Ok(false),
            Value::Number(n) if n.is_i64() => Ok(true),
            _ => Err("int64"),
        },
        "labels" | "annotations" => match value {
            Value::Null => Ok(false),
            Value::Object(map) if map.values().all(|v| v.is_string() || v.is_null()) => {
                map.values_mut().filter(|v| v.is_null()).for_each(|v| *v = Value::from(""));
                Ok(!map.is_empty())
            }
            Value::Object(_) => Err("string"),
            _ => Err("map[string]string"),
        },
        "finalizers" => match value {
            Value::Null => Ok(false),
            Value::Array(list) if list.iter().all(Value::is_string) => Ok(!list.is_empty()),
            Value::Array(_) => Err("string"),
            _ => Err("[]string"),
        },
        "ownerReferences" => owner_references(value),
        "managedFields" => managed_fields(value),
        _ => return Ok(None),
    };
    known.map(Some)
}

fn text(value: &Value, wanted: &'static str) -> Result<bool, &'static str> {
    match value {
        Value::Null => Ok(false),
        Value::String(s) => Ok(!s.is_empty()),
        _ => Err(wanted),
    }
}

fn owner_references(value: &mut Value) -> Result<bool, &'static str> {
    let list = match value {
        Value::Null => return Ok(false),
        Value::Array(list) => list,
        _ => return Err("[]v1.OwnerReference"),
    };
    for reference in list.iter_mut() {
        let Value::Object(members) = reference else { return Err("v1.OwnerReference") };
        members.retain(|_, v| !v.is_null());
        for member in ["apiVersion", "kind", "name", "uid"] {
            if !members.entry(member).or_insert_with(|| Value::from("")).is_string() {
                return Err("string");
            }
        }
        for member in ["controller", "blockOwnerDeletion"] {
            if members.get(member).is_some_and(|v| !v.is_boolean()) {
                return Err("bool");
            }
        }
    }
    Ok(!list.is_empty())
}

/// Decodes managedFields; an empty list is kept, because it asks to reset the owners.
fn managed_fields(value: &mut Value) -> Result<bool, &'static str> {
    let entries = match value {
        Value::Null => return Ok(false),
        Value::Array(entries) => entries,
        _ => return Err("[]v1.ManagedFieldsEntry"),
    };
    for entry in entries {
        if entry.is_null() {
            *entry = Value::Object(Map::new());
        }
        let Value::Object(members) = entry else { return Err("v1.ManagedFieldsEntry") };
        members.retain(|_, member| !member.is_null());
        let texts = ["manager", "operation", "apiVersion", "fieldsType", "subresource", "time"];
        if texts.iter().any(|name| members.get(*name).is_some_and(|member| !member.is_string())) {
            return Err("string");
        }
    }
    Ok(true)
}

/// Go's name of a JSON value's type.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

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
