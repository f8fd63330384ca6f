//! The order of merged lists: `$setElementOrder`, then the patch's order, then the object's (strategicpatch/patch.go,
//! mergePatchIntoOriginal, normalizeElementOrder).
use super::{DIRECTIVE, Meta, Refusal, SET_ORDER, lists, look_up, without_directives};
use crate::structured_merge::{self, Root};
use serde_json::{Map, Value};

/// Merges the lists for which a patch sets an order, and removes them from the patch.
pub(super) fn merge_ordered(
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
                lists::merge(live, change, &key, below.and_then(Root::items), false)?
            }
            (Some(_), Some(change)) => change,
        };
        let (ordered, others) = if key.is_empty() {
            merged.into_iter().partition(|item| order.contains(item))
        } else {
            lists::partition(merged, &order, &key)?
        };
        let live = live.unwrap_or_default();
        lists::are_maps(&live, change.as_deref().unwrap_or_default())?;
        original.insert(name.to_owned(), interleave(ordered, others, &order, &live, &key).into());
        patch.remove(name);
    }
    Ok(())
}

fn list_of(value: Option<&Value>) -> Result<Option<Vec<Value>>, Refusal> {
    match value {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list.clone())),
        Some(other) => Err(Refusal::wrong_type("[]interface {}", other)),
    }
}

/// Checks that the patch's items occur in the order list, in that order; deletions need not.
fn check(patch: &[Value], order: &[Value], key: &str) -> Result<(), Refusal> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut places = order.iter();
    for item in patch.iter().filter(|item| item.get(DIRECTIVE).is_none()) {
        let same = |place: &&Value| {
            if key.is_empty() { *place == item } else { lists::key_of(place, key) == lists::key_of(item, key) }
        };
        if !key.is_empty() && lists::key_of(item, key).is_none() {
            return Err(Refusal::no_merge_key(item, key));
        }
        if places.find(same).is_none() {
            let [patch, order] = [patch, order].map(|list| structured_merge::plain(&list.to_vec().into()));
            return Err(Refusal::Failed(format!(
                "The order in patch list:\n{patch}\n doesn't match {SET_ORDER} list:\n{order}\n"
            )));
        }
    }
    Ok(())
}

/// Places patched items in the patch's order, and the object's other items between them as before, as far as possible.
pub(super) fn interleave(
    mut patched: Vec<Value>,
    mut live: Vec<Value>,
    patch_order: &[Value],
    live_order: &[Value],
    key: &str,
) -> Vec<Value> {
    let identity =
        |item: &'_ Value| if key.is_empty() { Some(item.clone()) } else { lists::key_of(item, key).cloned() };
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
