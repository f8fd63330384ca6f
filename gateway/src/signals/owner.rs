//! Finds the top-level owner of an object, which a remediation acts on.
//!
//! Follows the owner reference marked `controller`, from a Pod to its ReplicaSet to its Deployment. From a Service it
//! continues with the first Pod that the Service selects. An object that no longer exists counts as its own owner.
use super::{
    alert::Target,
    discovery::Discovery,
    lookup::{Found, LookupError, Lookups},
    names,
};

/// How many owners are followed: enough for Pod, Job, CronJob, and a few owners by operators.
const DEPTH_MAX: usize = 5;

/// The top-level owner of `target`; `target` itself if it has no owner.
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
        let Found::Object { owner: Some(owner), .. } = &*found else { break };
        // The API server does not check the names in owner references.
        if !names::is_path_segment(&owner.name) {
            break;
        }
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
