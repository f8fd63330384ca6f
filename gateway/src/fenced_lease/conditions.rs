//! A condition of a RemediationRequest that is this protocol's memory, stored among other programs' conditions.
//!
//! The memory is in a condition because conditions survive typed updates by other controllers and older installed CRDs,
//! both of which erase unknown fields. What other programs wrote stays unchanged, including fields unknown to the
//! gateway.
use super::timestamps::to_seconds;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The reason of a condition that is written together with a count.
pub(super) const COUNTED: &str = "Counted";

/// The message of the condition of type `kind`.
pub(super) fn message<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a str> {
    conditions.iter().find(|condition| is(condition, kind))?.get("message")?.as_str()
}

/// Whether the condition of type `kind` is there.
pub(super) fn has(conditions: &[Value], kind: &str) -> bool {
    conditions.iter().any(|condition| is(condition, kind))
}

/// `conditions` without the condition of type `kind`; everything else is unchanged.
pub(super) fn without(mut conditions: Vec<Value>, kind: &str) -> Vec<Value> {
    conditions.retain(|condition| !is(condition, kind));
    conditions
}

/// `conditions` with this message for the condition of type `kind`; everything else is unchanged.
pub(super) fn store(conditions: &[Value], (kind, reason): (&str, &str), message: &str, now: Timestamp) -> Vec<Value> {
    let index = conditions.iter().position(|condition| is(condition, kind));
    let since = index.and_then(|index| conditions[index].get("lastTransitionTime")).filter(|since| since.is_string());
    let ours = json!({
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": since.cloned().unwrap_or_else(|| Value::String(to_seconds(now).to_string())),
    });
    let mut stored: Vec<Value> = conditions.iter().filter(|condition| !is(condition, kind)).cloned().collect();
    stored.insert(index.unwrap_or(stored.len()).min(stored.len()), ours);
    stored
}

fn is(condition: &Value, kind: &str) -> bool {
    condition.get("type").and_then(Value::as_str) == Some(kind)
}
