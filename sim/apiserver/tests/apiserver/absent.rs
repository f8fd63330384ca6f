//! What is not simulated says so: the answers that docs/fidelity.md names, part by part.
use crate::cluster::*;
use apiserver::{AdmissionResponse, ApiServer};
use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::{Value, json};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

fn is_absent(answer: (u16, Value), what: &str) {
    let (status, body) = answer;
    assert_eq!((status, &body["reason"]), (501, &json!("NotImplemented")), "{what}: {body}");
    assert!(body["message"].as_str().unwrap().ends_with(" is not simulated"), "{body}");
}

#[test]
fn keys_of_service_account_tokens() {
    for path in ["/openid/v1/jwks", "/.well-known/openid-configuration"] {
        is_absent(get(&mut two_servers(), FIRST, path), path);
    }
}

fn configuration(name: &str) -> Value {
    let rule = json!({"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"], "operations": ["CREATE"]});
    let webhook = json!({"name": "a.example.com", "clientConfig": {"url": "https://hooks.example.com"},
        "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"]});
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": name, "metadata": {"name": "a"},
        "webhooks": [webhook]})
}

#[test]
fn webhooks_without_a_function() {
    let mut api = two_servers();
    api.apply_fixture(&[configuration("ValidatingWebhookConfiguration")], Timestamp::UNIX_EPOCH).unwrap();
    let (status, body) = call(&mut api, FIRST, Method::POST, LEASES, &lease("a", "x"));
    assert_eq!(status, 500);
    assert!(body["message"].as_str().unwrap().contains("no function answers for webhooks"), "{body}");
}

#[test]
fn webhook_that_changes_the_body_of_a_subresource() {
    let mut api = two_servers();
    let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    assert_eq!(call(&mut api, FIRST, Method::POST, "/api/v1/namespaces/default/pods", &pod).0, 201);
    api.apply_fixture(&[configuration("MutatingWebhookConfiguration")], Timestamp::UNIX_EPOCH).unwrap();
    api.set_admission(Box::new(|_| {
        let patch = json!([{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]);
        AdmissionResponse::Patch(serde_json::from_value(patch).unwrap())
    }));
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    let target = "/api/v1/namespaces/default/pods/p/eviction";
    is_absent(call(&mut api, FIRST, Method::POST, target, &eviction), "a webhook that changes an eviction");
}

#[test]
fn openapi_in_protobuf() {
    let accept = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
    let target = "/openapi/v3/apis/coordination.k8s.io/v1";
    assert_eq!(send(&mut two_servers(), FIRST, &request(Method::GET, target, accept, &Value::Null)).status, 501);
    assert_eq!(get(&mut two_servers(), FIRST, "/openapi/v2").1["paths"], json!({}));
}

fn patch(api: &mut ApiServer, target: &str, media_type: &'static str, body: &Value) -> (u16, Value) {
    let mut asked = request(Method::PATCH, target, "application/json", body);
    asked.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let answer = send(api, FIRST, &asked);
    let apiserver::AnswerBody::Full(text) = answer.body else { panic!("a watch") };
    (answer.status, serde_json::from_slice(&text).unwrap_or_default())
}

#[test]
fn apply_through_a_view() {
    for target in [
        "/apis/events.k8s.io/v1/namespaces/default/events/a?fieldManager=m",
        "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/a?fieldManager=m",
    ] {
        is_absent(patch(&mut two_servers(), target, "application/apply-patch+yaml", &json!({})), target);
    }
}

#[test]
fn protobuf_of_a_custom_resource() {
    let mut asked = request(Method::POST, REQUESTS, "application/json", &json!({}));
    asked.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
    assert_eq!(send(&mut two_servers(), FIRST, &asked).status, 501);
}

#[test]
fn connections_to_nodes_with_an_address() {
    let mut api = two_servers();
    assert_eq!(call(&mut api, FIRST, Method::POST, "/api/v1/nodes", &json!({"metadata": {"name": "n"}})).0, 201);
    let status = json!({"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}});
    assert_eq!(call(&mut api, FIRST, Method::PATCH, "/api/v1/nodes/n/status", &status).0, 200);
    let pod =
        json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}});
    let pods = "/api/v1/namespaces/default/pods";
    assert_eq!(call(&mut api, FIRST, Method::POST, pods, &pod).0, 201);
    is_absent(get(&mut api, FIRST, &format!("{pods}/p/log")), "a pod's log");
    is_absent(get(&mut api, FIRST, "/api/v1/nodes/n/proxy"), "a node's proxy");
    let resize = json!({"spec": {"containers": [{"name": "c", "resources": {}}]}});
    is_absent(call(&mut api, FIRST, Method::PATCH, &format!("{pods}/p/resize"), &resize), "a pod's resize");
}

/// A definition of things with a member `t`, and this rule.
fn ruled(api: &mut ApiServer, t: &Value, rule: &str) -> (u16, Value) {
    let spec = json!({"type": "object", "properties": {"t": t}, "x-kubernetes-validations": [{"rule": rule}]});
    let version = json!({"name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}});
    let definition = json!({"metadata": {"name": "things.example.io"}, "spec": {"group": "example.io",
        "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"}, "versions": [version]}});
    call(api, FIRST, Method::POST, DEFINITIONS, &definition)
}

#[test]
fn names_of_time_zones() {
    let moment = json!({"type": "string", "format": "date-time"});
    let rule = "self.t.getHours('Europe/Berlin') == 1";
    is_absent(ruled(&mut two_servers(), &moment, rule), rule);
    assert_eq!(ruled(&mut two_servers(), &moment, "self.t.getHours('+01:00') == 1").0, 201);
}

#[test]
fn last_hours_of_the_year_9999() {
    let mut api = two_servers();
    assert_eq!(
        ruled(&mut api, &json!({"type": "string"}), "timestamp(self.t) > timestamp('2020-01-01T00:00:00Z')").0,
        201
    );
    let mut thing = |name: &str, t: &str| {
        let body =
            json!({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"name": name}, "spec": {"t": t}});
        call(&mut api, FIRST, Method::POST, "/apis/example.io/v1/things", &body).0
    };
    assert_eq!((thing("a", "9999-12-30T21:00:00Z"), thing("b", "9999-12-31T12:00:00Z")), (201, 422));
}

#[test]
fn least_of_an_empty_list() {
    let text = json!({"type": "string"});
    assert_eq!(ruled(&mut two_servers(), &text, "[].max() == true").0, 201);
    let (status, body) = ruled(&mut two_servers(), &text, "[].max() == 1");
    assert_eq!(status, 422, "{body}");
}
