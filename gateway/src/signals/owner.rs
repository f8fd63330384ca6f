//! The top-level owner of an object: the one that a remediation acts on.
//!
//! Follows the owner reference marked `controller`, from a Pod to its ReplicaSet to its Deployment; from a Service to the
//! first Pod that it selects and on from there. An object that is gone is its own top: its owner is no longer known.
use super::{
    alert::Target,
    discovery::Discovery,
    lookup::{Found, LookupError, Lookups},
};

/// How many owners are followed: Pod, Job, CronJob, and room for operators.
const DEPTH_MAX: usize = 5;

/// Who owns `target` in the end; itself when nobody does.
pub(super) async fn resolve(
    lookups: &Lookups,
    discovery: &Discovery,
    mut target: Target,
) -> Result<Target, LookupError> {
    for _ in 0..DEPTH_MAX {
        let Some(kind) = discovery.by_kind(&target.kind, target.api_version.as_deref()) else { break };
        if !kind.is_built_in() {
            break;
        }
        let found = lookups.find(kind, &target.namespace, &target.name).await?;
        let Found::Object { owner: Some(owner) } = &*found else { break };
        let kind = discovery.by_kind(&owner.kind, Some(&owner.api_version));
        target = Target {
            // A mirror Pod belongs to its Node.
            namespace: if kind.is_none_or(|kind| kind.namespaced) { target.namespace } else { String::new() },
            api_version: Some(kind.map_or_else(|| owner.api_version.clone(), |kind| kind.api_version())),
            kind: owner.kind.clone(),
            name: owner.name.clone(),
        };
    }
    Ok(target)
}
