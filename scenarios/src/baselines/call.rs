//! One API call as the existing gateway's Kubernetes client makes it: bounded by the request's deadline, and retried
//! without the caller's knowledge.
//!
//! client-go repeats a request of any verb when the answer is 429 or 5xx with a Retry-After in seconds, and repeats a
//! GET one second after its connection broke; up to ten times each (k8s.io/client-go/rest, `withRetry`). That is why
//! the calls here go through [`kube::Client::send`]: kube's typed methods hide the header.
use bytes::Bytes;
use gateway::{clock::within, protocol::Context};
use http::{Method, Request, StatusCode, header::RETRY_AFTER, request::Parts};
use http_body_util::BodyExt as _;
use kube::core::{Status, request};
use serde::de::DeserializeOwned;
use std::{error::Error, time::Duration};

/// Most repetitions of one request by client-go (`rest.Request.maxRetries`).
const MAX_REPLAYS: u32 = 10;

/// Time that client-go waits before it repeats a GET after a broken connection.
const BROKEN_CONNECTION_WAIT: Duration = Duration::from_secs(1);

/// Reason why a call failed. The texts are those of Go's errors, because the existing gateway decides by them.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// The API server answered 4xx or 5xx.
    #[error("{}", .0.message)]
    Status(Box<Status>),
    /// The request's deadline passed; the call may still take effect.
    #[error("context deadline exceeded")]
    Deadline,
    /// The connection broke before the answer; the call may still take effect.
    #[error("{0}")]
    Connection(String),
    /// The answer or the request is malformed.
    #[error("malformed: {0}")]
    Malformed(String),
    /// The circuit breaker refused the call.
    #[error("{0}")]
    Breaker(&'static str),
}

impl CallError {
    /// Whether the object does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status(status) if status.is_not_found())
    }

    /// Whether the name is taken.
    pub(super) fn is_already_exists(&self) -> bool {
        matches!(self, Self::Status(status) if status.is_already_exists())
    }

    /// Whether the write named an outdated version.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Status(status) if status.is_conflict())
    }
}

/// An answer with any status.
struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Bytes,
}

/// API calls of one signal, which end at its deadline.
#[derive(Clone, Copy)]
pub(super) struct Calls<'a> {
    /// Context of the protocol.
    pub(super) ctx: &'a Context,
    /// Deadline on the replica's monotonic clock.
    pub(super) deadline: Duration,
}

impl Calls<'_> {
    /// Makes the call and reads its answer as a `T`.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        request: Result<Request<Vec<u8>>, request::Error>,
    ) -> Result<T, CallError> {
        let (parts, body) = request.map_err(|error| CallError::Malformed(error.to_string()))?.into_parts();
        let body = Bytes::from(body);
        let mut replays = 0;
        loop {
            let attempt = self.send_once(parts.clone(), body.clone());
            let outcome = within(&*self.ctx.clock, self.deadline, attempt).await.ok_or(CallError::Deadline)?;
            match replay_after(&parts.method, &outcome) {
                Some(wait) if replays < MAX_REPLAYS => self.sleep(wait).await?,
                _ => return decode(outcome?),
            }
            replays += 1;
        }
    }

    /// Sleeps until the time has passed or the deadline is reached.
    pub(super) async fn sleep(&self, wait: Duration) -> Result<(), CallError> {
        let clock = &*self.ctx.clock;
        within(clock, self.deadline, clock.sleep(wait)).await.ok_or(CallError::Deadline)
    }

    /// Whether the deadline has passed.
    pub(super) fn expired(&self) -> bool {
        self.ctx.clock.monotonic() >= self.deadline
    }

    async fn send_once(&self, parts: Parts, body: Bytes) -> Result<Answer, CallError> {
        let request = Request::from_parts(parts, kube::client::Body::from(body));
        let response = self.ctx.client.send(request).await.map_err(|error| broken(&error))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| broken(&error))?.to_bytes();
        let seconds = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer { status: head.status, retry_after: seconds.map(Duration::from_secs), body })
    }
}

/// The innermost error's text, with which Go's `url.Error` ends.
fn broken(error: &dyn Error) -> CallError {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    CallError::Connection(root.to_string())
}

fn replay_after(method: &Method, outcome: &Result<Answer, CallError>) -> Option<Duration> {
    match outcome {
        Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() => {
            answer.retry_after
        }
        Err(CallError::Connection(text)) if method == Method::GET && is_reset(text) => Some(BROKEN_CONNECTION_WAIT),
        _ => None,
    }
}

/// Whether apimachinery's `net.IsConnectionReset` or `net.IsProbableEOF` would recognise this text.
fn is_reset(text: &str) -> bool {
    let text = text.to_lowercase();
    ["reset", "eof", "closed", "broken pipe"].iter().any(|part| text.contains(part))
}

fn decode<T: DeserializeOwned>(answer: Answer) -> Result<T, CallError> {
    if answer.status.is_success() {
        let text = std::str::from_utf8(&answer.body).map_err(|error| CallError::Malformed(error.to_string()))?;
        return serde_json::from_str(text).map_err(|error| CallError::Malformed(error.to_string()));
    }
    let status = serde_json::from_slice(&answer.body).unwrap_or_else(|_| generic_status(answer.status));
    Err(CallError::Status(Box::new(status)))
}

/// The status that apimachinery's `errors.NewGenericServerResponse` makes of an answer that is not a `Status`.
fn generic_status(code: StatusCode) -> Status {
    let (message, reason) = match code.as_u16() {
        429 => ("the server has received too many requests and has asked us to try again later", "TooManyRequests"),
        503 => ("the server is currently unable to handle the request", "ServiceUnavailable"),
        504 => (
            "the server was unable to return a response in the time allotted, but may still be processing the request",
            "Timeout",
        ),
        500.. => ("an error on the server has prevented the request from succeeding", "InternalError"),
        409 => ("the server reported a conflict", "Conflict"),
        404 => ("the server could not find the requested resource", "NotFound"),
        403 => ("forbidden", "Forbidden"),
        _ => ("the server rejected our request for an unknown reason", "BadRequest"),
    };
    Status::failure(message, reason).with_code(code.as_u16())
}
