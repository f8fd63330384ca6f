//! The paths of a kind with their verbs and query parameters, as far as clients read them.
use super::{
    names::{group_version_kind, root},
    schemas,
};
use crate::registry::kind::Kind;
use serde_json::{Map, Value, json};

/// The paths of the collection and the object, in a namespace if the kind is namespaced.
pub(super) fn of(kind: &Kind) -> Vec<(String, Value)> {
    let (root, plural) = (root(kind), &kind.plural);
    let scope = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
    let collection = format!("{root}{scope}/{plural}");
    let mut paths = Vec::new();
    if kind.namespaced {
        paths.push((format!("{root}/{plural}"), item(kind, &[("get", "list")])));
    }
    let on_collection: &[_] = match kind.has_delete_collection() {
        true => &[("get", "list"), ("post", "post"), ("delete", "deletecollection")],
        false => &[("get", "list"), ("post", "post")],
    };
    paths.push((collection.clone(), item(kind, on_collection)));
    let on_object = [("get", "get"), ("put", "put"), ("patch", "patch"), ("delete", "delete")];
    paths.push((format!("{collection}/{{name}}"), item(kind, &on_object)));
    if kind.has_status {
        paths.push((format!("{collection}/{{name}}/status"), item(kind, &[on_object[0], on_object[1], on_object[2]])));
    }
    paths
}

fn item(kind: &Kind, operations: &[(&str, &str)]) -> Value {
    let operations = operations.iter().map(|(method, action)| ((*method).to_owned(), operation(kind, action)));
    let mut item: Map<_, _> = operations.collect();
    item.insert("parameters".into(), json!([parameter("pretty", "string")]));
    item.into()
}

fn operation(kind: &Kind, action: &str) -> Value {
    let parameters: &[_] = match action {
        "list" => &[
            ("allowWatchBookmarks", "boolean"),
            ("continue", "string"),
            ("fieldSelector", "string"),
            ("labelSelector", "string"),
            ("limit", "integer"),
            ("resourceVersion", "string"),
            ("resourceVersionMatch", "string"),
            ("sendInitialEvents", "boolean"),
            ("timeoutSeconds", "integer"),
            ("watch", "boolean"),
        ],
        "post" | "put" => &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")],
        "patch" => {
            &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"), ("force", "boolean")]
        }
        "delete" => &[("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("propagationPolicy", "string")],
        _ => &[],
    };
    let schema = json!({"$ref": format!("#/components/schemas/{}", schemas::name(kind))});
    let mut operation = json!({
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": group_version_kind(kind),
    });
    if !parameters.is_empty() {
        operation["parameters"] = parameters.iter().map(|(name, kind)| parameter(name, kind)).collect();
    }
    match action {
        "post" | "put" => operation["requestBody"] = json!({"content": {"application/json": {"schema": schema}}}),
        "patch" => {
            let kinds = [
                "application/apply-patch+yaml",
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
            ];
            let kinds = kinds.into_iter().filter(|patch| !kind.custom || !patch.contains("strategic"));
            let content: Map<_, _> = kinds.map(|patch| (patch.to_owned(), json!({}))).collect();
            operation["requestBody"] = json!({"content": content});
        }
        _ => {}
    }
    operation
}

fn parameter(name: &str, kind: &str) -> Value {
    json!({"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": true}})
}
