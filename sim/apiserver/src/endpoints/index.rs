//! The list of paths at the root (k8s.io/apiserver/pkg/server/routes/index.go).
use super::health;
use crate::registry::resources::Registry;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Paths that do not depend on the kinds.
const PATHS: [&str; 14] = [
    "/.well-known/openid-configuration",
    "/api",
    "/api/v1",
    "/apis",
    "/apis/",
    "/flagz",
    "/metrics",
    "/metrics/slis",
    "/openapi/v2",
    "/openapi/v3",
    "/openapi/v3/",
    "/openid/v1/jwks",
    "/statusz",
    "/version",
];

/// All paths, sorted.
pub(crate) fn paths(registry: &Registry) -> Value {
    let mut paths: BTreeSet<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
    for kind in registry.kinds().filter(|kind| !kind.group.is_empty()) {
        paths.insert(format!("/apis/{}", kind.group));
        paths.insert(format!("/apis/{}/{}", kind.group, kind.version));
    }
    for endpoint in health::ENDPOINTS {
        paths.insert(format!("/{endpoint}"));
        paths.extend(health::checks(endpoint).iter().map(|check| format!("/{endpoint}/{check}")));
    }
    json!({"paths": paths})
}
