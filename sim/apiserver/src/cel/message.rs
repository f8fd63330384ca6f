//! Messages: the objects and patches that expressions of mutating policies make
//! (k8s.io/apiserver/pkg/cel/mutation/{typeresolver,jsonpatch}.go, dynamic/objects.go).
use super::value::{Fault, Message, Value};

/// The type of an object; that of a field has the path of the field after it: `Object.spec`.
pub(crate) const OBJECT: &str = "Object";
/// The type of one operation of a JSON patch.
pub(crate) const PATCH: &str = "JSONPatch";

impl<'a> Message<'a> {
    /// A message with these fields; of a repeated one the last counts.
    ///
    /// # Errors
    /// For a member of a patch that is not a text.
    pub(super) fn new(name: &'a str, fields: Vec<(&'a str, Value<'a>)>) -> Result<Self, Fault> {
        let mut message = Self { name, fields: Vec::with_capacity(fields.len()) };
        for (field, value) in fields {
            if name == PATCH && field != "value" && !matches!(value, Value::String(_)) {
                let found = go_type(&value);
                return Err(Fault(format!("unexpected type {found} for JSONPatchType '{field}' field")));
            }
            match message.fields.iter_mut().find(|(known, _)| *known == field) {
                Some((_, slot)) => *slot = value,
                None => message.fields.push((field, value)),
            }
        }
        Ok(message)
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&Value<'a>> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// The text of a field; empty if it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        match self.field(name) {
            Some(Value::String(text)) => text,
            _ => "",
        }
    }

    pub(super) fn equals(&self, other: &Message<'_>) -> bool {
        let same = |(name, value): &(&str, Value<'_>)| other.field(name).is_some_and(|other| value.equals(other));
        self.name == other.name && self.fields.len() == other.fields.len() && self.fields.iter().all(same)
    }

    /// Checks that the types of the objects in this one are those of their paths, as the compiler does not.
    ///
    /// # Errors
    /// One line for each that is not.
    pub(crate) fn check_names(&self) -> Result<(), String> {
        let mut errors = Vec::new();
        self.names(self.name, &mut errors);
        if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
    }

    fn names(&self, path: &str, errors: &mut Vec<String>) {
        if self.name != path {
            errors.push(format!(
                "unexpected type name {:?}, expected {path:?}, which matches field name path from root Object type",
                self.name
            ));
        }
        for (field, value) in &self.fields {
            names(value, &format!("{path}.{field}"), errors);
        }
    }
}

/// Lists and maps between objects have no part in their paths.
fn names(value: &Value<'_>, path: &str, errors: &mut Vec<String>) {
    match value {
        Value::Message(message) => message.names(path, errors),
        Value::List(list) => list.iter().flatten().for_each(|item| names(&item, path, errors)),
        Value::Map(entries) => entries.iter().for_each(|(_, value)| names(value, path, errors)),
        _ => {}
    }
}

/// The name of the Go type that holds a value.
fn go_type(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "structpb.NullValue",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Uint(_) => "uint64",
        Value::Double(_) => "float64",
        Value::Bytes(_) => "[]uint8",
        Value::Timestamp(_) => "time.Time",
        Value::Duration(_) => "time.Duration",
        Value::List(_) => "[]ref.Val",
        Value::Map(_) => "map[ref.Val]ref.Val",
        _ => "map[string]interface {}",
    }
}
