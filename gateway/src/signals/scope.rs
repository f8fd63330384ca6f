//! Which objects may be remediated: those that are labelled `kubernaut.ai/managed=true`, or whose namespace is.
//!
//! The object's own label comes first. It is in the metadata that owner resolution has just read, so it costs no call;
//! the namespace is read if the object does not decide, and is remembered like every other look-up. As in the existing
//! gateway, a kind that Kubernetes does not define has the scope of its namespace, and a cluster-scoped object without
//! the label is out of scope. A look-up that fails decides nothing: the sender must retry.
use super::{
    alert::Target,
    discovery::{Discovery, Kind},
    lookup::{Found, LookupError, Lookups},
};
use std::sync::Arc;

/// Whether `target`, a top-level owner, may be remediated.
pub(super) async fn is_managed(lookups: &Lookups, discovery: &Discovery, target: &Target) -> Result<bool, LookupError> {
    let kind = discovery.by_kind(&target.kind, target.api_version.as_deref()).filter(|kind| kind.is_built_in());
    if let Some(kind) = kind
        && let Some(managed) = label(lookups, kind, &target.namespace, &target.name).await?
    {
        return Ok(managed);
    }
    if target.namespace.is_empty() {
        return Ok(false);
    }
    Ok(label(lookups, &namespaces(), "", &target.namespace).await?.unwrap_or(false))
}

async fn label(lookups: &Lookups, kind: &Arc<Kind>, namespace: &str, name: &str) -> Result<Option<bool>, LookupError> {
    match *lookups.find(kind, namespace, name).await? {
        Found::Object { managed, .. } => Ok(managed),
        Found::Missing => Ok(None),
    }
}

fn namespaces() -> Arc<Kind> {
    Arc::new(Kind {
        group: String::new(),
        version: "v1".to_owned(),
        kind: "Namespace".to_owned(),
        plural: "namespaces".to_owned(),
        namespaced: false,
    })
}
