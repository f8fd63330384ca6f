//! Field selectors (k8s.io/apimachinery/pkg/fields/selector.go): equality only, on a kind's selectable fields.
use crate::base::go_text::quoted;
use crate::base::status::{self, Outcome};
use serde_json::Value;
use std::borrow::Cow;

/// A selectable field and its position.
#[derive(Debug, Clone)]
pub(crate) struct SelectableField {
    /// Name in a selector: `spec.signalFingerprint`.
    pub(crate) name: String,
    place: Place,
}

/// The position of a selectable field in an object, and its value where the object lacks it.
#[derive(Debug, Clone)]
struct Place {
    /// JSON pointers; the first that is set and not empty is compared.
    pointers: Vec<String>,
    /// The zero value as Go prints it: empty for a text, `false`, `0`.
    absent: &'static str,
}

/// Fields of built-in kinds that are stored under another name, or are not texts (the strategies' `ToSelectableFields`,
/// k8s.io/kubernetes/pkg/registry). Name in a selector, paths in the stored object, text for an absent one.
const DERIVED: [(&str, &[&str], &str); 8] = [
    ("spec.host", &["spec.nodeName"], ""),
    ("spec.hostNetwork", &["spec.hostNetwork"], "false"),
    ("spec.unschedulable", &["spec.unschedulable"], "false"),
    ("status.podIP", &["status.podIPs.0.ip"], ""),
    // A label that is accepted, and that no object has.
    ("status.podIPs", &[], ""),
    ("status.replicas", &["status.replicas"], "0"),
    ("status.successful", &["status.succeeded"], "0"),
    ("source", &["source.component", "reportingComponent"], ""),
];

impl SelectableField {
    /// A field by its dotted path.
    pub(crate) fn new(name: &str) -> Self {
        Self::stored_as(name, name)
    }

    /// A field that is stored at another path.
    pub(crate) fn stored_as(name: &str, path: &str) -> Self {
        Self { name: name.to_owned(), place: Place { pointers: vec![pointer(path)], absent: "" } }
    }

    /// A field of a built-in kind.
    pub(crate) fn builtin(name: &str) -> Self {
        match DERIVED.iter().find(|(derived, ..)| *derived == name) {
            Some((_, paths, absent)) => {
                let pointers = paths.iter().map(|path| pointer(path)).collect();
                Self { name: name.to_owned(), place: Place { pointers, absent } }
            }
            None => Self::new(name),
        }
    }
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

impl Place {
    /// The text that a selector is compared with.
    fn text<'a>(&self, object: &'a Value) -> Cow<'a, str> {
        for found in self.pointers.iter().filter_map(|pointer| object.pointer(pointer)) {
            match found {
                Value::String(text) if text.is_empty() => {}
                Value::String(text) => return Cow::Borrowed(text),
                Value::Null => {}
                other => return Cow::Owned(other.to_string()),
            }
        }
        Cow::Borrowed(self.absent)
    }
}

/// The words with which a kind refuses a field that is not selectable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Kinds that only have the two fields of every kind (runtime.DefaultMetaV1FieldSelectorConversion).
    Generic,
    /// Kinds that convert labels themselves.
    Own,
    /// Jobs.
    Job,
}

impl Refusal {
    fn status(self, name: &str) -> Box<status::Status> {
        status::bad_request(match self {
            Self::Generic => {
                format!(
                    "{name} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
                    name = quoted(name)
                )
            }
            Self::Own => format!("field label not supported: {name}"),
            Self::Job => format!("field label {name} not supported for Job", name = quoted(name)),
        })
    }
}

/// One comparison.
#[derive(Debug)]
pub(crate) struct Term {
    place: Place,
    value: String,
    equal: bool,
}

impl Term {
    pub(crate) fn name(name: &str) -> Self {
        let place = Place { pointers: vec!["/metadata/name".to_owned()], absent: "" };
        Self { place, value: name.to_owned(), equal: true }
    }

    /// Whether an object matches.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        (self.place.text(object) == self.value) == self.equal
    }
}

/// A comparison as it is written; the value is unescaped.
struct Written<'a> {
    field: &'a str,
    value: String,
    equal: bool,
}

pub(crate) fn parse(known: &[SelectableField], refusal: Refusal, text: &str) -> Outcome<Vec<Term>> {
    let place = |written: Written<'_>| {
        let field = known.iter().find(|f| f.name == written.field).ok_or_else(|| refusal.status(written.field))?;
        Ok(Term { place: field.place.clone(), value: written.value, equal: written.equal })
    };
    written(text)?.into_iter().map(place).collect()
}

/// Checks the syntax of a selector.
///
/// # Errors
/// 400 for a malformed comparison.
pub(crate) fn check_syntax(text: &str) -> Outcome<()> {
    written(text).map(drop)
}

/// The object name that a selector requires, if any: the request is then about that object, also for the authorizer.
pub(crate) fn demanded_name(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let exact = written(text).ok()?.into_iter().find(|term| term.field == "metadata.name" && term.equal);
    exact.map(|term| term.value).filter(|name| !name.is_empty())
}

/// The comparisons, sorted as Go sorts them: the first mistake in this order is reported.
fn written(text: &str) -> Outcome<Vec<Written<'_>>> {
    let mut parts: Vec<_> = split_terms(text).into_iter().filter(|part| !part.is_empty()).collect();
    // A comparison of nothing with nothing is dropped.
    parts.retain(|part| !matches!(*part, "=" | "==" | "!="));
    parts.sort_unstable();
    let parsed = parts.into_iter().map(|part| {
        let (field, value, equal) =
            split(part).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
        Ok(Written { field, value: unescaped(value)?, equal })
    });
    parsed.collect::<Result<_, String>>().map_err(status::bad_request)
}

/// Splits at commas that are not escaped.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

/// Splits at the first operator: `!=`, `==` or `=`.
fn split(part: &str) -> Option<(&str, &str, bool)> {
    let at = part.find('=')?;
    let (name, value) = (&part[..at], &part[at + 1..]);
    match name.strip_suffix('!') {
        Some(name) => Some((name, value, false)),
        None => Some((name, value.strip_prefix('=').unwrap_or(value), true)),
    }
}

fn unescaped(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' => match letters.next() {
                Some(c @ ('\\' | ',' | '=')) => out.push(c),
                Some(c) => return Err(format!("invalid field selector: invalid escape sequence: \\{c}")),
                None => return Err("invalid field selector: invalid escape sequence: \\".to_owned()),
            },
            // Go prints the number of the character.
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

/// The fields by which objects of every kind can be selected.
pub(crate) fn metadata_fields(namespaced: bool) -> Vec<SelectableField> {
    let mut fields = vec![SelectableField::new("metadata.name")];
    if namespaced {
        fields.push(SelectableField::new("metadata.namespace"));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(field: &str, value: &str, object: &Value) -> bool {
        let known = [SelectableField::builtin(field)];
        parse(&known, Refusal::Own, &format!("{field}={value}")).unwrap().iter().all(|term| term.matches(object))
    }

    #[test]
    fn absent_field_has_its_zero_value() {
        let empty = json!({});
        for (field, zero) in [
            ("spec.unschedulable", "false"),
            ("spec.hostNetwork", "false"),
            ("status.successful", "0"),
            ("status.replicas", "0"),
            ("spec.nodeName", ""),
            ("status.podIPs", ""),
        ] {
            assert!(matches(field, zero, &empty), "{field}");
            assert!(!matches(field, "other", &empty), "{field}");
        }
        assert!(matches("spec.unschedulable", "true", &json!({"spec": {"unschedulable": true}})));
        assert!(matches("status.successful", "2", &json!({"status": {"succeeded": 2}})));
        assert!(matches("status.podIP", "10.0.0.1", &json!({"status": {"podIPs": [{"ip": "10.0.0.1"}]}})));
    }

    #[test]
    fn source_falls_back_to_the_reporter() {
        assert!(matches("source", "kubelet", &json!({"source": {"component": "kubelet"}, "reportingComponent": "x"})));
        assert!(matches("source", "x", &json!({"source": {}, "reportingComponent": "x"})));
        assert!(matches("source", "x", &json!({"source": {"component": ""}, "reportingComponent": "x"})));
    }

    #[test]
    fn escapes_are_read_as_go_reads_them() {
        let why = |text: &str| check_syntax(text).unwrap_err().message;
        assert!(check_syntax("a=x\\,y\\=z\\\\,b!=1").is_ok());
        assert_eq!(why("a=b=c"), "invalid field selector: unescaped character in value: 61");
        assert_eq!(why("a=\\x"), "invalid field selector: invalid escape sequence: \\x");
        assert_eq!(why("z,a=\\"), "invalid field selector: invalid escape sequence: \\");
        assert_eq!(demanded_name("b=1,metadata.name==a\\,b").as_deref(), Some("a,b"));
    }
}
