//! Groups, resources and subresources of Kubernetes that are not simulated: requests for them get 501, not 404.

/// Groups of Kubernetes that are not simulated, each with the versions that a real server serves: their paths answer
/// 501, those of other versions 404.
pub(crate) const ABSENT_GROUPS: [(&str, &[&str]); 11] = [
    ("apiregistration.k8s.io", &["v1"]),
    ("autoscaling", &["v1", "v2"]),
    ("certificates.k8s.io", &["v1"]),
    ("discovery.k8s.io", &["v1"]),
    ("flowcontrol.apiserver.k8s.io", &["v1"]),
    ("networking.k8s.io", &["v1"]),
    ("node.k8s.io", &["v1"]),
    ("policy", &["v1"]),
    ("resource.k8s.io", &["v1"]),
    ("scheduling.k8s.io", &["v1"]),
    ("storage.k8s.io", &["v1"]),
];

/// Whether a group, or this version of it, is one that is not simulated.
pub(crate) fn is_absent(group: &str, version: Option<&str>) -> bool {
    let found = ABSENT_GROUPS.iter().find(|(absent, _)| *absent == group);
    found.is_some_and(|(_, versions)| version.map_or(!versions.is_empty(), |version| versions.contains(&version)))
}

/// Resources of the simulated groups that are not simulated.
pub(crate) const ABSENT_RESOURCES: [&str; 12] = [
    "bindings",
    "componentstatuses",
    "controllerrevisions",
    "endpoints",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "persistentvolumeclaims",
    "persistentvolumes",
    "podtemplates",
    "replicationcontrollers",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
];

/// Subresources of built-in kinds that are not simulated.
pub(crate) const ABSENT_SUBRESOURCES: [(&str, &[&str]); 3] = [
    (
        "pods",
        &["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize"],
    ),
    ("nodes", &["proxy"]),
    ("services", &["proxy"]),
];
