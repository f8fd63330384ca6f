//! Defaults of built-in kinds as data (k8s.io/kubernetes/pkg/apis/*/v1/defaults.go): a path and the value in JSON.
//!
//! A default applies where the member is absent and the object around it is present. `[]` stands for each item of a
//! list; a path that ends in `!` also replaces a zero.
use crate::registry::kind::Kind;
use serde_json::{Map, Value};

type Defaults = &'static [(&'static str, &'static str)];

const MATCH: [(&str, &str); 3] =
    [("matchPolicy", r#""Equivalent""#), ("namespaceSelector", "{}"), ("objectSelector", "{}")];

const TABLE: &[(&str, &str, Defaults)] = &[
    ("", "PersistentVolumeClaim", &[("spec.volumeMode", r#""Filesystem""#)]),
    (
        "",
        "PersistentVolume",
        &[
            ("spec.persistentVolumeReclaimPolicy", r#""Retain""#),
            ("spec.volumeMode", r#""Filesystem""#),
            ("spec.hostPath.type", r#""""#),
            ("spec.claimRef.kind", r#""PersistentVolumeClaim""#),
            ("spec.claimRef.apiVersion", r#""v1""#),
        ],
    ),
    ("", "ReplicationController", &[("spec.replicas", "1")]),
    (
        "apps",
        "Deployment",
        &[("spec.replicas", "1"), ("spec.revisionHistoryLimit", "10"), ("spec.progressDeadlineSeconds", "600")],
    ),
    ("apps", "ReplicaSet", &[("spec.replicas", "1")]),
    (
        "apps",
        "StatefulSet",
        &[
            ("spec.replicas", "1"),
            ("spec.revisionHistoryLimit", "10"),
            ("spec.podManagementPolicy", r#""OrderedReady""#),
        ],
    ),
    ("apps", "DaemonSet", &[("spec.revisionHistoryLimit", "10")]),
    ("", "Endpoints", &[("subsets[].ports[].protocol", r#""TCP""#)]),
    (
        "batch",
        "CronJob",
        &[
            ("spec.concurrencyPolicy", r#""Allow""#),
            ("spec.suspend", "false"),
            ("spec.successfulJobsHistoryLimit", "3"),
            ("spec.failedJobsHistoryLimit", "1"),
        ],
    ),
    (
        "batch",
        "Job",
        &[
            ("spec.completionMode", r#""NonIndexed""#),
            ("spec.suspend", "false"),
            ("spec.manualSelector", "false"),
            ("spec.podFailurePolicy.rules[].onPodConditions[].status", r#""True""#),
        ],
    ),
    (
        "autoscaling",
        "HorizontalPodAutoscaler",
        &[
            ("spec.minReplicas", "1"),
            (
                "spec.metrics",
                r#"[{"type": "Resource", "resource": {"name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 80}}}]"#,
            ),
        ],
    ),
    (
        "networking.k8s.io",
        "NetworkPolicy",
        &[("spec.ingress[].ports[].protocol", r#""TCP""#), ("spec.egress[].ports[].protocol", r#""TCP""#)],
    ),
    ("networking.k8s.io", "IngressClass", &[("spec.parameters.scope!", r#""Cluster""#)]),
    ("storage.k8s.io", "StorageClass", &[("reclaimPolicy", r#""Delete""#), ("volumeBindingMode", r#""Immediate""#)]),
    (
        "storage.k8s.io",
        "CSIDriver",
        &[
            ("spec.attachRequired", "true"),
            ("spec.podInfoOnMount", "false"),
            ("spec.storageCapacity", "false"),
            ("spec.fsGroupPolicy", r#""ReadWriteOnceWithFSType""#),
            ("spec.volumeLifecycleModes", r#"["Persistent"]"#),
            ("spec.requiresRepublish", "false"),
            ("spec.seLinuxMount", "false"),
        ],
    ),
    ("scheduling.k8s.io", "PriorityClass", &[("preemptionPolicy", r#""PreemptLowerPriority""#)]),
    ("discovery.k8s.io", "EndpointSlice", &[("ports[].name", r#""""#), ("ports[].protocol", r#""TCP""#)]),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema", &[("spec.matchingPrecedence!", "1000")]),
    (
        "flowcontrol.apiserver.k8s.io",
        "PriorityLevelConfiguration",
        &[
            ("spec.exempt.nominalConcurrencyShares", "0"),
            ("spec.exempt.lendablePercent", "0"),
            ("spec.limited.nominalConcurrencyShares!", "30"),
            ("spec.limited.lendablePercent", "0"),
            ("spec.limited.limitResponse.queuing.handSize!", "8"),
            ("spec.limited.limitResponse.queuing.queues!", "64"),
            ("spec.limited.limitResponse.queuing.queueLengthLimit!", "50"),
        ],
    ),
    ("apiregistration.k8s.io", "APIService", &[("spec.service.port", "443")]),
    (
        "resource.k8s.io",
        "ResourceClaim",
        &[
            ("spec.devices.requests[].exactly.allocationMode", r#""ExactCount""#),
            ("spec.devices.requests[].firstAvailable[].allocationMode", r#""ExactCount""#),
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        &[
            ("spec.failurePolicy", r#""Fail""#),
            ("spec.matchConstraints.resourceRules[].scope", r#""*""#),
            ("spec.matchConstraints.excludeResourceRules[].scope", r#""*""#),
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicy",
        &[
            ("spec.failurePolicy", r#""Fail""#),
            ("spec.matchConstraints.resourceRules[].scope", r#""*""#),
            ("spec.matchConstraints.excludeResourceRules[].scope", r#""*""#),
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        &[
            ("spec.matchResources.resourceRules[].scope", r#""*""#),
            ("spec.matchResources.excludeResourceRules[].scope", r#""*""#),
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicyBinding",
        &[
            ("spec.matchResources.resourceRules[].scope", r#""*""#),
            ("spec.matchResources.excludeResourceRules[].scope", r#""*""#),
        ],
    ),
];

/// Fills in the defaults of the table.
pub(crate) fn fill(kind: &Kind, object: &mut Map<String, Value>) {
    let found = TABLE.iter().find(|(group, name, _)| *name == kind.kind && *group == kind.group);
    for (path, value) in found.map(|(.., defaults)| *defaults).unwrap_or_default() {
        fill_member(object, path, value);
    }
    for policies in ["matchConstraints", "matchResources"] {
        let of_admission = kind.group == "admissionregistration.k8s.io";
        for (member, value) in MATCH.iter().filter(|_| of_admission) {
            fill_member(object, &format!("spec.{policies}.{member}"), value);
        }
    }
}

pub(super) fn fill_member(object: &mut Map<String, Value>, path: &str, default: &str) {
    let Some((head, rest)) = path.split_once('.') else {
        let zero = path.strip_suffix('!');
        let name = zero.unwrap_or(path);
        let keep =
            object.get(name).is_some_and(|found| !(found.is_null() || zero.is_some() && (*found == 0 || *found == "")));
        if !keep {
            object.insert(name.to_owned(), serde_json::from_str(default).expect("a default is JSON"));
        }
        return;
    };
    match head.strip_suffix("[]") {
        Some(list) => {
            let items = object.get_mut(list).and_then(Value::as_array_mut);
            let items = items.into_iter().flatten().filter_map(Value::as_object_mut);
            items.for_each(|item| fill_member(item, rest, default));
        }
        None => {
            if let Some(member) = object.get_mut(head).and_then(Value::as_object_mut) {
                fill_member(member, rest, default);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_default_is_json() {
        for (_, kind, defaults) in TABLE {
            for (path, value) in *defaults {
                assert!(serde_json::from_str::<Value>(value).is_ok(), "{kind} {path}: {value}");
            }
        }
    }

    #[test]
    fn defaults_reach_into_lists() {
        let mut object = json!({"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}], "n": 0, "m": 0});
        let map = object.as_object_mut().unwrap();
        fill_member(map, "ports[].protocol", r#""TCP""#);
        fill_member(map, "absent.member", "1");
        fill_member(map, "n!", "7");
        fill_member(map, "m", "7");
        let wanted =
            json!({"ports": [{"port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}], "n": 7, "m": 0});
        assert_eq!(object, wanted);
    }
}
