//! Conversions between types (cel-go, common/types), and the functions of optional values.
use super::{
    super::{
        time::Time,
        value::{Outcome, Value, fault, no_overload},
    },
    native::Native,
};
use crate::base::golang::{address, duration};
use std::rc::Rc;

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "dyn" => |args| Ok(args[0].clone()),
        "type" => |args| Ok(Value::Type(args[0].type_name().to_owned().into())),
        "bool" => to_bool,
        "bytes" => to_bytes,
        "int" => to_int,
        "uint" => to_uint,
        "double" => to_double,
        "string" => to_string,
        "duration" => to_duration,
        "timestamp" => to_timestamp,
        "optional.of" => |args| Ok(Value::some(args[0].clone())),
        "optional.none" => |_| Ok(Value::Optional(None)),
        "optional.ofNonZeroValue" => {
            |args| Ok(if is_zero(&args[0]) { Value::Optional(None) } else { Value::some(args[0].clone()) })
        }
        "optional.unwrap" | "unwrapOpt" => unwrap,
        "hasValue" => |args| match &args[0] {
            Value::Optional(inner) => Ok(Value::Bool(inner.is_some())),
            _ => no_overload(),
        },
        "value" => |args| match &args[0] {
            Value::Optional(Some(inner)) => Ok(Value::clone(inner)),
            Value::Optional(None) => fault("optional.none() dereference"),
            _ => no_overload(),
        },
        _ => return None,
    })
}

fn refused<'a>(from: &str, to: &str) -> Outcome<'a> {
    fault(format!("type conversion error from '{from}' to '{to}'"))
}

fn to_bool<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        Value::String(text) => match text.as_ref() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => refused("string", "bool"),
        },
        _ => no_overload(),
    }
}

fn to_bytes<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        value @ Value::Bytes(_) => Ok(value.clone()),
        Value::String(text) => Ok(Value::Bytes(text.as_bytes().into())),
        _ => no_overload(),
    }
}

const INT: &str = "integer overflow";
const UINT: &str = "unsigned integer overflow";

fn to_int<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Int(value) => Ok(Value::Int(*value)),
        Value::Uint(value) => i64::try_from(*value).map_or_else(|_| fault(INT), |value| Ok(Value::Int(value))),
        #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
        Value::Double(value) if value.abs() < 9_223_372_036_854_775_807.0 => Ok(Value::Int(value.trunc() as i64)),
        Value::Double(_) => fault(INT),
        Value::String(text) => text.parse().map_or_else(|_| refused("string", "int"), |value| Ok(Value::Int(value))),
        Value::Timestamp(time) => Ok(Value::Int(time.at.as_second())),
        Value::Duration(nanos) => Ok(Value::Int(*nanos)),
        _ => no_overload(),
    }
}

fn to_uint<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Uint(value) => Ok(Value::Uint(*value)),
        Value::Int(value) => u64::try_from(*value).map_or_else(|_| fault(UINT), |value| Ok(Value::Uint(value))),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
        Value::Double(value) if (0.0..18_446_744_073_709_551_615.0).contains(value) => Ok(Value::Uint(*value as u64)),
        Value::Double(_) => fault(UINT),
        Value::String(text) => text.parse().map_or_else(|_| refused("string", "uint"), |value| Ok(Value::Uint(value))),
        _ => no_overload(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "as in Go")]
fn to_double<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Double(value) => Ok(Value::Double(*value)),
        Value::Int(value) => Ok(Value::Double(*value as f64)),
        Value::Uint(value) => Ok(Value::Double(*value as f64)),
        Value::String(text) => {
            text.parse().map_or_else(|_| refused("string", "double"), |value| Ok(Value::Double(value)))
        }
        _ => no_overload(),
    }
}

pub(super) fn to_string<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        value @ Value::String(_) => Ok(value.clone()),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::text(text.to_owned())),
            Err(_) => fault("invalid UTF-8 in bytes, cannot convert to string"),
        },
        Value::Ip(ip) => Ok(Value::text(address::text(*ip))),
        Value::Cidr(prefix) => Ok(Value::text(format!("{}/{}", address::text(prefix.address), prefix.bits))),
        Value::Duration(nanos) => Ok(Value::text(seconds(*nanos))),
        value @ (Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Timestamp(_)) => {
            Ok(Value::text(value.to_string()))
        }
        Value::Type(name) => Ok(Value::text(name.clone())),
        _ => no_overload(),
    }
}

/// A duration in seconds, as protobuf's JSON has it.
fn seconds(nanos: i64) -> String {
    let (sign, left) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let fraction = format!("{:09}", left % 1_000_000_000);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}s", left / 1_000_000_000)
}

fn to_duration<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Duration(nanos) => Ok(Value::Duration(*nanos)),
        Value::Int(_) => refused("int", "google.protobuf.Duration"),
        Value::String(text) => match duration::parse(text) {
            Some(nanos) => Ok(Value::Duration(nanos)),
            None => refused("string", "google.protobuf.Duration"),
        },
        _ => no_overload(),
    }
}

fn to_timestamp<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let found = match &args[0] {
        Value::Timestamp(time) => Some(*time),
        Value::Int(seconds) => Time::of_seconds(*seconds),
        Value::String(text) => match Time::parse(text) {
            Some(time) => Some(time),
            None => return refused("string", "google.protobuf.Timestamp"),
        },
        _ => return no_overload(),
    };
    found.map_or_else(|| fault("timestamp overflow"), |time| Ok(Value::Timestamp(time)))
}

fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) | Value::Duration(0) => true,
        Value::Double(value) => *value == 0.0,
        Value::Timestamp(time) => *time == Time::of_seconds(-62_135_596_800).unwrap_or(*time),
        Value::Optional(inner) => inner.as_ref().is_none_or(|inner| is_zero(inner)),
        value => value.size() == Some(0),
    }
}

fn unwrap<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let Value::List(list) = &args[0] else { return no_overload() };
    let mut values = Vec::new();
    for item in list.values()? {
        match item {
            Value::Optional(inner) => values.extend(inner.as_ref().map(Rc::as_ref).cloned()),
            other => return fault(format!("value {other} is not optional")),
        }
    }
    Ok(Value::list(values))
}
