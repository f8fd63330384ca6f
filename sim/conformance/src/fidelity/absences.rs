//! What is not simulated: what happens instead, and what that can hide from somebody who trusts a verdict.
use super::Absence;

const fn absent(
    area: &'static str,
    instead: &'static str,
    hides: &'static str,
    cases: &'static [&'static str],
) -> Absence {
    Absence { area, instead, hides, cases }
}

/// All of them. One with cases is listed for as long as one of these is in `not_yet.txt`.
pub const ABSENCES: &[Absence] = &[
    absent(
        "service account tokens, client certificates, the roles of Kubernetes' own components, the cache of impersonation modes",
        "tokens come from a table; a refusal of impersonation names the first mode that was tried",
        "a token that expires or is bound to a pod",
        &[],
    ),
    absent(
        "admission policies in CEL, matchConditions, a second round of mutating webhooks",
        "501; one round, and no call over the network: a hook answers for every webhook",
        "a policy that refuses what the gateway writes",
        &[],
    ),
    absent(
        "controllers other than garbage collection and the emptying of namespaces",
        "none; those two are off unless asked for",
        "a default service account, aggregated cluster roles; the lag of a controller's own cache",
        &[],
    ),
    absent("Tables", "501; JSON where the client takes it", "—", &["tables/*"]),
    absent(
        "YAML and protobuf",
        "501; JSON where the client takes it",
        "—",
        &["errors/accept-*", "errors/content-type-protobuf*"],
    ),
    absent(
        "owners of fields (managedFields, server-side apply) in scenarios",
        "switched off by the runner; a test holds that runs are the same with them",
        "— the gateway neither reads nor writes them",
        &[],
    ),
    absent(
        "empty metadata in an applied custom resource, e.g. `labels: {}`",
        "it is as if it were not there; the real server stores it, shows it to nobody, and a later write that changes nothing takes \
         it away and moves the version, or not, as its cache lags",
        "a version that moves although nothing changed",
        &[],
    ),
    absent(
        "ownership across versions of a kind, and across changes of its schema",
        "owners of another version are forgotten; after a change of the schema they stay as they were written",
        "a conflict of server-side apply after a definition has changed, or between versions of a kind",
        &[],
    ),
    absent(
        "built-in kinds other than Lease",
        "metadata, the names of members, and the rules that scenarios meet; values pass unchecked, few defaults are filled in",
        "a validation error of a Pod or Deployment that a scenario writes",
        &[],
    ),
    absent(
        "quota and limits as admission plugins",
        "none",
        "an admission plugin that refuses or is slow; inject 4xx, 5xx and delays instead",
        &[],
    ),
    absent(
        "OpenAPI v2, OpenAPI in protobuf, strategic merge patches in OpenAPI",
        "501; not announced: kubectl then takes the merge keys that it was built with",
        "—",
        &[],
    ),
    absent("server-side apply of a scale, and through events.k8s.io", "501", "—", &[]),
    absent(
        "limit, continue and resourceVersion of DELETE of a collection",
        "not looked at: all that the selectors choose goes",
        "a client that deletes a collection in pages",
        &[],
    ),
    absent(
        "protobuf of definitions",
        "JSON, where a client takes it too; 406 or 501 otherwise",
        "a client that speaks nothing else",
        &[],
    ),
    absent(
        "protobuf bodies of custom resources",
        "501; kube-apiserver 1.36 panics there, and hangs up without an answer",
        "a client that sends one",
        &[],
    ),
    absent("other groups, resources and subresources of Kubernetes", "501", "—", &[]),
    absent(
        "how long a read takes",
        "a consistent LIST, or a read \"not older than\", finds its cache caught up at once; the real one waits for it, up to \
         100 ms right after another resource's write",
        "latency: a comparison in simulated time counts calls, not this wait",
        &[],
    ),
    absent(
        "the watch cache's 75 s of freshness",
        "history is lost on restart and compaction, and beyond a number of events where a run sets one",
        "a history that grows and shrinks with the load",
        &[],
    ),
    absent(
        "etcd's own failures",
        "writes are serial and durable",
        "lost quorum, disk latency; they show to clients as 5xx, timeouts and late writes, which are injected",
        &[],
    ),
    absent(
        "priority and fairness",
        "no queues; 429 with Retry-After is injected",
        "starvation of one client by another",
        &[],
    ),
    absent(
        "conversion webhooks, what a rule may cost, the time until a definition is established",
        "501; not estimated; it is established when the next request comes",
        "a client that uses a kind before it is served, or on a server that has yet to hear of it",
        &[],
    ),
    absent("server upgrades, removed APIs", "one version of each built-in resource", "—", &[]),
    absent("formats in schemas", "those that the CRDs here use", "a value that only the real server refuses", &[]),
];
