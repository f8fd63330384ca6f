//! The requirements on a CustomResourceDefinition, and the effect of its rules.
use crate::cluster::FIRST;
use apiserver::{ApiServer, Registry, RegistryError, SchemaError};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;

/// A definition of `Thing` whose spec has this schema.
fn definition(spec: &Value) -> Value {
    json!({"spec": {"group": "example.io", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
        "versions": [{"name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}]}})
}

fn put(api: &mut ApiServer, method: Method, spec: &Value, version: Option<&str>) -> (u16, Value) {
    let mut body = json!({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": spec});
    let target = match version {
        Some(version) => {
            body["metadata"]["resourceVersion"] = version.into();
            "/apis/example.io/v1/things/t"
        }
        None => "/apis/example.io/v1/things",
    };
    crate::cluster::call(api, FIRST, method, target, &body)
}

#[test]
fn broken_definitions_are_refused() {
    let broken = |spec: &Value| Registry::builtin().with_crd(&definition(spec)).unwrap_err();
    let pattern = broken(&json!({"type": "string", "pattern": "("}));
    assert!(matches!(pattern, RegistryError::Schema(SchemaError::Pattern { .. })), "{pattern}");
    let rule = broken(&json!({"type": "string", "x-kubernetes-validations": [{"rule": "self =="}]}));
    assert!(matches!(rule, RegistryError::Schema(SchemaError::Rule { .. })), "{rule}");
    let missing = Registry::builtin().with_crd(&json!({})).unwrap_err();
    assert!(matches!(missing, RegistryError::Missing(_)), "{missing}");
    let good = definition(&json!({"type": "object"}));
    let twice = Registry::builtin().with_crd(&good).unwrap().with_crd(&good).unwrap_err();
    assert!(matches!(twice, RegistryError::Duplicate(_)), "{twice}");
}

#[test]
fn names_and_ids_agree() {
    let registry = Registry::builtin().with_crd(&definition(&json!({"type": "object"}))).unwrap();
    let things = registry.resource("example.io", "things").unwrap();
    assert_eq!(registry.name(things), "things.example.io");
    assert_eq!(registry.name(registry.resource("", "pods").unwrap()), "pods");
    assert_eq!(registry.resource("example.io", "pods"), None);
}

#[test]
fn rules_see_old_value_and_set_message() {
    let spec = json!({"type": "object", "properties": {"replicas": {"type": "integer"}, "note": {"type": "string"}},
        "x-kubernetes-validations": [
            {"rule": "self.replicas >= oldSelf.replicas",
                "messageExpression": "'at least ' + string(oldSelf.replicas)"},
            {"rule": "self.replicas < 10", "message": "too many", "fieldPath": ".replicas"}]});
    let registry = Arc::new(Registry::builtin().with_crd(&definition(&spec)).unwrap());
    let mut api = ApiServer::new(registry, 1, 1);
    let (status, created) = put(&mut api, Method::POST, &json!({"replicas": 3}), None);
    assert_eq!(status, 201, "{created}");
    let version = created["metadata"]["resourceVersion"].as_str();
    let (status, body) = put(&mut api, Method::PUT, &json!({"replicas": 2}), version);
    assert_eq!((status, body["details"]["causes"][0]["message"].as_str()), (422, Some("Invalid value: at least 3")));
    let (status, body) = put(&mut api, Method::PUT, &json!({"replicas": 11}), version);
    assert_eq!((status, body["details"]["causes"][0]["field"].as_str()), (422, Some("spec.replicas")));
    assert_eq!(put(&mut api, Method::PUT, &json!({"replicas": 4}), version).0, 200);
}

#[test]
fn integral_floats_are_stored_as_integers() {
    let spec = json!({"type": "object", "properties": {"n": {"type": "integer"}, "x": {"type": "number"}}});
    let mut api = ApiServer::new(Arc::new(Registry::builtin().with_crd(&definition(&spec)).unwrap()), 1, 1);
    let (status, body) = put(&mut api, Method::POST, &json!({"n": 10.0, "x": 1.5}), None);
    assert_eq!((status, &body["spec"]), (201, &json!({"n": 10, "x": 1.5})));
    let (status, body) = put(&mut api, Method::POST, &json!({"n": 1.5}), None);
    assert_eq!((status, body["details"]["causes"][0]["reason"].as_str()), (422, Some("FieldValueTypeInvalid")));
}

#[test]
fn unsimulated_parts_say_so() {
    let mut api = ApiServer::new(Arc::new(Registry::builtin()), 1, 1);
    for target in ["/metrics", "/logs"] {
        let (status, body) = crate::cluster::get(&mut api, FIRST, target);
        assert_eq!((status, body["reason"].as_str()), (501, Some("NotImplemented")), "{target}");
    }
}
