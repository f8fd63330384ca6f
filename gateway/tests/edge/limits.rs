//! Refusals before the alert is processed: size, content type, age, and too many requests at once.
use crate::{
    answers::assert_problem,
    support::{Answer, ApiServer, Replica, Reply, Script, post, webhook},
};
use axum::body::Body;
use futures::StreamExt;
use gateway::config::Config;
use http::{HeaderValue, Request, header};
use serde_json::{Value, json};
use std::{future::Future, pin::pin, task::Poll};

const A: &[(&str, &str)] = &[("deployment", "a")];

fn with_header(name: &'static str, value: &str) -> Request<Body> {
    let mut request = post("/api/v1/signals/prometheus", &webhook(&[A]));
    request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header"));
    request
}

fn starting(starts_at: &str) -> String {
    let mut body: Value = serde_json::from_str(&webhook(&[A])).expect("JSON");
    body["alerts"][0]["startsAt"] = json!(starts_at);
    body.to_string()
}

fn detail(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["detail"].as_str().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn body_of_256_kib_is_the_largest() {
    let replica = Replica::ready().await;
    let body = webhook(&[A]);
    let padded = |bytes: usize| format!("{body}{}", " ".repeat(bytes - body.len()));
    assert_eq!(replica.webhook(&padded(256 * 1024)).await.status, 201);
    let answer = replica.webhook(&padded(256 * 1024 + 1)).await;
    assert_problem(&answer, 413, "payload-too-large", "Request Entity Too Large", "Request body too large");
    let stream = futures::stream::repeat(()).map(|()| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let request = Request::post("/api/v1/signals/prometheus").body(Body::from_stream(stream)).expect("a request");
    assert_eq!(replica.send(request).await.status, 413, "the limit holds without Content-Length, too");
}

#[tokio::test(start_paused = true)]
async fn only_json_is_read() {
    let replica = Replica::ready().await;
    for accepted in ["", "application/json", "Application/JSON; charset=utf-8"] {
        assert_eq!(replica.send(with_header("content-type", accepted)).await.status, 201, "{accepted}");
    }
    let answer = replica.send(with_header("content-type", "text/plain")).await;
    let detail = "Content-Type must be application/json";
    assert_problem(&answer, 415, "unsupported-media-type", "Unsupported Media Type", detail);
    assert_eq!(answer.headers[header::ACCEPT], "application/json");
    for nonsense in ["json", "/", "a/b/c"] {
        assert_eq!(replica.send(with_header("content-type", nonsense)).await.status, 400, "{nonsense}");
    }
}

#[tokio::test(start_paused = true)]
async fn stamp_must_be_fresh() {
    let replica = Replica::ready().await;
    let now = 1_795_193_594; // 2026-11-20T16:53:14Z
    for (stamp, expected) in [
        ("soon".to_owned(), (400, "invalid timestamp format")),
        ("-1".to_owned(), (400, "invalid timestamp: negative value")),
        ((now - 302).to_string(), (400, "timestamp too old: possible replay attack")),
        ((now + 125).to_string(), (503, "timestamp in future: possible clock skew attack")),
        ((now - 298).to_string(), (201, "")),
        ((now + 119).to_string(), (201, "")),
    ] {
        let answer = replica.send(with_header("x-timestamp", &stamp)).await;
        assert_eq!(detail(&answer), expected, "{stamp}");
    }
}

#[tokio::test(start_paused = true)]
async fn unstamped_alert_may_be_old_but_not_ahead() {
    let replica = Replica::ready().await;
    assert_eq!(replica.webhook(&starting("2025-01-01T00:00:00Z")).await.status, 201);
    let answer = replica.webhook(&starting("2026-11-20T16:56:00Z")).await;
    assert_eq!(detail(&answer), (503, "timestamp in future: possible clock skew attack"));
    let answer = replica.webhook(&starting("0001-01-01T00:00:00Z")).await;
    assert_eq!(detail(&answer), (400, "alert payload missing startsAt timestamp"));
}

#[tokio::test(start_paused = true)]
async fn event_must_be_fresh() {
    let replica = Replica::ready().await;
    let event = |last: Value| {
        let object = json!({ "kind": "Node", "name": "worker-3" });
        json!({ "type": "Warning", "reason": "Rebooted", "involvedObject": object, "lastTimestamp": last }).to_string()
    };
    for (last, expected) in [
        (json!("2026-11-20T16:49:00Z"), (201, "")),
        (json!("2026-11-20T16:48:00Z"), (400, "event timestamp too old: possible stale event")),
        (json!("2026-11-20T16:56:00Z"), (503, "event timestamp in future: possible clock skew attack")),
        (Value::Null, (400, "event payload missing timestamp")),
    ] {
        assert_eq!(detail(&replica.event(&event(last.clone())).await), expected, "{last}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_cap_are_refused() {
    let config = Config { requests_max: 1, ..Config::for_pod("gateway-0", "ns", "ns") };
    let replica = Replica::boot(ApiServer::new(), config).await;
    replica.script([Script::Hang]);
    let body = webhook(&[A]);
    let mut first = Box::pin(replica.webhook(&body));
    while replica.signals().is_empty() {
        std::future::poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_pending())).await;
        tokio::task::yield_now().await;
    }
    let answer = replica.webhook(&body).await;
    let detail = "too many concurrent requests: try again";
    assert_problem(&answer, 503, "service-unavailable", "Service Unavailable", detail);
    drop(first);
    assert_eq!(replica.webhook(&body).await.status, 201, "a client that disconnects returns its permit");
}

#[tokio::test(start_paused = true)]
async fn request_timeout_covers_everything() {
    let replica = Replica::ready().await;
    replica.script([Script::Hang]);
    let started = tokio::time::Instant::now();
    let answer = replica.webhook(&webhook(&[A])).await;
    assert_problem(&answer, 504, "gateway-timeout", "Gateway Timeout", "Request processing timed out");
    assert_eq!(started.elapsed().as_secs(), 15);
    let silent = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::post("/api/v1/signals/prometheus").body(silent).expect("a request");
    assert_eq!(replica.send(request).await.status, 504, "a body that never arrives");
}

#[tokio::test(start_paused = true)]
async fn disconnected_client_leaves_nothing_behind() {
    let replica = Replica::ready().await;
    let path = "/apis/apps/v1/namespaces/default/deployments/a";
    replica.server.reply(path, Reply::Hang);
    let body = webhook(&[A]);
    {
        let mut request = pin!(replica.webhook(&body));
        while replica.server.asked(path) == 0 {
            std::future::poll_fn(|cx| Poll::Ready(request.as_mut().poll(cx).is_pending())).await;
            tokio::task::yield_now().await;
        }
    }
    replica.server.object(path, None);
    assert_eq!(replica.webhook(&body).await.status, 201);
    assert_eq!(replica.server.asked(path), 2, "the abandoned look-up is repeated");
}

#[tokio::test(start_paused = true)]
async fn key_names_each_alert_of_a_delivery() {
    let replica = Replica::ready().await;
    let keyed = |key: &str| {
        let mut request = post("/api/v1/signals/prometheus", &webhook(&[A, &[("deployment", "b")]]));
        request.headers_mut().insert("idempotency-key", HeaderValue::from_str(key).expect("a header"));
        request
    };
    for key in ["one", "\"one\"", "two"] {
        assert_eq!(replica.send(keyed(key)).await.status, 207, "{key}");
    }
    assert_eq!(replica.send(with_header("idempotency-key", "")).await.status, 400, "an empty key is invalid");
    assert_eq!(replica.webhook(&webhook(&[A])).await.status, 201);
    let keys: Vec<_> = replica.signals().iter().map(|signal| signal.delivery_key.clone()).collect();
    assert_eq!((&keys[0], &keys[1]), (&keys[2], &keys[3]), "the same delivery again");
    assert!(keys[0] != keys[1] && keys[0] != keys[4] && keys[0].is_some());
    assert_eq!(keys[6], None);
}
