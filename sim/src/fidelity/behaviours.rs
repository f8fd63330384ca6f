//! The behaviours of kube-apiserver that are simulated, each with where it is defined and the recorded cases that hold it.
//!
//! Rows are those of a client that must act exactly once: A, safety depends on it; B, client runtimes need it; C, completeness.
//! Cases are named by shell patterns. A behaviour whose cases are not all answered as recorded yet is shown as such.
use super::Behaviour;

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

/// All of them, by area.
pub const BEHAVIOURS: &[Behaviour] = &[
    tested(
        row(
            "Versions",
            "A",
            "one revision for all kinds; every write makes the next",
            STORE,
            &["leases/renew-chain", "leases/create-get"],
        ),
        &["sim/tests/apiserver/history.rs"],
    ),
    row(
        "Versions",
        "A",
        "a write that changes nothing keeps the version and is no event",
        STORE,
        &["noop/*", "watches/noop-is-no-event"],
    ),
    row(
        "Versions",
        "A",
        "a stale or future version is a conflict, an absent or zero one is refused where updates need it",
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
        "a name exists once: 409 AlreadyExists, also while the object is going away",
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
        "a version in the body is refused, a uid is replaced, the server's own members are not taken over",
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
        "PUT creates a Lease that is not there, with a uid it is a conflict; a custom resource is not found",
        GENERIC,
        &["leases/put-creates-when-absent", "leases/put-absent-*", "leases/put-uid-of-old-incarnation"],
    ),
    row(
        "Create",
        "B",
        "names, labels, annotations, owners and namespaces are checked, with the real messages",
        "apimachinery: api/validation/objectmeta.go",
        &["create/*"],
    ),
    row(
        "Preconditions",
        "A",
        "uid and version in a body, and in the options of a delete",
        "registry/rest/update.go, delete.go",
        &["preconditions/*", "deletion/uid-and-rv-match"],
    ),
    row(
        "Preconditions",
        "A",
        "what a late delete spares and what it does not, after a takeover",
        "registry/rest/delete.go",
        &["leases/release-*"],
    ),
    row(
        "Leases",
        "A",
        "holder, duration and transitions are checked, times are data and never interpreted",
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
        "MicroTime: six digits and a zone, nothing else",
        "apimachinery: meta/v1/micro_time.go",
        &["leases/microtime-*"],
    ),
    row("Leases", "C", "no status", "pkg/registry/coordination/lease", &["leases/no-status-subresource"]),
    row(
        "Custom resources",
        "A",
        "status: stripped and ignored on the main path, alone on its own, one version for both",
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
        "structural schemas: pruning, defaults, nulls, types, enums, patterns, lengths, formats",
        "apiextensions-apiserver: apiserver/schema",
        &[
            "remediationrequests/create-full",
            "remediationrequests/default-*",
            "remediationrequests/invalid-*",
            "remediationrequests/spec-as-text",
        ],
    ),
    row("Custom resources", "B", "CEL rules, over old values too", "KEP-2876", &["remediationrequests/immutable-*"]),
    row(
        "Custom resources",
        "B",
        "fieldValidation: Strict, Warn and Ignore, for duplicates too",
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
        "selectable fields, and the 400 where a field cannot be selected",
        "apiextensions-apiserver: conversion/converter.go",
        &["lists/field-*", "watches/field-*"],
    ),
    row("Custom resources", "C", "subresources that a definition lacks", CUSTOM, &["remediationrequests/no-scale"]),
    row(
        "Generation",
        "B",
        "counts changes of a custom resource's spec, and its deletion; a lease has none",
        GENERIC,
        &["generation/*"],
    ),
    row(
        "Lists",
        "A",
        "without a version: what was written is there",
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
        row("Lists", "A", "version 0: the cache, however old, without pages", LISTS, &["lists/rv-zero-*"]),
        &["sim/tests/apiserver/caches.rs", "sim/tests/apiserver/cluster.rs"],
    ),
    row(
        "Lists",
        "A",
        "exact and not older than; what a version from the future or the past is answered",
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
        "pages are one snapshot; tokens, their misuse and their end",
        "storage/continue.go",
        &["lists/pages*", "lists/continue-*", "lists/deleted-between-pages", "lists/limit-*", "lists/label-with-limit"],
    ),
    row(
        "Lists",
        "B",
        "compaction spares what caches remember",
        "storage/cacher, storage/etcd3/errors.go",
        &["lists/compacted-*", "watches/compaction-spares-the-window"],
    ),
    row(
        "Lists",
        "B",
        "refused parameters",
        "apis/meta/internalversion/validation",
        &["lists/rv-garbage", "lists/list-with-watch-options", "lists/rv-unset-exact"],
    ),
    row(
        "Selectors",
        "A",
        "label selectors: the whole grammar, and its messages",
        "apimachinery: labels/selector.go",
        &["lists/label-*"],
    ),
    row(
        "Watches",
        "A",
        "in order, without gaps or repetitions, from a version, from 0, from now",
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
            "a selection's edge is an ADDED or a DELETED with the last content that matched",
            "storage/cacher/cache_watcher.go",
            &["watches/label-*", "watches/name-and-label", "watches/deleted-outside-selection"],
        ),
        &["sim/tests/apiserver/streams.rs"],
    ),
    row(
        "Watches",
        "A",
        "finalizers: MODIFIED, then DELETED with the newer version; collections one by one",
        GENERIC,
        &["watches/finalizer-events", "watches/deletecollection-events"],
    ),
    row(
        "Watches",
        "A",
        "a version from the future is silent; one that is too old is an ERROR of 410, then the end",
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
        "refused and unusual: bad selectors, deprecated paths, metadata only, dry runs",
        "endpoints/handlers/get.go",
        &[
            "watches/selector-invalid",
            "watches/deprecated-path",
            "watches/partial-metadata",
            "watches/dry-run-is-no-event",
        ],
    ),
    row(
        "Deletion",
        "A",
        "finalizers: marked, readable and renewable until the last is gone; none may be added",
        GENERIC,
        &["deletion/finalizer*", "deletion/*-while-terminating", "lists/terminating-object-listed"],
    ),
    row(
        "Deletion",
        "B",
        "options and their misuse, policies, collections, dry runs, answers",
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
        "merge and JSON patches, on the object and on /status, with and without a version",
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
        "bodies, sizes, media types, methods and paths that are refused, word for word",
        "endpoints/handlers",
        &["errors/*", "core/pod-invalid"],
    ),
    row(
        "Requests",
        "B",
        "401 and 403, and what is open to all",
        "endpoints/filters",
        &["auth/*token", "auth/basic-and-empty-bearer", "auth/forbidden-*"],
    ),
    tested(
        row(
            "Access",
            "C",
            "roles and bindings, evaluated from the stored objects; escalation and binding refused",
            "plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac",
            &["auth/rbac-*", "auth/role-*", "auth/user-may-discover"],
        ),
        &["sim/tests/apiserver/access.rs"],
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
        "impersonation, constrained and not",
        "endpoints/filters/impersonation, KEP-5284",
        &["auth/impersonation*"],
    ),
    tested(
        row(
            "Access",
            "C",
            "admission webhooks: rules, selectors, failure policy, order, refusals in words",
            "admission/plugin/webhook",
            &["create/webhook-unreachable", "core/webhook-configurations"],
        ),
        &["sim/tests/apiserver/admission.rs"],
    ),
    tested(
        row(
            "Deletion",
            "C",
            "garbage collection (background, foreground, orphan) and the emptying of namespaces, where switched on",
            "pkg/controller/{garbagecollector,namespace}",
            &["deletion/namespace-*"],
        ),
        &["sim/tests/apiserver/controllers.rs", "sim/tests/apiserver/interleaving.rs"],
    ),
    row("Forms", "B", "PartialObjectMetadata", DOCS, &["tables/partial-*", "lists/get-partial-of-absent"]),
    row("Forms", "C", "Tables", DOCS, &["tables/*", "watches/table"]),
    row(
        "Discovery",
        "B",
        "old and aggregated documents, version, health, scopes",
        "endpoints/discovery",
        &["discovery/*"],
    ),
    row(
        "Core kinds",
        "C",
        "namespaces, their finalizers and end; secrets, service accounts; workloads, pods, events, config maps as scenarios meet them",
        "pkg/registry/core",
        &["core/*"],
    ),
];
