//! API calls of clients that are not kube: the orchestrator, the administrator and other writers.
use bytes::Bytes;
use http::{Method, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use sim::engine::ApiService;
use std::time::Duration;
use tower::Service;

/// Time after which a client abandons a call without an answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Content type of a JSON body.
const JSON: &str = "application/json";
/// Content type of a JSON merge patch.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A write request.
#[derive(Debug, Clone)]
pub struct Write {
    /// HTTP method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Body; its content type follows from the method.
    pub body: Value,
}

impl Write {
    /// A merge patch.
    pub fn patch(target: String, body: Value) -> Self {
        Self { method: Method::PATCH, target, body }
    }

    /// A deletion without preconditions.
    pub fn delete(target: String) -> Self {
        let body = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        Self { method: Method::DELETE, target, body }
    }

    /// A deletion of exactly this version of an object.
    pub fn delete_version(target: String, object: &Value) -> Self {
        let metadata = &object["metadata"];
        let preconditions = json!({"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]});
        let body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions});
        Self { method: Method::DELETE, target, body }
    }

    /// A creation.
    pub fn create(target: String, body: Value) -> Self {
        Self { method: Method::POST, target, body }
    }

    /// Content type of the body.
    pub fn content_type(&self) -> &'static str {
        if self.method == Method::PATCH { MERGE_PATCH } else { JSON }
    }

    /// Sends the write; status and body of the answer, or `None` if the connection broke.
    pub async fn send(&self, api: &ApiService) -> Option<(u16, Value)> {
        call_with(api, self.method.clone(), &self.target, self.content_type(), Some(&self.body)).await
    }
}

/// Makes one API call; status and body of the answer, or `None` if the connection broke.
pub async fn call(api: &ApiService, method: Method, target: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    call_with(api, method, target, JSON, body).await
}

async fn call_with(
    api: &ApiService,
    method: Method,
    target: &str,
    content_type: &str,
    body: Option<&Value>,
) -> Option<(u16, Value)> {
    let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let request = http::Request::builder()
        .method(method)
        .uri(target)
        .header(CONTENT_TYPE, content_type)
        .body(Full::new(bytes))
        .ok()?;
    let answer = tokio::time::timeout(CALL_TIMEOUT, api.clone().call(request));
    let response = answer.await.ok()?.ok()?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
