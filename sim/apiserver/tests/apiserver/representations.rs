//! Representations other than JSON objects: protobuf and its streams, YAML, tables over time, OpenAPI, ETags.
use crate::cluster::{FIRST, LEASES, REQUESTS, create, get, lease, request, send, two_servers};
use apiserver::{Answer, AnswerBody, ApiServer, Registry, Request, WatchId, WatchItem};
use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

fn full(answer: &Answer) -> &[u8] {
    match &answer.body {
        AnswerBody::Full(body) => body,
        AnswerBody::Watch(_) => panic!("a stream"),
    }
}

fn read(api: &mut ApiServer, target: &str, accept: &'static str) -> Answer {
    send(api, FIRST, &request(Method::GET, target, accept, &Value::Null))
}

fn watch(api: &mut ApiServer, target: &str, accept: &'static str) -> (Answer, WatchId) {
    let answer = read(api, target, accept);
    let AnswerBody::Watch(id) = answer.body else { panic!("{} is not a stream", answer.status) };
    (answer, id)
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A lease that the server encodes has the same bytes as one that a client sends.
#[test]
fn lease_returns_as_it_was_read() {
    let mut api = two_servers();
    create(&mut api, "lock", "one");
    let target = format!("{LEASES}/lock");
    let answer = read(&mut api, &target, PROTOBUF);
    assert_eq!(answer.headers[header::CONTENT_TYPE], PROTOBUF);
    let mut put = request(Method::PUT, &target, "application/json", &Value::Null);
    put.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
    put.body = full(&answer).to_vec().into();
    let before = get(&mut api, FIRST, &target);
    let answer = send(&mut api, FIRST, &put);
    assert_eq!(answer.status, 200);
    assert_eq!(get(&mut api, FIRST, &target), before, "the round trip loses nothing");
}

#[test]
fn stream_of_protobuf_has_lengths() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let (head, id) = watch(&mut api, &format!("{LEASES}?watch=1"), PROTOBUF);
    assert_eq!(head.headers[header::CONTENT_TYPE], "application/vnd.kubernetes.protobuf;stream=watch");
    create(&mut api, "lock", "holder-one");
    let WatchItem::Event(frame) = api.next_event(id) else { panic!("no event") };
    let length = u32::from_be_bytes(*frame.first_chunk().expect("a frame has a length"));
    assert_eq!(length as usize, frame.len() - 4);
    assert_eq!(&frame[4..11], b"\x0a\x05ADDED");
    assert!(contains(&frame, "k8s\0") && contains(&frame, "holder-one"));
}

#[test]
fn custom_resource_has_no_protobuf() {
    let mut api = two_servers();
    let refused = read(&mut api, REQUESTS, PROTOBUF);
    assert_eq!((refused.status, refused.headers[header::CONTENT_TYPE].as_bytes()), (406, PROTOBUF.as_bytes()));
    assert!(contains(full(&refused), "NotAcceptable"));
    let json = read(&mut api, REQUESTS, "application/vnd.kubernetes.protobuf,application/json");
    assert_eq!((json.status, &full(&json)[..1]), (200, &b"{"[..]));
    let metadata = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    assert!(contains(full(&read(&mut api, REQUESTS, metadata)), "PartialObjectMetadataList"));
}

#[test]
fn yaml_answer_is_sorted_and_bare() {
    let mut api = two_servers();
    create(&mut api, "lock", "one");
    let answer = read(&mut api, &format!("{LEASES}/lock"), "application/yaml");
    let text = String::from_utf8(full(&answer).to_vec()).expect("YAML is text");
    assert!(
        text.starts_with("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata:\n  creationTimestamp: \"1970"),
        "{text}"
    );
    assert!(text.ends_with("spec:\n  holderIdentity: one\n"), "{text}");
}

#[test]
fn watched_rows_grow_old() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    create(&mut api, "lock", "one");
    let (_, id) = watch(&mut api, &format!("{LEASES}?watch=1"), TABLE);
    let patch = request(
        Method::PATCH,
        &format!("{LEASES}/lock"),
        "application/json",
        &json!({"spec": {"holderIdentity": "two"}}),
    );
    api.handle(FIRST, 1, &patch, Timestamp::from_second(300).expect("a time"));
    let ages = [0, 1].map(|_| match api.next_event(id) {
        WatchItem::Event(line) => {
            serde_json::from_slice::<Value>(&line).expect("a line of JSON")["object"]["rows"][0]["cells"].clone()
        }
        _ => panic!("no event"),
    });
    assert_eq!(ages, [json!(["lock", "one", "0s"]), json!(["lock", "two", "5m"])]);
}

#[test]
fn known_discovery_is_not_sent_again() {
    let mut api = two_servers();
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let first = read(&mut api, "/apis", aggregated);
    let mut again = request(Method::GET, "/apis", aggregated, &Value::Null);
    again.headers.insert(header::IF_NONE_MATCH, first.headers[header::ETAG].clone());
    let second = send(&mut api, FIRST, &again);
    assert_eq!((first.status, second.status, full(&second).len()), (200, 304, 0));
}

#[test]
fn openapi_describes_custom_and_built_in_kinds() {
    let mut api = two_servers();
    let (_, index) = get(&mut api, FIRST, "/openapi/v3");
    let address = |name: &str| index["paths"][name]["serverRelativeURL"].as_str().expect("an address").to_owned();
    let (status, custom) = get(&mut api, FIRST, &address("apis/kubernaut.ai/v1alpha1"));
    assert_eq!(status, 200);
    let schema = &custom["components"]["schemas"]["ai.kubernaut.v1alpha1.RemediationRequest"];
    assert_eq!(schema["x-kubernetes-group-version-kind"][0]["kind"], "RemediationRequest");
    assert!(schema["properties"]["spec"]["properties"]["severity"].is_object());
    let (_, apps) = get(&mut api, FIRST, &address("apis/apps/v1"));
    let schemas = &apps["components"]["schemas"];
    let deployment = &schemas["io.k8s.api.apps.v1.Deployment"];
    assert_eq!(deployment["x-kubernetes-group-version-kind"][0]["group"], "apps");
    assert!(deployment.get("required").is_none(), "metadata may be absent");
    assert!(schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]["description"].is_string());
    let patch = &apps["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    assert!(patch["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["name"] == "fieldValidation")));
}

#[test]
fn openapi_v2_is_read_by_kubectl() {
    let spec = json!({"type": "object", "required": ["empty", "count"], "properties": {
        "empty": {"type": "string", "nullable": true},
        "count": {"type": "integer", "default": 1, "maximum": 9, "anyOf": [{"minimum": 2}, {"maximum": 0}]},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": {"a": {"type": "string"}}},
        "inner": {"type": "object", "x-kubernetes-embedded-resource": true}}});
    let version = json!({"name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}});
    let definition = json!({"spec": {"group": "x.io", "scope": "Namespaced", "versions": [version],
        "names": {"plural": "gangs", "kind": "Gang"}}});
    let mut api = ApiServer::new(Arc::new(Registry::builtin().with_crd(&definition).expect("it compiles")), 1, 3);
    let (status, document) = get(&mut api, FIRST, "/openapi/v2");
    assert_eq!((status, &document["swagger"]), (200, &json!("2.0")));
    let gang = &document["definitions"]["io.x.v1.Gang"]["properties"];
    assert_eq!(gang["metadata"]["$ref"], "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
    let members = &gang["spec"]["properties"];
    assert_eq!(gang["spec"]["required"], json!(["count"]), "a member that may be null is not required");
    assert_eq!((members["empty"].get("type"), members["empty"].get("nullable")), (None, None));
    assert_eq!(members["count"], json!({"type": "integer", "maximum": 9}));
    assert_eq!(members["free"], json!({"x-kubernetes-preserve-unknown-fields": true}));
    assert_eq!(members["inner"]["required"], json!(["kind", "apiVersion"]));
    let either = &document["definitions"]["io.k8s.apimachinery.pkg.util.intstr.IntOrString"];
    assert_eq!((&either["type"], &either["format"]), (&json!("string"), &json!("int-or-string")));
    let pod = &document["definitions"]["io.k8s.api.core.v1.Pod"]["properties"];
    assert_eq!(pod["spec"]["$ref"], "#/definitions/io.k8s.api.core.v1.PodSpec");
}

#[test]
fn openapi_v2_is_served_in_protobuf() {
    let mut api = two_servers();
    let accepted = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    let answer = read(&mut api, "/openapi/v2", accepted);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    let body = full(&answer);
    assert_eq!(&body[..7], b"\x0a\x032.0\x12\x12", "the version, then the title and the version of Kubernetes");
    assert!(contains(body, "ai.kubernaut.v1alpha1.RemediationRequest") && contains(body, "io.k8s.api.core.v1.Pod"));
    let tag = answer.headers[header::ETAG].clone();
    let mut again = request(Method::GET, "/openapi/v2", accepted, &Value::Null);
    again.headers.insert(header::IF_NONE_MATCH, tag);
    assert_eq!(send(&mut api, FIRST, &again).status, 304);
    assert_eq!(read(&mut api, "/openapi/v2", "text/plain").status, 406);
}

/// A definition with a deprecated version and a scale subresource.
fn scalable() -> Value {
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let scale = json!({"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size",
        "labelSelectorPath": ".status.selector"});
    let version = json!({"name": "v1", "served": true, "storage": true, "deprecated": true,
        "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}, "scale": scale}});
    json!({"spec": {"group": "x.io", "scope": "Namespaced", "versions": [version],
        "names": {"plural": "gangs", "kind": "Gang"}}})
}

#[test]
fn custom_resource_is_scaled_where_its_definition_says() {
    let registry = Registry::builtin().with_crd(&scalable()).expect("the definition compiles");
    let mut api = ApiServer::new(Arc::new(registry), 1, 3);
    let gangs = "/apis/x.io/v1/namespaces/default/gangs";
    let gang = json!({"apiVersion": "x.io/v1", "kind": "Gang", "metadata": {"name": "g"}, "spec": {"size": 2}});
    let created = send(&mut api, FIRST, &request(Method::POST, gangs, "application/json", &gang));
    assert_eq!(created.headers[header::WARNING], "299 - \"x.io/v1 Gang is deprecated\"");
    let patch =
        request(Method::PATCH, &format!("{gangs}/g/scale"), "application/json", &json!({"spec": {"replicas": 5}}));
    let scaled: Value = serde_json::from_slice(full(&send(&mut api, FIRST, &patch))).expect("a scale");
    assert_eq!((&scaled["kind"], &scaled["spec"]["replicas"]), (&json!("Scale"), &json!(5)));
    assert_eq!(get(&mut api, FIRST, &format!("{gangs}/g")).1["spec"]["size"], 5);
}

#[test]
fn broken_protobuf_never_panics() {
    let mut api = two_servers();
    let lease = send(&mut api, FIRST, &request(Method::POST, LEASES, PROTOBUF, &lease("a", "b")));
    let whole = full(&lease).to_vec();
    let broken = (0..whole.len()).flat_map(|at| {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x55;
        [whole[..at].to_vec(), flipped]
    });
    for body in broken.collect::<Vec<_>>() {
        let mut post = Request { body: body.into(), ..request(Method::POST, LEASES, "application/json", &Value::Null) };
        post.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
        let status = send(&mut api, FIRST, &post).status;
        assert!([201, 400, 409, 422, 500].contains(&status), "{status}");
    }
}
