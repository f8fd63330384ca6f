//! Definitions of custom resources while a server runs, beyond the recorded cases: forks, changed schemas, watches.
use crate::cluster::*;
use apiserver::{AnswerBody, ApiServer, Registry, WatchId, WatchItem};
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use std::sync::Arc;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const THINGS: &str = "/apis/example.io/v1/things";

fn version(name: &str, storage: bool, spec: &Value) -> Value {
    let spec = json!({"type": "object", "properties": spec});
    json!({"name": name, "served": true, "storage": storage,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}})
}

fn definition(versions: &[Value]) -> Value {
    json!({"metadata": {"name": "things.example.io"}, "spec": {"group": "example.io", "scope": "Cluster",
        "names": {"plural": "things", "kind": "Thing"}, "versions": versions}})
}

fn defined(versions: &[Value]) -> ApiServer {
    let mut api = two_servers();
    assert_eq!(call(&mut api, FIRST, Method::POST, DEFINITIONS, &definition(versions)).0, 201);
    api
}

fn redefine(api: &mut ApiServer, versions: &[Value]) {
    let target = format!("{DEFINITIONS}/things.example.io");
    let (status, answer) = call(api, FIRST, Method::PATCH, &target, &json!({"spec": {"versions": versions}}));
    assert_eq!(status, 200, "{answer}");
}

fn thing(api: &mut ApiServer, name: &str, spec: &Value) {
    let body = json!({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"name": name}, "spec": spec});
    let (status, answer) = call(api, FIRST, Method::POST, THINGS, &body);
    assert_eq!(status, 201, "{answer}");
}

fn watch(api: &mut ApiServer, target: &str) -> WatchId {
    match send(api, FIRST, &request(Method::GET, target, "application/json", &Value::Null)).body {
        AnswerBody::Watch(watch) => watch,
        AnswerBody::Full(text) => panic!("{target} is not a watch: {text:?}"),
    }
}

#[test]
fn fork_does_not_see_later_definitions() {
    let mut api = two_servers();
    let mut fork = api.fork();
    let versions = [version("v1", true, &json!({"a": {"type": "string"}}))];
    assert_eq!(call(&mut api, FIRST, Method::POST, DEFINITIONS, &definition(&versions)).0, 201);
    assert_eq!([get(&mut api, SECOND, THINGS).0, get(&mut fork, SECOND, THINGS).0], [200, 404]);
    assert_eq!(get(&mut api.fork(), FIRST, THINGS).0, 200);
}

#[test]
fn given_definition_is_an_object_too() {
    let mut api = two_servers();
    let target = format!("{DEFINITIONS}/remediationrequests.kubernaut.ai");
    let (status, found) = get(&mut api, FIRST, &target);
    let conditions: Vec<_> =
        found["status"]["conditions"].as_array().unwrap().iter().filter_map(|c| c["type"].as_str()).collect();
    assert_eq!((status, conditions), (200, vec!["NamesAccepted", "Established"]));
    assert_eq!(get(&mut api, FIRST, REQUESTS).0, 200);
    assert_eq!(call(&mut api, FIRST, Method::DELETE, &target, &Value::Null).0, 200);
    assert_eq!([get(&mut api, FIRST, &target).0, get(&mut api, SECOND, REQUESTS).0], [404, 404]);
}

#[test]
fn pruned_members_return_with_their_schema() {
    let both = [version("v1", true, &json!({"a": {"type": "string"}, "b": {"type": "string"}}))];
    let one = [version("v1", true, &json!({"a": {"type": "string"}, "c": {"type": "string", "default": "new"}}))];
    let mut api = defined(&both);
    thing(&mut api, "t", &json!({"a": "1", "b": "2"}));
    let spec = |api: &mut ApiServer| get(api, FIRST, &format!("{THINGS}/t")).1["spec"].clone();
    redefine(&mut api, &one);
    assert_eq!(spec(&mut api), json!({"a": "1", "c": "new"}));
    redefine(&mut api, &both);
    assert_eq!(spec(&mut api), json!({"a": "1", "b": "2"}));
    redefine(&mut api, &one);
    let written = json!({"spec": {"a": "3"}});
    assert_eq!(call(&mut api, FIRST, Method::PATCH, &format!("{THINGS}/t"), &written).0, 200);
    redefine(&mut api, &both);
    assert_eq!(spec(&mut api), json!({"a": "3"}), "a write under the new schema drops the pruned member");
}

#[test]
fn stored_version_may_change() {
    let old = |storage| version("v1", storage, &json!({"a": {"type": "string"}}));
    let new =
        |storage| version("v2", storage, &json!({"a": {"type": "string"}, "b": {"type": "string", "default": "x"}}));
    let mut api = defined(&[old(true)]);
    thing(&mut api, "t", &json!({"a": "1"}));
    redefine(&mut api, &[old(false), new(true)]);
    let (_, shown) = get(&mut api, FIRST, "/apis/example.io/v2/things/t");
    assert_eq!((&shown["apiVersion"], &shown["spec"]), (&json!("example.io/v2"), &json!({"a": "1", "b": "x"})));
    thing(&mut api, "u", &json!({"a": "2"}));
    let (_, list) = get(&mut api, SECOND, THINGS);
    assert_eq!(names(&list), ["t", "u"]);
    assert!(list["items"].as_array().unwrap().iter().all(|item| item["apiVersion"] == "example.io/v1"), "{list}");
    assert!(list["items"][0]["spec"].get("b").is_none(), "{list}");
}

#[test]
fn watch_delivers_deletions_before_its_end() {
    let mut api = defined(&[version("v1", true, &json!({"a": {"type": "string"}}))]);
    thing(&mut api, "t", &json!({"a": "1"}));
    let (_, list) = get(&mut api, FIRST, THINGS);
    let from = list["metadata"]["resourceVersion"].as_str().unwrap();
    let watch = watch(&mut api, &format!("{THINGS}?watch=1&resourceVersion={from}"));
    assert!(matches!(api.next_event(watch), WatchItem::Pending));
    assert_eq!(call(&mut api, FIRST, Method::DELETE, &format!("{DEFINITIONS}/things.example.io"), &Value::Null).0, 200);
    let WatchItem::Event(line) = api.next_event(watch) else { panic!("no event") };
    assert!(String::from_utf8_lossy(&line).starts_with("{\"type\":\"DELETED\""), "{line:?}");
    assert!(matches!(api.next_event(watch), WatchItem::End));
}

#[test]
fn first_definition_keeps_its_names() {
    let mut api = two_servers();
    for (plural, kind) in [("zebras", "Zebra"), ("ants", "Zebra")] {
        let mut body = definition(&[version("v1", true, &json!({}))]);
        body["metadata"]["name"] = format!("{plural}.example.io").into();
        body["spec"]["names"] = json!({"plural": plural, "kind": kind, "singular": plural});
        assert_eq!(call(&mut api, FIRST, Method::POST, DEFINITIONS, &body).0, 201);
    }
    let served = ["zebras", "ants"].map(|plural| get(&mut api, FIRST, &format!("/apis/example.io/v1/{plural}")).0);
    assert_eq!(served, [200, 404], "the older definition keeps the name");
}

/// A definition that was built from types has `0.0` where its manifest has `0`.
#[test]
fn installed_definition_can_be_applied_again() {
    let versions = |least: Value| [version("v1", true, &json!({"n": {"type": "integer", "minimum": least}}))];
    let registry = Registry::builtin().with_crd(&definition(&versions(json!(0.0)))).unwrap();
    let mut api = ApiServer::new(Arc::new(registry), 1, 1);
    let mut manifest = definition(&versions(json!(0)));
    manifest["apiVersion"] = "apiextensions.k8s.io/v1".into();
    manifest["kind"] = "CustomResourceDefinition".into();
    let target = format!("{DEFINITIONS}/things.example.io?fieldManager=kubectl");
    let mut apply = request(Method::PATCH, &target, "application/json", &manifest);
    apply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/apply-patch+yaml"));
    let answer = send(&mut api, FIRST, &apply);
    let AnswerBody::Full(body) = answer.body else { panic!("the answer is an object") };
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((answer.status, &body["metadata"]["generation"]), (200, &json!(1)), "{body}");
}
