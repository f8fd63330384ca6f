//! The types, directives and errors of a strategic merge patch.
use crate::base::go_text::quoted;
use crate::structured_merge::{Root, validate};
use serde_json::Value;

pub(crate) const DIRECTIVE: &str = "$patch";
pub(crate) const RETAIN_KEYS: &str = "$retainKeys";
pub(crate) const DELETE_FROM: &str = "$deleteFromPrimitiveList";
pub(crate) const SET_ORDER: &str = "$setElementOrder";

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
    pub(crate) fn no_merge_key(item: &Value, key: &str) -> Self {
        Self::Failed(format!("map: {} does not contain declared merge key: {key}", validate::plain(item)))
    }

    pub(crate) fn wrong_type(wanted: &str, found: &Value) -> Self {
        Self::Failed(format!("expected a {wanted}, but received a {}", validate::go_type(found)))
    }
}

/// Type of the patched object; None inside of free-form JSON.
pub(crate) type Meta<'a> = Option<Root<'a>>;

/// The type of a member, and the merge key of its list (empty: merge by value; None: replace).
pub(crate) fn look_up<'a>(meta: Meta<'a>, name: &str) -> Result<(Meta<'a>, Option<String>), Refusal> {
    let Some(root) = meta else { return Ok((None, None)) };
    if let Some((below, strategy)) = root.field(name) {
        return Ok((Some(below), strategy.merge.clone()));
    }
    if let Some(values) = root.map_values() {
        return Ok((Some(values), None));
    }
    let owner = root.name();
    Err(Refusal::Failed(format!(
        "unable to find api field in struct {owner} for the json field {name}",
        name = quoted(name)
    )))
}

/// The value without maps that are directives; None if the value is one.
pub(crate) fn without_directives(value: Value) -> Option<Value> {
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
