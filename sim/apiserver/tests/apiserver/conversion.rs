//! Conversion webhooks: which objects are converted, when, and what the server does with the answers.
use crate::cluster::*;
use apiserver::{
    AnswerBody, ApiServer, Conversation, ConversionRequest, ConversionResponse, Reply, Request, WatchId, WatchItem,
};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const HOSTS: &str = "/apis/example.io/v1/hosts";
const NEWER: &str = "/apis/example.io/v2/hosts";

fn version(name: &str, stored: bool, member: &str) -> Value {
    let default = format!("by {name}");
    let spec = json!({"type": "object",
        "properties": {member: {"type": "string"}, "extra": {"type": "string", "default": default}}});
    json!({"name": name, "served": true, "storage": stored, "subresources": {"status": {}},
        "selectableFields": [{"jsonPath": format!(".spec.{member}")}],
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec,
            "status": {"type": "object", "properties": {"phase": {"type": "string"}}}}}}})
}

fn definition(stored: &str) -> Value {
    let client = json!({"url": "https://hooks.example.io/convert"});
    let versions = [version("v1", stored == "v1", "host"), version("v2", stored == "v2", "address")];
    json!({"metadata": {"name": "hosts.example.io"}, "spec": {"group": "example.io", "scope": "Cluster",
        "names": {"plural": "hosts", "kind": "Host"}, "versions": versions,
        "conversion": {"strategy": "Webhook",
            "webhook": {"conversionReviewVersions": ["v7", "v1"], "clientConfig": client}}}})
}

fn defined() -> ApiServer {
    let mut api = two_servers();
    api.set_auto_advance(true);
    assert_eq!(call(&mut api, FIRST, Method::POST, DEFINITIONS, &definition("v1")).0, 201);
    api
}

/// `host` of v1 is `address` in v2, and a member that no schema knows comes with it.
fn renamed(object: &Value, desired: &str) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = desired.into();
    let names = if desired.ends_with("v2") { ["host", "address"] } else { ["address", "host"] };
    if let Some(spec) = object["spec"].as_object_mut() {
        let value = spec.remove(names[0]);
        spec.extend(value.map(|value| (names[1].to_owned(), value)));
        spec.insert("unknown".into(), 1.into());
    }
    object
}

type Asked = Arc<Mutex<Vec<String>>>;

fn with_hook(answer: impl Fn(&ConversionRequest<'_>) -> ConversionResponse + Send + 'static) -> (ApiServer, Asked) {
    let (mut api, asked) = (defined(), Asked::default());
    let log = Arc::clone(&asked);
    api.set_conversion(Box::new(move |request| {
        assert_eq!(request.definition, "hosts.example.io");
        assert_eq!(request.object["metadata"].get("resourceVersion"), None, "{}", request.object);
        let name = request.object["metadata"]["name"].as_str().unwrap();
        log.lock().unwrap().push(format!("{name} to {}", request.desired));
        answer(request)
    }));
    (api, asked)
}

fn faithful() -> (ApiServer, Asked) {
    with_hook(|request| ConversionResponse::Converted(renamed(request.object, request.desired)))
}

fn host(api: &mut ApiServer, version: &str, name: &str, spec: &Value) -> (u16, Value) {
    let body = json!({"apiVersion": format!("example.io/{version}"), "kind": "Host", "metadata": {"name": name},
        "spec": spec});
    call(api, FIRST, Method::POST, &format!("/apis/example.io/{version}/hosts"), &body)
}

fn open(api: &mut ApiServer, target: &str) -> WatchId {
    match send(api, FIRST, &request(Method::GET, target, "application/json", &Value::Null)).body {
        AnswerBody::Watch(watch) => watch,
        AnswerBody::Full(text) => panic!("{target} is not a watch: {text:?}"),
    }
}

fn event(api: &mut ApiServer, watch: WatchId) -> (String, Value) {
    let WatchItem::Event(line) = api.next_event(watch) else { panic!("no event") };
    let event: Value = serde_json::from_slice(&line).unwrap();
    (event["type"].as_str().unwrap().to_owned(), event["object"].clone())
}

#[test]
fn objects_are_read_in_each_version() {
    let (mut api, asked) = faithful();
    assert_eq!(host(&mut api, "v1", "a", &json!({"host": "h"})).0, 201);
    let (status, read) = get(&mut api, SECOND, &format!("{NEWER}/a"));
    assert_eq!((status, &read["apiVersion"]), (200, &json!("example.io/v2")));
    assert_eq!(read["spec"], json!({"address": "h", "extra": "by v1"}), "the schema prunes what the webhook adds");
    let (_, stored) = get(&mut api, FIRST, &format!("{HOSTS}/a"));
    assert_eq!(read["metadata"], stored["metadata"]);
    let (_, list) = get(&mut api, FIRST, &format!("{NEWER}?fieldSelector=spec.address%3Dh"));
    assert_eq!(list["items"], json!([read]), "the selector sees the version's own members");
    assert_eq!(names(&get(&mut api, FIRST, &format!("{NEWER}?fieldSelector=spec.address%3Dx")).1), [""; 0]);
    // Once as it was written, for the cache, and once as it was read by name.
    assert_eq!(*asked.lock().unwrap(), ["a to example.io/v2", "a to example.io/v2"]);
}

#[test]
fn writes_are_stored_in_the_storage_version() {
    let (mut api, asked) = faithful();
    let (status, created) = host(&mut api, "v2", "a", &json!({"address": "h"}));
    assert_eq!((status, &created["spec"]), (201, &json!({"address": "h", "extra": "by v2"})));
    assert_eq!(created["apiVersion"], "example.io/v2");
    let written = ["a to example.io/v1", "a to example.io/v2", "a to example.io/v2"];
    assert_eq!(asked.lock().unwrap().split_off(0), written, "to be stored, to be read back, for the cache");
    let stored = api.take_commits().pop().unwrap().after;
    assert_eq!((&stored["apiVersion"], &stored["spec"]["host"]), (&json!("example.io/v1"), &json!("h")));

    let patch = json!({"spec": {"address": "n"}});
    let (status, patched) = call(&mut api, FIRST, Method::PATCH, &format!("{NEWER}/a"), &patch);
    assert_eq!(
        (status, &patched["spec"]["address"], &patched["metadata"]["generation"]),
        (200, &json!("n"), &json!(2))
    );
    let (_, again) = call(&mut api, FIRST, Method::PATCH, &format!("{NEWER}/a"), &patch);
    assert_eq!(version_of(&again), version_of(&patched), "nothing changes, so nothing is stored");
    let (_, older) = get(&mut api, FIRST, &format!("{HOSTS}/a"));
    assert_eq!((&older["spec"]["host"], version_of(&older)), (&json!("n"), version_of(&patched)));

    let status = json!({"status": {"phase": "up"}});
    let (code, ready) = call(&mut api, FIRST, Method::PATCH, &format!("{NEWER}/a/status"), &status);
    assert_eq!((code, &ready["status"]["phase"], &ready["spec"]["address"]), (200, &json!("up"), &json!("n")));
    let body = json!({"apiVersion": "example.io/v2", "kind": "Host", "metadata": {"name": "b"}, "spec": {}});
    let (code, dry) = call(&mut api, FIRST, Method::POST, &format!("{NEWER}?dryRun=All"), &body);
    assert_eq!((code, &dry["apiVersion"]), (201, &json!("example.io/v2")));
    assert_eq!(call(&mut api, FIRST, Method::DELETE, &format!("{NEWER}/a"), &Value::Null).0, 200);
    assert_eq!(get(&mut api, FIRST, HOSTS).1["items"], json!([]));
}

fn version_of(object: &Value) -> u64 {
    crate::cluster::version(object)
}

#[test]
fn watches_deliver_their_version() {
    let (mut api, _) = faithful();
    let from = version_of(&get(&mut api, FIRST, NEWER).1);
    host(&mut api, "v1", "a", &json!({"host": "h"}));
    let watch = open(&mut api, &format!("{NEWER}?watch=1"));
    let selective = open(&mut api, &format!("{NEWER}?watch=1&resourceVersion={from}&fieldSelector=spec.address%3Dh"));
    let (change, object) = event(&mut api, watch);
    assert_eq!((change.as_str(), &object["spec"]["address"]), ("ADDED", &json!("h")));
    call(&mut api, FIRST, Method::PATCH, &format!("{HOSTS}/a"), &json!({"spec": {"host": "n"}}));
    call(&mut api, FIRST, Method::DELETE, &format!("{HOSTS}/a"), &Value::Null);
    assert!(api.has_event(watch));
    for wanted in ["MODIFIED", "DELETED"] {
        let (change, object) = event(&mut api, watch);
        assert_eq!((change.as_str(), &object["spec"]["address"]), (wanted, &json!("n")));
        assert_eq!(object["apiVersion"], "example.io/v2");
    }
    assert!(matches!(api.next_event(watch), WatchItem::Pending));
    for wanted in ["ADDED", "DELETED"] {
        let (change, object) = event(&mut api, selective);
        assert_eq!((change.as_str(), &object["spec"]["address"]), (wanted, &json!("h")));
    }
    assert!(matches!(api.next_event(selective), WatchItem::Pending));
}

#[test]
fn objects_keep_their_version_when_another_is_stored() {
    let (mut api, asked) = faithful();
    host(&mut api, "v1", "a", &json!({"host": "h"}));
    let versions = definition("v2")["spec"]["versions"].clone();
    let target = format!("{DEFINITIONS}/hosts.example.io");
    let (status, changed) = call(&mut api, FIRST, Method::PATCH, &target, &json!({"spec": {"versions": versions}}));
    assert_eq!((status, &changed["status"]["storedVersions"]), (200, &json!(["v1", "v2"])));
    asked.lock().unwrap().clear();
    assert_eq!(get(&mut api, FIRST, &format!("{HOSTS}/a")).1["spec"]["host"], "h");
    assert!(asked.lock().unwrap().is_empty(), "it is still stored as v1");
    let (_, read) = get(&mut api, FIRST, &format!("{NEWER}/a"));
    assert_eq!((&read["spec"]["address"], asked.lock().unwrap().split_off(0).len()), (&json!("h"), 1));
    // Any write in the storage version stores it anew.
    let (_, written) = call(&mut api, FIRST, Method::PUT, &format!("{NEWER}/a"), &read);
    assert!(version_of(&written) > version_of(&read));
    asked.lock().unwrap().clear();
    assert_eq!(get(&mut api, FIRST, &format!("{NEWER}/a")).1["spec"]["address"], "h");
    assert!(asked.lock().unwrap().is_empty());
}

/// What GET of v2 says of an object that this function converts.
fn said(answer: impl Fn(&ConversionRequest<'_>) -> ConversionResponse + Send + 'static) -> String {
    let (mut api, _) = with_hook(answer);
    assert_eq!(host(&mut api, "v1", "a", &json!({"host": "h"})).0, 201, "v1 needs no webhook");
    let (status, body) = get(&mut api, FIRST, &format!("{NEWER}/a"));
    assert_eq!(status, 500, "{body}");
    assert_eq!(get(&mut api, FIRST, NEWER).1["message"], body["message"], "a list says the same");
    assert_eq!(call(&mut api, FIRST, Method::DELETE, &format!("{HOSTS}/a"), &Value::Null).0, 200);
    body["message"].as_str().unwrap().to_owned()
}

/// What it says of an answer that differs in one place.
fn said_of(pointer: &'static str, value: &Value) -> String {
    let value = value.clone();
    said(move |request| {
        let mut object = renamed(request.object, request.desired);
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        object.pointer_mut(parent).unwrap()[member] = value.clone();
        ConversionResponse::Converted(object)
    })
}

#[test]
fn answers_are_checked() {
    const WEBHOOK: &str = "conversion webhook for example.io/v1, Kind=Host";
    let cases = [
        (
            "/apiVersion",
            json!("example.io/v3"),
            "returned invalid object at index 0: invalid groupVersion (expected example.io/v2, received example.io/v3)",
        ),
        ("/kind", json!("Guest"), "returned invalid object at index 0: invalid kind (expected Host, received Guest)"),
        ("/metadata/name", json!("b"), "returned invalid object: must have the same name: a != b"),
        ("/metadata/namespace", json!("b"), "returned invalid object: must have the same namespace:  != b"),
        (
            "/metadata/labels",
            json!("b"),
            "returned invalid metadata: invalid metadata.labels of type string in converted object",
        ),
        (
            "/metadata/labels",
            json!({"a": 1}),
            "returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object",
        ),
    ];
    for (pointer, value, wanted) in cases {
        assert_eq!(said_of(pointer, &value), format!("{WEBHOOK} {wanted}"));
    }
    let refused = said_of("/metadata/labels", &json!({"a": "-"}));
    assert!(
        refused.starts_with(&format!("{WEBHOOK} returned invalid metadata: metadata.labels: Invalid value: \"-\""))
    );
    let refused = said(|_| ConversionResponse::Refused("not today".to_owned()));
    assert_eq!(refused, format!("{WEBHOOK} failed: not today"));
    let failed = said(|_| ConversionResponse::Fail("EOF".to_owned()));
    let url = "https://hooks.example.io/convert?timeout=30s";
    assert_eq!(failed, format!("{WEBHOOK} failed: Post \"{url}\": EOF"));
}

#[test]
fn labels_may_change_and_other_metadata_may_not() {
    let (mut api, _) = with_hook(|request| {
        let mut object = renamed(request.object, request.desired);
        object["metadata"]["labels"] = json!({"by": "hook"});
        object["metadata"]["finalizers"] = json!(["example.io/x"]);
        ConversionResponse::Converted(object)
    });
    host(&mut api, "v1", "a", &json!({"host": "h"}));
    let (_, read) = get(&mut api, FIRST, &format!("{NEWER}/a"));
    assert_eq!((&read["metadata"]["labels"]["by"], read["metadata"].get("finalizers")), (&json!("hook"), None));
    assert_eq!(names(&get(&mut api, FIRST, &format!("{NEWER}?labelSelector=by")).1), ["a"]);
    assert_eq!(names(&get(&mut api, FIRST, &format!("{HOSTS}?labelSelector=by")).1), [""; 0]);
}

#[test]
fn watch_ends_at_an_object_that_is_not_converted() {
    let (mut api, _) = with_hook(|_| ConversionResponse::Refused("no".to_owned()));
    let watch = open(&mut api, &format!("{NEWER}?watch=1"));
    assert!(matches!(api.next_event(watch), WatchItem::Pending));
    host(&mut api, "v1", "a", &json!({"host": "h"}));
    assert!(matches!(api.next_event(watch), WatchItem::End));
}

#[test]
fn without_a_function_a_conversion_fails_and_says_so() {
    let mut api = defined();
    assert_eq!(host(&mut api, "v1", "a", &json!({"host": "h"})).0, 201);
    let (status, body) = host(&mut api, "v2", "b", &json!({"address": "h"}));
    assert_eq!((status, body.get("reason")), (500, None));
    assert!(body["message"].as_str().unwrap().contains("no function answers for conversion webhooks"), "{body}");
}

fn ask(api: &mut ApiServer, request: &Request, conversation: &mut Conversation) -> Option<(u16, Value)> {
    let answer = api.handle_asking(FIRST, 1, request, Timestamp::UNIX_EPOCH, conversation)?;
    let AnswerBody::Full(body) = answer.body else { panic!("a watch") };
    Some((answer.status, serde_json::from_slice(&body).unwrap()))
}

/// The webhook's answer to the question of a conversation.
fn converted(conversation: &mut Conversation) {
    let review = &conversation.question().unwrap().review["request"];
    let object = renamed(&review["objects"][0], review["desiredAPIVersion"].as_str().unwrap());
    let response = json!({"uid": "u", "convertedObjects": [object], "result": {"status": "Success"}});
    let review =
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "response": response}).to_string();
    conversation.answer(Reply::Answered { uid: "u".into(), status: 200, body: review.into() });
}

#[test]
fn request_waits_for_conversions_without_effect() {
    let mut api = defined();
    let body = json!({"apiVersion": "example.io/v2", "kind": "Host", "metadata": {"name": "a"},
        "spec": {"address": "h"}});
    let creation = request(Method::POST, NEWER, "application/json", &body);
    let mut conversation = Conversation::default();
    for desired in ["example.io/v1", "example.io/v2"] {
        assert_eq!(ask(&mut api, &creation, &mut conversation), None);
        let question = conversation.question().unwrap().clone();
        assert_eq!((question.webhook.as_str(), question.timeout), ("hosts.example.io", 30));
        assert_eq!(question.review["apiVersion"], "apiextensions.k8s.io/v1", "the first version that is known");
        assert_eq!(question.review["request"]["desiredAPIVersion"], desired);
        assert_eq!(get(&mut api, FIRST, HOSTS).1["items"], json!([]), "nothing is stored yet");
        converted(&mut conversation);
    }
    let (status, created) = ask(&mut api, &creation, &mut conversation).unwrap();
    assert_eq!((status, &created["spec"]["address"]), (201, &json!("h")));
}

#[test]
fn list_and_watch_ask_once_for_each_object() {
    let mut api = defined();
    for name in ["a", "b"] {
        assert_eq!(host(&mut api, "v1", name, &json!({"host": name})).0, 201);
    }
    let list = request(Method::GET, NEWER, "application/json", &Value::Null);
    let (mut conversation, mut questions) = (Conversation::default(), 0);
    let (status, body) = loop {
        if let Some(answer) = ask(&mut api, &list, &mut conversation) {
            break answer;
        }
        questions += 1;
        converted(&mut conversation);
    };
    assert_eq!((status, names(&body), questions), (200, vec!["a", "b"], 2));
    assert!(ask(&mut api, &list, &mut Conversation::default()).is_some(), "the cache has them");

    let from = crate::cluster::version(&body);
    let watch = open(&mut api, &format!("{NEWER}?watch=1&resourceVersion={from}"));
    call(&mut api, FIRST, Method::PATCH, &format!("{HOSTS}/a"), &json!({"spec": {"host": "n"}}));
    let mut conversation = Conversation::default();
    assert!(api.next_event_asking(watch, &mut conversation).is_none());
    converted(&mut conversation);
    let Some(WatchItem::Event(line)) = api.next_event_asking(watch, &mut conversation) else { panic!("no event") };
    let event: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!((&event["type"], &event["object"]["spec"]["address"]), (&json!("MODIFIED"), &json!("n")));
}

/// What only a conversion webhook could show to admission is refused, not guessed.
#[test]
fn admission_in_another_version_is_named_as_absent() {
    let (mut api, _) = faithful();
    let rule = json!({"apiGroups": ["example.io"], "apiVersions": ["v2"], "resources": ["hosts"], "operations": ["*"]});
    let webhook = json!({"name": "judge.example.io", "clientConfig": {"url": "https://hooks.example.io/x"},
        "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"]});
    let group = "/apis/admissionregistration.k8s.io/v1";
    let configuration = json!({"metadata": {"name": "judge"}, "webhooks": [webhook]});
    let target = format!("{group}/validatingwebhookconfigurations");
    assert_eq!(call(&mut api, FIRST, Method::POST, &target, &configuration).0, 201);
    let (status, body) = host(&mut api, "v1", "a", &json!({"host": "h"}));
    assert_eq!((status, &body["reason"]), (501, &json!("NotImplemented")), "{body}");
}
