//! The answer to a delivery of one alert: every status code, every field that clients read.
use crate::support::{Answer, Replica, Script, post, webhook};
use axum::body::Body;
use gateway::protocol::{Disposition, Refusal};
use http::{Method, Request, header};
use serde_json::json;

const DEPLOYMENT: &[(&str, &str)] = &[("deployment", "checkout"), ("namespace", "payments")];
const FINGERPRINT: &str = "5fd21205f2898c4d4d98671782ecab6fbbc14932881a17398c05fc7b0d06c331";

/// Asserts a problem document in the existing gateway's format, and Retry-After exactly if a retry may help.
pub(crate) fn assert_problem(answer: &Answer, status: u16, kind: &str, title: &str, detail: &str) {
    let expected = json!({
        "type": format!("https://kubernaut.ai/problems/{kind}"),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "/api/v1/signals/prometheus",
        "request_id": answer.headers["x-request-id"].to_str().expect("ASCII"),
    });
    assert_eq!(answer.body, expected);
    assert_eq!(answer.status, status);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.headers.contains_key(header::RETRY_AFTER), status >= 500);
}

#[tokio::test(start_paused = true)]
async fn first_signal_is_answered_created() {
    let replica = Replica::ready().await;
    let answer = replica.webhook(&webhook(&[DEPLOYMENT])).await;
    let expected = json!({
        "status": "created",
        "message": "RemediationRequest CRD created successfully",
        "fingerprint": FINGERPRINT,
        "duplicate": false,
        "remediationRequestName": format!("rr-{}", &FINGERPRINT[..12]),
        "remediationRequestNamespace": "kubernaut-system",
    });
    assert_eq!((answer.status, answer.body), (201, expected));
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
}

#[tokio::test(start_paused = true)]
async fn counted_signal_is_answered_duplicate() {
    let replica = Replica::ready().await;
    replica.script([Script::Accept(Disposition::Duplicate)]);
    let answer = replica.webhook(&webhook(&[DEPLOYMENT])).await;
    let name = format!("rr-{}", &FINGERPRINT[..12]);
    let expected = json!({
        "status": "duplicate",
        "message": "Duplicate signal (K8s status-based deduplication)",
        "fingerprint": FINGERPRINT,
        "duplicate": true,
        "remediationRequestName": name,
        "remediationRequestNamespace": "kubernaut-system",
        "metadata": {
            "fingerprint": FINGERPRINT,
            "count": 7,
            "remediationRequestRef": format!("kubernaut-system/{name}"),
            "firstOccurrence": "2026-11-20T16:53:01Z",
            "lastOccurrence": "2026-11-20T16:53:14Z",
        },
    });
    assert_eq!((answer.status, answer.body), (202, expected));
}

/// A reason as the API server gives it, which senders must not see.
fn secret() -> String {
    "leases is forbidden: User \"system:serviceaccount:kubernaut-system:gateway\" cannot create".to_owned()
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_retryable() {
    let replica = Replica::ready().await;
    let unavailable = |detail| (503, "service-unavailable", "Service Unavailable", detail);
    for (refusal, (status, kind, title, detail)) in [
        (Refusal::Overloaded(secret()), unavailable("overloaded: too many signals are waiting")),
        (Refusal::Unavailable(secret()), unavailable("unavailable: the signal cannot be stored now")),
        (
            Refusal::Refused(secret()),
            unavailable("refused by the Kubernetes API: an operator must act, the gateway's log says how"),
        ),
        (Refusal::DeadlineExceeded, (504, "gateway-timeout", "Gateway Timeout", "Request processing timed out")),
        (Refusal::Internal(secret()), (500, "internal-error", "Internal Server Error", "Internal server error")),
    ] {
        replica.script([Script::Refuse(refusal)]);
        let answer = replica.webhook(&webhook(&[DEPLOYMENT])).await;
        assert_problem(&answer, status, kind, title, detail);
    }
    assert_eq!(replica.webhook(&webhook(&[DEPLOYMENT])).await.status, 201, "and the next one is processed");
}

#[tokio::test(start_paused = true)]
async fn invalid_alerts_are_never_retried() {
    let replica = Replica::ready().await;
    let long = "x".repeat(51);
    for (labels, detail) in [
        (&[("alertname", ""), ("pod", "a")][..], "Signal validation failed: alertName is required"),
        (
            &[("severity", long.as_str()), ("pod", "a")],
            "Signal validation failed: severity is longer than 50 characters: shorten it at its source",
        ),
    ] {
        let answer = replica.webhook(&webhook(&[labels])).await;
        assert_problem(&answer, 400, "validation-error", "Bad Request", detail);
    }
    for body in ["", "{", "7", "{\"alerts\": 1}"] {
        let answer = replica.webhook(body).await;
        assert_eq!(answer.status, 400, "{body}");
        let detail = answer.body["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.starts_with("Failed to parse batch payload"), "{detail}");
    }
    assert!(replica.signals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn other_routes_and_methods_are_problems() {
    let replica = Replica::ready().await;
    let get = Request::get("/api/v1/signals/prometheus").body(Body::empty()).expect("a request");
    let answer = replica.send(get).await;
    let detail = "method not allowed: signals are POSTed";
    assert_problem(&answer, 405, "method-not-allowed", "Method Not Allowed", detail);
    assert_eq!(answer.headers[header::ALLOW], "POST");
    let answer = replica.send(post("/metrics", "")).await;
    assert_eq!((answer.status, answer.body["instance"].as_str()), (404, Some("/metrics")));
    assert_eq!(answer.body["type"], "https://kubernaut.ai/problems/unknown");
}

#[tokio::test(start_paused = true)]
async fn every_answer_has_the_edges_headers() {
    let replica = Replica::ready().await;
    let mut ids = std::collections::BTreeSet::new();
    for (method, path) in [(Method::POST, "/api/v1/signals/prometheus"), (Method::GET, "/"), (Method::PUT, "/x")] {
        let request = Request::builder().method(method).uri(path).header("X-Request-ID", "chosen-by-the-sender");
        let answer = replica.send(request.body(Body::from("{}")).expect("a request")).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("content-security-policy", "default-src 'none'"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.headers[name], value);
        }
        assert!(answer.headers.contains_key("x-xss-protection"));
        ids.insert(answer.headers["x-request-id"].to_str().expect("ASCII").to_owned());
    }
    assert_eq!(ids.len(), 3, "each fresh: {ids:?}");
    assert!(ids.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'4'), "version 4 UUIDs: {ids:?}");
}

#[tokio::test(start_paused = true)]
async fn metrics_count_the_answers() {
    let replica = Replica::ready().await;
    replica.script([Script::Accept(Disposition::Created), Script::Accept(Disposition::Duplicate)]);
    for _ in 0..2 {
        replica.webhook(&webhook(&[DEPLOYMENT])).await;
    }
    replica.send(post("/made/up/path", "")).await;
    let text = replica.app.metrics().encode();
    for line in [
        "gateway_signals_received_total{source_type=\"prometheus\",severity=\"warning\"} 2",
        "gateway_crds_created_total{source_type=\"prometheus\",status=\"created\"} 1",
        "gateway_signals_deduplicated_total{signal_name=\"KubePodCrashLooping\"} 1",
        "gateway_owner_resolution_total{kind=\"Deployment\",outcome=\"success\"} 2",
        concat!(
            "gateway_http_request_duration_seconds_count",
            "{endpoint=\"/api/v1/signals/prometheus\",method=\"POST\",status=\"201\"} 1",
        ),
        "gateway_http_request_duration_seconds_count{endpoint=\"unknown\",method=\"POST\",status=\"404\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing from\n{text}");
    }
}
