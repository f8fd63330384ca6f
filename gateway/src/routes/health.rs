//! Probes and metrics: the endpoints for Kubernetes and Prometheus, on listeners of their own.
use crate::{clock::rfc3339_seconds, exposition, gateway::Gateway};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::sync::Arc;

/// Liveness: the process runs. Whether it can work does not matter here: restarting it would not help the API server.
pub async fn healthz(State(gateway): State<Arc<Gateway>>) -> Response {
    let now = rfc3339_seconds(gateway.clock.now());
    Json(json!({ "status": "healthy", "timestamp": now })).into_response()
}

/// Readiness: a signal would be stored. What recent calls did not show is tried.
pub async fn readyz(State(gateway): State<Arc<Gateway>>) -> Response {
    let Err(reason) = gateway.verify().await else { return Json(json!({ "status": "ready" })).into_response() };
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

/// The metrics, in the format that the scraper accepts.
pub async fn metrics(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
) -> ([(HeaderName, &'static str); 1], String) {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let (content_type, text) = exposition::of(&gateway.metrics, accept);
    ([(header::CONTENT_TYPE, content_type)], text)
}
