//! Merging of lists: of maps by a key, of scalars by value (strategicpatch/patch.go, mergeSlice).
use super::{DIRECTIVE, Meta, Refusal, merge as merge_map, order};
use crate::structured_merge;
use serde_json::Value;

/// Merges a patch's list into an object's; with `deleting` its scalars are removed instead.
pub(super) fn merge(
    original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
    items: Meta<'_>,
    deleting: bool,
) -> Result<Vec<Value>, Refusal> {
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    if !are_maps(&original, &patch)? {
        if deleting {
            return Ok(original.into_iter().filter(|item| !patch.contains(item)).collect());
        }
        let mut merged: Vec<Value> = Vec::new();
        for item in original.iter().chain(&patch) {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        let (patched, live) = merged.into_iter().partition(|item| patch.contains(item));
        return Ok(order::interleave(patched, live, &patch, &original, ""));
    }
    if key.is_empty() {
        return Err(Refusal::Failed("cannot merge lists without merge key for struct".into()));
    }
    let (original, patch) = apply_directives(original, patch, key)?;
    let mut merged = original.clone();
    for item in &patch {
        let value = key_of(item, key).ok_or_else(|| Refusal::no_merge_key(item, key))?;
        match find(&merged, key, value)? {
            Some(at) => {
                let Value::Object(change) = item.clone() else { continue };
                if let Some(live) = merged[at].as_object_mut() {
                    merge_map(live, change, items)?;
                }
            }
            None => merged.push(item.clone()),
        }
    }
    let (patched, live) = partition(merged, &patch, key)?;
    Ok(order::interleave(patched, live, &patch, &original, key))
}

/// Executes items with `$patch`, which are directives: they delete an item or replace the whole list.
fn apply_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), Refusal> {
    let mut left = Vec::new();
    let mut replace = false;
    for item in patch {
        let Some(directive) = item.get(DIRECTIVE) else {
            left.push(item);
            continue;
        };
        match directive.as_str() {
            Some("delete") => {
                let value = key_of(&item, key).ok_or_else(|| Refusal::no_merge_key(&item, key))?;
                while let Some(at) = find(&original, key, value)? {
                    original.remove(at);
                }
            }
            Some("replace") => replace = true,
            Some("merge") => return Err(Refusal::Failed("merging lists cannot yet be specified in the patch".into())),
            _ => {
                let (found, map) = (structured_merge::plain(directive), structured_merge::plain(&item));
                return Err(Refusal::Failed(format!("unknown patch type: {found} in map: {map}")));
            }
        }
    }
    Ok(if replace { (left, Vec::new()) } else { (original, left) })
}

/// Splits a list into the items that are in `by`, and the others.
pub(super) fn partition(list: Vec<Value>, by: &[Value], key: &str) -> Result<(Vec<Value>, Vec<Value>), Refusal> {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for item in list {
        let value = key_of(&item, key).ok_or_else(|| Refusal::no_merge_key(&item, key))?;
        let found = find(by, key, value)?.is_some();
        if found { inside.push(item) } else { outside.push(item) }
    }
    Ok((inside, outside))
}

pub(super) fn key_of<'a>(item: &'a Value, key: &str) -> Option<&'a Value> {
    item.as_object()?.get(key)
}

fn find(list: &[Value], key: &str, value: &Value) -> Result<Option<usize>, Refusal> {
    for (at, item) in list.iter().enumerate() {
        let Value::Object(members) = item else {
            return Err(Refusal::Failed(format!("value for key {at} is not a map")));
        };
        if members.get(key) == Some(value) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Whether the items are maps: all must be of one type, which is not a list.
pub(super) fn are_maps(original: &[Value], patch: &[Value]) -> Result<bool, Refusal> {
    let mut types = original.iter().chain(patch).map(structured_merge::go_type);
    let Some(first) = types.next() else {
        return Err(Refusal::Failed("no elements in any of the given slices".into()));
    };
    if first.starts_with("[]") {
        return Err(Refusal::ListOfLists);
    }
    if types.any(|other| other != first) {
        let lists = [original, patch].map(|list| structured_merge::plain(&list.to_vec().into())).join(" ");
        return Err(Refusal::Failed(format!("list element types are not identical: [{lists}]")));
    }
    Ok(first.starts_with("map"))
}
