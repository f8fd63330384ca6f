//! The cells of kinds whose rows are simple, as data: most cells show one member.
use super::{access, printers, selector_text};
use crate::base::age;
use jiff::Timestamp;
use serde_json::{Value, json};

/// One cell of a row. Paths are JSON pointers.
pub(super) enum Cell {
    Name,
    /// The time since the creation.
    Age,
    /// A text; empty if absent.
    Text(&'static str),
    /// A text, or another one if it is absent or empty.
    TextOr(&'static str, &'static str),
    /// A whole number; 0 if absent.
    Number(&'static str),
    /// A number or a text, or another text if it is absent.
    ValueOr(&'static str, &'static str),
    /// A truth, or its default if absent.
    Flag(&'static str, bool),
    /// Number of items of a list, or of members of a map.
    Count(&'static str),
    /// The names of containers, then their images: two cells.
    Containers(&'static str),
    /// Labels, or `<none>`.
    Labels(&'static str),
    /// Anything else.
    By(fn(&Value) -> Value),
}
use Cell::{Age, By, Containers, Count, Flag, Labels, Name, Number, Text, TextOr, ValueOr};

const CLASS: &[Cell] = &[Name, Age];
const POLICY: &str = "/spec/validations";

/// The cells of each kind.
const ROWS: &[(&str, &[Cell])] = &[
    ("Namespace", &[Name, Text("/status/phase"), Age]),
    ("Lease", &[Name, Text("/spec/holderIdentity"), Age]),
    ("Secret", &[Name, Text("/type"), Count("/data"), Age]),
    ("ServiceAccount", CLASS),
    ("MutatingWebhookConfiguration", &[Name, Count("/webhooks"), Age]),
    ("ValidatingWebhookConfiguration", &[Name, Count("/webhooks"), Age]),
    ("Scale", &[Name, Number("/spec/replicas"), Number("/status/replicas"), Age]),
    ("ValidatingAdmissionPolicy", &[Name, Count(POLICY), By(printers::parameter_kind), Age]),
    ("ValidatingAdmissionPolicyBinding", &[Name, Text("/spec/policyName"), By(printers::parameter), Age]),
    ("MutatingAdmissionPolicy", &[Name, Count("/spec/mutations"), By(printers::parameter_kind), Age]),
    ("MutatingAdmissionPolicyBinding", &[Name, Text("/spec/policyName"), By(printers::parameter), Age]),
    ("APIService", &[Name, By(printers::service_of_api), By(printers::availability), Age]),
    ("ComponentStatus", &[Name, By(printers::health), By(printers::health_message), By(printers::health_error)]),
    ("PodTemplate", &[Name, Containers("/template/spec/containers"), Labels("/template/metadata/labels")]),
    (
        "ReplicationController",
        &[
            Name,
            Number("/spec/replicas"),
            Number("/status/replicas"),
            Number("/status/readyReplicas"),
            Age,
            Containers("/spec/template/spec/containers"),
            Labels("/spec/selector"),
        ],
    ),
    (
        "PersistentVolume",
        &[
            Name,
            TextOr("/spec/capacity/storage", "0"),
            By(printers::volume_modes),
            Text("/spec/persistentVolumeReclaimPolicy"),
            By(printers::volume_phase),
            By(printers::volume_claim),
            By(printers::volume_class),
            TextOr("/spec/volumeAttributesClassName", "<unset>"),
            Text("/status/reason"),
            Age,
            TextOr("/spec/volumeMode", "<unset>"),
        ],
    ),
    (
        "HorizontalPodAutoscaler",
        &[
            Name,
            By(printers::scale_target),
            By(super::metrics::cell),
            ValueOr("/spec/minReplicas", "<unset>"),
            Number("/spec/maxReplicas"),
            Number("/status/currentReplicas"),
            Age,
        ],
    ),
    (
        "CertificateSigningRequest",
        &[
            Name,
            Age,
            TextOr("/spec/signerName", "<none>"),
            Text("/spec/username"),
            By(printers::requested_duration),
            By(printers::signing_state),
        ],
    ),
    ("EndpointSlice", &[Name, Text("/addressType"), By(printers::slice_ports), By(printers::slice_addresses), Age]),
    (
        "FlowSchema",
        &[
            Name,
            Text("/spec/priorityLevelConfiguration/name"),
            Number("/spec/matchingPrecedence"),
            TextOr("/spec/distinguisherMethod/type", "<none>"),
            Age,
            By(printers::dangling),
        ],
    ),
    (
        "PriorityLevelConfiguration",
        &[
            Name,
            Text("/spec/type"),
            ValueOr("/spec/limited/nominalConcurrencyShares", "<none>"),
            ValueOr("/spec/limited/limitResponse/queuing/queues", "<none>"),
            ValueOr("/spec/limited/limitResponse/queuing/handSize", "<none>"),
            ValueOr("/spec/limited/limitResponse/queuing/queueLengthLimit", "<none>"),
            Age,
        ],
    ),
    ("IngressClass", &[By(printers::ingress_class), Text("/spec/controller"), By(printers::class_parameters), Age]),
    (
        "Ingress",
        &[
            Name,
            TextOr("/spec/ingressClassName", "<none>"),
            By(printers::hosts),
            By(printers::ingress_addresses),
            By(printers::ingress_ports),
            Age,
        ],
    ),
    ("IPAddress", &[Name, By(printers::parent), Age]),
    ("NetworkPolicy", &[Name, By(printers::pod_selector), Age]),
    ("ServiceCIDR", &[Name, By(printers::address_ranges), Age]),
    ("RuntimeClass", &[Name, Text("/handler"), Age]),
    (
        "PodDisruptionBudget",
        &[
            Name,
            ValueOr("/spec/minAvailable", "N/A"),
            ValueOr("/spec/maxUnavailable", "N/A"),
            Number("/status/disruptionsAllowed"),
            Age,
        ],
    ),
    ("DeviceClass", CLASS),
    ("ResourceClaim", &[Name, By(printers::claim_state), Age]),
    ("ResourceClaimTemplate", CLASS),
    ("ResourceSlice", &[Name, Text("/spec/nodeName"), Text("/spec/driver"), Text("/spec/pool/name"), Age]),
    ("PriorityClass", &[Name, Number("/value"), Flag("/globalDefault", false), Age, Text("/preemptionPolicy")]),
    (
        "CSIDriver",
        &[
            Name,
            Flag("/spec/attachRequired", true),
            Flag("/spec/podInfoOnMount", false),
            Flag("/spec/storageCapacity", false),
            By(printers::token_requests),
            Flag("/spec/requiresRepublish", false),
            By(printers::lifecycle_modes),
            Age,
        ],
    ),
    ("CSINode", &[Name, Count("/spec/drivers"), Age]),
    (
        "StorageClass",
        &[
            By(printers::storage_class),
            Text("/provisioner"),
            TextOr("/reclaimPolicy", "Delete"),
            TextOr("/volumeBindingMode", "Immediate"),
            Flag("/allowVolumeExpansion", false),
            Age,
        ],
    ),
    (
        "VolumeAttachment",
        &[
            Name,
            Text("/spec/attacher"),
            Text("/spec/source/persistentVolumeName"),
            Text("/spec/nodeName"),
            Flag("/status/attached", false),
            Age,
        ],
    ),
    ("VolumeAttributesClass", &[Name, Text("/driverName"), Age]),
];

/// The cells of an object; None for a kind that is not in the table.
pub(super) fn of(kind: &str, value: &Value, now: Timestamp) -> Option<Vec<Value>> {
    let (_, cells) = ROWS.iter().find(|(name, _)| *name == kind)?;
    Some(cells.iter().flat_map(|cell| cell.shown(value, now)).collect())
}

impl Cell {
    fn shown(&self, value: &Value, now: Timestamp) -> Vec<Value> {
        let text = |pointer: &str| access::text(value, pointer);
        vec![match self {
            Name => json!(text("/metadata/name")),
            Age => json!(age::since(value.pointer("/metadata/creationTimestamp"), now)),
            Text(pointer) => json!(text(pointer)),
            TextOr(pointer, otherwise) => json!(access::or(text(pointer), otherwise)),
            Number(pointer) => json!(access::number(value, pointer)),
            ValueOr(pointer, otherwise) => match value.pointer(pointer) {
                Some(Value::Number(n)) if *otherwise == "<unset>" || *otherwise == "N/A" => json!(n.to_string()),
                found => found.cloned().unwrap_or_else(|| json!(otherwise)),
            },
            Flag(pointer, default) => json!(value.pointer(pointer).and_then(Value::as_bool).unwrap_or(*default)),
            Count(pointer) => json!(match value.pointer(pointer) {
                Some(Value::Array(items)) => items.len(),
                Some(Value::Object(members)) => members.len(),
                _ => 0,
            }),
            Containers(pointer) => return printers::containers(value, pointer).into(),
            Labels(pointer) => json!(selector_text::labels(value.pointer(pointer))),
            By(print) => print(value),
        }]
    }
}
