//! Encodes JSON as protobuf. A member of the wrong type is skipped: stored objects were checked when they were written.
use super::{
    schema::{self, Field, Kind, Many, Message, Other},
    wire,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::Value;

pub(super) fn message(message: &Message, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for field in &message.fields {
        if field.embedded {
            put(&mut out, field, value);
            continue;
        }
        let Some(member) = value.get(&field.name) else { continue };
        match (field.many, member) {
            (Many::One, member) => put(&mut out, field, member),
            (Many::List, Value::Array(list)) => list.iter().for_each(|item| put(&mut out, field, item)),
            (Many::Map, Value::Object(map)) => {
                for (name, item) in map {
                    let mut entry = Vec::new();
                    wire::put_bytes(&mut entry, 1, name.as_bytes());
                    put(&mut entry, &Field { number: 2, ..value_of(field) }, item);
                    wire::put_bytes(&mut out, field.number, &entry);
                }
            }
            _ => {}
        }
    }
    out
}

/// The field of a map's values.
fn value_of(field: &Field) -> Field {
    Field {
        number: 2,
        name: String::new(),
        embedded: false,
        many: Many::One,
        kind: field.kind.clone(),
        zero: field.zero,
    }
}

fn put(out: &mut Vec<u8>, field: &Field, value: &Value) {
    let number = field.number;
    match (&field.kind, value) {
        (_, Value::Null) => {}
        (Kind::Text, Value::String(text)) => wire::put_bytes(out, number, text.as_bytes()),
        (Kind::Integer, Value::Number(n)) => {
            if let Some(n) = n.as_i64() {
                wire::put_number(out, number, n.cast_unsigned());
            }
        }
        (Kind::Boolean, Value::Bool(truth)) => wire::put_number(out, number, u64::from(*truth)),
        (Kind::Double, Value::Number(n)) => wire::put_double(out, number, n.as_f64().unwrap_or_default()),
        (Kind::Bytes, Value::String(text)) => {
            if let Ok(bytes) = STANDARD.decode(text) {
                wire::put_bytes(out, number, &bytes);
            }
        }
        (Kind::Time | Kind::MicroTime, Value::String(text)) => {
            if let Ok(at) = text.parse::<Timestamp>() {
                wire::put_bytes(out, number, &time(at));
            }
        }
        (Kind::Quantity, value) => {
            let mut inner = Vec::new();
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            wire::put_bytes(&mut inner, 1, text.as_bytes());
            wire::put_bytes(out, number, &inner);
        }
        (Kind::IntOrString, value) => wire::put_bytes(out, number, &int_or_string(value)),
        (Kind::Json, value) => {
            let mut inner = Vec::new();
            wire::put_bytes(&mut inner, 1, value.to_string().as_bytes());
            wire::put_bytes(out, number, &inner);
        }
        (Kind::SchemaOr(other), value) => wire::put_bytes(out, number, &schema_or(*other, value)),
        (Kind::Message(name), value) => {
            wire::put_bytes(out, number, &message(schema::named(name), &value_as(name, value)))
        }
        _ => {}
    }
}

/// Wraps a list of strings that is the value of a map, because it is a message there.
fn value_as<'a>(name: &str, value: &'a Value) -> std::borrow::Cow<'a, Value> {
    match value {
        Value::Array(_) if name == "meta.Texts" => std::borrow::Cow::Owned(serde_json::json!({"items": value})),
        _ => std::borrow::Cow::Borrowed(value),
    }
}

fn time(at: Timestamp) -> Vec<u8> {
    let mut inner = Vec::new();
    wire::put_number(&mut inner, 1, at.as_second().cast_unsigned());
    wire::put_number(&mut inner, 2, i64::from(at.subsec_nanosecond()).cast_unsigned());
    inner
}

/// A schema or its alternative: each has a field of its own.
fn schema_or(other: Other, value: &Value) -> Vec<u8> {
    let mut inner = Vec::new();
    let schema = |value: &Value| message(schema::named(schema::OF_SCHEMAS), value);
    match value {
        Value::Bool(allows) => wire::put_number(&mut inner, 1, u64::from(*allows)),
        Value::Array(list) => list.iter().for_each(|item| match item {
            Value::String(name) => wire::put_bytes(&mut inner, 2, name.as_bytes()),
            item => wire::put_bytes(&mut inner, 2, &schema(item)),
        }),
        value if other == Other::Bool => {
            wire::put_number(&mut inner, 1, 1);
            wire::put_bytes(&mut inner, 2, &schema(value));
        }
        value => wire::put_bytes(&mut inner, 1, &schema(value)),
    }
    inner
}

fn int_or_string(value: &Value) -> Vec<u8> {
    let mut inner = Vec::new();
    let number = value.as_i64().unwrap_or_default();
    wire::put_number(&mut inner, 1, u64::from(value.is_string()));
    wire::put_number(&mut inner, 2, number.cast_unsigned());
    wire::put_bytes(&mut inner, 3, value.as_str().unwrap_or_default().as_bytes());
    inner
}
