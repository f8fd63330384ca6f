//! Decodes `ObjectMeta` as Go's decoder does.
use crate::base::json::json_type;
use serde_json::{Map, Value};

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
pub(crate) fn culprit<'v>(member: &str, value: &'v Value) -> (&'static str, String, &'v Value) {
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
pub(crate) fn decode_member(member: &str, value: &mut Value) -> Result<Option<bool>, &'static str> {
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

pub(crate) fn text(value: &Value, wanted: &'static str) -> Result<bool, &'static str> {
    match value {
        Value::Null => Ok(false),
        Value::String(s) => Ok(!s.is_empty()),
        _ => Err(wanted),
    }
}

pub(crate) fn owner_references(value: &mut Value) -> Result<bool, &'static str> {
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
pub(crate) fn managed_fields(value: &mut Value) -> Result<bool, &'static str> {
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
