//! The conversion of a merged object into a built-in kind's struct: what a strategic merge patch and an apply produce
//! was never text, and undergoes this in place of decoding (k8s.io/apimachinery/pkg/runtime/converter.go,
//! FromUnstructured).
//!
//! Its errors name no field. A number is cut to its type, and unknown members are named in the order of their paths.
use super::{custom, failure::Failure};
use crate::{
    base::{go_text::quoted, golang::base64},
    registry::go_types::{self, Form, GoTypes, StructId, TypeId},
};
use ::base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// Converts an object, whose kind and apiVersion are kept; returns the errors of strict decoding.
///
/// # Errors
/// The converter's error for a value of the wrong type: the first in the order of the structs.
pub(crate) fn object(members: &mut Map<String, Value>, of: StructId) -> Result<Vec<String>, String> {
    let mut walk = Walk { types: go_types::builtin(), unknown: Vec::new() };
    let (kind, version) = (members.remove("kind"), members.remove("apiVersion"));
    let converted = walk.members(of, std::mem::take(members), "");
    *members = converted.map_err(|failure| failure.to_string())?;
    members.extend(kind.map(|kind| ("kind".to_owned(), kind)));
    members.extend(version.map(|version| ("apiVersion".to_owned(), version)));
    let mut unknown = walk.unknown;
    unknown.sort();
    Ok(unknown)
}

struct Walk {
    types: &'static GoTypes,
    unknown: Vec<String>,
}

impl Walk {
    fn members(
        &mut self,
        of: StructId,
        mut members: Map<String, Value>,
        path: &str,
    ) -> Result<Map<String, Value>, Failure> {
        let types = self.types;
        let inside = types.structure(of);
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let mut out = Map::new();
        for field in &inside.fields {
            let Some(value) = members.remove(field.name).filter(|value| !value.is_null()) else { continue };
            let value = self.value(field.of, value, &below(field.name))?;
            if let Some(value) = types.written(inside, field, value) {
                out.insert(field.name.to_owned(), value);
            }
        }
        let top = path.is_empty();
        let unknown = members.keys().filter(|name| inside.position(name).is_none());
        let unknown = unknown.filter(|name| !(top && matches!(name.as_str(), "kind" | "apiVersion")));
        self.unknown.extend(unknown.map(|name| format!("unknown field {}", quoted(&below(name)))));
        types.add_zeros(of, &mut out);
        Ok(out)
    }

    fn value(&mut self, of: TypeId, value: Value, path: &str) -> Result<Value, Failure> {
        if value.is_null() {
            return Ok(self.types.zero(of));
        }
        let form = self.types.form(of);
        let wrong = |what: &str, value: &Value| Err(Failure::Other(format!("cannot restore {what} {}", kind(value))));
        match (form, value) {
            (Form::Pointer(inner), value) => self.value(inner, value, path),
            (Form::Struct(id), Value::Object(members)) => self.members(id, members, path).map(Value::Object),
            (Form::Struct(_), other) => wrong("struct from:", &other),
            (Form::Map(inner), Value::Object(members)) => {
                let converted = members.into_iter().map(|(name, value)| {
                    let value = self.value(inner, value, path)?;
                    Ok((name, value))
                });
                converted.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
            (Form::Map(_), other) => wrong("map from", &other),
            (Form::List(inner), Value::Array(items)) => {
                let converted = items.into_iter().enumerate().map(|(index, item)| {
                    let place = format!("{path}[{index}]");
                    self.value(inner, item, &place)
                });
                converted.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            (Form::Bytes, Value::String(text)) => base64::decode(&text)
                .map(|bytes| STANDARD.encode(bytes).into())
                .map_err(|error| Failure::Other(format!("error decoding from json: {error}"))),
            (Form::List(_) | Form::Bytes, other) => wrong("slice from", &other),
            (Form::Text | Form::Flag | Form::Byte | Form::Int32 | Form::Int64 | Form::Float, value) => {
                self.scalar(of, form, value)
            }
            (form, value) => custom::value(self.types, form, value.to_string().as_bytes()),
        }
    }

    fn scalar(&self, of: TypeId, form: Form, value: Value) -> Result<Value, Failure> {
        let whole = match (form, &value) {
            (Form::Text, Value::String(_)) | (Form::Flag, Value::Bool(_)) => return Ok(value),
            (Form::Float, Value::Number(_)) => return Ok(value),
            (Form::Byte | Form::Int32 | Form::Int64, Value::Number(number)) => {
                number.as_i64().or_else(|| truncated(number.as_f64()?))
            }
            _ => None,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "Go cuts numbers likewise")]
        let cut = whole.map(|whole| match form {
            Form::Byte => Value::from(whole as u8),
            Form::Int32 => Value::from(whole as i32),
            _ => Value::from(whole),
        });
        cut.ok_or_else(|| Failure::Other(self.refusal(of, form, &value)))
    }

    fn refusal(&self, of: TypeId, form: Form, value: &Value) -> String {
        let found = match value {
            Value::Number(number) if number.is_f64() => "float64",
            Value::Number(_) => "int64",
            _ => "",
        };
        // Go's reflection converts an integer to a text, which the converter then refuses in other words.
        let convertible = match form {
            Form::Text => found == "int64",
            Form::Flag => false,
            _ => !found.is_empty(),
        };
        if convertible {
            return format!("cannot convert {found} to {}", self.types.name(of));
        }
        let kind = match form {
            Form::Text => "string",
            Form::Flag => "bool",
            Form::Byte => "uint8",
            Form::Int32 => "int32",
            Form::Int64 => "int64",
            _ => "float64",
        };
        format!("unrecognized type: {kind}")
    }
}

/// A whole float as an int64, as amd64 converts it: the minimum replaces values out of range.
fn truncated(float: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    (float.fract() == 0.0).then_some(if float.abs() < 9.2e18 { float as i64 } else { i64::MIN })
}

/// Go's kind of a value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}
