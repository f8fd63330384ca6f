//! The built-in kinds that are simulated: those that controllers commonly read, write and look up owners in.
use super::{
    events,
    group::{ADMISSION, EXTENSIONS, RBAC},
    kind::{Kind, ResetFields, Scale},
};
use crate::{
    base::{
        id::ResourceId,
        names::NameRule,
        selectors::field::{SelectableField, metadata_fields},
    },
    structured_merge::{Types, set::Set},
};
use row::{Builtin, PLAIN, workload};
use std::sync::LazyLock;

pub(crate) mod absent;
mod access;
mod row;

const BUILTINS: [Builtin; 17] = [
    Builtin {
        kind: "Namespace",
        plural: "namespaces",
        short_names: &["ns"],
        namespaced: false,
        status: true,
        fields: &["status.phase"],
        members: Some(access::NAMESPACE),
        ..PLAIN
    },
    Builtin { group: "coordination.k8s.io", kind: "Lease", plural: "leases", ..PLAIN },
    Builtin {
        fields: &[
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
        ],
        ..workload("", "Pod", "pods", &["po"])
    },
    Builtin {
        kind: "Node",
        plural: "nodes",
        short_names: &["no"],
        namespaced: false,
        status: true,
        fields: &["spec.unschedulable"],
        ..PLAIN
    },
    Builtin {
        kind: "Service",
        plural: "services",
        short_names: &["svc"],
        categories: &["all"],
        status: true,
        fields: &["spec.clusterIP", "spec.type"],
        ..PLAIN
    },
    Builtin {
        kind: "Event",
        plural: "events",
        short_names: &["ev"],
        fields: &[
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
        ],
        ..PLAIN
    },
    Builtin { kind: "ConfigMap", plural: "configmaps", short_names: &["cm"], ..PLAIN },
    Builtin { kind: "LimitRange", plural: "limitranges", short_names: &["limits"], ..PLAIN },
    Builtin { kind: "ResourceQuota", plural: "resourcequotas", short_names: &["quota"], status: true, ..PLAIN },
    Builtin {
        group: EXTENSIONS,
        kind: "CustomResourceDefinition",
        plural: "customresourcedefinitions",
        short_names: &["crd", "crds"],
        categories: &["api-extensions"],
        namespaced: false,
        status: true,
        generation: true,
        fields: &["metadata.namespace"],
        ..PLAIN
    },
    workload("apps", "Deployment", "deployments", &["deploy"]),
    workload("apps", "ReplicaSet", "replicasets", &["rs"]),
    workload("apps", "StatefulSet", "statefulsets", &["sts"]),
    workload("apps", "DaemonSet", "daemonsets", &["ds"]),
    Builtin { fields: &["status.successful"], ..workload("batch", "Job", "jobs", &[]) },
    workload("batch", "CronJob", "cronjobs", &["cj"]),
    Builtin {
        group: "events.k8s.io",
        kind: "Event",
        plural: "events",
        short_names: &["ev"],
        fields: &[
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
        ],
        ..PLAIN
    },
];

/// The kind of a request for a token, which only a subresource of service accounts takes.
pub(crate) fn token_request() -> &'static Kind {
    static KIND: LazyLock<Kind> = LazyLock::new(|| access::TOKEN_REQUEST.kind(ResourceId(u16::MAX)));
    &KIND
}

pub(crate) fn kinds() -> Vec<Kind> {
    let all = BUILTINS.iter().chain(&access::BUILTINS);
    let mut kinds: Vec<_> = (0_u16..).zip(all).map(|(id, builtin)| builtin.kind(ResourceId(id))).collect();
    let events = kinds.iter().find(|kind| kind.group.is_empty() && kind.kind == "Event").map(|kind| kind.id);
    for kind in kinds.iter_mut().filter(|kind| kind.group == "events.k8s.io") {
        kind.storage = events.unwrap_or(kind.id);
    }
    kinds
}

impl Builtin {
    fn kind(&self, id: ResourceId) -> Kind {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        // Kinds without fields of their own accept both labels, namespaced or not.
        let mut fields = metadata_fields(self.namespaced || self.fields.is_empty());
        let view = self.group == "events.k8s.io";
        fields.extend(self.fields.iter().map(|name| match view {
            true => SelectableField::stored_as(name, &events::stored_path(name)),
            false => SelectableField::builtin(name),
        }));
        let lease = self.kind == "Lease";
        let rbac = self.group == RBAC;
        let (types, root_type) = Types::builtin(self.kind);
        Kind {
            id,
            storage: id,
            stored_as: None,
            siblings: Vec::new(),
            group: self.group.into(),
            version: "v1".into(),
            api_version: if self.group.is_empty() { "v1".into() } else { format!("{}/v1", self.group) },
            plural: self.plural.into(),
            singular: self.kind.to_ascii_lowercase(),
            kind: self.kind.into(),
            list_kind: format!("{}List", self.kind),
            short_names: owned(self.short_names),
            categories: owned(self.categories),
            namespaced: self.namespaced,
            custom: false,
            has_status: self.status,
            create_on_update: lease || rbac || matches!(self.kind, "Event" | "Service"),
            unconditional_update: !lease && ![ADMISSION, EXTENSIONS].contains(&self.group),
            counts_generation: self.generation,
            name_rule: match self.kind {
                // Services since 1.34 (RelaxedServiceNameValidation).
                "Namespace" | "Service" => NameRule::Label,
                _ if rbac => NameRule::PathSegment,
                _ => NameRule::Subdomain,
            },
            fields,
            create_only: self.create_only,
            members: self.members,
            columns: Vec::new(),
            schema: None,
            types,
            root_type,
            reset: self.reset_fields(),
            openapi: None,
            scale: matches!(self.kind, "Deployment" | "ReplicaSet" | "StatefulSet").then(|| Scale {
                spec: "/spec/replicas".into(),
                status: "/status/replicas".into(),
                selector: "/spec/selector".into(),
            }),
            deprecation: None,
        }
    }

    fn reset_fields(&self) -> ResetFields {
        if !self.status {
            return ResetFields::default();
        }
        let status = match self.kind {
            "Pod" => Set::of(&["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"]),
            "Deployment" => Set::of(&["spec", "metadata.labels"]),
            _ => Set::of(&["spec"]),
        };
        ResetFields { main: Set::of(&["status"]), status }
    }
}
