//! Conversion of a stored object to another kind or version (k8s.io/apiextensions-apiserver/pkg/apiserver/conversion).
//!
//! What a webhook converts is converted by the server (`server::conversion`), before anything here sees the object.
use super::{autoscaling, events, kind::Kind};
use serde_json::Value;
use std::borrow::Cow;

impl Kind {
    /// Converts a stored object to this kind.
    pub(crate) fn shown<'a>(&self, stored: &'a Value) -> Cow<'a, Value> {
        match self.is_view() {
            false => Cow::Borrowed(stored),
            // The server has converted it.
            true if self.converter.is_some() => Cow::Borrowed(stored),
            true if self.custom => Cow::Owned(converted(stored, self)),
            true if self.kind == "Event" => Cow::Owned(events::newer(stored)),
            true => Cow::Owned(autoscaling::shown(stored)),
        }
    }

    /// Converts a body of this kind, whose objects are stored as another one.
    pub(crate) fn store_form(&self, value: &mut Value) {
        match self.kind.as_str() {
            _ if self.custom || !self.is_view() => {}
            "Event" => events::stored(value),
            _ => autoscaling::stored(value),
        }
    }
}

/// A stored object in another version of its kind: with that version's apiVersion, and without members that its schema
/// does not know. Without a webhook nothing else is converted.
pub(crate) fn converted(object: &Value, to: &Kind) -> Value {
    let mut value = object.clone();
    if let Some(map) = value.as_object_mut() {
        map.insert("apiVersion".into(), to.api_version.as_str().into());
        to.schema.iter().for_each(|schema| schema.strip_object(map));
    }
    value
}

/// An object of any version as it is stored and read back: with its defaults filled in.
pub(crate) fn stored(object: &Value, kind: &Kind) -> Value {
    let to = kind.home();
    let mut value = converted(object, to);
    read_back(&mut value, to);
    value
}

/// Decodes an object as the storage does: without unknown members and with its defaults filled in.
pub(crate) fn read_back(value: &mut Value, kind: &Kind) {
    if let (Some(map), Some(schema)) = (value.as_object_mut(), &kind.schema) {
        schema.prune_object(map, &mut Vec::new());
    }
}
