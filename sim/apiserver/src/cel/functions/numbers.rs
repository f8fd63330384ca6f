//! Quantities and semantic versions (k8s.io/apiserver/pkg/cel/library/{quantity,semverlib}.go).
use super::{
    super::{
        quantity::Quantity,
        semver::Semver,
        value::{Fault, Outcome, Value, fault, no_overload},
    },
    native::Native,
};
use std::{cmp::Ordering, rc::Rc};

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "quantity" => |args| match &args[0] {
            Value::String(text) => parse(text).map(quantity),
            _ => no_overload(),
        },
        "isQuantity" => |args| match &args[0] {
            Value::String(text) => Ok(Value::Bool(Quantity::parse(text).is_ok())),
            _ => no_overload(),
        },
        "sign" => |args| of(args, |quantity| Ok(Value::Int(quantity.sign()))),
        "asApproximateFloat" => |args| of(args, |quantity| Ok(Value::Double(quantity.as_float()))),
        "asInteger" => |args| {
            of(args, |quantity| {
                quantity.as_int().map_or_else(|| fault("cannot convert value to integer"), |int| Ok(Value::Int(int)))
            })
        },
        "isInteger" => |args| of(args, |quantity| Ok(Value::Bool(quantity.as_int().is_some()))),
        "add" => |args| combined(args, Quantity::plus),
        "sub" => |args| combined(args, Quantity::minus),
        "isGreaterThan" => |args| compared(args, |order| Value::Bool(order.is_gt())),
        "isLessThan" => |args| compared(args, |order| Value::Bool(order.is_lt())),
        "compareTo" => |args| compared(args, |order| Value::Int(order as i64)),
        "semver" => |args| version(args)?.map(|version| Value::Semver(Rc::new(version))).map_err(Fault),
        "isSemver" => |args| Ok(Value::Bool(version(args)?.is_ok())),
        "major" => |args| number(args, 0),
        "minor" => |args| number(args, 1),
        "patch" => |args| number(args, 2),
        _ => return None,
    })
}

fn parse(text: &str) -> Result<Quantity, Fault> {
    Quantity::parse(text).map_err(|why| Fault(why.to_owned()))
}

fn quantity<'a>(quantity: Quantity) -> Value<'a> {
    Value::Quantity(Rc::new(quantity))
}

fn of<'a>(args: &[Value<'a>], read: impl Fn(&Quantity) -> Outcome<'a>) -> Outcome<'a> {
    match &args[0] {
        Value::Quantity(quantity) => read(quantity),
        _ => no_overload(),
    }
}

fn combined<'a>(args: &[Value<'a>], combine: fn(&Quantity, &Quantity) -> Quantity) -> Outcome<'a> {
    match args {
        [Value::Quantity(one), Value::Quantity(other)] => Ok(quantity(combine(one, other))),
        [Value::Quantity(one), Value::Int(other)] => Ok(quantity(combine(one, &Quantity::of_int(*other)))),
        _ => no_overload(),
    }
}

fn compared<'a>(args: &[Value<'a>], read: fn(Ordering) -> Value<'static>) -> Outcome<'a> {
    match args {
        [Value::Quantity(one), Value::Quantity(other)] => Ok(read(one.compare(other))),
        [Value::Semver(one), Value::Semver(other)] => Ok(read(one.compare(other))),
        _ => no_overload(),
    }
}

/// A version, or the reason why the text is not one.
fn version(args: &[Value<'_>]) -> Result<Result<Semver, String>, Fault> {
    match args {
        [Value::String(text)] | [Value::String(text), Value::Bool(false)] => Ok(Semver::parse(text)),
        [Value::String(text), Value::Bool(true)] => Ok(Semver::parse_tolerant(text)),
        _ => Err(Fault("no such overload".to_owned())),
    }
}

fn number<'a>(args: &[Value<'a>], index: usize) -> Outcome<'a> {
    match &args[0] {
        Value::Semver(version) => Ok(Value::Int(i64::try_from(version.numbers[index]).unwrap_or(i64::MAX))),
        _ => no_overload(),
    }
}
