//! Descriptions of objects in messages.
use crate::base::object;
use serde_json::Value;

/// Go's `%v` of a GroupVersionKind.
pub(crate) fn group_version_kind(object: &Value) -> String {
    let text = |member: &str| object.get(member).and_then(Value::as_str).unwrap_or_default();
    let version = text("apiVersion");
    let slash = if version.contains('/') { "" } else { "/" };
    format!("{slash}{version}, Kind={}", text("kind"))
}

/// Namespace, name and kind of an object, for messages.
pub(crate) fn described(object: &Value) -> String {
    let text = |member: &str| object::meta_str(object, member);
    format!("{}/{}; {}", text("namespace"), text("name"), group_version_kind(object))
}
