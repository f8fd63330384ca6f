//! Merges maps and lists, one inside the other
//! (strategicpatch/patch.go, mergeMap, mergeSlice and mergePatchIntoOriginal).
//!
//! The order of `$setElementOrder` takes precedence over the order of the patch, and that over the order of the object.
use super::{
    items::{are_maps, find, interleave, key_of, partition},
    meta::{DELETE_FROM, DIRECTIVE, Meta, RETAIN_KEYS, Refusal, SET_ORDER, look_up, without_directives},
};
use crate::structured_merge::{Root, validate};
use serde_json::{Map, Value};

/// Applies a patch to an object of this kind.
///
/// # Errors
/// For a patch that does not fit the kind or is malformed.
pub(crate) fn merge(
    original: &mut Map<String, Value>,
    mut patch: Map<String, Value>,
    meta: Meta<'_>,
) -> Result<(), Refusal> {
    if let Some(directive) = patch.remove(DIRECTIVE) {
        *original = match directive.as_str() {
            Some("replace") => patch,
            Some("delete") => Map::new(),
            _ => {
                patch.insert(DIRECTIVE.into(), directive.clone());
                let (found, map) = (validate::plain(&directive), validate::plain(&patch.into()));
                return Err(Refusal::Failed(format!("unknown patch type: {found} in map: {map}")));
            }
        };
        return Ok(());
    }
    retain_keys(original, &mut patch)?;
    merge_ordered(original, &mut patch, meta)?;
    for (name, change) in patch {
        match name.strip_prefix(DELETE_FROM) {
            Some(rest) => {
                let member =
                    rest.strip_prefix('/').ok_or(Refusal::Malformed("invalid patch format of primitive list"))?;
                delete_from_list(original, member, change, meta)?;
            }
            None => merge_member(original, &name, change, meta)?,
        }
    }
    Ok(())
}

pub(crate) fn merge_member(
    original: &mut Map<String, Value>,
    name: &str,
    mut change: Value,
    meta: Meta<'_>,
) -> Result<(), Refusal> {
    if change.is_null() {
        original.remove(name);
        return Ok(());
    }
    match (original.get_mut(name), &mut change) {
        (Some(Value::Object(live)), Value::Object(patch)) => {
            let (below, _) = look_up(meta, name)?;
            merge(live, std::mem::take(patch), below)
        }
        (Some(Value::Array(live)), Value::Array(patch)) => {
            let (below, strategy) = look_up(meta, name)?;
            let below = below.and_then(Root::items);
            let patch = std::mem::take(patch);
            *live = match &strategy {
                Some(key) => merge_lists(std::mem::take(live), patch, key, below, false)?,
                None => patch,
            };
            Ok(())
        }
        // A new value, or one of another type, is taken unchanged.
        _ => {
            discard_nulls(&mut change);
            match without_directives(change) {
                Some(change) => original.insert(name.to_owned(), change),
                None => original.remove(name),
            };
            Ok(())
        }
    }
}

pub(crate) fn delete_from_list(
    original: &mut Map<String, Value>,
    name: &str,
    change: Value,
    meta: Meta<'_>,
) -> Result<(), Refusal> {
    if change.is_null() {
        original.remove(name);
        return Ok(());
    }
    if let (Some(Value::Array(live)), Value::Array(gone)) = (original.get_mut(name), change) {
        let (below, strategy) = look_up(meta, name)?;
        let key = strategy.unwrap_or_default();
        *live = merge_lists(std::mem::take(live), gone, &key, below.and_then(Root::items), true)?;
    }
    Ok(())
}

/// Applies `$retainKeys`, which names all members that may remain.
pub(crate) fn retain_keys(original: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), Refusal> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let malformed = || Refusal::Malformed("invalid patch format of retainKeys");
    let keys = keys.as_array().ok_or_else(malformed)?;
    let kept = |name: &str| keys.iter().any(|key| key == name);
    let directive = |name: &str| name.starts_with(DELETE_FROM) || name.starts_with(SET_ORDER);
    if patch.iter().any(|(name, change)| !change.is_null() && !directive(name) && !kept(name)) {
        return Err(malformed());
    }
    original.retain(|name, _| kept(name));
    Ok(())
}

pub(crate) fn discard_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, member| !member.is_null());
            map.values_mut().for_each(discard_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(discard_nulls),
        _ => {}
    }
}

/// Merges a patch's list into an object's; with `deleting` its scalars are removed instead.
pub(crate) fn merge_lists(
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
        return Ok(interleave(patched, live, &patch, &original, ""));
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
                    merge(live, change, items)?;
                }
            }
            None => merged.push(item.clone()),
        }
    }
    let (patched, live) = partition(merged, &patch, key)?;
    Ok(interleave(patched, live, &patch, &original, key))
}

/// Executes items with `$patch`, which are directives: they delete an item or replace the whole list.
pub(crate) fn apply_directives(
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
                let (found, map) = (validate::plain(directive), validate::plain(&item));
                return Err(Refusal::Failed(format!("unknown patch type: {found} in map: {map}")));
            }
        }
    }
    Ok(if replace { (left, Vec::new()) } else { (original, left) })
}

/// Merges the lists for which a patch sets an order, and removes them from the patch.
pub(crate) fn merge_ordered(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    meta: Meta<'_>,
) -> Result<(), Refusal> {
    let directives: Vec<String> = patch.keys().filter(|name| name.starts_with(SET_ORDER)).cloned().collect();
    for directive in directives {
        let order = patch.remove(&directive).unwrap_or_default();
        let Value::Array(order) = order else { return Err(Refusal::wrong_type("[]interface {}", &order)) };
        let name = directive.strip_prefix(SET_ORDER).and_then(|rest| rest.strip_prefix('/'));
        let name = name.ok_or(Refusal::Malformed("invalid patch format of setElementOrder list"))?;
        let live = list_of(original.get(name))?;
        let change = list_of(patch.get(name))?;
        let (below, strategy) = look_up(meta, name)?;
        let key = strategy.clone().unwrap_or_default();
        check(change.as_deref().unwrap_or_default(), &order, &key)?;
        let merged = match (live.clone(), change.clone()) {
            (None, None) => continue,
            (Some(live), None) => live,
            (None, Some(change)) => change.into_iter().filter_map(without_directives).collect(),
            (Some(live), Some(change)) if strategy.is_some() => {
                merge_lists(live, change, &key, below.and_then(Root::items), false)?
            }
            (Some(_), Some(change)) => change,
        };
        let (ordered, others) = if key.is_empty() {
            merged.into_iter().partition(|item| order.contains(item))
        } else {
            partition(merged, &order, &key)?
        };
        let live = live.unwrap_or_default();
        are_maps(&live, change.as_deref().unwrap_or_default())?;
        original.insert(name.to_owned(), interleave(ordered, others, &order, &live, &key).into());
        patch.remove(name);
    }
    Ok(())
}

pub(crate) fn list_of(value: Option<&Value>) -> Result<Option<Vec<Value>>, Refusal> {
    match value {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list.clone())),
        Some(other) => Err(Refusal::wrong_type("[]interface {}", other)),
    }
}

/// Checks that the patch's items occur in the order list, in that order; deletions need not.
pub(crate) fn check(patch: &[Value], order: &[Value], key: &str) -> Result<(), Refusal> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut places = order.iter();
    for item in patch.iter().filter(|item| item.get(DIRECTIVE).is_none()) {
        let same = |place: &&Value| {
            if key.is_empty() { *place == item } else { key_of(place, key) == key_of(item, key) }
        };
        if !key.is_empty() && key_of(item, key).is_none() {
            return Err(Refusal::no_merge_key(item, key));
        }
        if places.find(same).is_none() {
            let [patch, order] = [patch, order].map(|list| validate::plain(&list.to_vec().into()));
            return Err(Refusal::Failed(format!(
                "The order in patch list:\n{patch}\n doesn't match {SET_ORDER} list:\n{order}\n"
            )));
        }
    }
    Ok(())
}
