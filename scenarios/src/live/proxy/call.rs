//! An API call as the proxy sees it: what it is about, and what its answer says of the commit that it made.
use crate::live::{
    cluster::watch::revision,
    history::{Call, Client, Fact, Journal},
};
use bytes::Bytes;
use http::{Method, request::Parts};
use serde_json::Value;
use std::sync::Arc;

/// Description of a request.
#[derive(Debug, Clone)]
pub(super) struct Described {
    /// Whether it opens a watch.
    pub(super) is_watch: bool,
    /// Whether it is to change a RemediationRequest or a Lease.
    pub(super) is_write: bool,
    method: Arc<str>,
    resource: Arc<str>,
    name: Arc<str>,
    holder: Option<Arc<str>>,
}

impl Described {
    pub(super) fn of(parts: &Parts, body: &Bytes) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let is_watch = query.split('&').any(|pair| matches!(pair, "watch=1" | "watch=true"));
        let (resource, mut name) = resource(parts.uri.path());
        let of_gateway = matches!(&*resource, "leases" | "remediationrequests" | "remediationrequests/status");
        // A trial changes nothing.
        let is_trial = query.split('&').any(|pair| pair.starts_with("dryRun="));
        let is_write = of_gateway
            && !is_trial
            && matches!(parts.method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
        let body = if is_write { serde_json::from_slice(body).unwrap_or(Value::Null) } else { Value::Null };
        let holder = body["spec"]["holderIdentity"].as_str().map(Arc::from);
        if name.is_empty() {
            // A creation names its object in the body alone.
            name = body["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        }
        let method = Arc::from(parts.method.as_str());
        Self { is_watch, is_write, method, resource: resource.into(), name: name.into(), holder }
    }

    /// Records that a watch is opened.
    pub(super) fn record_watch(self, journal: &Journal, by: Client) {
        journal.record(Fact::Watched { at: journal.now(), by, resource: self.resource });
    }

    /// Records the call, with the commit that it made as far as its answer says.
    pub(super) fn record(self, journal: &Journal, by: Client, from: u64, answer: Option<(u16, &Bytes)>) {
        let Self { is_write, method, resource, name, holder, .. } = self;
        let mut made = None;
        if let Some((200..=299, body)) = answer
            && is_write
            && let Ok(object) = serde_json::from_slice::<Value>(body)
            && object["kind"] != "Status"
        {
            // The answer to a deletion is the object before it.
            made = Some(revision(&object)).filter(|_| &*method != "DELETE");
        }
        let status = answer.map(|(status, _)| status);
        let call = Call { from, to: journal.now(), by, method, resource, name, status, revision: made, holder };
        journal.record(Fact::Called(call));
    }
}

/// Resource with its subresource, and name, of a path such as `/apis/g/v1/namespaces/n/leases/x`.
fn resource(path: &str) -> (String, String) {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let rest = match &*parts {
        ["api", _, "namespaces", _, rest @ ..] | ["apis", _, _, "namespaces", _, rest @ ..] if !rest.is_empty() => rest,
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
        _ => &[],
    };
    match rest {
        [resource] => ((*resource).to_owned(), String::new()),
        [resource, name] => ((*resource).to_owned(), (*name).to_owned()),
        [resource, name, sub @ ..] => (format!("{resource}/{}", sub.join("/")), (*name).to_owned()),
        [] => (path.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resource_and_object() {
        let of = |path| {
            let (resource, name) = resource(path);
            format!("{resource} {name}")
        };
        assert_eq!(of("/apis/coordination.k8s.io/v1/namespaces/n/leases/gw-lock-1"), "leases gw-lock-1");
        assert_eq!(of("/apis/kubernaut.ai/v1alpha1/namespaces/n/remediationrequests"), "remediationrequests ");
        let status = "/apis/kubernaut.ai/v1alpha1/namespaces/n/remediationrequests/rr-1/status";
        assert_eq!(of(status), "remediationrequests/status rr-1");
        assert_eq!(of("/api/v1/namespaces/payments"), "namespaces payments");
        assert_eq!(of("/apis/authentication.k8s.io/v1/tokenreviews"), "tokenreviews ");
        assert_eq!(of("/readyz"), "/readyz ");
    }
}
