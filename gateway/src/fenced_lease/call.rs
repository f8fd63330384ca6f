//! One call to the API server: its deadline, and what its answer proves.
//!
//! kube's typed `Api` is not used: it hides the Retry-After header, and parses whole objects. Nothing is retried here.
//! Only a 2xx says what became of a write. Without an answer, or with a 5xx, it was executed, was not executed, or will
//! be later (a server may execute a write after answering 504). A 4xx is the refusal of one copy: a layer in between
//! may have sent another. So callers look before they decide again ([`CallError`]).
use super::{
    call_error::{CallError, ambiguous, no_answer, parse, refusal, unsendable},
    evidence::{CallKind, Evidence},
    lease::LeaseRecord,
    list::List,
    request::RequestRecord,
};
use crate::{
    api_client::{ApiClient, was_withheld},
    clock::{SharedClock, within},
    metrics::Metrics,
};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::BodyExt;
use kube::{
    api::{ListParams, WatchParams},
    client::Body,
};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Longest time of one call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How many calls, watches not included, may be under way at a time. More wait, first come, first served; each
/// fingerprint has one writer, so that none gets ahead of the others. A group of alerts may begin hundreds of episodes
/// at once.
pub(super) const CALLS_MAX: usize = 64;
const PAGE: u32 = 500;
const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Until when a call may be sent, and until when its answer is awaited, on the monotonic clock.
#[derive(Debug, Clone, Copy)]
struct Until {
    sent: Duration,
    answered: Duration,
}

/// The two collections, and how to reach them.
#[derive(Clone)]
pub(super) struct Calls {
    client: ApiClient,
    clock: SharedClock,
    metrics: Arc<Metrics>,
    requests: Arc<str>,
    leases: Arc<str>,
    permits: Arc<Semaphore>,
    evidence: Arc<Evidence>,
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
            evidence: Arc::new(Evidence::new(context.clock.clone())),
        }
    }

    /// What the calls so far have shown.
    pub(super) fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Tries a call of this kind, without an effect: the evidence takes in the answer. `name` is an object that does
    /// not exist, `body` what is written.
    pub(super) async fn attempt(&self, kind: CallKind, name: &str, body: Bytes, deadline: Duration) {
        let (requests, leases) = (&self.requests, &self.leases);
        let (method, path, content_type) = match kind {
            CallKind::GetRequest => (Method::GET, format!("{requests}/{name}"), JSON),
            CallKind::CreateRequest => (Method::POST, format!("{requests}?dryRun=All"), JSON),
            CallKind::PatchStatus => (Method::PATCH, format!("{requests}/{name}/status?dryRun=All"), MERGE_PATCH),
            CallKind::GetLease => (Method::GET, format!("{leases}/{name}"), JSON),
            CallKind::CreateLease => (Method::POST, format!("{leases}?dryRun=All"), JSON),
            CallKind::ReplaceLease => (Method::PUT, format!("{leases}/{name}?dryRun=All"), JSON),
            // Repeated all the time by those that follow the collections.
            CallKind::ListRequests | CallKind::WatchRequests | CallKind::ListLeases | CallKind::WatchLeases => return,
        };
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::ACCEPT, JSON).header(header::CONTENT_TYPE, content_type);
        if let Ok(request) = request.body(Body::from(body)) {
            drop(self.call::<serde::de::IgnoredAny>(request, self.until(deadline)).await);
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

    /// Creates a request, unless `issue_until` passes before the call can be sent.
    pub(super) async fn create_request(
        &self,
        body: Bytes,
        issue_until: Duration,
        deadline: Duration,
    ) -> Result<RequestRecord, CallError> {
        let deadline = self.deadline(deadline);
        let until = Until { sent: issue_until.min(deadline), answered: deadline };
        self.write_until(Method::POST, &self.requests, JSON, body, until).await
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
        self.call(request.map(Body::from), self.until(deadline)).await
    }

    /// Opens a watch; the answer's body streams its events.
    pub(super) async fn watch(&self, path: &str, params: &WatchParams, version: &str) -> Result<Body, CallError> {
        let request = kube::core::Request::new(path).watch(params, version).map_err(|error| unsendable(&error))?;
        let deadline = self.clock.monotonic() + CALL_TIMEOUT;
        let opened = within(&*self.clock, deadline, self.open(request.map(Body::from)));
        let opened = opened.await.unwrap_or_else(|| Err(no_answer()));
        let kind = if *path == *self.requests { CallKind::WatchRequests } else { CallKind::WatchLeases };
        self.evidence.note(kind, &opened);
        Ok(opened?.into_body())
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, deadline: Duration) -> Result<T, CallError> {
        let request =
            Request::get(path).header(header::ACCEPT, JSON).body(Body::empty()).map_err(|error| unsendable(&error))?;
        self.call(request, self.until(deadline)).await
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        content_type: &'static str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<T, CallError> {
        self.write_until(method, path, content_type, body, self.until(deadline)).await
    }

    async fn write_until<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        content_type: &'static str,
        body: Bytes,
        until: Until,
    ) -> Result<T, CallError> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::ACCEPT, JSON).header(header::CONTENT_TYPE, content_type);
        let request = request.body(Body::from(body)).map_err(|error| unsendable(&error))?;
        let answer = self.call(request, until).await;
        if answer.as_ref().is_err_and(CallError::is_ambiguous) {
            self.metrics.ambiguous_writes.inc();
        }
        answer
    }

    fn deadline(&self, deadline: Duration) -> Duration {
        deadline.min(self.clock.monotonic() + CALL_TIMEOUT)
    }

    fn until(&self, deadline: Duration) -> Until {
        let deadline = self.deadline(deadline);
        Until { sent: deadline, answered: deadline }
    }

    async fn call<T: DeserializeOwned>(&self, request: Request<Body>, until: Until) -> Result<T, CallError> {
        let kind = CallKind::of(request.method(), request.uri().path(), &self.requests, &self.leases);
        let _permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => match within(&*self.clock, until.sent, self.permits.acquire()).await {
                Some(Ok(permit)) => permit,
                _ => return Err(CallError::NotSent),
            },
        };
        // The last moment before it is sent: the wait for a permit may have been long.
        if self.clock.monotonic() >= until.sent {
            return Err(CallError::NotSent);
        }
        let answered = within(&*self.clock, until.answered, async {
            let body = self.open(request).await?.into_body().collect().await.map_err(|error| ambiguous(&error))?;
            parse(&body.to_bytes()).map_err(|error| ambiguous(&error))
        });
        let answer = answered.await.unwrap_or_else(|| Err(no_answer()));
        if let Some(kind) = kind {
            self.evidence.note(kind, &answer);
        }
        answer
    }

    /// Sends the request; any answer other than 2xx is an error.
    async fn open(&self, request: Request<Body>) -> Result<http::Response<Body>, CallError> {
        let unanswered = |error| if was_withheld(&error) { CallError::Withheld } else { ambiguous(&error) };
        let response = self.client.send(request).await.map_err(unanswered)?;
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
