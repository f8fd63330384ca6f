//! Equality and order of values. Numbers of different types are compared by what they are.
use super::{
    decl::{Decl, ListKind, Shape},
    value::{Fault, List, Value},
};
use serde_json::Value as Json;
use std::cmp::Ordering;

impl Value<'_> {
    /// Whether two values are equal; values of different kinds are not.
    pub(crate) fn equals(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(one), Value::Bool(other)) => one == other,
            (Self::Int(_) | Self::Uint(_) | Self::Double(_), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
                numbers(self, other) == Some(Ordering::Equal)
            }
            (Self::String(one), Value::String(other)) | (Self::Type(one), Value::Type(other)) => one == other,
            (Self::Bytes(one), Value::Bytes(other)) => one == other,
            (Self::Timestamp(one), Value::Timestamp(other)) => one.at == other.at,
            (Self::Duration(one), Value::Duration(other)) => one == other,
            (Self::List(one), Value::List(other)) => lists(one, other),
            (Self::Object(one, decl), Value::Object(other, other_decl)) if same_shape(decl, other_decl) => {
                one.len() == other.len() && one.iter().all(|(name, value)| members(name, value, decl, other))
            }
            (Self::Map(_) | Self::Object(..), Value::Map(_) | Value::Object(..)) => maps(self, other),
            (Self::Preserved(one), Value::Preserved(other)) => one == other,
            (Self::Optional(one), Value::Optional(other)) => match (one, other) {
                (None, None) => true,
                (Some(one), Some(other)) => one.equals(other),
                _ => false,
            },
            (Self::Quantity(one), Value::Quantity(other)) => one.compare(other) == Ordering::Equal,
            (Self::Ip(one), Value::Ip(other)) => one == other,
            (Self::Cidr(one), Value::Cidr(other)) => one == other,
            (Self::Url(one), Value::Url(other)) => one == other,
            (Self::Semver(one), Value::Semver(other)) => one.compare(other) == Ordering::Equal,
            (Self::Format(one), Value::Format(other)) => one == other,
            (Self::Message(one), Value::Message(other)) => one.equals(other),
            _ => false,
        }
    }

    /// The order of two values.
    ///
    /// # Errors
    /// If they have none.
    pub(crate) fn compare(&self, other: &Value<'_>) -> Result<Ordering, Fault> {
        let nan = |value: &Value<'_>| matches!(value, Value::Double(number) if number.is_nan());
        if nan(self) || nan(other) {
            return Err(Fault("NaN values cannot be ordered".to_owned()));
        }
        let order = match (self, other) {
            (Self::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
            (Self::String(one), Value::String(other)) => Some(one.cmp(other)),
            (Self::Bytes(one), Value::Bytes(other)) => Some(one.cmp(other)),
            (Self::Timestamp(one), Value::Timestamp(other)) => Some(one.at.cmp(&other.at)),
            (Self::Duration(one), Value::Duration(other)) => Some(one.cmp(other)),
            (one, other) => numbers(one, other),
        };
        order.ok_or_else(|| Fault("no such overload".to_owned()))
    }
}

fn numbers(one: &Value<'_>, other: &Value<'_>) -> Option<Ordering> {
    let integer = |value: &Value<'_>| match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Uint(number) => Some(i128::from(*number)),
        _ => None,
    };
    match (one, other) {
        (Value::Double(one), Value::Double(other)) => one.partial_cmp(other),
        (Value::Double(float), other) => compare_mixed(*float, integer(other)?),
        (one, Value::Double(float)) => compare_mixed(*float, integer(one)?).map(Ordering::reverse),
        (one, other) => Some(integer(one)?.cmp(&integer(other)?)),
    }
}

/// The order of a float and an integer.
fn compare_mixed(float: f64, integer: i128) -> Option<Ordering> {
    const LIMIT: f64 = 2e19;
    if float.is_nan() {
        return None;
    }
    if float.abs() > LIMIT {
        return Some(if float > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    let whole = float.trunc() as i128;
    Some(whole.cmp(&integer).then(float.fract().partial_cmp(&0.0)?))
}

fn same_shape(one: &Decl, other: &Decl) -> bool {
    std::ptr::eq(one, other)
        || matches!(
            (&one.shape, &other.shape),
            (Shape::Object(_), Shape::Object(_)) | (Shape::Map(_), Shape::Map(_)) | (Shape::Any, Shape::Any)
        )
}

/// Whether a member of an object has an equal one in another.
fn members(name: &str, value: &Json, decl: &Decl, other: &serde_json::Map<String, Json>) -> bool {
    let below = match &decl.shape {
        Shape::Object(fields) => fields.get(name),
        Shape::Map(values) => Some(&**values),
        Shape::Any => Some(decl),
        _ => None,
    };
    let is_object = matches!(decl.shape, Shape::Object(_));
    let absent = |value: Option<&Json>| value.is_none_or(|value| is_object && value.is_null());
    let Some(below) = below else { return other.get(name).is_none_or(|other| other == value) };
    match (absent(Some(value)), other.get(name).filter(|other| !absent(Some(other)))) {
        (true, None) => true,
        (false, Some(other)) => value == other || json_equals(value, other, below),
        _ => false,
    }
}

fn json_equals(one: &Json, other: &Json, decl: &Decl) -> bool {
    match (Value::of_json(one, decl), Value::of_json(other, decl)) {
        (Ok(one), Ok(other)) => one.equals(&other),
        _ => false,
    }
}

fn maps(one: &Value<'_>, other: &Value<'_>) -> bool {
    let (Some(keys), Some(size)) = (one.keys(), other.size()) else { return false };
    one.size() == Some(size)
        && keys.iter().all(|key| match (one.find(key), other.find(key)) {
            (Ok(Some(one)), Ok(Some(other))) => one.equals(&other),
            (Ok(None), Ok(None)) => true,
            _ => false,
        })
}

fn lists(one: &List<'_>, other: &List<'_>) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (Ok(left), Ok(right)) = (one.values(), other.values()) else { return false };
    match one.kind() {
        ListKind::Atomic => left.iter().zip(&right).all(|(one, other)| one.equals(other)),
        ListKind::Set => right.iter().all(|item| left.iter().any(|known| known.equals(item))),
        ListKind::Map(keys) => right
            .iter()
            .all(|item| left.iter().find(|known| same_keys(known, item, keys)).is_some_and(|known| known.equals(item))),
    }
}

/// Whether two items of a list of type map have the same keys.
pub(crate) fn same_keys(one: &Value<'_>, other: &Value<'_>, keys: &[String]) -> bool {
    let json = |value: &Value<'_>, key: &str| match value {
        Value::Object(map, _) => map.get(key).cloned(),
        _ => None,
    };
    keys.iter().all(|key| match (one, other) {
        (Value::Object(..), Value::Object(..)) => json(one, key) == json(other, key),
        _ => {
            let field = Value::text(super::decl::escape(key).unwrap_or_else(|| key.clone()));
            match (one.find(&field), other.find(&field)) {
                (Ok(Some(one)), Ok(Some(other))) => one.equals(&other),
                (Ok(None), Ok(None)) => true,
                _ => false,
            }
        }
    })
}
