//! Decodes protobuf to JSON, with zero values in the form in which Go's encoder writes them.
use super::{
    error::DecodeError,
    schema::{self, Field, Kind, Many, Message, Other, Zero},
    wire::{self, Item},
};
use crate::base::{json::integral, timestamp};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Decodes a message.
///
/// # Errors
/// For bytes that are not a message.
pub(super) fn message(message: &Message, bytes: &[u8]) -> Result<Map<String, Value>, DecodeError> {
    let mut out = Map::new();
    for item in wire::fields(bytes) {
        let (number, item) = item?;
        // An unknown field comes from a newer client.
        let Some(field) = message.fields.iter().find(|field| field.number == number) else { continue };
        add(&mut out, field, item)?;
    }
    for field in message.fields.iter().filter(|field| field.zero == Zero::Shown && field.many == Many::One) {
        if let Some(zero) = zero(&field.kind) {
            out.entry(&field.name).or_insert(zero);
        }
    }
    Ok(out)
}

fn add(out: &mut Map<String, Value>, field: &Field, item: Item<'_>) -> Result<(), DecodeError> {
    match field.many {
        Many::One => {
            let decoded = value(field, item)?;
            match decoded {
                Value::Object(members) if field.embedded => out.extend(members),
                decoded if field.zero == Zero::Kept || !is_zero(&decoded) => {
                    out.insert(field.name.clone(), decoded);
                }
                _ => {}
            }
        }
        Many::List => {
            let decoded = value(field, item)?;
            let list = out.entry(&field.name).or_insert_with(|| json!([]));
            list.as_array_mut().into_iter().for_each(|list| list.push(decoded.clone()));
        }
        Many::Map => {
            let Item::Bytes(entry) = item else { return Err(wrong_type(field, item)) };
            let (mut name, mut decoded) = (String::new(), zero(&field.kind).unwrap_or_else(|| json!({})));
            for part in wire::fields(entry) {
                match part? {
                    (1, Item::Bytes(bytes)) => name = String::from_utf8_lossy(bytes).into_owned(),
                    (2, item) => decoded = value(field, item)?,
                    _ => {}
                }
            }
            let map = out.entry(&field.name).or_insert_with(|| json!({}));
            map.as_object_mut().into_iter().for_each(|map| {
                map.insert(name.clone(), decoded.clone());
            });
        }
    }
    Ok(())
}

fn value(field: &Field, item: Item<'_>) -> Result<Value, DecodeError> {
    Ok(match (&field.kind, item) {
        (Kind::Text, Item::Bytes(bytes)) => String::from_utf8_lossy(bytes).into(),
        (Kind::Integer, Item::Varint(n)) => n.cast_signed().into(),
        (Kind::Boolean, Item::Varint(n)) => (n != 0).into(),
        (Kind::Double, Item::Fixed64(bits)) => double(f64::from_bits(bits)),
        (Kind::Bytes, Item::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Kind::Time | Kind::MicroTime, Item::Bytes(bytes)) => time(bytes, field.kind == Kind::MicroTime)?,
        (Kind::Quantity, Item::Bytes(bytes)) => text(bytes, 1)?.into(),
        (Kind::IntOrString, Item::Bytes(bytes)) => int_or_string(bytes)?,
        (Kind::Json, Item::Bytes(bytes)) => serde_json::from_str(&text(bytes, 1)?).unwrap_or(Value::Null),
        (Kind::SchemaOr(other), Item::Bytes(bytes)) => schema_or(*other, bytes)?,
        (Kind::Message(name), Item::Bytes(bytes)) => {
            let mut members = message(schema::named(name), bytes)?;
            if name == "meta.Texts" { members.remove("items").unwrap_or_else(|| json!([])) } else { members.into() }
        }
        (_, item) => return Err(wrong_type(field, item)),
    })
}

/// Go writes a whole number without a fraction.
fn double(number: f64) -> Value {
    integral(number).map_or_else(|| number.into(), Value::from)
}

fn schema_or(other: Other, bytes: &[u8]) -> Result<Value, DecodeError> {
    let schema = |bytes: &[u8]| message(schema::named(schema::OF_SCHEMAS), bytes).map(Value::from);
    let (mut alone, mut allows, mut list) = (None, false, Vec::new());
    for item in wire::fields(bytes) {
        match (item?, other) {
            ((1, Item::Varint(truth)), Other::Bool) => allows = truth != 0,
            ((2, Item::Bytes(bytes)), Other::Bool) | ((1, Item::Bytes(bytes)), _) => alone = Some(schema(bytes)?),
            ((2, Item::Bytes(bytes)), Other::List) => list.push(schema(bytes)?),
            ((2, Item::Bytes(bytes)), Other::Texts) => list.push(String::from_utf8_lossy(bytes).into()),
            _ => {}
        }
    }
    Ok(match (alone, other) {
        (Some(schema), _) => schema,
        (None, Other::Bool) => allows.into(),
        (None, Other::List | Other::Texts) => list.into(),
    })
}

fn wrong_type(field: &Field, item: Item<'_>) -> DecodeError {
    // Go's field begins with an upper-case letter, JSON's member with a lower-case one.
    let mut letters = field.name.chars();
    let field = letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str());
    DecodeError::WrongWireType { wire: item.wire_type(), field: field.unwrap_or_default() }
}

/// A string field of a message.
fn text(bytes: &[u8], number: u32) -> Result<String, DecodeError> {
    let mut found = String::new();
    for item in wire::fields(bytes) {
        if let (n, Item::Bytes(bytes)) = item?
            && n == number
        {
            found = String::from_utf8_lossy(bytes).into_owned();
        }
    }
    Ok(found)
}

/// A number field of a message.
fn number(bytes: &[u8], number: u32) -> Result<i64, DecodeError> {
    let mut found = 0;
    for item in wire::fields(bytes) {
        if let (n, Item::Varint(value)) = item?
            && n == number
        {
            found = value.cast_signed();
        }
    }
    Ok(found)
}

/// Decodes a time; the zero time is an empty message.
fn time(bytes: &[u8], micro: bool) -> Result<Value, DecodeError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let nanoseconds = i32::try_from(number(bytes, 2)?).unwrap_or_default();
    let Ok(at) = Timestamp::new(number(bytes, 1)?, nanoseconds) else { return Ok(Value::Null) };
    Ok(if micro { timestamp::micros(at).into() } else { timestamp::seconds(at).into() })
}

fn int_or_string(bytes: &[u8]) -> Result<Value, DecodeError> {
    Ok(if number(bytes, 1)? == 0 { number(bytes, 2)?.into() } else { text(bytes, 3)?.into() })
}

/// The zero value of a scalar; None for other types.
fn zero(kind: &Kind) -> Option<Value> {
    match kind {
        Kind::Text => Some("".into()),
        Kind::Integer => Some(0.into()),
        Kind::Boolean => Some(false.into()),
        _ => None,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(n) => n.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}
