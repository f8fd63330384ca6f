//! Tables: the output of `kubectl get`, built by the server (k8s.io/apiserver/pkg/endpoints/handlers/response.go,
//! asTable).
//!
//! The columns of custom resources are JSONPaths in their definition; those of the built-in kinds are
//! k8s.io/kubernetes' printers, with names, types and descriptions in `columns.json`. A kind without a printer has a
//! name and an age.
use super::negotiation::MetaVersion;
use crate::{
    base::{
        status::{self, Outcome},
        timestamp,
    },
    registry::{
        columns::{builtin, custom::Column},
        kind::Kind,
    },
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

mod access;
pub(crate) mod cells;
mod metrics;
mod pod;
mod printers;
mod rows;
pub(crate) mod selector_text;
mod workloads;

/// The part of each object that accompanies its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Include {
    Metadata,
    Object,
    Nothing,
}

impl Include {
    /// Parses `includeObject`.
    ///
    /// # Errors
    /// 400 for an unknown value.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        match text {
            "" | "Metadata" => Ok(Self::Metadata),
            "Object" => Ok(Self::Object),
            "None" => Ok(Self::Nothing),
            other => Err(status::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {}: must be 'Metadata', \
                 'Object', 'None', or empty",
                Value::from(other)
            ))),
        }
    }
}

/// The form of a table that the client asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) version: MetaVersion,
    pub(crate) include: Include,
}

/// A table of objects. `metadata` is that of their list; `headed`: includes the column definitions, which a watch sends
/// once.
pub(crate) fn table<'a>(
    kind: &Kind,
    style: Style,
    metadata: Value,
    objects: impl Iterator<Item = &'a Value>,
    now: Timestamp,
    headed: bool,
) -> Value {
    let mut objects = objects.peekable();
    let scale = objects.peek().is_some_and(|object| is_scale(object));
    let rows: Vec<_> = objects.map(|object| row(kind, style, object, now)).collect();
    let columns = if headed { columns(kind, scale) } else { Value::Null };
    // The printer of kinds without one of their own makes no list for no objects.
    let default = !kind.custom && builtin::of(&kind.kind).is_empty();
    let rows = if rows.is_empty() && default { Value::Null } else { rows.into() };
    json!({
        "kind": "Table",
        "apiVersion": style.version.api_version(),
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows,
    })
}

/// The table of one object.
pub(crate) fn single(kind: &Kind, style: Style, object: &Value, now: Timestamp, headed: bool) -> Value {
    let version = object.pointer("/metadata/resourceVersion");
    let metadata = version.map_or_else(|| json!({}), |version| json!({"resourceVersion": version}));
    table(kind, style, metadata, std::iter::once(object), now, headed)
}

/// The `PartialObjectMetadata` of an object.
pub(crate) fn partial(version: MetaVersion, object: &Value) -> Value {
    let metadata = object.get("metadata").cloned().unwrap_or_else(|| json!({}));
    json!({"kind": "PartialObjectMetadata", "apiVersion": version.api_version(), "metadata": metadata})
}

/// Whether the object is a scale, which has its own kind for objects of any kind.
fn is_scale(object: &Value) -> bool {
    object.get("kind").is_some_and(|kind| kind == "Scale")
}

fn columns(kind: &Kind, scale: bool) -> Value {
    if scale {
        return Value::Array(builtin::of("Scale").to_vec());
    }
    if kind.custom {
        let name = builtin::of("")[..1].iter().cloned();
        return name.chain(kind.columns.iter().map(Column::definition)).collect();
    }
    let name = if builtin::of(&kind.kind).is_empty() { "" } else { kind.kind.as_str() };
    Value::Array(builtin::of(name).to_vec())
}

fn row(kind: &Kind, style: Style, object: &Value, now: Timestamp) -> Value {
    let name = object.pointer("/metadata/name").cloned().unwrap_or_else(|| "".into());
    let cells = if is_scale(object) {
        cells::of("Scale", object, now).unwrap_or_default()
    } else if kind.custom {
        std::iter::once(name).chain(kind.columns.iter().map(|column| column.cell(object, now))).collect()
    } else {
        cells::of(&kind.kind, object, now).unwrap_or_else(|| vec![name, created_at(object)])
    };
    let mut row = Map::from_iter([("cells".to_owned(), Value::Array(cells))]);
    if let Some(condition) = completion(&kind.kind, object) {
        row.insert("conditions".into(), json!([condition]));
    }
    let carried = match style.include {
        Include::Metadata => partial(style.version, object),
        Include::Object => kind.shown(object).into_owned(),
        Include::Nothing => Value::Null,
    };
    row.insert("object".into(), carried);
    row.into()
}

/// The creation time; Go's zero time if absent.
fn created_at(object: &Value) -> Value {
    let time = object.pointer("/metadata/creationTimestamp").filter(|time| time.is_string());
    time.cloned().unwrap_or_else(|| timestamp::ZERO.into())
}

/// The condition with which clients may hide pods that have ended.
fn completion(kind: &str, object: &Value) -> Option<Value> {
    if kind != "Pod" {
        return None;
    }
    let (reason, message) = match object.pointer("/status/phase").and_then(Value::as_str)? {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!({"type": "Completed", "status": "True", "reason": reason, "message": message}))
}
