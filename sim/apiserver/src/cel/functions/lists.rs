//! Lists and sets (cel-go, ext/lists.go version 3 and ext/sets.go; k8s.io/apiserver/pkg/cel/library/lists.go).
use super::{
    super::value::{Fault, List, Outcome, Value, fault, no_overload},
    native::Native,
    operators::sum,
    strings,
};
use std::cmp::Ordering;

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "isSorted" => is_sorted,
        "sum" => total,
        "min" => |args| extreme(args, "min", Ordering::Less),
        "max" => |args| extreme(args, "max", Ordering::Greater),
        "indexOf" => |args| match &args[0] {
            Value::List(list) => place(list, &args[1], false),
            _ => strings::index_of(args),
        },
        "lastIndexOf" => |args| match &args[0] {
            Value::List(list) => place(list, &args[1], true),
            _ => strings::last_index_of(args),
        },
        "slice" => slice,
        "flatten" => flatten,
        "lists.range" => range,
        "reverse" => |args| changed(args, |items| items.reverse()),
        "distinct" => |args| changed(args, distinct),
        "sort" => |args| sorted(args, &args[0]),
        "@sortByAssociatedKeys" => |args| sorted(args, &args[1]),
        "first" => |args| end(args, false),
        "last" => |args| end(args, true),
        "sets.contains" => |args| sets(args, contains_all),
        "sets.equivalent" => |args| sets(args, |one, other| contains_all(one, other) && contains_all(other, one)),
        "sets.intersects" => |args| sets(args, |one, other| other.iter().any(|item| has(one, item))),
        _ => return None,
    })
}

fn list<'v, 'a>(value: &'v Value<'a>) -> Result<&'v List<'a>, Fault> {
    match value {
        Value::List(list) => Ok(list),
        _ => Err(Fault("no such overload".to_owned())),
    }
}

fn is_sorted<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let items = list(&args[0])?.values()?;
    for pair in items.windows(2) {
        if pair[0].compare(&pair[1])?.is_gt() {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// The sum of a list; that of an empty one is an integer, whatever its type.
fn total<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut items = list(&args[0])?.values()?.into_iter();
    let Some(mut total) = items.next() else { return Ok(Value::Int(0)) };
    if !matches!(total, Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_)) {
        return no_overload();
    }
    for item in items {
        total = sum(&total, &item)?;
    }
    Ok(total)
}

fn extreme<'a>(args: &[Value<'a>], name: &str, wanted: Ordering) -> Outcome<'a> {
    let mut items = list(&args[0])?.values()?.into_iter();
    let Some(mut found) = items.next() else { return fault(format!("{name} called on empty list")) };
    for item in items {
        if item.compare(&found)? == wanted {
            found = item;
        }
    }
    Ok(found)
}

fn place<'a>(list: &List<'a>, item: &Value<'a>, last: bool) -> Outcome<'a> {
    let items = list.values()?;
    let found = if last {
        items.iter().rposition(|known| known.equals(item))
    } else {
        items.iter().position(|known| known.equals(item))
    };
    Ok(found.map_or(Value::Int(-1), Value::int))
}

fn slice<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list), Value::Int(start), Value::Int(end)] = args else { return no_overload() };
    let what = format!("cannot slice({start}, {end})");
    let (Ok(from), Ok(to)) = (usize::try_from(*start), usize::try_from(*end)) else {
        return fault(format!("{what}, negative indexes not supported"));
    };
    if from > to {
        return fault(format!("{what}, start index must be less than or equal to end index"));
    }
    if to > list.len() {
        return fault(format!("{what}, list is length {}", list.len()));
    }
    Ok(Value::list(list.values()?.drain(from..to).collect()))
}

fn flatten<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    fn below<'a>(list: &List<'a>, depth: i64, items: &mut Vec<Value<'a>>) -> Result<(), Fault> {
        for item in list.values()? {
            match item {
                Value::List(inner) if depth > 0 => below(&inner, depth - 1, items)?,
                other => items.push(other),
            }
        }
        Ok(())
    }
    let depth = match args {
        [_] => 1,
        [_, Value::Int(depth)] if *depth < 0 => return fault("level must be non-negative"),
        [_, Value::Int(depth)] => *depth,
        _ => return no_overload(),
    };
    let mut items = Vec::new();
    below(list(&args[0])?, depth, &mut items)?;
    Ok(Value::list(items))
}

/// Length of the longest range; Kubernetes limits it by its cost.
const RANGE_MAX: i64 = 1_000_000;

fn range<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Int(count) if *count > RANGE_MAX => fault("operation cancelled: actual cost limit exceeded"),
        Value::Int(count) => Ok(Value::list((0..*count).map(Value::Int).collect())),
        _ => no_overload(),
    }
}

fn changed<'a>(args: &[Value<'a>], change: fn(&mut Vec<Value<'a>>)) -> Outcome<'a> {
    let mut items = list(&args[0])?.values()?;
    change(&mut items);
    Ok(Value::list(items))
}

fn distinct(items: &mut Vec<Value<'_>>) {
    let mut place = 0;
    while place < items.len() {
        if items[..place].iter().any(|known| known.equals(&items[place])) {
            items.remove(place);
        } else {
            place += 1;
        }
    }
}

fn sorted<'a>(args: &[Value<'a>], keys: &Value<'a>) -> Outcome<'a> {
    let (items, keys) = (list(&args[0])?.values()?, list(keys)?.values()?);
    if let Some(first) = keys.first() {
        first.compare(first).map_err(|_| Fault("list elements must be comparable".to_owned()))?;
        if keys.iter().any(|key| key.type_name() != first.type_name()) {
            return fault("list elements must have the same type");
        }
    }
    let mut pairs: Vec<(Value<'a>, Value<'a>)> = keys.into_iter().zip(items).collect();
    pairs.sort_by(|(one, _), (other, _)| one.compare(other).unwrap_or(Ordering::Equal));
    Ok(Value::list(pairs.into_iter().map(|(_, item)| item).collect()))
}

fn end<'a>(args: &[Value<'a>], last: bool) -> Outcome<'a> {
    let list = list(&args[0])?;
    let place = if last { list.len().saturating_sub(1) } else { 0 };
    match list.get(place) {
        None => Ok(Value::Optional(None)),
        Some(item) => item.map(Value::some),
    }
}

fn has(items: &[Value<'_>], item: &Value<'_>) -> bool {
    items.iter().any(|known| known.equals(item))
}

fn contains_all(one: &[Value<'_>], other: &[Value<'_>]) -> bool {
    other.iter().all(|item| has(one, item))
}

fn sets<'a>(args: &[Value<'a>], test: fn(&[Value<'a>], &[Value<'a>]) -> bool) -> Outcome<'a> {
    let (one, other) = (list(&args[0])?.values()?, list(&args[1])?.values()?);
    Ok(Value::Bool(test(&one, &other)))
}
