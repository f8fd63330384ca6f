//! Converts a body into the form in which Go would write the object: drops and reports unknown members, drops nulls,
//! and adds members that Go writes even if empty.
//!
//! Types of scalars are checked only where the server acts on them: the message of Go's decoder depends on its structs.
use super::{Form, Map, Relation, Root, Scalar, TypeId, Types, Written};
use crate::base::{json::json_type, path::Path};
use serde_json::Value;

impl Root<'_> {
    /// Decodes the members of an object; its metadata is decoded already.
    pub(crate) fn decode(self, object: &mut serde_json::Map<String, Value>, unknown: &mut Vec<String>) {
        let metadata = object.remove("metadata");
        if let Form::Map(map) = self.types.atom(self.id).form() {
            self.types.decode_members(map, object, &Path::Root, unknown);
        }
        if let Some(metadata) = metadata {
            object.insert("metadata".into(), metadata);
        }
    }
}

impl Root<'_> {
    /// Checks that each member has the form that Go's decoder expects.
    ///
    /// # Errors
    /// The decoder's message.
    pub(crate) fn check(self, object: &serde_json::Map<String, Value>) -> Result<(), String> {
        let Form::Map(map) = self.types.atom(self.id).form() else { return Ok(()) };
        let known = object.iter().filter(|(name, _)| !matches!(name.as_str(), "metadata" | "apiVersion" | "kind"));
        known.filter_map(|(name, value)| Some((name, value, map.fields.get(name)?))).try_for_each(
            |(name, value, field)| self.types.check(field.of, value, &Path::Member(&Path::Root, name), &map.name),
        )
    }
}

impl Types {
    fn check(&self, id: TypeId, value: &Value, path: &Path<'_>, inside: &str) -> Result<(), String> {
        let atom = self.atom(id);
        let wanted = match (&atom.scalar, &atom.list, &atom.map) {
            (Some(Scalar::Text), None, None) if !value.is_string() => "string",
            (Some(Scalar::Boolean), None, None) if !value.is_boolean() => "bool",
            (Some(Scalar::Numeric), None, None) if !value.is_number() => "int64",
            (None, Some(_), None) if !value.is_array() => "[]string",
            (None, None, Some(_)) if is_alternative(path, value) => return Ok(()),
            (None, None, Some(map)) if !value.is_object() => &map.name,
            (None, Some(list), None) => {
                let items = value.as_array().into_iter().flatten();
                return items.clone().try_for_each(|item| self.check(list.element, item, path, inside));
            }
            (None, None, Some(map)) => {
                let members = value.as_object().into_iter().flatten();
                let typed = |name: &String| map.fields.get(name).map(|field| field.of).or(map.element);
                let inside = if map.name.is_empty() { inside } else { &map.name };
                return members
                    .clone()
                    .filter_map(|(name, value)| Some((name, value, typed(name)?)))
                    .try_for_each(|(name, value, of)| self.check(of, value, &Path::Member(path, name), inside));
            }
            _ => return Ok(()),
        };
        if value.is_null() {
            return Ok(());
        }
        let found = json_type(value);
        Err(format!("json: cannot unmarshal {found} into Go struct field {inside}.{path} of type {wanted}"))
    }

    fn decode(&self, id: TypeId, value: &mut Value, path: &Path<'_>, unknown: &mut Vec<String>) {
        match (self.atom(id).deduce(Some(value)).form(), value) {
            (Form::Map(map), Value::Object(members)) => self.decode_members(map, members, path, unknown),
            (Form::List(list), Value::Array(items)) => {
                let structs = list.relation != Relation::Set;
                for (index, item) in items.iter_mut().enumerate().filter(|_| structs) {
                    self.decode(list.element, item, &Path::Item(path, index), unknown);
                }
            }
            _ => {}
        }
    }

    fn decode_members(
        &self,
        map: &Map,
        members: &mut serde_json::Map<String, Value>,
        path: &Path<'_>,
        unknown: &mut Vec<String>,
    ) {
        members.retain(|name, value| {
            let path = Path::Member(path, name);
            let field = map.fields.get(name);
            // Go decodes these two by hand, and does not report unknown members in them.
            let mut unsaid = Vec::new();
            let by_hand = map.name == "JSONSchemaProps" && matches!(name.as_str(), "items" | "additionalProperties");
            let unknown = if by_hand { &mut unsaid } else { &mut *unknown };
            let Some(of) = field.map(|field| field.of).or(map.element) else {
                unknown.push(path.to_string());
                return false;
            };
            self.decode(of, value, &path, unknown);
            match field.map(|field| field.written) {
                Some(Written::IfFull) => !is_zero(value),
                Some(written) => {
                    // The stored form does not tell an empty list from an absent one; definitions are validated before.
                    let kept = map.name.starts_with("CustomResource");
                    if !kept && written == Written::Always && value.as_array().is_some_and(Vec::is_empty) {
                        *value = Value::Null;
                    }
                    !value.is_null()
                }
                None => true,
            }
        });
        for (name, field) in map.fields.iter().filter(|(_, field)| field.written == Written::Always) {
            if !members.contains_key(name) && name != "metadata" {
                members.insert(name.clone(), self.zero(field.of));
            }
        }
    }
}

/// Whether this is `items` as a list of schemas or `additionalProperties` as a flag.
fn is_alternative(path: &Path<'_>, value: &Value) -> bool {
    match path {
        Path::Member(_, "items") => value.is_array(),
        Path::Member(_, "additionalProperties") => value.is_boolean(),
        _ => false,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}
