//! Label and field selectors of lists, watches and collection deletes.
use super::status::Outcome;
use field::{Refusal, SelectableField};
use serde_json::Value;

pub(crate) mod field;
mod label;
pub(crate) mod structured;

/// Both selectors of a request; an empty one matches everything.
#[derive(Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<label::Requirement>,
    fields: Vec<field::Term>,
}

/// Checks that both selectors parse, whatever fields they name.
///
/// # Errors
/// 400 for one that does not.
pub(crate) fn check_syntax(labels: &str, fields: &str) -> Outcome<()> {
    label::parse(labels)?;
    field::check_syntax(fields)
}

impl Selector {
    /// Parses both selectors.
    ///
    /// # Errors
    /// 400 for a selector that does not parse or names a field that is not selectable.
    pub(crate) fn parse(known: &[SelectableField], refusal: Refusal, labels: &str, fields: &str) -> Outcome<Self> {
        // Both are parsed with the query; fields are looked up later.
        let labels = label::parse(labels)?;
        field::check_syntax(fields)?;
        Ok(Self { labels, fields: field::parse(known, refusal, fields)? })
    }

    /// Additionally requires a name.
    pub(crate) fn require_name(&mut self, name: &str) {
        self.fields.push(field::Term::name(name));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.labels.iter().all(|r| r.matches(object)) && self.fields.iter().all(|t| t.matches(object))
    }
}
