//! The simulated behaviours of kube-apiserver, each with its definition and the recorded cases that test it.
//!
//! Classes are those of a client that must act exactly once: A, safety depends on it; B, client runtimes need it; C,
//! completeness. The document marks a behaviour if not all of its cases are answered as recorded.

/// One behaviour of kube-apiserver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// Area, e.g. `Watches`.
    pub area: &'static str,
    /// Importance. A: the safety of locks depends on it; B: client runtimes need it; C: completeness.
    pub class: &'static str,
    /// Short description.
    pub what: &'static str,
    /// Definition: a file below k8s.io/apiserver/pkg unless another place is named, an enhancement (KEP), a page.
    pub authority: &'static str,
    /// Recorded cases that show it, as shell patterns.
    pub cases: &'static [&'static str],
    /// Tests of properties that no sequence of requests can show, as paths from the root of the workspace.
    pub tests: &'static [&'static str],
}

const fn row(
    area: &'static str,
    class: &'static str,
    what: &'static str,
    authority: &'static str,
    cases: &'static [&'static str],
) -> Behaviour {
    Behaviour { area, class, what, authority, cases, tests: &[] }
}

const fn tested(row: Behaviour, tests: &'static [&'static str]) -> Behaviour {
    Behaviour { tests, ..row }
}

const STORE: &str = "storage/etcd3/store.go";
const GENERIC: &str = "registry/generic/registry/store.go";
const CACHER: &str = "storage/cacher";
const LISTS: &str = "KEP-2340, storage/cacher/delegator.go";
const CUSTOM: &str = "apiextensions-apiserver: customresource/strategy.go";
const DOCS: &str = "kubernetes.io: API concepts";

/// All behaviours, by area.
pub const BEHAVIOURS: &[Behaviour] = &[
    tested(
        row(
            "Versions",
            "A",
            "one revision counter for all kinds, advanced by every write",
            STORE,
            &["leases/renew-chain", "leases/create-get"],
        ),
        &["sim/apiserver/tests/apiserver/history.rs"],
    ),
    row(
        "Versions",
        "A",
        "a write that changes nothing keeps the version and causes no event",
        STORE,
        &["noop/*", "watches/noop-is-no-event"],
    ),
    row(
        "Versions",
        "A",
        "a stale or future version is a conflict; an absent or zero one is refused if the kind requires it",
        GENERIC,
        &[
            "leases/put-stale-rv",
            "leases/put-existing-without-rv",
            "leases/put-rv-from-the-future",
            "leases/takeover-then-late-renewal",
            "remediationrequests/put-*",
            "remediationrequests/count-race",
        ],
    ),
    row(
        "Create",
        "A",
        "names are unique: 409 AlreadyExists, also while the object is terminating",
        STORE,
        &[
            "leases/second-create",
            "remediationrequests/second-create",
            "remediationrequests/same-fingerprint-other-name",
            "create/already-exists-cr",
            "deletion/create-while-terminating",
            "core/namespace-second-create",
        ],
    ),
    row(
        "Create",
        "A",
        "a version in the body is refused, a uid is replaced, members that only the server sets are ignored",
        "registry/rest/create.go",
        &["create/rv-on-create", "create/uid-on-create", "create/deletion-timestamp-ignored"],
    ),
    row(
        "Create",
        "A",
        "generateName: five characters of the safe alphabet",
        "registry/rest/create.go",
        &["create/generate-name*"],
    ),
    row(
        "Create",
        "A",
        "PUT creates an absent Lease, or conflicts if the body has a uid; an absent custom resource is 404",
        GENERIC,
        &["leases/put-creates-when-absent", "leases/put-absent-*", "leases/put-uid-of-old-incarnation"],
    ),
    row(
        "Create",
        "B",
        "validation of names, labels, annotations, owners and namespaces, with the real messages",
        "apimachinery: api/validation/objectmeta.go",
        &["create/*"],
    ),
    row(
        "Preconditions",
        "A",
        "uid and version, in a body and in the options of a delete",
        "registry/rest/update.go, delete.go",
        &["preconditions/*", "deletion/uid-and-rv-match"],
    ),
    row(
        "Preconditions",
        "A",
        "a late delete after a takeover: its preconditions decide whether it takes effect",
        "registry/rest/delete.go",
        &["leases/release-*"],
    ),
    row(
        "Leases",
        "A",
        "validation of holder, duration and transitions; times are not interpreted",
        "pkg/apis/coordination/validation",
        &[
            "leases/duration-*",
            "leases/transitions-negative",
            "leases/two-field-errors",
            "leases/renew-time-in-the-past",
            "leases/preferred-holder-without-strategy",
            "leases/spec-absent",
            "leases/unknown-field-*",
            "leases/annotations-kept",
        ],
    ),
    row(
        "Leases",
        "A",
        "MicroTime: exactly six digits and a zone",
        "apimachinery: meta/v1/micro_time.go",
        &["leases/microtime-*"],
    ),
    row("Leases", "C", "no status subresource", "pkg/registry/coordination/lease", &["leases/no-status-subresource"]),
    row(
        "Custom resources",
        "A",
        "status subresource: an object write ignores status, a status write ignores all else; one version for both",
        CUSTOM,
        &[
            "remediationrequests/status-*",
            "remediationrequests/main-put-ignores-status",
            "patches/apply-main-ignores-status",
            "patches/apply-status",
        ],
    ),
    row(
        "Custom resources",
        "B",
        "structural schemas: pruning, defaults, nulls, types, enums, lengths, all formats, multiples, branches, lists",
        "apiextensions-apiserver: apiserver/schema; kube-openapi: validation",
        &[
            "schemas/branches",
            "schemas/formats",
            "schemas/numbers",
            "remediationrequests/create-full",
            "remediationrequests/default-*",
            "remediationrequests/invalid-*",
            "remediationrequests/spec-as-text",
        ],
    ),
    row(
        "Custom resources",
        "B",
        "resources inside of resources: required members, names, decoded and pruned metadata",
        "apiextensions-apiserver: apiserver/schema/objectmeta",
        &["schemas/embedded"],
    ),
    tested(
        row(
            "Custom resources",
            "B",
            "patterns are RE2, with Go's errors",
            "regexp/syntax",
            &["schemas/patterns", "schemas/patterns-refused"],
        ),
        &["tests/suites/patterns.rs"],
    ),
    tested(
        row(
            "Custom resources",
            "B",
            "CEL rules: types, functions and errors of Kubernetes' environment; transition rules, also with an optional \
             old value",
            "KEP-2876; cel-go; apiserver: pkg/cel",
            &["remediationrequests/immutable-*", "schemas/cel-*"],
        ),
        &["tests/suites/expressions.rs"],
    ),
    row(
        "Custom resources",
        "B",
        "fieldValidation: Strict, Warn and Ignore, for unknown and duplicate members",
        "endpoints/handlers",
        &[
            "remediationrequests/unknown-*",
            "remediationrequests/duplicate-field-warn",
            "create/field-validation-unknown",
        ],
    ),
    row(
        "Custom resources",
        "A",
        "selectable fields, and the 400 for other fields",
        "apiextensions-apiserver: conversion/converter.go",
        &["lists/field-*", "watches/field-*"],
    ),
    row(
        "Custom resources",
        "C",
        "404 for subresources that a definition does not have",
        CUSTOM,
        &["remediationrequests/no-scale"],
    ),
    tested(
        row(
            "Definitions",
            "C",
            "create, accept, establish, serve, change and delete with all objects; each step is an event",
            "apiextensions-apiserver: controller/{status,establish,finalizer}, apiserver/customresource_handler.go",
            &[
                "definitions/lifecycle",
                "definitions/events",
                "definitions/defaults",
                "definitions/updates",
                "definitions/schema-changes",
                "definitions/watched-objects",
                "definitions/deletion-waits",
                "definitions/recreated",
                "definitions/unserved",
                "definitions/n*",
            ],
        ),
        &["sim/apiserver/tests/apiserver/definitions.rs"],
    ),
    row(
        "Definitions",
        "C",
        "validation of names, versions, structural schemas, defaults and rules, with the real messages",
        "apiextensions-apiserver: apis/apiextensions/validation",
        &["definitions/refused*", "definitions/forms"],
    ),
    row(
        "Definitions",
        "C",
        "several versions of a kind, with the conversion strategy None",
        "apiextensions-apiserver: apiserver/conversion",
        &["definitions/several-versions"],
    ),
    row(
        "Definitions",
        "C",
        "discovery, tables and apply of definitions",
        "apiextensions-apiserver: registry/customresourcedefinition",
        &["definitions/discovery", "definitions/group", "definitions/tables", "definitions/applied"],
    ),
    row(
        "Generation",
        "B",
        "counts changes of a custom resource's spec, and its deletion; leases have no generation",
        GENERIC,
        &["generation/*"],
    ),
    row(
        "Lists",
        "A",
        "without a version: consistent with all earlier writes",
        LISTS,
        &[
            "lists/read-your-writes",
            "lists/leases",
            "lists/custom-resources",
            "lists/all-namespaces",
            "lists/empty",
            "lists/missing-namespace",
        ],
    ),
    tested(
        row("Lists", "A", "version 0: served from the cache, however old, without pages", LISTS, &["lists/rv-zero-*"]),
        &["sim/apiserver/tests/apiserver/caches.rs", "sim/apiserver/tests/apiserver/cluster.rs"],
    ),
    row(
        "Lists",
        "A",
        "Exact and NotOlderThan; errors for future and compacted versions",
        LISTS,
        &[
            "lists/rv-first-notolderthan",
            "lists/rv-last-*",
            "lists/rv-limit-first",
            "lists/rv-future*",
            "lists/rv-unset-exact",
            "lists/exact-shows-deleted",
            "lists/match-*",
            "lists/get-rv",
        ],
    ),
    row(
        "Lists",
        "B",
        "pages of one snapshot; continue tokens, invalid and expired ones",
        "storage/continue.go",
        &["lists/pages*", "lists/continue-*", "lists/deleted-between-pages", "lists/limit-*", "lists/label-with-limit"],
    ),
    row(
        "Lists",
        "B",
        "compaction does not affect versions that caches remember",
        "storage/cacher, storage/etcd3/errors.go",
        &["lists/compacted-*", "watches/compaction-spares-the-window"],
    ),
    row(
        "Lists",
        "B",
        "invalid parameters",
        "apis/meta/internalversion/validation",
        &["lists/rv-garbage", "lists/list-with-watch-options", "lists/rv-unset-exact"],
    ),
    row(
        "Selectors",
        "A",
        "label selectors: the whole grammar, with the real messages",
        "apimachinery: labels/selector.go",
        &["lists/label-*"],
    ),
    row(
        "Watches",
        "A",
        "ordered, without gaps or duplicates; from a version, from 0, from now",
        CACHER,
        &[
            "watches/from-*",
            "watches/zero-rv*",
            "watches/unset-rv*",
            "watches/recreate-events",
            "watches/cluster-wide",
            "watches/status-update",
        ],
    ),
    tested(
        row(
            "Watches",
            "A",
            "an object that enters or leaves the selection is ADDED, or DELETED with its last matching state",
            "storage/cacher/cache_watcher.go",
            &["watches/label-*", "watches/name-and-label", "watches/deleted-outside-selection"],
        ),
        &["sim/apiserver/tests/apiserver/streams.rs"],
    ),
    row(
        "Watches",
        "A",
        "finalizers: MODIFIED, then DELETED with the newer version; one event per object of a deleted collection",
        GENERIC,
        &["watches/finalizer-events", "watches/deletecollection-events"],
    ),
    row(
        "Watches",
        "A",
        "from a future version: no events up to it; from an expired one: an ERROR with 410, then the end",
        CACHER,
        &["watches/future-rv", "watches/expired-rv", "watches/rv-garbage"],
    ),
    row(
        "Watches",
        "B",
        "bookmarks, timeouts, streaming lists",
        "KEP-956, KEP-3157",
        &["watches/bookmark-before-timeout", "watches/timeout*", "watches/streaming-list*"],
    ),
    row(
        "Watches",
        "B",
        "special cases: invalid selectors, deprecated paths, metadata only, dry runs",
        "endpoints/handlers/get.go",
        &[
            "watches/selector-invalid",
            "watches/deprecated-path",
            "watches/partial-metadata",
            "watches/metadata-of-lists",
            "watches/dry-run-is-no-event",
        ],
    ),
    row(
        "Deletion",
        "A",
        "finalizers: a terminating object can be read and updated until the last one is removed; none can be added",
        GENERIC,
        &["deletion/finalizer*", "deletion/*-while-terminating", "lists/terminating-object-listed"],
    ),
    row(
        "Deletion",
        "B",
        "options including invalid ones, propagation policies, collections, dry runs, answers",
        "registry/rest/delete.go",
        &["deletion/*"],
    ),
    row(
        "Dry run",
        "B",
        "validated and answered, not stored",
        "registry/generic/registry/dryrun.go",
        &[
            "create/dry-run*",
            "patches/dry-run",
            "deletion/dry-run",
            "deletion/collection-dry-run",
            "remediationrequests/immutable-dry-run",
            "preconditions/delete-dry-run-mismatch",
        ],
    ),
    row(
        "Patches",
        "A",
        "JSON merge patches and JSON patches, of the object and of /status, with and without a version",
        "endpoints/handlers/patch.go",
        &["patches/merge-*", "patches/json-*", "patches/wrong-content-type"],
    ),
    row("Patches", "B", "strategic merge patches", "apimachinery: strategicpatch", &["patches/strategic-*"]),
    row(
        "Patches",
        "B",
        "server-side apply: managers, conflicts, force, removal",
        "structured-merge-diff, KEP-555",
        &["patches/*", "noop/apply-twice", "preconditions/patch-absent-with-uid"],
    ),
    row("Patches", "B", "managedFields of updates and applies", "apimachinery: managedfields", &["managedfields/*"]),
    row(
        "Requests",
        "B",
        "refused bodies, sizes, media types, methods and paths, with the real messages",
        "endpoints/handlers",
        &["errors/*", "core/pod-invalid"],
    ),
    row(
        "Requests",
        "B",
        "401 and 403, and the paths open to everyone",
        "endpoints/filters",
        &["auth/*token", "auth/basic-and-empty-bearer", "auth/forbidden-*"],
    ),
    tested(
        row(
            "Access",
            "C",
            "RBAC from the stored roles and bindings; checks of escalate and bind",
            "plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac",
            &["auth/rbac-*", "auth/role-*", "auth/user-may-discover"],
        ),
        &["sim/apiserver/tests/apiserver/access.rs"],
    ),
    row(
        "Access",
        "C",
        "access, token, rules and self reviews",
        "pkg/registry/{authentication,authorization}",
        &["auth/sar-*", "auth/*review*", "auth/whoami"],
    ),
    row(
        "Access",
        "C",
        "tokens of service accounts: requests, audiences, bound objects, what ends them, reviews",
        "pkg/serviceaccount, pkg/registry/core/serviceaccount/storage/token.go",
        &["auth/account-token*"],
    ),
    row(
        "Access",
        "C",
        "impersonation, constrained and legacy",
        "endpoints/filters/impersonation, KEP-5284",
        &["auth/impersonation*"],
    ),
    tested(
        row(
            "Access",
            "C",
            "admission webhooks: rules, selectors, failure policy, order, messages of refusals",
            "admission/plugin/webhook",
            &["create/webhook-unreachable", "core/webhook-configurations"],
        ),
        &["sim/apiserver/tests/apiserver/admission.rs"],
    ),
    tested(
        row(
            "Deletion",
            "C",
            "garbage collection (background, foreground, orphan) and deletion of namespace contents, if switched on",
            "pkg/controller/{garbagecollector,namespace}",
            &["deletion/namespace-*"],
        ),
        &["sim/apiserver/tests/apiserver/controllers.rs", "sim/tests/interleaving.rs"],
    ),
    row("Representations", "B", "PartialObjectMetadata", DOCS, &["tables/partial-*", "lists/get-partial-of-absent"]),
    row(
        "Representations",
        "C",
        "Tables, with the columns of Kubernetes' printers or of the definition, also for writes and watches",
        "pkg/printers/internalversion, apiextensions-apiserver: customresource/tableconvertor",
        &["tables/*", "watches/table*"],
    ),
    tested(
        row(
            "Representations",
            "B",
            "protobuf of built-in kinds and definitions: bodies, answers, errors and streams; not of custom resources",
            "apimachinery: runtime/serializer/protobuf",
            &["errors/accept-protobuf*", "errors/content-type-protobuf*"],
        ),
        &["sim/apiserver/tests/apiserver/representations.rs"],
    ),
    row(
        "Representations",
        "C",
        "YAML in bodies and answers, with its own errors",
        "sigs.k8s.io/yaml",
        &["errors/accept-yaml*", "create/yaml*", "errors/yaml-*", "discovery/yaml"],
    ),
    row(
        "Representations",
        "C",
        "content negotiation by quality and shape",
        "endpoints/handlers/negotiation",
        &["errors/accept-*"],
    ),
    row(
        "Discovery",
        "B",
        "legacy and aggregated documents, version, health, scopes",
        "endpoints/discovery",
        &["discovery/*"],
    ),
    tested(
        row(
            "Discovery",
            "C",
            "OpenAPI v3, and ETags of documents",
            "kube-openapi: handler3",
            &["discovery/aggregated*"],
        ),
        &["sim/apiserver/tests/apiserver/representations.rs"],
    ),
    row("Core kinds", "C", "the scale subresource", "pkg/registry/apps/deployment/storage", &["core/scale*"]),
    row(
        "Core kinds",
        "C",
        "events through the core group and through events.k8s.io, as the same objects",
        "pkg/apis/core/validation/events.go, pkg/apis/events",
        &["core/event-*", "watches/event-newer"],
    ),
    row(
        "Kinds",
        "C",
        "every kind that the real server serves by default: discovery, columns",
        "api/discovery, pkg/printers",
        &["kinds/discovery", "kinds/columns"],
    ),
    row(
        "Kinds",
        "C",
        "policy, networking, autoscaling, batch, storage, scheduling, certificates, discovery, node, flow control, \
         devices: defaults, initial status, common validation",
        "pkg/registry, pkg/apis",
        &["kinds/*"],
    ),
    row(
        "Kinds",
        "C",
        "eviction under disruption budgets, binding, ephemeral containers, and connections to nodes as far as a \
         cluster without nodes answers them",
        "pkg/registry/core/pod",
        &["kinds/eviction*", "kinds/binding", "kinds/ephemeral-containers", "kinds/no-nodes"],
    ),
    row(
        "Core kinds",
        "C",
        "namespaces with finalizers and deletion; secrets, service accounts; workloads, pods, events, config maps as \
         far as scenarios use them",
        "pkg/registry/core",
        &["core/*"],
    ),
];
