//! The conditions of a definition.
use crate::base::timestamp;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Type, status, reason and message.
pub(crate) type Condition<'a> = [&'a str; 4];

pub(crate) fn conditions(definition: &Value) -> &[Value] {
    definition.pointer("/status/conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn is(definition: &Value, condition: &str) -> bool {
    conditions(definition).iter().any(|known| known["type"] == condition && known["status"] == "True")
}

/// Sets a condition; its transition time changes only with its status.
pub(crate) fn set_condition(definition: &mut Value, [name, status, reason, message]: Condition<'_>, now: Timestamp) {
    let list = &mut definition["status"]["conditions"];
    if !list.is_array() {
        *list = json!([]);
    }
    let Some(list) = list.as_array_mut() else { return };
    let known = list.iter_mut().find(|condition| condition["type"] == name);
    let since =
        known.as_ref().filter(|known| known["status"] == status).map(|known| known["lastTransitionTime"].clone());
    let since = since.unwrap_or_else(|| timestamp::seconds(now).into());
    let new =
        json!({"type": name, "status": status, "lastTransitionTime": since, "reason": reason, "message": message});
    match known {
        Some(known) => *known = new,
        None => list.push(new),
    }
}
