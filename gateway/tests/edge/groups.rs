//! Groups of alerts: one answer for the whole group, which the sender retries as a whole or not at all.
use crate::support::{Replica, Script, webhook};
use gateway::protocol::{Disposition, Refusal};
use http::header;
use serde_json::{Value, json};

const A: &[(&str, &str)] = &[("deployment", "a")];
const B: &[(&str, &str)] = &[("deployment", "b")];
const NO_TARGET: &[(&str, &str)] = &[("colour", "red")];

fn statuses(body: &Value) -> Vec<&str> {
    body["results"].as_array().expect("results").iter().map(|result| result["status"].as_str().expect("text")).collect()
}

#[tokio::test(start_paused = true)]
async fn stored_and_invalid_members_are_answered_207() {
    let replica = Replica::ready().await;
    replica.script([Script::Accept(Disposition::Created), Script::Accept(Disposition::Duplicate)]);
    let mut body: Value = serde_json::from_str(&webhook(&[A, B, NO_TARGET, A])).expect("JSON");
    body["alerts"][3]["status"] = json!("resolved");
    let answer = replica.webhook(&body.to_string()).await;
    assert_eq!(answer.status, 207);
    assert_eq!(statuses(&answer.body), ["created", "duplicate", "failed", "rejected"]);
    let summary = json!({ "total": 4, "created": 1, "deduplicated": 1, "rejected": 1, "failed": 1 });
    assert_eq!(answer.body["summary"], summary);
    let results = &answer.body["results"];
    assert_eq!(results[0]["fingerprint"].as_str().map(str::len), Some(64));
    assert_eq!(results[0].get("error"), None);
    assert!(results[2]["error"].as_str().is_some_and(|error| error.starts_with("Signal validation failed: ")));
    assert_eq!(replica.signals().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_member_not_stored_makes_the_group_retryable() {
    for (refusal, error) in [
        (Refusal::Unavailable("etcd".into()), "unavailable: the signal cannot be stored now"),
        (Refusal::DeadlineExceeded, "request timeout exceeded"),
        (Refusal::Internal("secret".into()), "Processing failed"),
    ] {
        let replica = Replica::ready().await;
        replica.script([Script::Accept(Disposition::Created), Script::Refuse(refusal)]);
        let answer = replica.webhook(&webhook(&[A, B])).await;
        assert_eq!((answer.status, answer.body["status"].as_u64()), (503, Some(503)));
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.body["detail"], "1 of 2 alerts were not stored: send the group again");
        assert_eq!(statuses(&answer.body), ["created", "failed"]);
        assert_eq!(answer.body["results"][1]["error"], error);
        assert_eq!(answer.body["summary"]["failed"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn failed_look_up_makes_the_group_retryable() {
    let replica = Replica::ready().await;
    replica.server.fail("/apis/apps/v1/namespaces/default/deployments/b", 500);
    let answer = replica.webhook(&webhook(&[A, B])).await;
    assert_eq!(answer.status, 503);
    assert_eq!(statuses(&answer.body), ["created", "failed"]);
}

#[tokio::test(start_paused = true)]
async fn slow_member_does_not_hold_up_the_others() {
    let replica = Replica::ready().await;
    replica.script([Script::Hang, Script::Accept(Disposition::Created)]);
    let started = tokio::time::Instant::now();
    let answer = replica.webhook(&webhook(&[A, B])).await;
    assert_eq!(answer.status, 503);
    assert_eq!(statuses(&answer.body), ["failed", "created"]);
    assert_eq!(answer.body["results"][0]["error"], "request timeout exceeded");
    assert_eq!(started.elapsed().as_secs(), 15, "all members share one deadline");
}

#[tokio::test(start_paused = true)]
async fn group_without_alerts_is_invalid() {
    let replica = Replica::ready().await;
    let answer = replica.webhook("{\"alerts\":[]}").await;
    assert_eq!(
        (answer.status, answer.body["detail"].as_str()),
        (400, Some("alert payload missing startsAt timestamp"))
    );
}

#[tokio::test(start_paused = true)]
async fn malformed_member_does_not_spoil_the_others() {
    let replica = Replica::ready().await;
    let mut body: Value = serde_json::from_str(&webhook(&[A, B, A])).expect("JSON");
    body["alerts"][1]["labels"]["severity"] = json!(3);
    body["alerts"][2] = json!(null);
    let answer = replica.webhook(&body.to_string()).await;
    assert_eq!((answer.status, statuses(&answer.body)), (207, vec!["created", "failed", "failed"]));
    let errors: Vec<_> = (1..3).map(|at| answer.body["results"][at]["error"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        errors,
        [
            "Failed to parse alert: labels: expected a text, found a number",
            "Signal validation failed: alertName is required"
        ]
    );
    let text = replica.app.metrics().encode();
    assert!(text.contains("gateway_signals_parse_dropped_total{reason=\"invalid\"} 2\n"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn group_that_go_reads_is_not_lost() {
    let replica = Replica::ready().await;
    let body = concat!(
        r#"{"alerts":[{"labels":{"alertname":"A","pod":"p1","note":null},"annotations":{"summary":"cut \ud83d"},"#,
        r#""startsAt":"2026-11-20T16:52:14Z"},{"labels":{"alertname":"B"},"labels":{"pod":"p2","bytes":"BYTES"},"#,
        r#""startsAt":"2026-11-20T16:52:14Z"}]}"#,
    );
    let (before, after) = body.split_once("BYTES").expect("a place for bytes");
    let bytes = [before.as_bytes(), b"\xc3(\xff", after.as_bytes()].concat();
    let request = http::Request::post("/api/v1/signals/prometheus").body(axum::body::Body::from(bytes));
    assert_eq!(replica.send(request.expect("a request")).await.status, 207);
    let signals = replica.signals();
    assert_eq!((signals[0].labels["note"].as_str(), &*signals[0].annotations["summary"]), ("", "cut \u{fffd}"));
    assert_eq!((&*signals[1].name, &*signals[1].labels["bytes"]), ("B", "\u{fffd}(\u{fffd}"));
    assert!(signals[1].payload.contains("\u{fffd}(\u{fffd}"), "the payload is stored as text");
}
