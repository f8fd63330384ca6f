//! Groups, resources and subresources of Kubernetes that are not simulated: requests for them get 501, not 404.

/// Groups of Kubernetes that are not simulated: their paths answer 501, not 404.
pub(crate) const ABSENT_GROUPS: [&str; 12] = [
    "apiregistration.k8s.io",
    "autoscaling",
    "certificates.k8s.io",
    "discovery.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

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
pub(crate) const ABSENT_SUBRESOURCES: [(&str, &[&str]); 4] = [
    (
        "pods",
        &["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize"],
    ),
    ("nodes", &["proxy"]),
    ("services", &["proxy"]),
    ("serviceaccounts", &["token"]),
];
