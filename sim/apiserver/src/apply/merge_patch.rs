//! JSON merge patches as Go's library applies them (RFC 7396; gopkg.in/evanphx/json-patch.v4, merge.go).
use serde_json::{Map, Value};

/// Merges a patch into a document.
pub(crate) fn apply(document: &mut Value, patch: Map<String, Value>) {
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Some(map) = document.as_object_mut() else { return };
    for (name, change) in patch {
        match (change, map.get_mut(&name)) {
            (Value::Null, _) => {
                map.remove(&name);
            }
            (Value::Object(change), Some(current @ Value::Object(_))) => apply(current, change),
            // A list replaces an object as it is; in place of anything else the patch loses its nulls first.
            (change, Some(current @ Value::Object(_))) => *current = change,
            (mut change, _) => {
                prune(&mut change);
                map.insert(name, change);
            }
        }
    }
}

/// Drops the members that are null, also those of objects in lists.
fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, member| !member.is_null());
            map.values_mut().for_each(prune);
        }
        Value::Array(list) => list.iter_mut().for_each(prune),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nulls_are_dropped_from_new_values() {
        let merged = |mut document: Value, patch: Value| {
            apply(&mut document, patch.as_object().cloned().unwrap());
            document
        };
        let list = json!({"a": [{"b": null, "c": 1}, null]});
        assert_eq!(merged(json!({}), list.clone()), json!({"a": [{"c": 1}, null]}));
        assert_eq!(merged(json!({"a": [0]}), list.clone()), json!({"a": [{"c": 1}, null]}));
        assert_eq!(merged(json!({"a": {}}), list.clone()), list);
        assert_eq!(merged(json!({"a": {"x": 1, "y": 2}}), json!({"a": {"x": null}})), json!({"a": {"y": 2}}));
    }
}
