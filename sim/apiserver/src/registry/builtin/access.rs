//! The kinds that decide about access: roles and bindings, reviews, webhook configurations, service accounts and
//! secrets.
//!
//! Each lists its members: the server acts on their content, so it must know them. Reviews are created and answered,
//! never stored.
use super::row::{Builtin, PLAIN};
use crate::registry::{
    group::{ADMISSION, AUTHENTICATION, AUTHORIZATION, RBAC},
    member_type::MemberType::{self, Bytes, Flag, List, Long, Map, Object, Text, Texts, Whole},
};

type Members = &'static [(&'static str, MemberType)];

const REQUIREMENT: MemberType =
    Object("LabelSelectorRequirement", &[("key", Text), ("operator", Text), ("values", Texts)]);
const LABEL_SELECTOR: Members = &[("matchLabels", Map(&Text)), ("matchExpressions", List(&REQUIREMENT))];
const POLICY_RULE: MemberType = Object(
    "PolicyRule",
    &[
        ("verbs", Texts),
        ("apiGroups", Texts),
        ("resources", Texts),
        ("resourceNames", Texts),
        ("nonResourceURLs", Texts),
    ],
);
const ROLE: Members = &[("rules", List(&POLICY_RULE))];
const SELECTOR: MemberType = Object("LabelSelector", LABEL_SELECTOR);
const CLUSTER_ROLE: Members = &[
    ("rules", List(&POLICY_RULE)),
    ("aggregationRule", Object("AggregationRule", &[("clusterRoleSelectors", List(&SELECTOR))])),
];
const SUBJECT: MemberType =
    Object("Subject", &[("kind", Text), ("apiGroup", Text), ("name", Text), ("namespace", Text)]);
const BINDING: Members = &[
    ("subjects", List(&SUBJECT)),
    ("roleRef", Object("RoleRef", &[("apiGroup", Text), ("kind", Text), ("name", Text)])),
];

const SELECTOR_ATTRIBUTES: Members = &[("rawSelector", Text), ("requirements", List(&REQUIREMENT))];
const RESOURCE_ATTRIBUTES: MemberType = Object(
    "ResourceAttributes",
    &[
        ("namespace", Text),
        ("verb", Text),
        ("group", Text),
        ("version", Text),
        ("resource", Text),
        ("subresource", Text),
        ("name", Text),
        ("fieldSelector", Object("FieldSelectorAttributes", SELECTOR_ATTRIBUTES)),
        ("labelSelector", Object("LabelSelectorAttributes", SELECTOR_ATTRIBUTES)),
    ],
);
const PATH_ATTRIBUTES: MemberType = Object("NonResourceAttributes", &[("path", Text), ("verb", Text)]);
const ACCESS_STATUS: MemberType = Object(
    "SubjectAccessReviewStatus",
    &[("allowed", Flag), ("denied", Flag), ("reason", Text), ("evaluationError", Text)],
);
const ACCESS_REVIEW: Members = &[
    (
        "spec",
        Object(
            "SubjectAccessReviewSpec",
            &[
                ("resourceAttributes", RESOURCE_ATTRIBUTES),
                ("nonResourceAttributes", PATH_ATTRIBUTES),
                ("user", Text),
                ("groups", Texts),
                ("extra", Map(&Texts)),
                ("uid", Text),
            ],
        ),
    ),
    ("status", ACCESS_STATUS),
];
const SELF_ACCESS_REVIEW: Members = &[
    (
        "spec",
        Object(
            "SelfSubjectAccessReviewSpec",
            &[("resourceAttributes", RESOURCE_ATTRIBUTES), ("nonResourceAttributes", PATH_ATTRIBUTES)],
        ),
    ),
    ("status", ACCESS_STATUS),
];
const RULE: MemberType = POLICY_RULE;
const RULES_REVIEW: Members = &[
    ("spec", Object("SelfSubjectRulesReviewSpec", &[("namespace", Text)])),
    (
        "status",
        Object(
            "SubjectRulesReviewStatus",
            &[
                ("resourceRules", List(&RULE)),
                ("nonResourceRules", List(&RULE)),
                ("incomplete", Flag),
                ("evaluationError", Text),
            ],
        ),
    ),
];
const USER: MemberType =
    Object("UserInfo", &[("username", Text), ("uid", Text), ("groups", Texts), ("extra", Map(&Texts))]);
const TOKEN_REVIEW: Members = &[
    ("spec", Object("TokenReviewSpec", &[("token", Text), ("audiences", Texts)])),
    (
        "status",
        Object("TokenReviewStatus", &[("authenticated", Flag), ("user", USER), ("audiences", Texts), ("error", Text)]),
    ),
];
const SELF_REVIEW: Members = &[("status", Object("SelfSubjectReviewStatus", &[("userInfo", USER)]))];

const SERVICE: MemberType =
    Object("ServiceReference", &[("namespace", Text), ("name", Text), ("path", Text), ("port", Whole)]);
const CLIENT_CONFIG: MemberType =
    Object("WebhookClientConfig", &[("url", Text), ("service", SERVICE), ("caBundle", Bytes)]);
const WEBHOOK_RULE: MemberType = Object(
    "RuleWithOperations",
    &[("operations", Texts), ("apiGroups", Texts), ("apiVersions", Texts), ("resources", Texts), ("scope", Text)],
);
const MATCH_CONDITION: MemberType = Object("MatchCondition", &[("name", Text), ("expression", Text)]);
const WEBHOOK: MemberType = Object(
    "Webhook",
    &[
        ("name", Text),
        ("clientConfig", CLIENT_CONFIG),
        ("rules", List(&WEBHOOK_RULE)),
        ("failurePolicy", Text),
        ("matchPolicy", Text),
        ("namespaceSelector", SELECTOR),
        ("objectSelector", SELECTOR),
        ("sideEffects", Text),
        ("timeoutSeconds", Whole),
        ("admissionReviewVersions", Texts),
        ("reinvocationPolicy", Text),
        ("matchConditions", List(&MATCH_CONDITION)),
    ],
);
const WEBHOOKS: Members = &[("webhooks", List(&WEBHOOK))];

const REFERENCE: MemberType = Object(
    "ObjectReference",
    &[
        ("kind", Text),
        ("namespace", Text),
        ("name", Text),
        ("uid", Text),
        ("apiVersion", Text),
        ("resourceVersion", Text),
        ("fieldPath", Text),
    ],
);
const LOCAL_REFERENCE: MemberType = Object("LocalObjectReference", &[("name", Text)]);

const CONDITION: MemberType = Object(
    "NamespaceCondition",
    &[("type", Text), ("status", Text), ("lastTransitionTime", Text), ("reason", Text), ("message", Text)],
);
/// The members that the namespace controller reads.
pub(crate) const NAMESPACE: Members = &[
    ("spec", Object("NamespaceSpec", &[("finalizers", Texts)])),
    ("status", Object("NamespaceStatus", &[("phase", Text), ("conditions", List(&CONDITION))])),
];

const fn role(kind: &'static str, plural: &'static str, namespaced: bool, members: Members) -> Builtin {
    Builtin { group: RBAC, kind, plural, namespaced, members: Some(members), ..PLAIN }
}

const fn review(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    namespaced: bool,
    members: Members,
) -> Builtin {
    Builtin { group, kind, plural, namespaced, create_only: true, members: Some(members), ..PLAIN }
}

const fn webhooks(kind: &'static str, plural: &'static str) -> Builtin {
    Builtin {
        group: ADMISSION,
        kind,
        plural,
        categories: &["api-extensions"],
        namespaced: false,
        generation: true,
        members: Some(WEBHOOKS),
        ..PLAIN
    }
}

const BOUND_REFERENCE: MemberType =
    Object("BoundObjectReference", &[("kind", Text), ("apiVersion", Text), ("name", Text), ("uid", Text)]);
pub(crate) const TOKEN_REQUEST: Builtin = review(
    AUTHENTICATION,
    "TokenRequest",
    "tokenrequests",
    true,
    &[
        (
            "spec",
            Object(
                "TokenRequestSpec",
                &[("audiences", Texts), ("expirationSeconds", Long), ("boundObjectRef", BOUND_REFERENCE)],
            ),
        ),
        ("status", Object("TokenRequestStatus", &[("token", Text), ("expirationTimestamp", Text)])),
    ],
);

pub(crate) const BUILTINS: [Builtin; 14] = [
    Builtin {
        kind: "Secret",
        plural: "secrets",
        fields: &["type"],
        members: Some(&[("immutable", Flag), ("data", Map(&Bytes)), ("stringData", Map(&Text)), ("type", Text)]),
        ..PLAIN
    },
    Builtin {
        kind: "ServiceAccount",
        plural: "serviceaccounts",
        short_names: &["sa"],
        members: Some(&[
            ("secrets", List(&REFERENCE)),
            ("imagePullSecrets", List(&LOCAL_REFERENCE)),
            ("automountServiceAccountToken", Flag),
        ]),
        ..PLAIN
    },
    review(AUTHENTICATION, "SelfSubjectReview", "selfsubjectreviews", false, SELF_REVIEW),
    review(AUTHENTICATION, "TokenReview", "tokenreviews", false, TOKEN_REVIEW),
    review(AUTHORIZATION, "LocalSubjectAccessReview", "localsubjectaccessreviews", true, ACCESS_REVIEW),
    review(AUTHORIZATION, "SelfSubjectAccessReview", "selfsubjectaccessreviews", false, SELF_ACCESS_REVIEW),
    review(AUTHORIZATION, "SelfSubjectRulesReview", "selfsubjectrulesreviews", false, RULES_REVIEW),
    review(AUTHORIZATION, "SubjectAccessReview", "subjectaccessreviews", false, ACCESS_REVIEW),
    role("ClusterRoleBinding", "clusterrolebindings", false, BINDING),
    role("ClusterRole", "clusterroles", false, CLUSTER_ROLE),
    role("RoleBinding", "rolebindings", true, BINDING),
    role("Role", "roles", true, ROLE),
    webhooks("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    webhooks("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
];
