//! Definitions whose objects a webhook converts, and what is seen of it: answers, events, reviews.
use crate::{
    hook::Hook,
    story::{observed, send},
};
use http::Method;
use serde_json::{Value, json};
use serve::Remote;
use std::{collections::BTreeSet, time::Duration};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Paths of the webhook whose answers are not accepted, or are not what was asked for.
const FAULTS: [&str; 16] = [
    "/refuse",
    "/refuse-bare",
    "/uid",
    "/review",
    "/absent",
    "/none",
    "/500",
    "/version",
    "/kind",
    "/no-metadata",
    "/rename",
    "/reuid",
    "/number",
    "/list",
    "/bad-label",
    "/bad-annotation",
];

fn version(name: &str, member: &str) -> Value {
    let default = format!("by {name}");
    let spec = json!({"type": "object",
        "properties": {member: {"type": "string"}, "extra": {"type": "string", "default": default}}});
    let status = json!({"type": "object", "properties": {"phase": {"type": "string"}}});
    json!({"name": name, "served": true, "storage": name == "v1", "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}}})
}

fn definition(plural: &str, client: &Value) -> Value {
    json!({"metadata": {"name": format!("{plural}.example.com")}, "spec": {"group": "example.com", "scope": "Cluster",
        "names": {"plural": plural, "kind": plural.to_uppercase()},
        "versions": [version("v1", "host"), version("v2", "address")],
        "conversion": {"strategy": "Webhook",
            "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": client}}}})
}

/// Plays all definitions; one entry for each.
pub(crate) async fn play(client: &mut Remote, hook: &Hook) -> Vec<Value> {
    let mut story = vec![
        json!({"about": "objects are converted", "seen": faithful(client, hook, "hosts", "/convert").await}),
        json!({"about": "labels may change", "seen": faithful(client, hook, "labelled", "/label").await}),
    ];
    for (index, path) in FAULTS.iter().enumerate() {
        story.push(json!({"about": path, "seen": faulty(client, hook, &format!("faults{index}"), path).await}));
    }
    story
}

/// Creates a definition, and waits until both versions are served.
async fn define(client: &mut Remote, plural: &str, config: &Value) {
    let (reply, body) = send(client, Method::POST, DEFINITIONS, &definition(plural, config)).await;
    assert_eq!(reply.status, 201, "{body}");
    for version in ["v1", "v2"] {
        for _ in 0..100 {
            let target = format!("/apis/example.com/{version}/{plural}");
            if send(client, Method::GET, &target, &Value::Null).await.0.status == 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn object(plural: &str, version: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("example.com/{version}"), "kind": plural.to_uppercase(),
        "metadata": {"name": name, "labels": {"a": "b"}}, "spec": spec})
}

async fn faithful(client: &mut Remote, hook: &Hook, plural: &str, path: &str) -> Vec<Value> {
    define(client, plural, &hook.at(path)).await;
    hook.take();
    let [older, newer] = ["v1", "v2"].map(|version| format!("/apis/example.com/{version}/{plural}"));
    let address = |name: &str| object(plural, "v2", name, &json!({"address": "h"}));
    let requests = [
        (Method::POST, older.clone(), object(plural, "v1", "a", &json!({"host": "h"}))),
        (Method::GET, format!("{newer}/a"), Value::Null),
        (Method::GET, newer.clone(), Value::Null),
        (Method::POST, newer.clone(), address("b")),
        (Method::POST, format!("{newer}?dryRun=All"), address("c")),
        (Method::GET, format!("{older}/b"), Value::Null),
        (Method::PATCH, format!("{newer}/b"), json!({"spec": {"address": "n"}})),
        (Method::PATCH, format!("{newer}/b"), json!({"spec": {"address": "n"}})),
        (Method::PATCH, format!("{newer}/b/status"), json!({"status": {"phase": "up"}})),
        (Method::GET, older.clone(), Value::Null),
        (Method::GET, format!("{newer}?labelSelector=by"), Value::Null),
        (Method::DELETE, format!("{newer}/b"), Value::Null),
        (Method::DELETE, older.clone(), Value::Null),
    ];
    let (mut seen, mut reviews) = (Vec::new(), BTreeSet::new());
    for (method, target, body) in requests {
        let (reply, body) = send(client, method, &target, &body).await;
        // The real server's caches ask on their own.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut step = observed(hook, reply, body);
        let asked = step.as_object_mut().and_then(|step| step.remove("reviews")).unwrap_or_default();
        reviews.extend(asked.as_array().into_iter().flatten().map(ToString::to_string));
        seen.push(step);
    }
    let reviews: Vec<Value> = reviews.iter().map(|text| serde_json::from_str(text).unwrap_or_default()).collect();
    seen.push(json!({"reviews": reviews}));
    seen
}

async fn faulty(client: &mut Remote, hook: &Hook, plural: &str, path: &str) -> Vec<Value> {
    define(client, plural, &hook.at(path)).await;
    let [older, newer] = ["v1", "v2"].map(|version| format!("/apis/example.com/{version}/{plural}"));
    let mut seen = Vec::new();
    for (method, target, body) in [
        (Method::POST, older.clone(), object(plural, "v1", "a", &json!({"host": "h"}))),
        (Method::GET, format!("{newer}/a"), Value::Null),
        (Method::POST, newer.clone(), object(plural, "v2", "b", &json!({"address": "h"}))),
    ] {
        let (reply, body) = send(client, method, &target, &body).await;
        let mut step = observed(hook, reply, body);
        step.as_object_mut().into_iter().for_each(|step| _ = step.remove("reviews"));
        seen.push(step);
    }
    send(client, Method::DELETE, &format!("{older}/a"), &Value::Null).await;
    hook.take();
    seen
}
