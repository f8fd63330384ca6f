//! Field selectors (k8s.io/apimachinery/pkg/fields): equality only, on a kind's selectable fields.
use crate::base::status::{self, Outcome};
use serde_json::Value;

/// A selectable field and its position.
#[derive(Debug, Clone)]
pub(crate) struct SelectableField {
    /// Name in a selector: `spec.signalFingerprint`.
    pub(crate) name: String,
    /// JSON pointer to the field.
    pointer: String,
}

impl SelectableField {
    /// A field that is stored at another path.
    pub(crate) fn stored_as(name: &str, path: &str) -> Self {
        Self { name: name.to_owned(), ..Self::new(path) }
    }

    /// A field by its dotted path.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), pointer: format!("/{}", name.replace('.', "/")) }
    }
}

/// One comparison.
#[derive(Debug)]
pub(crate) struct Term {
    pointer: String,
    value: String,
    equal: bool,
}

impl Term {
    pub(crate) fn name(name: &str) -> Self {
        Self { pointer: "/metadata/name".to_owned(), value: name.to_owned(), equal: true }
    }

    /// Whether an object matches; an absent field equals the empty string.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let same = match object.pointer(&self.pointer) {
            Some(Value::String(text)) => *text == self.value,
            Some(Value::Null) | None => self.value.is_empty(),
            Some(other) => {
                let shown = other.to_string();
                shown == self.value
            }
        };
        same == self.equal
    }
}

pub(crate) fn parse(known: &[SelectableField], custom: bool, text: &str) -> Outcome<Vec<Term>> {
    let mut terms = Vec::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let (name, value, equal) = split(part).ok_or_else(|| malformed(text, part))?;
        let field = known.iter().find(|f| f.name == name).ok_or_else(|| unsupported(known, custom, name))?;
        terms.push(Term { pointer: field.pointer.clone(), value: unescape(value), equal });
    }
    Ok(terms)
}

/// Checks the syntax of a selector.
///
/// # Errors
/// 400 for a malformed comparison.
pub(crate) fn check_syntax(text: &str) -> Outcome<()> {
    let mut parts = text.split(',').filter(|part| !part.is_empty());
    parts.find(|part| split(part).is_none()).map_or(Ok(()), |part| Err(malformed(text, part)))
}

fn malformed(text: &str, part: &str) -> Box<status::Status> {
    status::bad_request(format!("invalid selector: '{text}'; can't understand '{part}'"))
}

/// The object name that a selector requires, if any: the request is then about that object, also for the authorizer.
pub(crate) fn demanded_name(text: &str) -> Option<&str> {
    let exact = text.split(',').filter_map(split).find(|(field, _, equal)| *field == "metadata.name" && *equal);
    exact.map(|(_, name, _)| name).filter(|name| !name.is_empty())
}

fn split(part: &str) -> Option<(&str, &str, bool)> {
    let at = part.find('=')?;
    let (name, value) = (&part[..at], &part[at + 1..]);
    match name.strip_suffix('!') {
        Some(name) => Some((name, value, false)),
        None => Some((name, value.strip_prefix('=').unwrap_or(value), true)),
    }
}

fn unescape(value: &str) -> String {
    value.replace("\\=", "=").replace("\\,", ",").replace("\\\\", "\\")
}

/// The error for a field that is not selectable. Kinds with fields of their own convert field labels, the others use
/// the generic attribute function: each has its own wording.
fn unsupported(known: &[SelectableField], custom: bool, name: &str) -> Box<status::Status> {
    if custom || known.len() > 2 {
        return status::bad_request(format!("field label not supported: {name}"));
    }
    let message = format!("{name:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    status::bad_request(message)
}

/// The fields by which objects of every kind can be selected.
pub(crate) fn metadata_fields(namespaced: bool) -> Vec<SelectableField> {
    let mut fields = vec![SelectableField::new("metadata.name")];
    if namespaced {
        fields.push(SelectableField::new("metadata.namespace"));
    }
    fields
}
