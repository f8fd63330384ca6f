//! What is done with webhooks, and what is seen of it: answers, warnings, reviews.
use crate::hook::Hook;
use apiserver::Request;
use conformance::{Client, Reply};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use serve::Remote;
use std::time::Duration;

const NAMESPACE: &str = "hooked";
const MAPS: &str = "/api/v1/namespaces/hooked/configmaps";
const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
/// Members that differ between two servers, or two requests.
const VOLATILE: [&str; 5] = ["uid", "creationTimestamp", "resourceVersion", "managedFields", "selfLink"];

/// One behaviour: configurations, and requests while they are in force.
struct Scene {
    about: &'static str,
    mutating: Vec<Value>,
    validating: Vec<Value>,
    requests: Vec<(Method, String, Value)>,
}

fn webhook(hook: &Hook, path: &str, more: &Value) -> Value {
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
        "operations": ["CREATE", "UPDATE", "DELETE"]});
    let selector = json!({"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}});
    let mut webhook = json!({"name": format!("{}.example.com", path.trim_start_matches('/')), "rules": [rule],
        "clientConfig": hook.at(path), "namespaceSelector": selector, "sideEffects": "None",
        "admissionReviewVersions": ["v1"], "timeoutSeconds": 2});
    for (member, value) in more.as_object().into_iter().flatten() {
        webhook[member] = value.clone();
    }
    webhook
}

fn map(name: &str, data: &Value) -> Value {
    json!({"metadata": {"name": name}, "data": data})
}

fn create(name: &str) -> (Method, String, Value) {
    (Method::POST, MAPS.to_owned(), map(name, &json!({"a": "1"})))
}

fn dry_run(name: &str) -> (Method, String, Value) {
    (Method::POST, format!("{MAPS}?dryRun=All&fieldManager=me"), map(name, &json!({"a": "1"})))
}

fn delete(name: &str) -> (Method, String, Value) {
    (Method::DELETE, format!("{MAPS}/{name}"), Value::Null)
}

fn scenes(hook: &Hook) -> Vec<Scene> {
    [reviews(hook), refusals(hook), failures(hook), changes(hook)].into_iter().flatten().collect()
}

/// A scene with one validating webhook, and one creation.
fn judged(hook: &Hook, about: &'static str, path: &str) -> Scene {
    let validating = vec![webhook(hook, path, &json!({}))];
    Scene { about, mutating: vec![], validating, requests: vec![create("c")] }
}

/// A scene with one mutating webhook, and one creation.
fn changed(hook: &Hook, about: &'static str, path: &str) -> Scene {
    let mutating = vec![webhook(hook, path, &json!({}))];
    Scene { about, mutating, validating: vec![], requests: vec![create("c")] }
}

fn reviews(hook: &Hook) -> Vec<Scene> {
    let allow = || vec![webhook(hook, "/allow", &json!({}))];
    let exempting = json!({"objectSelector": {"matchExpressions": [{"key": "free", "operator": "DoesNotExist"}]},
        "matchConditions": [{"name": "a", "expression": "object == null || object.data.a != '2'"}]});
    let options = "propagationPolicy=Background&gracePeriodSeconds=0";
    vec![
        Scene {
            about: "each operation is reviewed",
            mutating: vec![],
            validating: allow(),
            requests: vec![
                create("a"),
                (Method::PUT, format!("{MAPS}/a"), map("a", &json!({"a": "2"}))),
                (Method::PATCH, format!("{MAPS}/a"), json!({"data": {"b": "3"}})),
                (Method::DELETE, format!("{MAPS}/a?{options}"), Value::Null),
                create("b"),
                (Method::DELETE, MAPS.to_owned(), Value::Null),
            ],
        },
        Scene {
            about: "a dry run says so",
            mutating: vec![webhook(hook, "/label", &json!({}))],
            validating: allow(),
            requests: vec![dry_run("d")],
        },
        Scene {
            about: "selectors and conditions exempt",
            mutating: vec![],
            validating: vec![webhook(hook, "/deny", &exempting)],
            requests: vec![
                create("s"),
                (Method::POST, MAPS.to_owned(), map("s", &json!({"a": "2"}))),
                (Method::POST, MAPS.to_owned(), json!({"metadata": {"name": "t", "labels": {"free": ""}}})),
            ],
        },
    ]
}

fn refusals(hook: &Hook) -> Vec<Scene> {
    vec![
        judged(hook, "a refusal has its own code and details", "/deny"),
        judged(hook, "a refusal without a status", "/deny-bare"),
        judged(hook, "a refusal with a reason", "/deny-reason"),
        judged(hook, "warnings go to the client", "/warn"),
        judged(hook, "a refusal has warnings too", "/warn-deny"),
    ]
}

fn failures(hook: &Hook) -> Vec<Scene> {
    let unknown = webhook(hook, "/allow", &json!({"clientConfig": {"url": hook.at("/allow")["url"]}}));
    vec![
        judged(hook, "another uid is invalid", "/uid"),
        judged(hook, "a review without a response is invalid", "/absent"),
        judged(hook, "an error of the webhook's server", "/500"),
        judged(hook, "a path that does not exist", "/404"),
        judged(hook, "no answer in time", "/slow"),
        judged(hook, "a validating webhook may not patch", "/label"),
        changed(hook, "a patch without a type is invalid", "/no-type"),
        changed(hook, "a type without a patch is invalid", "/no-patch"),
        Scene {
            validating: vec![unknown],
            ..judged(hook, "an authority that does not vouch for the webhook", "/allow")
        },
        Scene {
            about: "a failed call is ignored if the policy says so",
            mutating: vec![webhook(hook, "/500", &json!({"failurePolicy": "Ignore"}))],
            validating: vec![webhook(hook, "/slow", &json!({"failurePolicy": "Ignore", "timeoutSeconds": 1}))],
            requests: vec![create("c"), delete("c")],
        },
    ]
}

fn changes(hook: &Hook) -> Vec<Scene> {
    let again = |path: &str| webhook(hook, path, &json!({"reinvocationPolicy": "IfNeeded"}));
    vec![
        changed(hook, "a patch changes the object", "/label"),
        Scene {
            about: "webhooks are called again after a change",
            mutating: vec![again("/first"), webhook(hook, "/label", &json!({})), again("/second")],
            validating: vec![webhook(hook, "/allow", &json!({}))],
            requests: vec![create("r")],
        },
        Scene { requests: vec![delete("kept")], ..changed(hook, "a deletion cannot be changed", "/label") },
    ]
}

fn request(method: Method, target: &str, body: &Value) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer conf-admin-token"));
    let media_type = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Request { method, target: target.to_owned(), headers, body: body.into() }
}

pub(crate) async fn send(client: &mut Remote, method: Method, target: &str, body: &Value) -> (Reply, Value) {
    let reply = client.send(request(method, target, body)).await.expect("an answer");
    let body = serde_json::from_slice(&reply.body).unwrap_or_default();
    (reply, body)
}

/// Plays all scenes; one entry for each.
pub(crate) async fn play(client: &mut Remote, hook: &Hook) -> Vec<Value> {
    send(client, Method::POST, "/api/v1/namespaces", &json!({"metadata": {"name": NAMESPACE}})).await;
    let mut story = Vec::new();
    for scene in scenes(hook) {
        send(client, Method::POST, MAPS, &map("kept", &json!({}))).await;
        let targets = configure(client, &scene).await;
        wait(client, hook, &scene).await;
        let mut seen = Vec::new();
        for (method, target, body) in &scene.requests {
            let (reply, body) = send(client, method.clone(), target, body).await;
            seen.push(observed(hook, reply, body));
        }
        for target in targets {
            send(client, Method::DELETE, &target, &Value::Null).await;
        }
        wait_until_free(client, hook).await;
        send(client, Method::DELETE, MAPS, &Value::Null).await;
        story.push(json!({"about": scene.about, "seen": seen}));
    }
    story
}

async fn configure(client: &mut Remote, scene: &Scene) -> Vec<String> {
    let mut targets = Vec::new();
    for (plural, webhooks) in
        [("mutatingwebhookconfigurations", &scene.mutating), ("validatingwebhookconfigurations", &scene.validating)]
    {
        if webhooks.is_empty() {
            continue;
        }
        let (target, body) =
            (format!("{GROUP}/{plural}"), json!({"metadata": {"name": "hooked"}, "webhooks": webhooks}));
        let (reply, answer) = send(client, Method::POST, &target, &body).await;
        assert_eq!(reply.status, 201, "{answer}");
        targets.push(format!("{target}/hooked"));
    }
    targets
}

/// Waits until every webhook of the scene has been called, or has refused.
async fn wait(client: &mut Remote, hook: &Hook, scene: &Scene) {
    let wanted = scene.mutating.len() + scene.validating.len();
    for _ in 0..40 {
        let (reply, _) =
            send(client, Method::POST, &format!("{MAPS}?dryRun=All"), &map("probe", &json!({"a": "1"}))).await;
        if hook.take().len() >= wanted || reply.status >= 400 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // A call that ran out of time may still arrive.
    tokio::time::sleep(Duration::from_millis(50)).await;
    hook.take();
}

async fn wait_until_free(client: &mut Remote, hook: &Hook) {
    for _ in 0..40 {
        let (reply, _) =
            send(client, Method::POST, &format!("{MAPS}?dryRun=All"), &map("probe", &json!({"a": "1"}))).await;
        if hook.take().is_empty() && reply.status < 400 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What is compared: the answer, its warnings, and the reviews behind it.
pub(crate) fn observed(hook: &Hook, reply: Reply, mut body: Value) -> Value {
    strip(&mut body);
    if let Some(message) = body["message"].as_str().map(|message| hook.hide(message)) {
        body["message"] = without_uids(&message).into();
    }
    if let Some(causes) = body["details"]["causes"].as_array_mut() {
        for cause in causes {
            let message = hook.hide(cause["message"].as_str().unwrap_or_default());
            cause["message"] = without_uids(&message).into();
        }
    }
    let warnings = reply.headers.get_all(header::WARNING).iter();
    let warnings: Vec<_> = warnings.map(|warning| warning.to_str().unwrap_or_default().to_owned()).collect();
    let reviews: Vec<_> = hook
        .take()
        .into_iter()
        .map(|(target, mut review)| {
            strip(&mut review);
            json!({"target": target, "review": review})
        })
        .collect();
    json!({"status": reply.status, "warnings": warnings, "body": body, "reviews": reviews})
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            VOLATILE.iter().for_each(|member| _ = map.remove(*member));
            map.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

/// A text with every uid taken out.
fn without_uids(text: &str) -> String {
    let is_end = |c: char| c == '"' || c == ' ';
    let is_uid = |word: &str| word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4;
    let words = text.split_inclusive(is_end).map(|part| {
        let word = part.trim_end_matches(is_end);
        if is_uid(word) { part.replace(word, "UID") } else { part.to_owned() }
    });
    words.collect()
}

/// While a webhook takes its time, other requests are answered.
pub(crate) async fn slow_webhook_blocks_nobody(client: &mut Remote, hook: &Hook) {
    send(client, Method::POST, "/api/v1/namespaces", &json!({"metadata": {"name": NAMESPACE}})).await;
    let body =
        json!({"metadata": {"name": "slow"}, "webhooks": [webhook(hook, "/slow", &json!({"timeoutSeconds": 5}))]});
    send(client, Method::POST, &format!("{GROUP}/validatingwebhookconfigurations"), &body).await;
    let mut other = Remote::new(&client.url(), None, serve::Trust::Anyone).expect("a client");
    let began = tokio::time::Instant::now();
    let slow = async { send(client, Method::POST, MAPS, &map("c", &json!({}))).await.0.status };
    let quick = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (reply, _) = send(&mut other, Method::GET, "/api/v1/namespaces/hooked", &Value::Null).await;
        (reply.status, began.elapsed())
    };
    let (slow, (quick, after)) = futures::future::join(slow, quick).await;
    assert_eq!((slow, quick), (201, 200));
    assert!(after < Duration::from_secs(2), "another request waited {after:?} for the webhook");
}

/// A served cluster has no network of services: the call of a webhook by its service fails, and says so.
pub(crate) async fn webhook_by_service_is_not_reached(client: &mut Remote) {
    let service = json!({"service": {"name": "hook", "namespace": "default"}});
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]});
    let webhook = json!({"name": "a.example.com", "rules": [rule], "clientConfig": service, "sideEffects": "None",
        "admissionReviewVersions": ["v1"]});
    let body = json!({"metadata": {"name": "service"}, "webhooks": [webhook]});
    send(client, Method::POST, &format!("{GROUP}/validatingwebhookconfigurations"), &body).await;
    let (reply, body) =
        send(client, Method::POST, "/api/v1/namespaces/default/configmaps", &map("c", &json!({}))).await;
    let message = body["message"].as_str().unwrap_or_default();
    assert!(reply.status == 500 && message.contains("a served cluster has no network"), "{body}");
}
