//! Field ownership for which the corpus has no resource: the list and map types of custom resources, several owners in
//! one conflict, and the switch.
use crate::cluster::{FIRST, send};
use apiserver::{AnswerBody, ApiServer, Registry, Request};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::sync::Arc;

const THING: &str = "/apis/example.io/v1/things/t";

/// A server with a custom resource `things`: ports by port and protocol, tags as a set, an atomic selector, and
/// free-form JSON.
fn server() -> ApiServer {
    let text = json!({"type": "string"});
    let port = json!({"type": "object", "required": ["port"], "properties": {"port": {"type": "integer"},
        "protocol": {"type": "string", "default": "TCP"}, "name": {"type": "string"}}});
    let spec = json!({"type": "object", "properties": {
        "ports": {"type": "array", "items": port, "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port", "protocol"]},
        "tags": {"type": "array", "items": text, "x-kubernetes-list-type": "set"},
        "selector": {"type": "object", "additionalProperties": text, "x-kubernetes-map-type": "atomic"},
        "labels": {"type": "object", "additionalProperties": text},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}});
    let definition = json!({"spec": {"group": "example.io", "scope": "Cluster",
        "names": {"plural": "things", "kind": "Thing"}, "versions": [{"name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}]}});
    ApiServer::new(Arc::new(Registry::builtin().with_crd(&definition).expect("the definition compiles")), 1, 1)
}

fn write(api: &mut ApiServer, method: Method, target: String, media_type: &'static str, body: String) -> (u16, Value) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let answer = send(api, FIRST, &Request { method, target, headers, body: Bytes::from(body) });
    match answer.body {
        AnswerBody::Full(text) => (answer.status, serde_json::from_slice(&text).expect("an answer is JSON")),
        AnswerBody::Watch(_) => panic!("a patch is not a watch"),
    }
}

fn patch(api: &mut ApiServer, query: &str, media_type: &'static str, body: &Value) -> (u16, Value) {
    write(api, Method::PATCH, format!("{THING}?{query}"), media_type, body.to_string())
}

fn apply(api: &mut ApiServer, query: &str, spec: &Value) -> (u16, Value) {
    let body = json!({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": spec});
    patch(api, query, "application/apply-patch+yaml", &body)
}

/// The fields that a manager owns.
fn owned(thing: &Value, manager: &str) -> Value {
    let entries = thing["metadata"]["managedFields"].as_array().expect("owners");
    let entry = entries.iter().find(|entry| entry["manager"] == manager);
    entry.map_or(Value::Null, |entry| entry["fieldsV1"]["f:spec"].clone())
}

#[test]
fn items_meet_by_defaulted_keys() {
    let mut api = server();
    assert_eq!(apply(&mut api, "fieldManager=one", &json!({"ports": [{"port": 80, "name": "a"}]})).0, 201);
    let both = json!({"ports": [{"port": 80, "protocol": "UDP"}, {"port": 80, "protocol": "TCP"}]});
    let (status, thing) = apply(&mut api, "fieldManager=two", &both);
    assert_eq!(status, 200, "{thing}");
    let ports = json!([{"port": 80, "protocol": "UDP"}, {"port": 80, "protocol": "TCP", "name": "a"}]);
    assert_eq!(thing["spec"]["ports"], ports);
    let key = r#"k:{"port":80,"protocol":"TCP"}"#;
    assert_eq!(owned(&thing, "one")["f:ports"], json!({key: {".": {}, "f:name": {}, "f:port": {}}}));
    let (_, thing) = apply(&mut api, "fieldManager=one", &json!({}));
    assert_eq!(thing["spec"]["ports"][1], json!({"port": 80, "protocol": "TCP"}));
    let twice = apply(&mut api, "fieldManager=one", &json!({"ports": [{"port": 80}, {"port": 80, "protocol": "TCP"}]}));
    assert_eq!(
        (twice.0, twice.1["message"].as_str()),
        (
            500,
            Some(
                "failed to create typed patch object (/t; example.io/v1, Kind=Thing): \
                .spec.ports: duplicate entries for key [port=80,protocol=\"TCP\"]"
            )
        )
    );
}

#[test]
fn atomic_map_has_one_owner() {
    let mut api = server();
    apply(&mut api, "fieldManager=one", &json!({"selector": {"a": "1"}, "labels": {"a": "1"}}));
    let (status, refused) = apply(&mut api, "fieldManager=two", &json!({"selector": {"b": "2"}, "labels": {"b": "2"}}));
    assert_eq!((status, refused["details"]["causes"][0]["field"].as_str()), (409, Some(".spec.selector")));
    let (_, thing) =
        apply(&mut api, "fieldManager=two&force=true", &json!({"selector": {"b": "2"}, "labels": {"b": "2"}}));
    assert_eq!(thing["spec"], json!({"selector": {"b": "2"}, "labels": {"a": "1", "b": "2"}}));
    assert_eq!(owned(&thing, "one"), json!({"f:labels": {"f:a": {}}}));
    assert_eq!(owned(&thing, "two"), json!({"f:labels": {"f:b": {}}, "f:selector": {}}));
}

#[test]
fn set_items_have_own_owners() {
    let mut api = server();
    apply(&mut api, "fieldManager=one", &json!({"tags": ["x", "y"]}));
    apply(&mut api, "fieldManager=two", &json!({"tags": ["z", "y"]}));
    let (_, thing) = apply(&mut api, "fieldManager=one", &json!({"tags": ["w"]}));
    assert_eq!(thing["spec"]["tags"], json!(["z", "y", "w"]));
    let (_, thing) = apply(&mut api, "fieldManager=two", &json!({}));
    assert_eq!(thing["spec"]["tags"], json!(["w"]));
}

#[test]
fn preserved_members_are_owned_singly() {
    let mut api = server();
    apply(&mut api, "fieldManager=one", &json!({"free": {"a": {"b": 1}, "list": [1, 2]}}));
    let (status, thing) = apply(&mut api, "fieldManager=two", &json!({"free": {"a": {"c": 2}}}));
    assert_eq!((status, &thing["spec"]["free"]), (200, &json!({"a": {"b": 1, "c": 2}, "list": [1, 2]})));
    assert_eq!(owned(&thing, "one")["f:free"]["f:list"], json!({}));
    assert_eq!(apply(&mut api, "fieldManager=two", &json!({"free": {"a": {"c": 2}, "list": [3]}})).0, 409);
    assert_eq!(apply(&mut api, "fieldManager=two", &json!({"bogus": 1})).0, 500);
}

#[test]
fn conflict_names_every_owner() {
    let mut api = server();
    apply(&mut api, "fieldManager=one", &json!({"labels": {"a": "1", "b": "1"}}));
    let merge = json!({"spec": {"labels": {"c": "1"}}});
    assert_eq!(patch(&mut api, "fieldManager=two", "application/merge-patch+json", &merge).0, 200);
    let (status, refused) = apply(&mut api, "fieldManager=three", &json!({"labels": {"a": "2", "b": "2", "c": "2"}}));
    let message = "Apply failed with 3 conflicts: conflicts with \"one\":\n- .spec.labels.a\n- .spec.labels.b\n\
                   conflicts with \"two\" using example.io/v1:\n- .spec.labels.c";
    assert_eq!((status, refused["message"].as_str()), (409, Some(message)));
    let causes = refused["details"]["causes"].as_array().expect("causes");
    assert!(causes.iter().all(|cause| cause["reason"] == "FieldManagerConflict"), "{causes:?}");
}

#[test]
fn without_field_management_fields_have_no_owner() {
    let mut api = server();
    api.set_field_management(false);
    let body = json!({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"name": "t", "managedFields": []}});
    let (status, thing) = crate::cluster::call(&mut api, FIRST, Method::POST, "/apis/example.io/v1/things", &body);
    assert_eq!((status, thing["metadata"].get("managedFields")), (201, None));
    let (status, refused) = apply(&mut api, "fieldManager=one", &json!({}));
    assert_eq!((status, refused["reason"].as_str()), (501, Some("NotImplemented")));
}

/// Create and apply read the same dialect of YAML: version 1.1, as sigs.k8s.io/yaml does.
#[test]
fn yaml_means_the_same_to_create_and_to_apply() {
    let text = |name: &str| {
        format!(
            "apiVersion: example.io/v1\nkind: Thing\nmetadata: {{name: {name}}}\nspec:\n  \
             free: {{a: yes, b: on, c: 0x10, d: 010, e: 'yes', f: 1_000, g: 2.0}}\n"
        )
    };
    let mut api = server();
    let things = "/apis/example.io/v1/things";
    let (status, created) = write(&mut api, Method::POST, things.into(), "application/yaml", text("one"));
    assert_eq!(status, 201, "{created}");
    let target = format!("{things}/two?fieldManager=m");
    let (status, applied) = write(&mut api, Method::PATCH, target, "application/apply-patch+yaml", text("two"));
    assert_eq!(status, 201, "{applied}");
    let free = json!({"a": true, "b": true, "c": 16, "d": 8, "e": "yes", "f": 1000, "g": 2});
    assert_eq!(created["spec"], json!({"free": free}));
    assert_eq!(applied["spec"], created["spec"]);
}

#[test]
fn applied_yaml_names_the_line_of_a_duplicate_key() {
    let mut api = server();
    let text = "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: t}\nspec:\n  labels:\n    a: b\n    a: c\n";
    let apply = |api: &mut ApiServer, query: &str| {
        write(api, Method::PATCH, format!("{THING}?{query}"), "application/apply-patch+yaml", text.into())
    };
    let (status, refused) = apply(&mut api, "fieldManager=m&fieldValidation=Strict");
    let complaint = "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  \
        line 7: key \"a\" already set in map";
    assert_eq!((status, &refused["message"]), (400, &complaint.into()));
    let (status, thing) = apply(&mut api, "fieldManager=m");
    assert_eq!((status, &thing["spec"]["labels"]), (201, &json!({"a": "c"})));
}
