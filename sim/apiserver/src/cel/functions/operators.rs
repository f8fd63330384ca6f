//! Operators (cel-go, common/types): arithmetic fails on overflow and never wraps.
use super::{
    super::{
        compare::same_keys,
        decl::ListKind,
        value::{Fault, List, Outcome, Value, fault, no_overload},
    },
    native::Native,
};
use std::{cmp::Ordering, rc::Rc};

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "_+_" => add,
        "_-_" => subtract,
        "_*_" => multiply,
        "_/_" => divide,
        "_%_" => modulo,
        "-_" => negate,
        "!_" => not,
        "_==_" => |args| Ok(Value::Bool(args[0].equals(&args[1]))),
        "_!=_" => |args| Ok(Value::Bool(!args[0].equals(&args[1]))),
        "_<_" => |args| ordered(args, Ordering::is_lt),
        "_<=_" => |args| ordered(args, Ordering::is_le),
        "_>_" => |args| ordered(args, Ordering::is_gt),
        "_>=_" => |args| ordered(args, Ordering::is_ge),
        "@in" => contains,
        "size" => |args| args[0].size().map_or_else(no_overload, |size| Ok(Value::int(size))),
        "cel.@mapInsert" => insert,
        _ => return None,
    })
}

const INT: &str = "integer overflow";
const UINT: &str = "unsigned integer overflow";

fn int<'a>(value: Option<i64>) -> Outcome<'a> {
    value.map_or_else(|| fault(INT), |value| Ok(Value::Int(value)))
}

fn uint<'a>(value: Option<u64>) -> Outcome<'a> {
    value.map_or_else(|| fault(UINT), |value| Ok(Value::Uint(value)))
}

fn duration<'a>(value: Option<i64>) -> Outcome<'a> {
    value.map_or_else(|| fault("duration overflow"), |value| Ok(Value::Duration(value)))
}

pub(super) fn sum<'a>(one: &Value<'a>, other: &Value<'a>) -> Outcome<'a> {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => int(one.checked_add(*other)),
        (Value::Uint(one), Value::Uint(other)) => uint(one.checked_add(*other)),
        (Value::Double(one), Value::Double(other)) => Ok(Value::Double(one + other)),
        (Value::String(one), Value::String(other)) => Ok(Value::text(format!("{one}{other}"))),
        (Value::Bytes(one), Value::Bytes(other)) => Ok(Value::Bytes([one.as_ref(), other.as_ref()].concat().into())),
        (Value::Duration(one), Value::Duration(other)) => duration(one.checked_add(*other)),
        (Value::Timestamp(time), Value::Duration(nanos)) | (Value::Duration(nanos), Value::Timestamp(time)) => {
            time.plus(*nanos).map_or_else(|| fault("timestamp overflow"), |time| Ok(Value::Timestamp(time)))
        }
        (Value::List(one), Value::List(other)) => joined(one, other),
        _ => no_overload(),
    }
}

fn add<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    sum(&args[0], &args[1])
}

/// Two lists in one. A set takes only new items; in a map, an item replaces the one with its keys.
fn joined<'a>(one: &List<'a>, other: &List<'a>) -> Outcome<'a> {
    let mut items = one.values()?;
    for item in other.values()? {
        let known = match one.kind() {
            ListKind::Atomic => None,
            ListKind::Set => items.iter().position(|known| known.equals(&item)),
            ListKind::Map(keys) => items.iter().position(|known| same_keys(known, &item, keys)),
        };
        match known {
            None => items.push(item),
            Some(place) => items[place] = item,
        }
    }
    Ok(Value::List(List::Values { items: Rc::new(items), kind: one.kind().clone() }))
}

fn subtract<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match (&args[0], &args[1]) {
        (Value::Int(one), Value::Int(other)) => int(one.checked_sub(*other)),
        (Value::Uint(one), Value::Uint(other)) => uint(one.checked_sub(*other)),
        (Value::Double(one), Value::Double(other)) => Ok(Value::Double(one - other)),
        (Value::Duration(one), Value::Duration(other)) => duration(one.checked_sub(*other)),
        (Value::Timestamp(time), Value::Duration(nanos)) => {
            let earlier = nanos.checked_neg().and_then(|nanos| time.plus(nanos));
            earlier.map_or_else(|| fault("timestamp overflow"), |time| Ok(Value::Timestamp(time)))
        }
        (Value::Timestamp(one), Value::Timestamp(other)) => duration(one.since(*other)),
        _ => no_overload(),
    }
}

fn multiply<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match (&args[0], &args[1]) {
        (Value::Int(one), Value::Int(other)) => int(one.checked_mul(*other)),
        (Value::Uint(one), Value::Uint(other)) => uint(one.checked_mul(*other)),
        (Value::Double(one), Value::Double(other)) => Ok(Value::Double(one * other)),
        _ => no_overload(),
    }
}

fn divide<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match (&args[0], &args[1]) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => fault("division by zero"),
        (Value::Int(one), Value::Int(other)) => int(one.checked_div(*other)),
        (Value::Uint(one), Value::Uint(other)) => uint(one.checked_div(*other)),
        (Value::Double(one), Value::Double(other)) => Ok(Value::Double(one / other)),
        _ => no_overload(),
    }
}

fn modulo<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match (&args[0], &args[1]) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => fault("modulus by zero"),
        (Value::Int(one), Value::Int(other)) => int(one.checked_rem(*other)),
        (Value::Uint(one), Value::Uint(other)) => uint(one.checked_rem(*other)),
        _ => no_overload(),
    }
}

fn negate<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Int(value) => int(value.checked_neg()),
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Duration(value) => duration(value.checked_neg()),
        _ => no_overload(),
    }
}

fn not<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Bool(value) => Ok(Value::Bool(!value)),
        _ => no_overload(),
    }
}

fn ordered<'a>(args: &[Value<'a>], wanted: fn(Ordering) -> bool) -> Outcome<'a> {
    args[0].compare(&args[1]).map(|order| Value::Bool(wanted(order)))
}

fn contains<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[1] {
        Value::List(list) => {
            for item in list.iter() {
                if item?.equals(&args[0]) {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        map @ (Value::Map(_) | Value::Object(..)) => Ok(Value::Bool(map.find(&args[0])?.is_some())),
        _ => no_overload(),
    }
}

/// Inserts one entry, or all of another map; a key cannot occur twice.
fn insert<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let Value::Map(entries) = &args[0] else { return no_overload() };
    let mut entries = entries.as_ref().clone();
    let mut put = |key: Value<'a>, value: Value<'a>| {
        if entries.iter().any(|(known, _)| known.equals(&key)) {
            return Err(Fault(format!("insert failed: key {key} already exists")));
        }
        entries.push((key, value));
        Ok(())
    };
    match args {
        [_, key, value] => put(key.clone(), value.clone())?,
        [_, other] => {
            for key in other.keys().unwrap_or_default() {
                if let Some(value) = other.find(&key)? {
                    put(key, value)?;
                }
            }
        }
        _ => return no_overload(),
    }
    Ok(Value::Map(Rc::new(entries)))
}
