//! Garbled conditions: what another program may write in place of the gateway's marks. None of it parses.
use serde_json::{Value, json};

/// Placeholder of a message that is longer than any of the gateway's.
const TOO_LONG: &str = "too long";
/// Placeholder of a message with more entries than the gateway writes.
const TOO_MANY: &str = "too many";
/// Types of the conditions, each with a message that no gateway writes.
const GARBLED: &[(&str, &str)] = &[
    ("SignalsCounted", ""),
    ("SignalsCounted", "base=x"),
    ("SignalsCounted", "base=007"),
    ("SignalsCounted", "base=0;gw"),
    ("SignalsCounted", "base=0;gw=1"),
    ("SignalsCounted", "base=0;gw=x:1"),
    ("SignalsCounted", "base=0;gw=1:x"),
    ("SignalsCounted", "base=0;a=1:1;b=1:2"),
    ("SignalsCounted", "base=5;a=1:1"),
    ("SignalsCounted", "base=0;=1:1"),
    ("SignalsCounted", "base=0;a=2:2;a=1:1"),
    ("SignalsCounted", TOO_MANY),
    ("SignalsCounted", TOO_LONG),
    ("DeliveriesCounted", "x"),
    ("DeliveriesCounted", "=1"),
    ("DeliveriesCounted", "xyz=1"),
    ("DeliveriesCounted", "ab=1@x"),
    ("DeliveriesCounted", "ab=x"),
    ("DeliveriesCounted", TOO_MANY),
    ("DeliveriesCounted", TOO_LONG),
    ("CountsUnacknowledged", "x"),
    ("CountsUnacknowledged", "ab=1"),
    ("CountsUnacknowledged", "xy=1@b"),
    ("CountsUnacknowledged", "=1@b"),
    ("CountsUnacknowledged", "ab=1@x"),
    ("CountsUnacknowledged", "ab=1@b!x"),
    ("CountsUnacknowledged", "ab=x@b"),
    ("CountsUnacknowledged", TOO_MANY),
    ("CountsUnacknowledged", TOO_LONG),
];

/// Number of ways in which marks are garbled.
pub const WAYS: u8 = GARBLED.len() as u8;

/// The patch that garbles a condition of this request in one of the ways.
pub(super) fn patch(request: &Value, way: u8) -> Value {
    let (kind, text) = GARBLED[usize::from(way) % GARBLED.len()];
    let conditions = request["status"]["conditions"].as_array();
    let others = conditions.into_iter().flatten().filter(|condition| condition["type"] != kind).cloned();
    let garbled = json!({
        "type": kind, "status": "True", "reason": "Garbled", "message": message(kind, text),
        "lastTransitionTime": "2026-11-20T16:00:00Z",
    });
    let all: Vec<Value> = others.chain([garbled]).collect();
    json!({"status": {"conditions": all}})
}

fn message(kind: &str, text: &str) -> String {
    match (text, kind) {
        (TOO_LONG, _) => "a".repeat(20_000),
        (TOO_MANY, "SignalsCounted") => {
            (0..40).fold("base=0".to_owned(), |all, n| all + &format!(";gw-{n}=1:{}", 99 - n))
        }
        (TOO_MANY, "DeliveriesCounted") => vec!["ab=1"; 300].join(";"),
        (TOO_MANY, _) => vec!["ab=1@b"; 100].join(";"),
        _ => text.to_owned(),
    }
}
