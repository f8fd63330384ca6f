//! Names of a kind in paths and schemas.
use crate::registry::kind::Kind;
use serde_json::{Value, json};

/// The root path of a kind's group version: `/api/v1`, or `/apis/apps/v1`.
pub(crate) fn root(kind: &Kind) -> String {
    let prefix = if kind.group.is_empty() { "/api" } else { "/apis" };
    format!("{prefix}/{}", kind.api_version)
}

/// The extension by which clients find the schema of a kind.
pub(crate) fn group_version_kind(kind: &Kind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}
