//! Names that senders choose: none becomes another path, selector, header, log line or time series.
use crate::{
    log::Log,
    support::{Answer, NOW, Replica, Reply, Script, post, webhook},
};
use gateway::{
    config::Config,
    protocol::{Disposition, Refusal},
};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

/// Texts that mean something in a URL or a header, and long ones.
fn hostile() -> Vec<String> {
    let short = [
        "a?watch=true",
        "a#b",
        "a/../b",
        "..",
        ".",
        "a%2Fb",
        "%2e%2e",
        "a b",
        " ",
        "a\tb",
        "a\r\nX: y",
        "a\u{0}b",
        "a\u{7f}",
        "a\\b",
        "a;b",
        "a&b=c",
        "é",
        "a\u{2028}b",
        "{a}",
        "a\"b",
        "*",
    ];
    short.into_iter().map(str::to_owned).chain(["a".repeat(254), "a".repeat(64 * 1024)]).collect()
}

/// An event about `object`, which it completes.
fn event(object: Value) -> String {
    let mut about = json!({ "kind": "Pod", "namespace": "default", "name": "a", "apiVersion": "v1" });
    about.as_object_mut().expect("an object").extend(object.as_object().expect("an object").clone());
    json!({ "type": "Warning", "reason": "BackOff", "involvedObject": about, "lastTimestamp": NOW }).to_string()
}

fn discovery_only(replica: &Replica) -> bool {
    replica.server.asked.lock().expect("no panic").iter().all(|path| path == "/api" || path == "/apis")
}

#[tokio::test(start_paused = true)]
async fn hostile_events_are_refused_without_a_call() {
    let replica = Replica::ready().await;
    for field in ["kind", "name", "namespace", "apiVersion"] {
        for text in hostile() {
            let answer = replica.event(&event(json!({ field: text }))).await;
            let detail = format!("Failed to parse signal: involvedObject.{field} is not a name of Kubernetes");
            assert_eq!((answer.status, answer.body["detail"].as_str()), (400, Some(&*detail)), "{field}: {text:?}");
        }
    }
    assert!(replica.signals().is_empty() && discovery_only(&replica));
    assert_eq!(replica.event(&event(json!({ "namespace": "" }))).await.status, 201, "the event itself is valid");
}

#[tokio::test(start_paused = true)]
async fn hostile_labels_name_no_object() {
    let replica = Replica::ready().await;
    for text in hostile() {
        for label in ["pod", "deployment", "node"] {
            assert_eq!(replica.webhook(&webhook(&[&[(label, &text)]])).await.status, 400, "{label}: {text:?}");
        }
        let labels = [("pod", "a"), ("namespace", text.as_str()), ("exported_namespace", &text), (&text, "a")];
        assert_eq!(replica.webhook(&webhook(&[&labels])).await.status, 201, "{text:?}");
    }
    assert!(replica.signals().iter().all(|signal| signal.target.namespace == "default"));
    let asked = replica.server.asked.lock().expect("no panic").clone();
    assert!(asked.iter().all(|path| path.starts_with("/api/v1/namespaces/default/pods/a") || !path.contains("pods")));
}

#[tokio::test(start_paused = true)]
async fn hostile_owner_ends_the_chain() {
    for text in hostile().into_iter().filter(|text| text.len() < 1_000) {
        let replica = Replica::ready().await;
        let pods = "/api/v1/namespaces/default/pods";
        replica.server.object(&format!("{pods}/a"), Some(("apps/v1", "ReplicaSet", &text)));
        assert_eq!(replica.webhook(&webhook(&[&[("pod", "a")]])).await.status, 201);
        assert_eq!(replica.signals()[0].target.kind, "Pod", "{text:?}");
        assert_eq!(replica.server.asked("/apis/apps"), 0, "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_selector_selects_nothing() {
    let replica = Replica::ready().await;
    let selector = json!({ "app": "web,tier in (a)&limit=500" });
    let service = json!({ "metadata": { "name": "web" }, "spec": { "selector": selector } });
    replica.server.put("/api/v1/namespaces/default/services/web", service);
    assert_eq!(replica.event(&event(json!({ "kind": "Service", "name": "web" }))).await.status, 201);
    assert_eq!(replica.signals()[0].target.kind, "Service");
    assert_eq!(replica.server.asked("/api/v1/namespaces/default/pods"), 0);
}

#[tokio::test(start_paused = true)]
async fn hostile_headers_stay_out_of_answers() {
    let replica = Replica::ready().await;
    let secret = "zzz-chosen-by-the-sender";
    for name in ["x-request-id", "idempotency-key", "x-timestamp", "content-type", "user-agent"] {
        let mut request = post("/api/v1/signals/prometheus", &webhook(&[&[("pod", "a")]]));
        request
            .headers_mut()
            .insert(name, HeaderValue::from_bytes(&[secret.as_bytes(), b"\xff\xfe"].concat()).expect("a value"));
        let Answer { headers, body, .. } = replica.send(request).await;
        assert!(!format!("{headers:?}{body}").contains(secret), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_texts_are_escaped_in_bodies() {
    let replica = Replica::ready().await;
    let path = "/%22%7d,%7b/".to_owned() + &"x".repeat(1_000);
    let answer = replica.send(post(&path, "")).await;
    assert_eq!((answer.status, answer.body["instance"].as_str()), (404, Some(path.as_str())));
    let name = "\"}\r\n{";
    let mut body: Value = serde_json::from_str(&webhook(&[&[("alertname", name)]])).expect("JSON");
    body["alerts"][0]["status"] = json!("resolved");
    let answer = replica.webhook(&body.to_string()).await;
    assert_eq!(answer.body["rejection"]["resource"], format!("alert/{name}"));
}

#[tokio::test(start_paused = true)]
async fn hostile_texts_stay_in_one_line_of_the_log() {
    let (log, _logging) = Log::start_as_text(tracing::Level::TRACE);
    let replica = Replica::ready().await;
    let forged = "x\r\n2026-11-20T16:53:14Z  INFO forged: all is well\u{1b}[2J";
    let status = json!({ "kind": "Status", "message": forged, "code": 500 });
    replica.server.reply(
        "/apis/apps/v1/namespaces/default/deployments/a",
        Reply::Json(StatusCode::INTERNAL_SERVER_ERROR, status),
    );
    assert_eq!(replica.webhook(&webhook(&[&[("deployment", "a")]])).await.status, 503);
    replica.script([Script::Refuse(Refusal::Unavailable(forged.into()))]);
    assert_eq!(replica.webhook(&webhook(&[&[("pod", "a"), ("alertname", forged)]])).await.status, 503);
    assert_eq!(replica.webhook(&webhook(&[&[("severity", &forged.repeat(9)), ("pod", "a")]])).await.status, 400);
    assert_eq!(replica.event(&event(json!({ "name": forged }))).await.status, 400);
    let log = log.text();
    assert!(log.matches("forged").count() >= 2, "{log}");
    assert!(!log.lines().any(|line| line.starts_with("2026-11-20T16:53:14Z")), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[tokio::test(start_paused = true)]
async fn hostile_values_do_not_fill_the_metrics() {
    let replica = Replica::boot(
        crate::support::ApiServer::new(),
        Config::for_pod("gateway-0", "kubernaut-system", "kubernaut-system"),
    )
    .await;
    for n in 0..300 {
        let (name, severity) = (format!("Alert{n}\"}} 1\n# EOF"), format!("s{n}"));
        let labels = [("pod", "a"), ("alertname", name.as_str()), ("severity", &severity)];
        replica.script([Script::Accept(Disposition::Duplicate)]);
        assert_eq!(replica.webhook(&webhook(&[&labels])).await.status, 202);
        replica.event(&event(json!({ "kind": format!("Kind{n}") }))).await;
        replica.send(post(&format!("/path/{n}"), "")).await;
    }
    let text = replica.app.metrics().encode();
    let series = |metric: &str| text.lines().filter(|line| line.starts_with(metric)).count();
    assert_eq!(series("gateway_signals_deduplicated_total"), 101);
    assert!(series("gateway_signals_received_total") <= 202);
    assert_eq!(series("gateway_owner_resolution_total"), 2, "Pod and other");
    assert!(text.lines().count() < 700, "{}", text.lines().count());
    assert!(text.contains("signal_name=\"other\"} 200"));
}
