//! The members of the kinds that decide about access: roles and bindings, reviews, webhook configurations, service
//! accounts and secrets. The server acts on their content, so it must know them.
use super::row::{Builtin, namespaced};
use crate::registry::{
    group::AUTHENTICATION,
    member_type::MemberType::{self, Bytes, Flag, List, Long, Map, Object, Text, Texts, Whole},
};

pub(super) type Members = &'static [(&'static str, MemberType)];

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
pub(super) const ROLE: Members = &[("rules", List(&POLICY_RULE))];
const SELECTOR: MemberType = Object("LabelSelector", LABEL_SELECTOR);
pub(super) const CLUSTER_ROLE: Members = &[
    ("rules", List(&POLICY_RULE)),
    ("aggregationRule", Object("AggregationRule", &[("clusterRoleSelectors", List(&SELECTOR))])),
];
const SUBJECT: MemberType =
    Object("Subject", &[("kind", Text), ("apiGroup", Text), ("name", Text), ("namespace", Text)]);
pub(super) const BINDING: Members = &[
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
pub(super) const ACCESS_REVIEW: Members = &[
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
pub(super) const SELF_ACCESS_REVIEW: Members = &[
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
pub(super) const RULES_REVIEW: Members = &[
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
pub(super) const TOKEN_REVIEW: Members = &[
    ("spec", Object("TokenReviewSpec", &[("token", Text), ("audiences", Texts)])),
    (
        "status",
        Object("TokenReviewStatus", &[("authenticated", Flag), ("user", USER), ("audiences", Texts), ("error", Text)]),
    ),
];
pub(super) const SELF_REVIEW: Members = &[("status", Object("SelfSubjectReviewStatus", &[("userInfo", USER)]))];

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
pub(super) const WEBHOOKS: Members = &[("webhooks", List(&WEBHOOK))];

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
pub(super) const NAMESPACE: Members = &[
    ("spec", Object("NamespaceSpec", &[("finalizers", Texts)])),
    ("status", Object("NamespaceStatus", &[("phase", Text), ("conditions", List(&CONDITION))])),
];

const BOUND_REFERENCE: MemberType =
    Object("BoundObjectReference", &[("kind", Text), ("apiVersion", Text), ("name", Text), ("uid", Text)]);
/// A request for a token, which only a subresource takes.
pub(super) const TOKEN_REQUEST: Builtin =
    namespaced(AUTHENTICATION, "TokenRequest", "tokenrequests").create_only().members(&[
        (
            "spec",
            Object(
                "TokenRequestSpec",
                &[("audiences", Texts), ("expirationSeconds", Long), ("boundObjectRef", BOUND_REFERENCE)],
            ),
        ),
        ("status", Object("TokenRequestStatus", &[("token", Text), ("expirationTimestamp", Text)])),
    ]);

pub(super) const SECRET: Members =
    &[("immutable", Flag), ("data", Map(&Bytes)), ("stringData", Map(&Text)), ("type", Text)];
pub(super) const SERVICE_ACCOUNT: Members = &[
    ("secrets", List(&REFERENCE)),
    ("imagePullSecrets", List(&LOCAL_REFERENCE)),
    ("automountServiceAccountToken", Flag),
];
