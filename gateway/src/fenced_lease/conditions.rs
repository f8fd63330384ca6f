//! One condition of a RemediationRequest whose message is this protocol's memory, among conditions that are not.
//!
//! It lives in a condition, because conditions survive other controllers' typed updates and older installed CRDs, which erase
//! unknown fields. What others wrote stays as it was, also where nobody here understands it.
use super::timestamps::to_seconds;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The message of the condition of this type.
pub(super) fn message<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a str> {
    conditions.iter().find(|condition| is(condition, kind))?.get("message")?.as_str()
}

/// `conditions` with this message in place of the one there; everything else as it was.
pub(super) fn store(conditions: &[Value], kind: &str, message: &str, now: Timestamp) -> Vec<Value> {
    let place = conditions.iter().position(|condition| is(condition, kind));
    let since = place.and_then(|place| conditions[place].get("lastTransitionTime")).filter(|since| since.is_string());
    let ours = json!({
        "type": kind,
        "status": "True",
        "reason": "Counted",
        "message": message,
        "lastTransitionTime": since.cloned().unwrap_or_else(|| Value::String(to_seconds(now).to_string())),
    });
    let mut stored: Vec<Value> = conditions.iter().filter(|condition| !is(condition, kind)).cloned().collect();
    stored.insert(place.unwrap_or(stored.len()).min(stored.len()), ours);
    stored
}

fn is(condition: &Value, kind: &str) -> bool {
    condition.get("type").and_then(Value::as_str) == Some(kind)
}
