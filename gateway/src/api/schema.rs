//! The CustomResourceDefinition, generated from the types, and the parts of its schema that a derive cannot express.
use super::{RemediationRequest, phase::PHASES};
use k8s_openapi::{
    api::core::v1::ObjectReference,
    apiextensions_apiserver::pkg::apis::apiextensions::v1::{
        CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
    },
};
use kube::CustomResourceExt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The definition to install in a cluster.
///
/// An optional field is a field that may be absent, as in the Go types: kube's derive also lets it be an explicit null, which
/// a Go client never sends and an API server would then store instead of dropping. Nor does the existing definition demand a
/// spec of an object, as the derive does.
pub fn crd() -> CustomResourceDefinition {
    let mut crd = RemediationRequest::crd();
    for version in &mut crd.spec.versions {
        let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) else {
            continue;
        };
        schema.required = None;
        schema.title = None;
        forbid_null(schema);
    }
    crd
}

fn forbid_null(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.properties.iter_mut().flatten().for_each(|(_, property)| forbid_null(property));
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => forbid_null(items),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(forbid_null),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        forbid_null(values);
    }
}

/// A phase: one of the enumeration.
pub(super) fn phase(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": PHASES })
}

/// A Go duration, as in `1h30m`.
pub(super) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "duration" })
}

/// An object reference, replaced as a whole by server-side apply.
pub(super) fn object_reference(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = ObjectReference::json_schema(generator);
    schema.insert("x-kubernetes-map-type".into(), "atomic".into());
    schema
}

/// A list of object references.
pub(super) fn object_references(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": object_reference(generator) })
}

/// `metav1.Condition` with the validation of its Go markers, which k8s-openapi's type does not carry; one entry per type.
pub(super) fn conditions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["lastTransitionTime", "message", "reason", "status", "type"],
            "properties": {
                "lastTransitionTime": { "type": "string", "format": "date-time" },
                "message": { "type": "string", "maxLength": 32768 },
                "observedGeneration": { "type": "integer", "format": "int64", "minimum": 0 },
                "reason": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 1024,
                    "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                },
                "status": { "type": "string", "enum": ["True", "False", "Unknown"] },
                "type": {
                    "type": "string",
                    "maxLength": 316,
                    "pattern": concat!(
                        r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?",
                        r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
                    ),
                },
            },
        },
    })
}
