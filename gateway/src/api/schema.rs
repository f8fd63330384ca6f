//! The parts of the schema that a derive cannot express, and the schemas of Kubernetes' own types.
//!
//! The latter are written out here, as k8s-openapi has them: its `schemars` feature generates the schemas of its
//! thousand other types too, which costs more build time than the whole gateway.
use super::phase::PHASES;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// A phase: one of the enumeration.
pub(super) fn phase(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": PHASES })
}

/// A Go duration, as in `1h30m`.
pub(super) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "duration" })
}

/// Go's `int`, which has no format.
pub(super) fn integer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer" })
}

/// metav1.Time.
pub(super) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

const FIELD_PATH: &str = "If referring to a piece of an object instead of an entire object, this string should contain \
    a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object \
    reference is to a container within a pod, this would take on a value like: \"spec.containers{name}\" (where \
    \"name\" refers to the name of the container that triggered the event) or if no container name is specified \
    \"spec.containers[2]\" (container with index 2 in this pod). This syntax is chosen only to have some well-defined \
    way of referencing a part of an object.";

/// core/v1 ObjectReference, replaced as a whole by server-side apply.
pub(super) fn object_reference(_: &mut SchemaGenerator) -> Schema {
    const CONVENTIONS: &str = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";
    const OBJECTS: &str = "https://kubernetes.io/docs/concepts/overview/working-with-objects";
    let text = |description: String| json!({ "description": description, "type": "string" });
    let more = |what: &str, page: &str, section: &str| text(format!("{what} More info: {page}{section}"));
    let properties: Value = json!({
        "apiVersion": text("API version of the referent.".to_owned()),
        "fieldPath": text(FIELD_PATH.to_owned()),
        "kind": more("Kind of the referent.", CONVENTIONS, "#types-kinds"),
        "name": more("Name of the referent.", OBJECTS, "/names/#names"),
        "namespace": more("Namespace of the referent.", OBJECTS, "/namespaces/"),
        "resourceVersion": more(
            "Specific resourceVersion to which this reference is made, if any.",
            CONVENTIONS,
            "#concurrency-control-and-consistency",
        ),
        "uid": more("UID of the referent.", OBJECTS, "/names/#uids"),
    });
    json_schema!({
        "description":
            "ObjectReference contains enough information to let you inspect or modify the referred object.",
        "type": "object",
        "properties": properties,
        "x-kubernetes-map-type": "atomic",
    })
}

/// A list of core/v1 ObjectReference.
pub(super) fn object_references(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": object_reference(generator) })
}

/// A list of metav1.Condition, one per type, with the validation of the Go markers, which k8s-openapi leaves out.
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
