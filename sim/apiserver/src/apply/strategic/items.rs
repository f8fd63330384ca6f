//! Items of lists: identity and order.
use super::meta::Refusal;
use crate::structured_merge::validate;
use serde_json::Value;

/// Splits a list into the items that are in `by`, and the others.
pub(crate) fn partition(list: Vec<Value>, by: &[Value], key: &str) -> Result<(Vec<Value>, Vec<Value>), Refusal> {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for item in list {
        let value = key_of(&item, key).ok_or_else(|| Refusal::no_merge_key(&item, key))?;
        let found = find(by, key, value)?.is_some();
        if found { inside.push(item) } else { outside.push(item) }
    }
    Ok((inside, outside))
}

pub(crate) fn key_of<'a>(item: &'a Value, key: &str) -> Option<&'a Value> {
    item.as_object()?.get(key)
}

pub(crate) fn find(list: &[Value], key: &str, value: &Value) -> Result<Option<usize>, Refusal> {
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
pub(crate) fn are_maps(original: &[Value], patch: &[Value]) -> Result<bool, Refusal> {
    let mut types = original.iter().chain(patch).map(validate::go_type);
    let Some(first) = types.next() else {
        return Err(Refusal::Failed("no elements in any of the given slices".into()));
    };
    if first.starts_with("[]") {
        return Err(Refusal::ListOfLists);
    }
    if types.any(|other| other != first) {
        let lists = [original, patch].map(|list| validate::plain(&list.to_vec().into())).join(" ");
        return Err(Refusal::Failed(format!("list element types are not identical: [{lists}]")));
    }
    Ok(first.starts_with("map"))
}

/// Places patched items in the patch's order, and the object's other items between them as before, as far as possible.
pub(crate) fn interleave(
    mut patched: Vec<Value>,
    mut live: Vec<Value>,
    patch_order: &[Value],
    live_order: &[Value],
    key: &str,
) -> Vec<Value> {
    let identity = |item: &'_ Value| if key.is_empty() { Some(item.clone()) } else { key_of(item, key).cloned() };
    let place = |order: &[Value], item: &Value| order.iter().position(|other| identity(other) == identity(item));
    patched.sort_by_key(|item| place(patch_order, item).unwrap_or(usize::MAX));
    live.sort_by_key(|item| place(live_order, item).unwrap_or(usize::MAX));
    let mut all = Vec::with_capacity(patched.len() + live.len());
    let mut live = live.into_iter().peekable();
    for item in patched {
        while let Some(other) = live.peek() {
            let before = place(live_order, other).zip(place(live_order, &item)).is_some_and(|(a, b)| a < b);
            if !before {
                break;
            }
            all.extend(live.next());
        }
        all.push(item);
    }
    all.extend(live);
    all
}
