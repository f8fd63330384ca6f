//! Strategic merge patches of built-in kinds (k8s.io/apimachinery/pkg/util/strategicpatch): a merge patch with merge
//! keys for lists, and with directives for everything else.
//!
//! Only the server's half: patches are applied here, not created.
use crate::structured_merge::{self, Root};
use serde_json::{Map, Value};

mod lists;
mod order;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList";
const SET_ORDER: &str = "$setElementOrder";

/// Reason why a patch cannot be applied. The texts are Go's; an error without a status of its own becomes a bare 500.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// 400: a malformed directive.
    #[error("{0}")]
    Malformed(&'static str),
    /// 422: a list of lists.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// 500: any other failure.
    #[error("{0}")]
    Failed(String),
}

impl Refusal {
    fn no_merge_key(item: &Value, key: &str) -> Self {
        Self::Failed(format!("map: {} does not contain declared merge key: {key}", structured_merge::plain(item)))
    }

    fn wrong_type(wanted: &str, found: &Value) -> Self {
        Self::Failed(format!("expected a {wanted}, but received a {}", structured_merge::go_type(found)))
    }
}

/// Type of the patched object; None inside of free-form JSON.
pub(super) type Meta<'a> = Option<Root<'a>>;

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
                let (found, map) = (structured_merge::plain(&directive), structured_merge::plain(&patch.into()));
                return Err(Refusal::Failed(format!("unknown patch type: {found} in map: {map}")));
            }
        };
        return Ok(());
    }
    retain_keys(original, &mut patch)?;
    order::merge_ordered(original, &mut patch, meta)?;
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

fn merge_member(
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
                Some(key) => lists::merge(std::mem::take(live), patch, key, below, false)?,
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

fn delete_from_list(
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
        *live = lists::merge(std::mem::take(live), gone, &key, below.and_then(Root::items), true)?;
    }
    Ok(())
}

/// The type of a member, and the merge key of its list (empty: merge by value; None: replace).
fn look_up<'a>(meta: Meta<'a>, name: &str) -> Result<(Meta<'a>, Option<String>), Refusal> {
    let Some(root) = meta else { return Ok((None, None)) };
    if let Some((below, strategy)) = root.field(name) {
        return Ok((Some(below), strategy.merge.clone()));
    }
    if let Some(values) = root.map_values() {
        return Ok((Some(values), None));
    }
    let owner = root.name();
    Err(Refusal::Failed(format!("unable to find api field in struct {owner} for the json field {name:?}")))
}

/// Applies `$retainKeys`, which names all members that may remain.
fn retain_keys(original: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), Refusal> {
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

fn discard_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, member| !member.is_null());
            map.values_mut().for_each(discard_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(discard_nulls),
        _ => {}
    }
}

/// The value without maps that are directives; None if the value is one.
fn without_directives(value: Value) -> Option<Value> {
    Some(match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => return None,
        Value::Object(map) => {
            let kept = map.into_iter().filter_map(|(name, member)| Some((name, without_directives(member)?)));
            Value::Object(kept.collect())
        }
        Value::Array(list) => list.into_iter().filter_map(without_directives).collect(),
        other => other,
    })
}
