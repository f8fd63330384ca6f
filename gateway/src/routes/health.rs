//! Probes and metrics: the two listeners that Kubernetes and Prometheus talk to, not senders of signals.
use crate::app::Gateway;
use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::sync::Arc;

/// The process runs. Says nothing about whether it can work: restarting it would not help the API server.
pub async fn healthz(State(gateway): State<Arc<Gateway>>) -> Response {
    let now = gateway.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Json(json!({ "status": "healthy", "timestamp": now })).into_response()
}

/// Signals can be taken.
pub async fn readyz(State(gateway): State<Arc<Gateway>>) -> Response {
    let Err(reason) = gateway.ready() else { return Json(json!({ "status": "ready" })).into_response() };
    let problem = json!({
        "type": "https://kubernaut.ai/problems/service-unavailable",
        "title": "Service Unavailable",
        "detail": reason,
        "status": 503,
        "instance": "/readyz",
    });
    let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, problem.to_string()).into_response()
}

/// The exposition.
pub async fn metrics(State(gateway): State<Arc<Gateway>>) -> ([(HeaderName, &'static str); 1], String) {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], gateway.metrics.encode())
}
