//! JSON patches as Go's library applies them, which is laxer than RFC 6902 (gopkg.in/evanphx/json-patch.v4).
//!
//! An index may be negative or have leading zeros and a sign, the first part of a path is ignored, `replace` of an
//! absent member adds it, `copy` of one adds a null, and `test` of one against null holds.
use crate::{base::go_text::quoted, codec::json::operations::Operation};
use serde_json::Value;

const MISSING: &str = "missing value";

/// An operation that does not apply; the server's answer does not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an operation of the patch does not apply")]
pub(crate) struct NotApplied;

/// Applies the operations in order.
///
/// # Errors
/// If one of them does not apply.
pub(crate) fn apply(document: &mut Value, operations: &[Operation]) -> Result<(), NotApplied> {
    operations.iter().try_for_each(|operation| step(document, operation).ok_or(NotApplied))
}

/// Go's reason why an operation does not apply to a document. None if it is a test of a value that differs.
pub(crate) fn failure(document: &mut Value, operation: &Operation) -> Option<String> {
    let (op, path) = (operation.op.as_deref().unwrap_or_default(), operation.path.as_deref().unwrap_or_default());
    let gone = |what: &str, path: &str| format!("{op} operation does not apply: {what}: {path}: {MISSING}");
    let from = match (op, operation.from.as_deref()) {
        ("move" | "copy", None) => {
            return Some(format!("{op} operation failed to decode from: operation, missing from field: {MISSING}"));
        }
        (_, from) => from.unwrap_or_default(),
    };
    if op == "replace" && path.is_empty() {
        return Some("replace operation value must be object or array: %!w(<nil>)".to_owned());
    }
    if matches!(op, "move" | "copy") {
        let Some((holder, key)) = container(document, from) else {
            return Some(gone("doc is missing from path", from));
        };
        let why = refusal(holder, &key, Access::Get);
        match op {
            "copy" => {
                if let Some(why) = why {
                    return Some(format!("error in copy for from: '{from}': {why}"));
                }
            }
            _ => {
                if let Some(why) = why.or_else(|| refusal(holder, &key, Access::Remove)) {
                    return Some(format!("error in move for path: '{key}': {why}"));
                }
                remove(document, from);
            }
        }
    }
    let Some((holder, key)) = container(document, path) else {
        return Some(match op {
            "add" | "remove" => gone("doc is missing path", &format!("\"{path}\"")),
            "replace" => gone("doc is missing path", path),
            "test" => gone("is missing path", path),
            "move" | "copy" => gone("doc is missing destination path", path),
            _ => format!("Unexpected kind: {op}"),
        });
    };
    let why = |access| refusal(holder, &key, access).unwrap_or_else(|| NotApplied.to_string());
    Some(match op {
        "add" | "move" => format!("error in {op} for path: '{path}': {}", why(Access::Add)),
        "remove" => format!("error in remove for path: '{path}': {}", why(Access::Remove)),
        "replace" => gone("doc is missing key", path),
        "copy" => format!("error while adding value during copy: {}", why(Access::Add)),
        "test" => {
            return refusal(holder, &key, Access::Get).map(|why| format!("error in test for path: '{path}': {why}"));
        }
        _ => format!("Unexpected kind: {op}"),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Add,
    Get,
    Remove,
}

/// Go's reason why a container has no such place; None if it has one.
fn refusal(container: &Value, key: &str, access: Access) -> Option<String> {
    let list = match container {
        Value::Object(map) if access == Access::Remove && !map.contains_key(key) => {
            return Some(format!("Unable to remove nonexistent key: {key}: {MISSING}"));
        }
        Value::Array(list) if access != Access::Add || key != "-" => list,
        _ => return None,
    };
    let length = list.len() + usize::from(access == Access::Add);
    match (index(key, length), key.parse::<i64>()) {
        (Some(at), _) if at < length => None,
        (_, Ok(number)) => Some(format!("Unable to access invalid index: {number}: invalid index referenced")),
        (_, Err(_)) => {
            let why = format!("strconv.Atoi: parsing {}: invalid syntax", quoted(key));
            Some(match access {
                Access::Add => format!("value was not a proper array index: '{key}': {why}"),
                _ => why,
            })
        }
    }
}

fn step(document: &mut Value, operation: &Operation) -> Option<()> {
    let value = || operation.value.clone().unwrap_or_default();
    let path = operation.path.as_deref();
    match operation.op.as_deref()? {
        "add" => add(document, path?, value()),
        "remove" => remove(document, path?),
        "replace" if path?.is_empty() => {
            let value = value();
            (value.is_object() || value.is_array()).then(|| *document = value)
        }
        "replace" => replace(document, path?, value()),
        "move" => {
            let moved = get(document, operation.from.as_deref()?)?.cloned();
            remove(document, operation.from.as_deref()?)?;
            add(document, path?, moved.unwrap_or_default())
        }
        "copy" => {
            let copied = get(document, operation.from.as_deref()?)?.cloned();
            add(document, path?, copied.unwrap_or_default())
        }
        "test" => test(document, path?, operation.value.as_ref()),
        _ => None,
    }
}

/// The container that a path points into, and the last part of the path.
fn container<'v>(document: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let mut parts = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let mut key = parts.next()?;
    let mut at = document;
    for part in parts {
        at = match at {
            Value::Object(map) => map.get_mut(&key)?,
            Value::Array(list) => {
                let index = index(&key, list.len())?;
                list.get_mut(index)?
            }
            _ => return None,
        };
        key = part;
    }
    (at.is_object() || at.is_array()).then_some((at, key))
}

/// The value at a path: None if there cannot be one, and Some(None) for an absent member.
fn get<'v>(document: &'v mut Value, path: &str) -> Option<Option<&'v Value>> {
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(map) => Some(map.get(&key)),
        Value::Array(list) => list.get(index(&key, list.len())?).map(Some),
        _ => None,
    }
}

fn add(document: &mut Value, path: &str, value: Value) -> Option<()> {
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(list) if key == "-" => list.push(value),
        Value::Array(list) => {
            let at = index(&key, list.len() + 1).filter(|at| *at <= list.len())?;
            list.insert(at, value);
        }
        _ => return None,
    }
    Some(())
}

fn replace(document: &mut Value, path: &str, value: Value) -> Option<()> {
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(list) => {
            let at = index(&key, list.len())?;
            *list.get_mut(at)? = value;
        }
        _ => return None,
    }
    Some(())
}

fn remove(document: &mut Value, path: &str) -> Option<()> {
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(map) => map.remove(&key).map(|_| ()),
        Value::Array(list) => {
            let at = index(&key, list.len()).filter(|at| *at < list.len())?;
            list.remove(at);
            Some(())
        }
        _ => None,
    }
}

fn test(document: &mut Value, path: &str, wanted: Option<&Value>) -> Option<()> {
    let holds = if path.is_empty() {
        wanted == Some(document)
    } else {
        match (get(document, path)?, wanted) {
            (None | Some(Value::Null), wanted) => wanted.is_none_or(Value::is_null),
            (Some(found), wanted) => wanted == Some(found),
        }
    };
    holds.then_some(())
}

/// The position that a key names in a list of this length; it may lie beyond the end.
fn index(key: &str, length: usize) -> Option<usize> {
    let digits = key.strip_prefix(['+', '-']).unwrap_or(key);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i64 = key.parse().ok()?;
    if number >= 0 { usize::try_from(number).ok() } else { usize::try_from(i64::try_from(length).ok()? + number).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json::operations::parse;
    use serde_json::json;

    fn patched(mut document: Value, patch: &Value) -> Option<Value> {
        let operations = parse(patch.to_string().as_bytes(), true).unwrap().list;
        apply(&mut document, &operations).ok().map(|()| document)
    }

    fn one(op: &str, path: &str) -> Option<Value> {
        patched(json!({"l": [1, 2], "o": {}}), &json!([{"op": op, "path": path, "value": 9}]))
    }

    #[test]
    fn indexes_are_those_of_atoi() {
        let list = |list: Value| Some(json!({"l": list, "o": {}}));
        assert_eq!(one("add", "/l/-1"), list(json!([1, 2, 9])));
        assert_eq!(one("add", "/l/-3"), list(json!([9, 1, 2])));
        assert_eq!(one("add", "/l/-4"), None);
        assert_eq!(one("add", "/l/01"), list(json!([1, 9, 2])));
        assert_eq!(one("replace", "/l/+0"), list(json!([9, 2])));
        assert_eq!(one("replace", "/l/-1"), list(json!([1, 9])));
        assert_eq!(one("remove", "/l/-1"), list(json!([1])));
        for (op, path) in
            [("replace", "/l/2"), ("remove", "/l/2"), ("add", "/l/3"), ("add", "/l/x"), ("replace", "/l/-")]
        {
            assert_eq!(one(op, path), None, "{op} {path}");
        }
    }

    fn words(operation: &Value) -> Option<String> {
        let operations = parse(json!([operation]).to_string().as_bytes(), true).unwrap().list;
        failure(&mut json!({"l": [1, 2], "o": {"k": 1}}), &operations[0])
    }

    #[test]
    fn failures_have_the_words_of_go() {
        let one = |op: &str, path: &str| json!({"op": op, "path": path, "value": 2});
        let two = |op: &str, from: &str, path: &str| json!({"op": op, "from": from, "path": path});
        let (invalid, atoi) = (": invalid index referenced", "strconv.Atoi: parsing \"x\": invalid syntax");
        let range = |index: i32| format!("Unable to access invalid index: {index}{invalid}");
        let gone = |what: &str| format!("operation does not apply: doc is missing {what}: missing value");
        for (operation, wanted) in [
            (one("remove", "/l/2"), format!("error in remove for path: '/l/2': {}", range(2))),
            (one("replace", "/l/2"), format!("replace {}", gone("key: /l/2"))),
            (one("test", "/l/x"), format!("error in test for path: '/l/x': {atoi}")),
            (two("copy", "/x/y", "/a"), format!("copy {}", gone("from path: /x/y"))),
            (two("copy", "/l/7", "/a"), format!("error in copy for from: '/l/7': {}", range(7))),
            (two("copy", "/o", "/x/y"), format!("copy {}", gone("destination path: /x/y"))),
            (two("move", "/o/k", "/l/9"), format!("error in move for path: '/l/9': {}", range(9))),
            (two("move", "/l/x", "/a"), format!("error in move for path: 'x': {atoi}")),
        ] {
            assert_eq!(words(&operation), Some(wanted));
        }
        assert_eq!(words(&one("test", "/o/k")), None);
    }

    #[test]
    fn absent_members_are_null() {
        let document = json!({"a": 1});
        let patch = |patch: Value| patched(document.clone(), &patch);
        assert_eq!(patch(json!([{"op": "replace", "path": "/b", "value": 2}])), Some(json!({"a": 1, "b": 2})));
        assert_eq!(patch(json!([{"op": "copy", "from": "/x", "path": "/b"}])), Some(json!({"a": 1, "b": null})));
        assert_eq!(patch(json!([{"op": "test", "path": "/x", "value": null}])), Some(document.clone()));
        assert_eq!(patch(json!([{"op": "test", "path": "/x"}])), Some(document.clone()));
        assert_eq!(patch(json!([{"op": "move", "from": "/x", "path": "/b"}])), None);
        assert_eq!(patch(json!([{"op": "add", "path": "ignored/b"}])), Some(json!({"a": 1, "b": null})));
        assert_eq!(patch(json!([{"op": "add", "path": "", "value": {}}])), None);
        assert_eq!(patch(json!([{"op": "replace", "path": "", "value": {"c": 3}}])), Some(json!({"c": 3})));
    }
}
