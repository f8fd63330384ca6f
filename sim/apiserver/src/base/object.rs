//! One version of one stored object, and read access to the metadata of any object.
//!
//! A version is immutable and shared: the store, every watch cache, every watch and the oracle hold the same one. Its
//! JSON is encoded once, on first use.
use super::{json::GoFormatter, timestamp};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

/// One version of one object.
#[derive(Debug)]
pub(crate) struct Object {
    /// The object's namespace; empty for cluster-scoped objects.
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
    /// The whole object including its resourceVersion.
    pub(crate) value: Arc<Value>,
    /// The resourceVersion as a number.
    pub(crate) revision: u64,
    json: OnceLock<Text>,
    /// The JSON of the spec, where the version before has the same one: most writes change the status.
    pub(crate) spec: Option<Bytes>,
}

/// The JSON of an object, and the place of its spec there.
#[derive(Debug)]
struct Text {
    json: Bytes,
    spec: Range<usize>,
}

impl Object {
    pub(crate) fn new(namespace: Arc<str>, name: Arc<str>, value: Arc<Value>, revision: u64) -> Self {
        Self { namespace, name, value, revision, json: OnceLock::new(), spec: None }
    }

    /// The object as JSON.
    pub(crate) fn json(&self) -> &Bytes {
        &self.json.get_or_init(|| self.text()).json
    }

    /// The JSON of the spec, if it was encoded and is that of `value` too.
    pub(crate) fn spec_of(&self, value: &Value) -> Option<Bytes> {
        let Text { json, spec } = self.json.get()?;
        let same = !spec.is_empty() && self.value.get("spec") == value.get("spec");
        same.then(|| json.slice(spec.clone()))
    }

    fn text(&self) -> Text {
        let Value::Object(members) = &*self.value else { return Text { json: encode(&*self.value), spec: 0..0 } };
        let mut json = Vec::with_capacity(self.spec.as_ref().map_or(512, |spec| 2 * spec.len()));
        let mut spec = 0..0;
        json.push(b'{');
        for (name, member) in members {
            if json.len() > 1 {
                json.push(b',');
            }
            write(&mut json, name);
            json.push(b':');
            let start = json.len();
            match &self.spec {
                Some(known) if name == "spec" => json.extend_from_slice(known),
                _ => write(&mut json, member),
            }
            if name == "spec" {
                spec = start..json.len();
            }
        }
        json.push(b'}');
        Text { json: json.into(), spec }
    }

    pub(crate) fn uid(&self) -> &str {
        meta_str(&self.value, "uid")
    }

    pub(crate) fn is_terminating(&self) -> bool {
        is_terminating(&self.value)
    }
}

/// JSON text of any serialisable value whose map keys are strings.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Bytes {
    let mut text = Vec::with_capacity(512);
    write(&mut text, value);
    Bytes::from(text)
}

fn write<T: Serialize + ?Sized>(text: &mut Vec<u8>, value: &T) {
    let mut serializer = serde_json::Serializer::with_formatter(text, GoFormatter);
    value.serialize(&mut serializer).expect("JSON values and status bodies have string keys only");
}

/// The object's metadata, if it has any.
pub(crate) fn metadata(value: &Value) -> Option<&Map<String, Value>> {
    value.get("metadata")?.as_object()
}

/// The object's metadata, created if absent.
pub(crate) fn metadata_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let object = value.as_object_mut().expect("made an object above");
    let slot = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    slot.as_object_mut().expect("made an object above")
}

/// A string in the metadata; empty if absent.
pub(crate) fn meta_str<'a>(value: &'a Value, member: &str) -> &'a str {
    metadata(value).and_then(|m| m.get(member)).and_then(Value::as_str).unwrap_or_default()
}

/// The value of a label.
pub(crate) fn label<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    metadata(value)?.get("labels")?.get(name)?.as_str()
}

pub(crate) fn is_terminating(value: &Value) -> bool {
    metadata(value).is_some_and(|m| m.contains_key("deletionTimestamp"))
}

/// Marks an object for deletion once its finalizers are gone (k8s.io/apiserver/pkg/registry/rest/delete.go). A
/// terminating object is not changed.
pub(crate) fn begin_deletion(value: &mut Value, now: Timestamp) {
    let meta = metadata_mut(value);
    if !meta.contains_key("deletionTimestamp") {
        meta.insert("deletionTimestamp".into(), timestamp::seconds(now).into());
        if let Some(generation) = meta.get("generation").and_then(Value::as_i64).filter(|n| *n > 0) {
            meta.insert("generation".into(), (generation + 1).into());
        }
    }
    // A creating PUT can set the time without the grace period.
    meta.entry("deletionGracePeriodSeconds").or_insert_with(|| 0.into());
}

/// The finalizers in order.
pub(crate) fn finalizers(value: &Value) -> Vec<&str> {
    let list = metadata(value).and_then(|m| m.get("finalizers")).and_then(Value::as_array);
    list.map(|l| l.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}
