//! The table of the built-in kinds: all that kube-apiserver 1.36 serves by default. Another kind is another row.
//!
//! Its columns, OpenAPI schema, types and protobuf messages come from generated tables
//! (tests/tools/control-plane/cmd/tables); its defaults and validation are in the folder `validation`.
use super::row::{Builtin, cluster, namespaced, workload};
use crate::registry::{
    group::{ADMISSION, AUTHENTICATION, AUTHORIZATION, EXTENSIONS, RBAC},
    kind::{Generation, Subresource},
};

const AUTOSCALING: &str = "autoscaling";
const CERTIFICATES: &str = "certificates.k8s.io";
const FLOW_CONTROL: &str = "flowcontrol.apiserver.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const RESOURCE: &str = "resource.k8s.io";
const STORAGE: &str = "storage.k8s.io";

const NAMESPACE: &[Subresource] = &[Subresource::of("finalize", "Namespace", &["update"])];
const NODE: &[Subresource] = &[Subresource::proxy("NodeProxyOptions")];
const SERVICE: &[Subresource] = &[Subresource::proxy("ServiceProxyOptions")];
const POD: &[Subresource] = &[
    Subresource::of("attach", "PodAttachOptions", &["create", "get"]),
    Subresource::of("binding", "Binding", &["create"]),
    Subresource::of("ephemeralcontainers", "Pod", &["get", "patch", "update"]),
    Subresource::of("eviction", "Eviction", &["create"]).in_group("policy", "v1"),
    Subresource::of("exec", "PodExecOptions", &["create", "get"]),
    Subresource::of("log", "Pod", &["get"]),
    Subresource::of("portforward", "PodPortForwardOptions", &["create", "get"]),
    Subresource::proxy("PodProxyOptions"),
    Subresource::of("resize", "Pod", &["get", "patch", "update"]),
];
const SERVICE_ACCOUNT: &[Subresource] =
    &[Subresource::of("token", "TokenRequest", &["create"]).in_group(AUTHENTICATION, "v1")];
const SIGNING_REQUEST: &[Subresource] =
    &[Subresource::of("approval", "CertificateSigningRequest", &["get", "patch", "update"])];

const EVENT: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];
const NEWER_EVENT: &[&str] = &[
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
];

/// A role or a binding.
const fn role(row: Builtin) -> Builtin {
    row.create_on_update()
}

/// Kinds of bodies that only subresources take.
pub(super) const BODIES: &[Builtin] = &[
    namespaced(AUTHENTICATION, "TokenRequest", "tokenrequests").create_only(),
    namespaced(AUTOSCALING, "Scale", "scales").create_only(),
    namespaced("policy", "Eviction", "evictions").create_only(),
    namespaced("", "Binding", "bindings").create_only(),
    cluster("", "DeleteOptions", "deleteoptions").create_only(),
];

/// The built-in kinds. The order is that of their ids: new rows go to the end.
pub(super) const KINDS: &[Builtin] = &[
    cluster("", "Namespace", "namespaces")
        .returns_deleted()
        .short(&["ns"])
        .status()
        .below(NAMESPACE)
        .fields(&["status.phase"]),
    namespaced("coordination.k8s.io", "Lease", "leases").create_on_update().conditional_update(),
    workload("", "Pod", "pods")
        .returns_deleted()
        .short(&["po"])
        .status_resets(&["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"])
        .below(POD)
        .fields(&[
            "spec.host",
            "spec.hostNetwork",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.nominatedNodeName",
            "status.phase",
            "status.podIP",
            "status.podIPs",
        ]),
    cluster("", "Node", "nodes").short(&["no"]).status().below(NODE).fields(&["spec.unschedulable"]),
    namespaced("", "Service", "services")
        .returns_deleted()
        .short(&["svc"])
        .all()
        .status()
        .below(SERVICE)
        .create_on_update()
        .fields(&["spec.clusterIP", "spec.type"]),
    namespaced("", "Event", "events").short(&["ev"]).create_on_update().fields(EVENT),
    namespaced("", "ConfigMap", "configmaps").short(&["cm"]),
    namespaced("", "LimitRange", "limitranges").short(&["limits"]).create_on_update(),
    namespaced("", "ResourceQuota", "resourcequotas").returns_deleted().short(&["quota"]).status(),
    cluster(EXTENSIONS, "CustomResourceDefinition", "customresourcedefinitions")
        .short(&["crd", "crds"])
        .extension()
        .status()
        .generation()
        .conditional_update()
        .fields(&["metadata.namespace"]),
    workload("apps", "Deployment", "deployments")
        .short(&["deploy"])
        .scale()
        .status_resets(&["spec", "metadata.labels"]),
    workload("apps", "ReplicaSet", "replicasets").short(&["rs"]).scale(),
    workload("apps", "StatefulSet", "statefulsets").short(&["sts"]).scale(),
    workload("apps", "DaemonSet", "daemonsets").short(&["ds"]),
    workload("batch", "Job", "jobs").fields(&["status.successful"]),
    workload("batch", "CronJob", "cronjobs").short(&["cj"]),
    namespaced("events.k8s.io", "Event", "events")
        .short(&["ev"])
        .create_on_update()
        .fields(NEWER_EVENT)
        .stored_as("", "v1"),
    namespaced("", "Secret", "secrets").fields(&["type"]),
    namespaced("", "ServiceAccount", "serviceaccounts").returns_deleted().short(&["sa"]).below(SERVICE_ACCOUNT),
    cluster(AUTHENTICATION, "SelfSubjectReview", "selfsubjectreviews").create_only(),
    cluster(AUTHENTICATION, "TokenReview", "tokenreviews").create_only(),
    namespaced(AUTHORIZATION, "LocalSubjectAccessReview", "localsubjectaccessreviews").create_only(),
    cluster(AUTHORIZATION, "SelfSubjectAccessReview", "selfsubjectaccessreviews").create_only(),
    cluster(AUTHORIZATION, "SelfSubjectRulesReview", "selfsubjectrulesreviews").create_only(),
    cluster(AUTHORIZATION, "SubjectAccessReview", "subjectaccessreviews").create_only(),
    role(cluster(RBAC, "ClusterRoleBinding", "clusterrolebindings")),
    role(cluster(RBAC, "ClusterRole", "clusterroles")),
    role(namespaced(RBAC, "RoleBinding", "rolebindings")),
    role(namespaced(RBAC, "Role", "roles")),
    cluster(ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations")
        .extension()
        .generation()
        .conditional_update(),
    cluster(ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations")
        .extension()
        .generation()
        .conditional_update(),
    cluster(ADMISSION, "ValidatingAdmissionPolicy", "validatingadmissionpolicies")
        .extension()
        .bare_status()
        .generation()
        .conditional_update(),
    cluster(ADMISSION, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings")
        .extension()
        .generation()
        .conditional_update(),
    cluster(ADMISSION, "MutatingAdmissionPolicy", "mutatingadmissionpolicies")
        .extension()
        .generation()
        .conditional_update(),
    cluster(ADMISSION, "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings")
        .extension()
        .generation()
        .conditional_update(),
    namespaced("", "Binding", "bindings").create_only(),
    cluster("", "ComponentStatus", "componentstatuses")
        .short(&["cs"])
        .computed()
        .deprecated("v1 ComponentStatus is deprecated in v1.19+"),
    namespaced("", "Endpoints", "endpoints")
        .short(&["ep"])
        .create_on_update()
        .deprecated("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
    namespaced("", "PersistentVolumeClaim", "persistentvolumeclaims").returns_deleted().short(&["pvc"]).status(),
    cluster("", "PersistentVolume", "persistentvolumes").returns_deleted().short(&["pv"]).status(),
    namespaced("", "PodTemplate", "podtemplates").returns_deleted().generation(),
    workload("", "ReplicationController", "replicationcontrollers").short(&["rc"]).scale().fields(&["status.replicas"]),
    cluster("apiregistration.k8s.io", "APIService", "apiservices").extension().bare_status().conditional_update(),
    namespaced("apps", "ControllerRevision", "controllerrevisions"),
    namespaced(AUTOSCALING, "HorizontalPodAutoscaler", "horizontalpodautoscalers")
        .version("v2")
        .short(&["hpa"])
        .all()
        .status(),
    namespaced(AUTOSCALING, "HorizontalPodAutoscaler", "horizontalpodautoscalers")
        .short(&["hpa"])
        .all()
        .status()
        .stored_as(AUTOSCALING, "v2"),
    cluster(CERTIFICATES, "CertificateSigningRequest", "certificatesigningrequests")
        .short(&["csr"])
        .status_resets(&["spec", "status.conditions"])
        .below(SIGNING_REQUEST)
        .fields(&["spec.signerName"]),
    namespaced("discovery.k8s.io", "EndpointSlice", "endpointslices").generation(),
    cluster(FLOW_CONTROL, "FlowSchema", "flowschemas").bare_status().generation(),
    cluster(FLOW_CONTROL, "PriorityLevelConfiguration", "prioritylevelconfigurations").bare_status().generation(),
    cluster(NETWORKING, "IngressClass", "ingressclasses").generation(),
    namespaced(NETWORKING, "Ingress", "ingresses").short(&["ing"]).status().generation(),
    cluster(NETWORKING, "IPAddress", "ipaddresses").short(&["ip"]),
    namespaced(NETWORKING, "NetworkPolicy", "networkpolicies").short(&["netpol"]).generation(),
    cluster(NETWORKING, "ServiceCIDR", "servicecidrs").bare_status(),
    cluster("node.k8s.io", "RuntimeClass", "runtimeclasses").create_on_update().conditional_update(),
    namespaced("policy", "PodDisruptionBudget", "poddisruptionbudgets")
        .short(&["pdb"])
        .status()
        .generation()
        .conditional_update(),
    cluster(RESOURCE, "DeviceClass", "deviceclasses").returns_deleted().generation(),
    namespaced(RESOURCE, "ResourceClaim", "resourceclaims").returns_deleted().bare_status(),
    namespaced(RESOURCE, "ResourceClaimTemplate", "resourceclaimtemplates").returns_deleted(),
    cluster(RESOURCE, "ResourceSlice", "resourceslices")
        .returns_deleted()
        .generation()
        .fields(&["spec.nodeName", "spec.driver"]),
    cluster("scheduling.k8s.io", "PriorityClass", "priorityclasses").short(&["pc"]).generations(Generation::Fixed),
    cluster(STORAGE, "CSIDriver", "csidrivers")
        .returns_deleted()
        .conditional_update()
        .generations(Generation::FromFirstChange),
    cluster(STORAGE, "CSINode", "csinodes").returns_deleted().conditional_update(),
    namespaced(STORAGE, "CSIStorageCapacity", "csistoragecapacities").conditional_update(),
    cluster(STORAGE, "StorageClass", "storageclasses").returns_deleted().short(&["sc"]),
    cluster(STORAGE, "VolumeAttachment", "volumeattachments").returns_deleted().bare_status().conditional_update(),
    cluster(STORAGE, "VolumeAttributesClass", "volumeattributesclasses").returns_deleted().short(&["vac"]),
];
