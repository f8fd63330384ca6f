//! Headers by which a server knows a call and its client.
use super::pending::Call;
use crate::event::{ActorId, CallId};
use apiserver::{Request, ServerId};
use bytes::Bytes;

/// Number of a request, given by its client; kube-apiserver takes it over into its audit log
/// (k8s.io/apiserver/pkg/endpoints/filters/audit_init.go).
const AUDIT_ID: http::HeaderName = http::HeaderName::from_static("audit-id");

/// Adds the headers that identify a call and its actor, as a ServiceAccount's token does.
pub(super) fn identify(headers: &mut http::HeaderMap, call: CallId, actor: ActorId) {
    let token = http::HeaderValue::try_from(format!("Bearer {}", actor.0)).expect("digits are a header's value");
    headers.insert(http::header::AUTHORIZATION, token);
    headers.insert(AUDIT_ID, http::HeaderValue::from(call.0));
}

/// The call that a request is; None if its headers do not identify its client.
pub(super) fn received(server: ServerId, parts: http::request::Parts, body: Bytes) -> Option<Call> {
    let text = |name| parts.headers.get(name)?.to_str().ok();
    let actor = text(http::header::AUTHORIZATION)?.strip_prefix("Bearer ")?.parse().ok()?;
    let id = text(AUDIT_ID)?.parse().ok()?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let request = Request { method: parts.method, target, headers: parts.headers, body };
    Some(Call { id: CallId(id), actor: ActorId(actor), server, request })
}
