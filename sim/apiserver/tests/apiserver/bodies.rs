//! The limits of bodies: their depth, and the number of operations of a JSON patch.
use crate::cluster::*;
use apiserver::{AnswerBody, ApiServer, Request};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn text(api: &mut ApiServer, method: Method, target: &str, media_type: &'static str, text: String) -> (u16, Value) {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))]);
    let request = Request { method, target: target.to_owned(), headers, body: Bytes::from(text) };
    let answer = send(api, FIRST, &request);
    let body = match &answer.body {
        AnswerBody::Full(body) => serde_json::from_slice(body).unwrap_or_default(),
        AnswerBody::Watch(_) => Value::Null,
    };
    (answer.status, body)
}

/// A config map with an unknown member of this depth.
fn nested(name: &str, depth: usize) -> String {
    let lists = "[".repeat(depth) + &"]".repeat(depth);
    format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}},"unknown":{lists}}}"#)
}

#[test]
fn ten_thousand_levels_are_read() {
    let mut api = two_servers();
    let mut post = |text_of: String| text(&mut api, Method::POST, MAPS, "application/json", text_of);
    assert_eq!(post(nested("a", 300)).0, 201);
    assert_eq!(post(nested("b", 9_999)).0, 201);
    let (status, refusal) = post(nested("c", 10_000));
    assert_eq!(status, 400);
    assert!(refusal["message"].as_str().unwrap().contains("exceeded max depth"), "{refusal}");
}

#[test]
fn deep_members_are_not_kept() {
    let mut api = two_servers();
    let lists = "[".repeat(600) + &"]".repeat(600);
    let revision = format!(r#"{{"metadata":{{"name":"r"}},"revision":1,"x":{lists}}}"#);
    let path = "/apis/apps/v1/namespaces/default/controllerrevisions";
    assert_eq!(text(&mut api, Method::POST, path, "application/json", revision).0, 201);
    let merge = format!(r#"{{"data":{lists}}}"#);
    let (status, refusal) = text(&mut api, Method::PATCH, &format!("{path}/r"), "application/merge-patch+json", merge);
    assert_eq!((status, &refusal["reason"]), (501, &Value::from("NotImplemented")));
}

#[test]
fn ten_thousand_operations_are_applied() {
    let mut api = two_servers();
    text(&mut api, Method::POST, MAPS, "application/json", nested("c", 1));
    let one = format!("{MAPS}/c");
    let mut patch = |count: usize| {
        let operations = vec![r#"{"op":"test","path":"/absent","value":null}"#; count].join(",");
        text(&mut api, Method::PATCH, &one, "application/json-patch+json", format!("[{operations}]"))
    };
    assert_eq!(patch(10_000).0, 200);
    let (status, refusal) = patch(10_001);
    let wanted = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
    assert_eq!((status, &refusal["message"]), (413, &Value::from(wanted)));
}
