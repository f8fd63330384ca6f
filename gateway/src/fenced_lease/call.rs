//! One call to the API server: its deadline, and what its answer proves.
//!
//! kube's typed `Api` is not used: it hides the Retry-After header, and parses whole objects. Nothing is retried here.
//! The outcome of a write is *definite* if the server answered 2xx or 4xx (including 429). Any other outcome is
//! *ambiguous*: the write was executed, was not executed, or will be later (a server may execute a write after
//! answering 504).
use super::{lease::LeaseRecord, list::List, request::RequestRecord};
use crate::{
    clock::{SharedClock, within},
    metrics::Metrics,
};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use kube::{
    api::{ListParams, WatchParams},
    client::Body,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// How long one call may take.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How many calls, watches not included, may be under way at a time. More wait, first come, first served; each
/// fingerprint has one writer, so that none gets ahead of the others. A group of alerts may begin hundreds of episodes
/// at once.
pub(super) const CALLS_MAX: usize = 64;
const PAGE: u32 = 500;
const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Why a call returned no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// The server refused: nothing was executed.
    #[error("{message} ({code} {reason})")]
    Rejected { code: u16, reason: String, message: String, retry_after: Option<Duration> },
    /// The outcome of a write is unknown; a read can be repeated.
    #[error("no definite answer from the api server: {why}")]
    Ambiguous { why: String, retry_after: Option<Duration> },
    /// The deadline had passed already.
    #[error("out of time before the api server was asked")]
    NotSent,
}

impl CallError {
    fn code(&self) -> Option<u16> {
        if let Self::Rejected { code, .. } = self { Some(*code) } else { None }
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Ambiguous { .. })
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    pub(super) fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }

    pub(super) fn is_already_exists(&self) -> bool {
        matches!(self, Self::Rejected { code: 409, reason, .. } if reason == "AlreadyExists")
    }

    pub(super) fn is_invalid(&self) -> bool {
        self.code() == Some(422)
    }

    /// Whether the server no longer has the version to list or watch from.
    pub(super) fn is_expired(&self) -> bool {
        self.code() == Some(410)
    }

    /// Whether the call was refused for now: nothing was executed, and the same call may be made again.
    pub(super) fn is_throttled(&self) -> bool {
        matches!(self, Self::NotSent) || self.code() == Some(429)
    }

    /// Whether the server knows no such field selector: before Kubernetes 1.32, custom resources have no selectable
    /// fields. The text is kube-apiserver's.
    pub(super) fn is_unknown_selector(&self) -> bool {
        matches!(self, Self::Rejected { code: 400, message, .. } if message.contains("field label not supported"))
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected { retry_after, .. } | Self::Ambiguous { retry_after, .. } => *retry_after,
            Self::NotSent => None,
        }
    }
}

/// The two collections, and how to reach them.
#[derive(Clone)]
pub(super) struct Calls {
    client: kube::Client,
    clock: SharedClock,
    metrics: Arc<Metrics>,
    requests: Arc<str>,
    leases: Arc<str>,
    permits: Arc<Semaphore>,
}

impl Calls {
    pub(super) fn new(context: &crate::protocol::Context) -> Self {
        let (requests, leases) = (&context.namespace, &context.lock_namespace);
        Self {
            client: context.client.clone(),
            clock: context.clock.clone(),
            metrics: context.metrics.clone(),
            requests: format!("/apis/kubernaut.ai/v1alpha1/namespaces/{requests}/remediationrequests").into(),
            leases: format!("/apis/coordination.k8s.io/v1/namespaces/{leases}/leases").into(),
            permits: Arc::new(Semaphore::new(CALLS_MAX)),
        }
    }

    /// The path of the RemediationRequests.
    pub(super) fn requests_path(&self) -> &str {
        &self.requests
    }

    /// The path of the Leases.
    pub(super) fn leases_path(&self) -> &str {
        &self.leases
    }

    /// A quorum read: without a resourceVersion the server reads from etcd.
    pub(super) async fn get_request(&self, name: &str, deadline: Duration) -> Result<RequestRecord, CallError> {
        self.read(&format!("{}/{name}", self.requests), deadline).await
    }

    pub(super) async fn create_request(&self, body: Bytes, deadline: Duration) -> Result<RequestRecord, CallError> {
        self.write(Method::POST, &self.requests, JSON, body, deadline).await
    }

    /// Patches the status. Validation is strict: an old CustomResourceDefinition without the count must refuse it, not
    /// drop it.
    pub(super) async fn patch_status(
        &self,
        name: &str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<RequestRecord, CallError> {
        let path = format!("{}/{name}/status?fieldValidation=Strict", self.requests);
        self.write(Method::PATCH, &path, MERGE_PATCH, body, deadline).await
    }

    pub(super) async fn get_lease(&self, name: &str, deadline: Duration) -> Result<LeaseRecord, CallError> {
        self.read(&format!("{}/{name}", self.leases), deadline).await
    }

    pub(super) async fn create_lease(&self, lease: &LeaseRecord, deadline: Duration) -> Result<LeaseRecord, CallError> {
        self.write(Method::POST, &self.leases, JSON, lease.body().into(), deadline).await
    }

    pub(super) async fn replace_lease(
        &self,
        lease: &LeaseRecord,
        deadline: Duration,
    ) -> Result<LeaseRecord, CallError> {
        let path = format!("{}/{}", self.leases, lease.metadata.name);
        self.write(Method::PUT, &path, JSON, lease.body().into(), deadline).await
    }

    /// Deletes `lease` at this version only.
    pub(super) async fn delete_lease(&self, lease: &LeaseRecord, deadline: Duration) -> Result<(), CallError> {
        let path = format!("{}/{}", self.leases, lease.metadata.name);
        // The uid alone would not protect a successor: a takeover keeps the uid.
        let body = serde_json::json!({
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"uid": lease.metadata.uid, "resourceVersion": lease.metadata.resource_version},
        });
        let body = Bytes::from(body.to_string());
        self.write::<serde::de::IgnoredAny>(Method::DELETE, &path, JSON, body, deadline).await.map(drop)
    }

    /// A consistent LIST, all pages joined. Each page has the timeout of a call.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        selector: &ListParams,
        deadline: Duration,
    ) -> Result<List<T>, CallError> {
        let mut list = self.page::<T>(path, selector, None, deadline).await?;
        while let Some(token) = list.metadata.next_page().map(str::to_owned) {
            list.extend(self.page(path, selector, Some(token), deadline).await?);
        }
        Ok(list)
    }

    async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        selector: &ListParams,
        token: Option<String>,
        deadline: Duration,
    ) -> Result<List<T>, CallError> {
        let params = ListParams { limit: Some(PAGE), continue_token: token, ..selector.clone() };
        let request = kube::core::Request::new(path).list(&params).map_err(|error| unsendable(&error))?;
        self.call(request.map(Body::from), self.deadline(deadline)).await
    }

    /// Opens a watch; the answer's body streams its events.
    pub(super) async fn watch(&self, path: &str, params: &WatchParams, version: &str) -> Result<Body, CallError> {
        let request = kube::core::Request::new(path).watch(params, version).map_err(|error| unsendable(&error))?;
        let deadline = self.clock.monotonic() + CALL_TIMEOUT;
        let opened = within(&*self.clock, deadline, self.open(request.map(Body::from)));
        Ok(opened.await.unwrap_or_else(|| Err(no_answer()))?.into_body())
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, deadline: Duration) -> Result<T, CallError> {
        let request =
            Request::get(path).header(header::ACCEPT, JSON).body(Body::empty()).map_err(|error| unsendable(&error))?;
        self.call(request, self.deadline(deadline)).await
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        content_type: &'static str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<T, CallError> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::ACCEPT, JSON).header(header::CONTENT_TYPE, content_type);
        let request = request.body(Body::from(body)).map_err(|error| unsendable(&error))?;
        let answer = self.call(request, self.deadline(deadline)).await;
        if answer.as_ref().is_err_and(CallError::is_ambiguous) {
            self.metrics.ambiguous_writes.inc();
        }
        answer
    }

    fn deadline(&self, deadline: Duration) -> Duration {
        deadline.min(self.clock.monotonic() + CALL_TIMEOUT)
    }

    async fn call<T: DeserializeOwned>(&self, request: Request<Body>, deadline: Duration) -> Result<T, CallError> {
        if self.clock.monotonic() >= deadline {
            return Err(CallError::NotSent);
        }
        let _permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => match within(&*self.clock, deadline, self.permits.acquire()).await {
                Some(Ok(permit)) => permit,
                _ => return Err(CallError::NotSent),
            },
        };
        let answered = within(&*self.clock, deadline, async {
            let body = self.open(request).await?.into_body().collect().await.map_err(|error| ambiguous(&error))?;
            parse(&body.to_bytes()).map_err(|error| ambiguous(&error))
        });
        answered.await.unwrap_or_else(|| Err(no_answer()))
    }

    /// Sends the request; any answer other than 2xx is an error.
    async fn open(&self, request: Request<Body>) -> Result<http::Response<Body>, CallError> {
        let response = self.client.send(request).await.map_err(|error| ambiguous(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let code = response.status();
        let header = response.headers().get(header::RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
        // The status code suffices: a body that is cut off must not make a refusal ambiguous.
        let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Err(refusal(code, header, &body))
    }
}

/// metav1.Status, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    retry_after_seconds: u64,
}

/// Parses JSON from the API server. Checking UTF-8 once for the whole text is cheaper than for each of its strings.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(json),
    }
}

fn refusal(code: StatusCode, header: Option<u64>, body: &[u8]) -> CallError {
    let status: Status = parse(body).unwrap_or_else(|_| {
        // Proxies answer in plain text, and so does kube-apiserver for unknown paths.
        let message = String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned();
        Status { message, ..Status::default() }
    });
    let seconds = header.or(status.details.map(|details| details.retry_after_seconds)).filter(|seconds| *seconds > 0);
    let retry_after = seconds.map(Duration::from_secs);
    if code.is_client_error() {
        let (reason, message) = (status.reason, status.message);
        return CallError::Rejected { code: code.as_u16(), reason, message, retry_after };
    }
    CallError::Ambiguous { why: format!("{code}: {}", status.message), retry_after }
}

fn ambiguous(error: &dyn std::error::Error) -> CallError {
    CallError::Ambiguous { why: error.to_string(), retry_after: None }
}

fn no_answer() -> CallError {
    CallError::Ambiguous { why: "no answer in time".to_owned(), retry_after: None }
}

/// The error of a request that cannot be built: its namespace or name does not fit into a URI.
fn unsendable(error: &dyn std::error::Error) -> CallError {
    let message = format!("cannot build the request; check the configured namespaces: {error}");
    CallError::Rejected { code: 400, reason: "BadRequest".to_owned(), message, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, header: Option<u64>, body: &str) -> CallError {
        refusal(StatusCode::from_u16(code).expect("a code"), header, body.as_bytes())
    }

    #[test]
    fn only_client_errors_are_definite() {
        for code in [400, 401, 403, 404, 409, 410, 413, 422, 429, 451] {
            assert!(!refused(code, None, "").is_ambiguous(), "{code}");
        }
        for code in [301, 307, 500, 502, 503, 504, 599] {
            assert!(refused(code, None, "").is_ambiguous(), "{code}");
        }
    }

    #[test]
    fn reasons_distinguish_conflicts() {
        let exists =
            refused(409, None, r#"{"kind":"Status","reason":"AlreadyExists","message":"object is being deleted: x"}"#);
        assert!(exists.is_already_exists() && exists.is_conflict());
        let conflict = refused(409, None, r#"{"reason":"Conflict","message":"the object has been modified"}"#);
        assert!(!conflict.is_already_exists() && conflict.is_conflict());
        assert!(refused(400, None, r#"{"message":"field label not supported: spec.x"}"#).is_unknown_selector());
        assert!(!refused(400, None, "field label").is_unknown_selector());
    }

    #[test]
    fn retry_after_comes_from_either_place() {
        let body = r#"{"details":{"retryAfterSeconds":7}}"#;
        assert_eq!(refused(429, None, body).retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(refused(503, Some(2), body).retry_after(), Some(Duration::from_secs(2)), "the header wins");
        assert_eq!(refused(503, Some(0), "").retry_after(), None);
    }

    #[test]
    fn plain_text_becomes_the_message() {
        let error = refused(404, None, "404 page not found\n");
        assert_eq!(error.to_string(), "404 page not found (404 )");
        assert!(refused(500, None, &"x".repeat(10_000)).to_string().len() < 300);
    }
}
