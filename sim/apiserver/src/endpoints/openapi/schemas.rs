//! The schemas of a group version: those of Kubernetes 1.36 for built-in kinds, those of the definition for custom ones
//! (k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder).
//!
//! `schemas.json` has the schemas of the built-in kinds and of the types that they refer to, one per line, from
//! Kubernetes' own documents (tests/tools/control-plane/cmd/tables).
use super::names::group_version_kind;
use crate::registry::{group::EXTENSIONS, kind::Kind};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Schemas by name, e.g. `io.k8s.api.core.v1.Pod`.
static BUILTIN: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("schemas.json")).expect("schemas.json is an object"));
/// Prefix of a reference to a schema of the same document.
const REFERENCE: &str = "#/components/schemas/";
pub(super) const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

const API_VERSION: &str = "APIVersion defines the versioned schema of this representation of an object. Servers should \
    convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
const KIND: &str = "Kind is a string value representing the REST resource this object represents. Servers may infer \
    this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
pub(super) const METADATA: &str = "Standard object's metadata. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

pub(super) const EMBEDDED_API_VERSION: &str = "apiVersion defines the versioned schema of this representation of an \
    object. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
pub(super) const EMBEDDED_KIND: &str = "kind is a string value representing the type of this object. In CamelCase. \
    More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

/// All schemas that the kinds of one group version need, by name.
pub(super) fn of(kinds: &[&Kind]) -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut custom = Map::new();
    for kind in kinds {
        match &kind.openapi {
            Some(schema) => {
                add_builtin(&mut schemas, OBJECT_META);
                custom.insert(name(kind), custom_schema(kind, schema));
            }
            None => add_builtin(&mut schemas, &name(kind)),
        }
    }
    schemas.append(&mut custom);
    schemas
}

/// The name of a kind's schema: `io.k8s.api.apps.v1.Deployment`, for a custom kind its group reversed.
pub(super) fn name(kind: &Kind) -> String {
    let group = kind.group.as_str();
    if kind.custom {
        let backwards: Vec<_> = group.split('.').rev().collect();
        return format!("{}.{}.{}", backwards.join("."), kind.version, kind.kind);
    }
    if group == EXTENSIONS {
        return format!("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{}.{}", kind.version, kind.kind);
    }
    if group == "apiregistration.k8s.io" {
        return format!("io.k8s.kube-aggregator.pkg.apis.apiregistration.{}.{}", kind.version, kind.kind);
    }
    let package = group.split('.').next().filter(|package| !package.is_empty()).unwrap_or("core");
    format!("io.k8s.api.{package}.{}.{}", kind.version, kind.kind)
}

/// Adds the built-in schema of this name and every schema that it refers to. A kind that is not in the table has no
/// schema.
fn add_builtin(schemas: &mut Map<String, Value>, name: &str) {
    let Some(schema) = BUILTIN.get(name).filter(|_| !schemas.contains_key(name)) else { return };
    schemas.insert(name.to_owned(), schema.clone());
    for reference in references(schema) {
        add_builtin(schemas, reference);
    }
}

/// The names of the schemas that a schema refers to.
fn references(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(map) => {
            // JSONSchemaProps has a member `$ref`, which is an object here.
            let own = map.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(REFERENCE));
            own.into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn custom_schema(kind: &Kind, schema: &Value) -> Value {
    let mut schema = schema.clone();
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    let reference = json!([{"$ref": format!("{REFERENCE}{OBJECT_META}")}]);
    schema["properties"]["apiVersion"] = json!({"description": API_VERSION, "type": "string"});
    schema["properties"]["kind"] = json!({"description": KIND, "type": "string"});
    schema["properties"]["metadata"] = json!({"description": METADATA, "allOf": reference});
    schema["x-kubernetes-group-version-kind"] = json!([group_version_kind(kind)]);
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codec::protobuf, registry::resources::Registry};

    #[test]
    fn every_kind_has_its_tables() {
        for kind in Registry::builtin().kinds() {
            let shown = format!("{} {}", kind.api_version, kind.kind);
            assert!(BUILTIN.contains_key(&name(kind)), "{shown} has no schema");
            assert_eq!(kind.types.root(kind.root_type).name(), kind.kind, "{shown} has no types");
            let object = json!({"apiVersion": kind.api_version, "kind": kind.kind});
            // Definitions have no messages in the generated table.
            let encodes = kind.group == EXTENSIONS || protobuf::object(&object).is_some();
            assert!(encodes, "{shown} has no message");
        }
    }
}
