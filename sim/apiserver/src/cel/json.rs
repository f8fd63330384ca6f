//! Values as JSON: what the expressions of mutating policies make becomes a part of an object
//! (cel-go, common/types: ConvertToNative to google.protobuf.Value).
use super::value::Value;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value as Json};

impl Value<'_> {
    /// The value as JSON.
    ///
    /// # Errors
    /// For a value that has no such form, and for a map whose keys are not texts.
    pub(crate) fn to_json(&self) -> Result<Json, String> {
        Ok(match self {
            Self::Null => Json::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Uint(value) => (*value).into(),
            Self::Double(value) => (*value).into(),
            Self::String(text) => text.as_ref().into(),
            Self::Bytes(bytes) => STANDARD.encode(bytes).into(),
            Self::Timestamp(_) | Self::Duration(_) => self.to_string().into(),
            Self::List(list) => {
                let items = list.values().map_err(|why| why.0)?;
                items.iter().map(Value::to_json).collect::<Result<Vec<_>, _>>()?.into()
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| match key {
                    Value::String(key) => Ok((key.clone().into_owned(), value.to_json()?)),
                    other => {
                        Err(format!("map key {:?} is of type {}, not string", other.to_string(), other.type_name()))
                    }
                });
                entries.collect::<Result<Map<_, _>, _>>()?.into()
            }
            Self::Object(members, _) => Json::Object((*members).clone()),
            Self::Preserved(json) => (*json).clone(),
            Self::Message(message) => {
                let fields = message.fields.iter().map(|(name, value)| Ok(((*name).to_owned(), value.to_json()?)));
                fields.collect::<Result<Map<_, _>, String>>()?.into()
            }
            other => {
                return Err(format!("type conversion error from '{}' to 'google.protobuf.Value'", other.type_name()));
            }
        })
    }
}
