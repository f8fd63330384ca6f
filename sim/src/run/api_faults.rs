//! API faults as they look on the wire: the answers of failing servers, and the write of a third party.
use crate::faults::FaultKind;
use apiserver::{Answer, AnswerBody, Authorizer, Decision, Request, status};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Name of the webhook that refuses or delays writes where a trigger says so.
const WEBHOOK: &str = "policy.example.com";

/// Refuses every call that is executed while `forbids` is set, as a call of `user`.
pub(crate) fn authorizer(forbids: Arc<AtomicBool>, user: String) -> Authorizer {
    Box::new(move |_| match forbids.load(Relaxed) {
        true => Decision::Deny { user: user.clone() },
        false => Decision::Allow,
    })
}

/// The answer of a server that does not execute the call; None for faults of other kinds.
pub(crate) fn refusal(kind: FaultKind) -> Option<Answer> {
    match kind {
        FaultKind::TooManyRequests => Some(status::overload(1)),
        FaultKind::InternalError => Some(status::bare_error("etcdserver: request timed out").answer()),
        FaultKind::ServiceUnavailable => {
            Some(status::service_unavailable("the server is currently unable to handle the request").answer())
        }
        FaultKind::GatewayTimeout => Some(timeout()),
        FaultKind::WebhookDenies => {
            Some(status::denied_by_webhook(WEBHOOK, 403, "Forbidden".to_owned(), "no changes for now").answer())
        }
        FaultKind::Unauthorized => Some(status::unauthorized().answer()),
        FaultKind::NotAllowed => Some(refused_with(405, "custom resource definition is terminating")),
        FaultKind::NotServed => Some(refused_with(404, "the server could not find the requested resource")),
        FaultKind::PageNotFound => Some(page_not_found()),
        FaultKind::QuotaSpent => Some(refused_with(403, "forbidden: exceeded quota: objects")),
        FaultKind::PolicyDenies => Some(refused_with(
            403,
            "forbidden: ValidatingAdmissionPolicy 'freeze' with binding 'freeze' denied request: no changes for now",
        )),
        _ => None,
    }
}

/// The answer of a proxy that does not know the way.
fn page_not_found() -> Answer {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))]);
    Answer { status: 404, headers, body: AnswerBody::Full("404 page not found\n".into()) }
}

/// The same answer, of which only the first half of the body arrives. Streams of watches are left alone.
pub(crate) fn cut_off(answer: Answer) -> Answer {
    let body = match answer.body {
        AnswerBody::Full(body) => AnswerBody::Full(body.slice(..body.len() / 2)),
        watch @ AnswerBody::Watch(_) => watch,
    };
    Answer { body, ..answer }
}

/// The same read, from the server's cache.
pub(crate) fn from_cache(request: Request) -> Request {
    let separator = if request.target.contains('?') { '&' } else { '?' };
    Request { target: format!("{}{separator}resourceVersion=0", request.target), ..request }
}

/// The answer that a user's rule gives to a call that is not executed.
pub(crate) fn refused_with(code: u16, message: &str) -> Answer {
    let reason = http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason.replace(' ', ""), "code": code,
    });
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Answer { status: code, headers, body: AnswerBody::Full(status.to_string().into()) }
}

/// The answer to a consistent list whose cache has not reached this revision in time.
pub(crate) fn lagging(revision: u64) -> Answer {
    status::cache_too_far_behind(revision).answer()
}

/// Time that the API server waits for an admission webhook: the default `timeoutSeconds`.
pub(crate) const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// The answer to a write whose webhook did not answer in time, with the failure policy `Fail`.
pub(crate) fn webhook_timeout() -> Answer {
    let why = "failed to call webhook: Post \"https://policy.example.svc:443/validate?timeout=10s\": \
               context deadline exceeded";
    status::webhook_failed(WEBHOOK, why).answer()
}

/// The answer to a call whose execution the server gave up waiting for.
pub(crate) fn timeout() -> Answer {
    status::timeout(0).answer()
}

/// The error with this status that an executed call returns.
pub(crate) fn false_error(code: u16) -> Answer {
    match code {
        504 => timeout(),
        _ => status::bare_error("etcdserver: leader changed").answer(),
    }
}

/// The answer with this status that a layer between a program and its API server makes on its own.
pub(crate) fn made_in_between(code: u16) -> Answer {
    match code {
        429 => status::overload(1),
        500 => false_error(500),
        504 => timeout(),
        _ => refused_with(code, "answered by a proxy"),
    }
}

/// A third party's write of the object that a call is about to write; None if the call writes no existing object.
pub(crate) fn conflicting_write(call: &Request, revision: u64) -> Option<Request> {
    if !matches!(call.method, Method::PUT | Method::PATCH | Method::DELETE) {
        return None;
    }
    let path = call.target.split('?').next().unwrap_or_default();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/merge-patch+json"));
    let touch = format!(r#"{{"metadata":{{"annotations":{{"example.com/touched":"{revision}"}}}}}}"#);
    let target = path.trim_end_matches("/status").to_owned();
    Some(Request { method: Method::PATCH, target, headers, body: touch.into() })
}
