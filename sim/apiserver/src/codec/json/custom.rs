//! Values that decode themselves: times, quantities, numbers or texts, raw JSON, and what may stand in the place of a
//! schema. Their first error ends the decoding of the whole body.
use super::{
    JsonError,
    failure::Failure,
    typed::{Walk, kind_of, part},
    untyped,
};
use crate::{
    base::{golang::time, json::whole_numbers, timestamp},
    cel::quantity,
    registry::go_types::{Alternative, Form, GoTypes},
};
use serde_json::{Map, Value};

impl Walk<'_, '_> {
    /// Decodes a value by its own rules.
    pub(super) fn custom(&mut self, form: Form) -> Result<Value, JsonError> {
        let text = self.reader.skip()?;
        match value(self.types, form, text) {
            Ok(value) => Ok(value),
            Err(failure) => {
                self.stop(failure);
                Ok(Value::Null)
            }
        }
    }
}

/// Decodes a value of a type with a form of its own.
pub(super) fn value(types: &'static GoTypes, form: Form, text: &[u8]) -> Result<Value, Failure> {
    match form {
        Form::Time => time_of(text, time::RFC3339),
        Form::MicroTime => time_of(text, time::MICRO),
        Form::Quantity => quantity_of(text),
        Form::IntOrString => int_or_string(text),
        Form::SchemaOr(alternative) => schema_or(types, alternative, text),
        _ => raw(text),
    }
}

/// Any JSON; a null is nothing.
fn raw(text: &[u8]) -> Result<Value, Failure> {
    let (mut value, _) = untyped::parse(text).map_err(|error| Failure::Other(error.to_string()))?;
    whole_numbers(&mut value);
    Ok(value)
}

/// A text between quotes; None for a null.
fn string(text: &[u8]) -> Result<Option<String>, Failure> {
    match raw(text)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(Failure::mismatch(kind_of(text[0]), "string")),
    }
}

fn time_of(text: &[u8], layout: &'static str) -> Result<Value, Failure> {
    let Some(text) = string(text)? else { return Ok(Value::Null) };
    timestamp::normalised(layout, &text).map(|time| time.map_or(Value::Null, Value::from)).map_err(Failure::Other)
}

fn quantity_of(text: &[u8]) -> Result<Value, Failure> {
    if text == b"null" {
        return Ok("0".into());
    }
    let inner = text.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(text);
    let text = super::text::replaced(inner);
    quantity::canonical(text.trim()).map(Value::from).map_err(|why| Failure::Other(why.to_owned()))
}

fn int_or_string(text: &[u8]) -> Result<Value, Failure> {
    match text[0] {
        b'"' => raw(text),
        b'n' => Ok(0.into()),
        b'-' | b'0'..=b'9' => {
            let number = std::str::from_utf8(text).unwrap_or_default();
            let found = || Failure::mismatch(&format!("number {number}"), "int32");
            number.parse::<i32>().map(Value::from).map_err(|_| found())
        }
        other => Err(Failure::mismatch(kind_of(other), "int32")),
    }
}

fn schema_or(types: &'static GoTypes, alternative: Alternative, text: &[u8]) -> Result<Value, Failure> {
    match (alternative, text[0]) {
        (_, b'{') => schema(types, text),
        (Alternative::Flag, b't' | b'f') => raw(text),
        (Alternative::Flag, _) => Err(Failure::Other("boolean or JSON schema expected".to_owned())),
        (Alternative::Schemas, b'[') => {
            let Value::Array(items) = raw(text)? else { return Ok(Value::Null) };
            let of_item = |item: &Value| match item {
                Value::Object(_) => schema(types, item.to_string().as_bytes()),
                Value::Null => Ok(Value::Object(Map::new())),
                other => Err(Failure::mismatch(kind_of(other.to_string().as_bytes()[0]), "v1.JSONSchemaProps")),
            };
            items.iter().map(of_item).collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        (Alternative::Texts, b'[') => {
            let list = raw(text)?;
            let wrong = list.as_array().into_iter().flatten().find(|item| !item.is_string() && !item.is_null());
            match wrong {
                Some(item) => Err(Failure::mismatch(kind_of(item.to_string().as_bytes()[0]), "string")),
                None => Ok(list),
            }
        }
        _ => Ok(Value::Null),
    }
}

fn schema(types: &'static GoTypes, text: &[u8]) -> Result<Value, Failure> {
    let (members, failure) = part(text, types.schema()).map_err(|error| Failure::Other(error.to_string()))?;
    failure.map_or(Ok(Value::Object(members)), Err)
}
