//! Checks that a value has the form of its type (sigs.k8s.io/structured-merge-diff/v6/typed/validate.go): no unknown
//! members, items without a key, or duplicates. Clients that apply see its errors.
use super::{DEDUCED, Form, List, Map, Relation, Root, Scalar, TypeId, Types};
use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// Whether two items of a list may have the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duplicates {
    Allowed,
    Refused,
}

/// Errors with their paths, which are completed while the stack unwinds.
#[derive(Debug)]
pub(crate) struct Errors(Vec<(String, String)>);

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line =
            |(path, why): &(String, String)| if path.is_empty() { why.clone() } else { format!("{path}: {why}") };
        if let [one] = &self.0[..] {
            return f.write_str(&line(one));
        }
        f.write_str("errors:")?;
        self.0.iter().try_for_each(|error| write!(f, "\n  {}", line(error)))
    }
}

impl Root<'_> {
    /// Validates a value.
    ///
    /// # Errors
    /// All errors found.
    pub(crate) fn validate(self, value: &Value, duplicates: Duplicates) -> Result<(), Errors> {
        let mut errors = Vec::new();
        Walk { types: self.types, duplicates }.value(self.id, value, &mut errors);
        if errors.is_empty() { Ok(()) } else { Err(Errors(errors)) }
    }
}

struct Walk<'a> {
    types: &'a Types,
    duplicates: Duplicates,
}

type Found = Vec<(String, String)>;

fn error(errors: &mut Found, why: impl Into<String>) {
    errors.push((String::new(), why.into()));
}

impl Walk<'_> {
    fn value(&self, id: TypeId, value: &Value, errors: &mut Found) {
        if id == DEDUCED {
            return;
        }
        match self.types.atom(id).deduce(Some(value)).form() {
            Form::Map(map) => self.map(map, value, errors),
            Form::List(list) => self.list(list, value, errors),
            Form::Scalar(scalar) => errors.extend(scalar.refusal(value).map(|why| (String::new(), why))),
        }
    }

    fn map(&self, map: &Map, value: &Value, errors: &mut Found) {
        let members = match value {
            Value::Null => return,
            Value::Object(members) => members,
            other => return error(errors, format!("expected map, got {}", Shown(other))),
        };
        for (name, member) in members {
            let known = errors.len();
            match map.fields.get(name).map(|field| field.of).or(map.element) {
                Some(id) => self.value(id, member, errors),
                // Go stops its walk over a map at the first unknown member.
                None => error(errors, "field not declared in schema"),
            }
            let unknown = !map.fields.contains_key(name) && map.element.is_none();
            errors[known..].iter_mut().for_each(|(path, _)| path.insert_str(0, &format!(".{name}")));
            if unknown {
                return;
            }
        }
    }

    fn list(&self, list: &List, value: &Value, errors: &mut Found) {
        let items = match value {
            Value::Null => return,
            Value::Array(items) => items,
            other => return error(errors, format!("expected list, got {}", Shown(other))),
        };
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let place = if list.relation == Relation::Atomic {
                format!("[{index}]")
            } else {
                match self.types.element_of(list, item) {
                    Ok(element) => {
                        let shown = element.to_string();
                        if !seen.insert(element) && self.duplicates == Duplicates::Refused {
                            error(errors, format!("duplicate entries for key {shown}"));
                        }
                        shown
                    }
                    Err(why) => return error(errors, format!("element {index}: {why}")),
                }
            };
            let known = errors.len();
            self.value(list.element, item, errors);
            errors[known..].iter_mut().for_each(|(path, _)| path.insert_str(0, &place));
        }
    }
}

impl Scalar {
    /// The reason why a value is not such a scalar; null is accepted.
    pub(crate) fn refusal(self, value: &Value) -> Option<String> {
        Some(match (self, value) {
            (_, Value::Null)
            | (Self::Numeric, Value::Number(_))
            | (Self::Text, Value::String(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Any, Value::Number(_) | Value::String(_) | Value::Bool(_)) => return None,
            (Self::Numeric, other) => format!("expected numeric (int or float), got {}", go_type(other)),
            (Self::Text, other) => {
                format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(other))
            }
            (Self::Boolean, other) => format!("expected boolean, got {}", Shown(other)),
            (Self::Any, other) => format!("expected any scalar, got {}", Shown(other)),
        })
    }
}

/// Go's name of the type of a JSON value.
pub(crate) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// Go's `%v` of a value in structured-merge-diff.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "&{{{}}}", plain(self.0))
    }
}

/// Go's `%v` of plain JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let members: Vec<_> = map.iter().map(|(name, value)| format!("{name}:{}", plain(value))).collect();
            format!("map[{}]", members.join(" "))
        }
        other => other.to_string(),
    }
}

/// Go's `%#v` of plain JSON.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".into(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let members: Vec<_> = map
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), go_syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}
