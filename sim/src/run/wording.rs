//! What API faults look like on the wire: the same answers and the same interfering write over either transport.
use crate::faults::FaultKind;
use apiserver::{Answer, Authorizer, Decision, Request, status};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Whom RBAC refuses, where a trigger says so.
const GATEWAY_USER: &str = "system:serviceaccount:kubernaut-system:gateway";

/// The webhook that refuses writes, or is slow, where a trigger says so.
const WEBHOOK: &str = "policy.example.com";

/// Refuses every call that is executed while `forbids` is set.
pub(crate) fn authorizer(forbids: Arc<AtomicBool>) -> Authorizer {
    Box::new(move |_| match forbids.load(Relaxed) {
        true => Decision::Deny { user: GATEWAY_USER.to_owned() },
        false => Decision::Allow,
    })
}

/// How many false answers there are.
pub(crate) const UNTRUTHS: usize = 2;

/// The answer of a server that does not execute the call; None for faults of another kind.
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
        _ => None,
    }
}

/// The same read, from the server's cache.
pub(crate) fn from_cache(request: Request) -> Request {
    let separator = if request.target.contains('?') { '&' } else { '?' };
    Request { target: format!("{}{separator}resourceVersion=0", request.target), ..request }
}

/// The answer to a consistent list whose cache has not come to this revision in time.
pub(crate) fn lagging(revision: u64) -> Answer {
    status::cache_too_far_behind(revision).answer()
}

/// How long the API server waits for an admission webhook: the default `timeoutSeconds`.
pub(crate) const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// The answer to a write whose webhook did not answer in time: the failure policy is to fail.
pub(crate) fn webhook_timeout() -> Answer {
    let why = "failed to call webhook: Post \"https://policy.example.svc:443/validate?timeout=10s\": context deadline exceeded";
    status::webhook_failed(WEBHOOK, why).answer()
}

/// The answer to a call that was executed, or still will be.
pub(crate) fn timeout() -> Answer {
    status::timeout(0).answer()
}

/// An answer that says of an executed call that it failed: one of [`UNTRUTHS`].
pub(crate) fn untruth(picked: usize) -> Answer {
    match picked {
        0 => timeout(),
        _ => status::bare_error("etcdserver: leader changed").answer(),
    }
}

/// A write, by somebody else, of the object that a call is about to write; None when the call writes none that exists.
pub(crate) fn interference(call: &Request, revision: u64) -> Option<Request> {
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
