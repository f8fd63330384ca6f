//! The parts of kube-apiserver that are not simulated: what happens instead, and which problems that can hide.

/// A part of kube-apiserver that is not simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// Name of the part.
    pub area: &'static str,
    /// Behaviour of the simulation instead.
    pub instead: &'static str,
    /// Problems that a verdict of *held* may hide because of it.
    pub hides: &'static str,
    /// Recorded cases that fail because of it, as shell patterns; empty if it cannot be recorded.
    pub cases: &'static [&'static str],
}

const fn absent(
    area: &'static str,
    instead: &'static str,
    hides: &'static str,
    cases: &'static [&'static str],
) -> Absence {
    Absence { area, instead, hides, cases }
}

/// All absences. One with cases is listed while one of its cases is in `not_yet.txt`.
pub const ABSENCES: &[Absence] = &[
    absent(
        "client certificates, the roles of Kubernetes' own components, the cache of impersonation modes, the keys of \
         service account tokens",
        "tokens come from a table or are requested, and signed by HMAC; the paths of the keys answer 501; a refused \
         impersonation names the first mode that was tried",
        "a program that checks tokens itself",
        &[],
    ),
    absent(
        "the check of a policy's types by a controller, audit annotations, mutating policies for subresources such as \
         scale",
        "`status.typeChecking` stays empty; evaluated, but there is no audit log; 501",
        "nothing for a controller that scales by the object itself",
        &[],
    ),
    absent(
        "webhooks over the network in a simulation, and by service in `lockstep serve`",
        "a function answers for every webhook, without one each call fails and says so; serve calls webhooks by URL",
        "a webhook that is slow or gone, unless the function says so",
        &[],
    ),
    absent(
        "the time until a policy is in force, and the order of several policies, bindings or selected parameters",
        "at once, where the real server takes about a second; by name, where the real server's order varies; \
         parameters of a built-in kind are never stale, as they are there once no policy has used the kind",
        "a write that passes right after its policy was created",
        &[],
    ),
    absent(
        "controllers other than garbage collection, the namespace controller and, when serving, the default service \
         accounts and kube-root-ca.crt",
        "absent; those are off by default",
        "aggregated cluster roles, the lag of a controller's own cache",
        &[],
    ),
    absent("Tables", "501; JSON if the client accepts it", "—", &["tables/*"]),
    absent(
        "YAML and protobuf",
        "501; JSON if the client accepts it",
        "—",
        &["errors/accept-*", "errors/content-type-protobuf*"],
    ),
    absent(
        "field ownership (managedFields, server-side apply) in scenarios",
        "switched off by the runner; a test checks that it does not change runs",
        "nothing for a controller that neither reads nor applies managedFields",
        &[],
    ),
    absent(
        "empty metadata in an applied custom resource, e.g. `labels: {}`",
        "treated as absent; the real server stores it but never shows it, and a later write without changes may \
         drop it with a new version, depending on its cache",
        "a new version without a change",
        &[],
    ),
    absent(
        "field ownership across versions of a kind, and across changes of its schema",
        "entries of other versions are dropped; after a change of the schema entries are kept unchanged",
        "conflicts of server-side apply after a definition changed, or between versions of a kind",
        &[],
    ),
    absent(
        "validation of built-in kinds other than Lease",
        "types, metadata and the usual rules are checked: not the parameters of most volumes, the profiles of \
         security contexts, affinity, DNS; a Service has few defaults and no address; there are no warnings about pods",
        "a refusal of an unusual member",
        &[],
    ),
    absent(
        "quota as an admission plugin",
        "absent",
        "an admission plugin that refuses or is slow; inject 4xx, 5xx and delays instead",
        &[],
    ),
    absent("paths in OpenAPI v2, OpenAPI v3 in protobuf", "v2 has definitions only; 501", "—", &[]),
    absent("server-side apply through events.k8s.io and through autoscaling/v1", "501", "—", &[]),
    absent(
        "limit, continue and resourceVersion of DELETE of a collection",
        "ignored: all selected objects are deleted",
        "a client that deletes a collection in pages",
        &[],
    ),
    absent(
        "protobuf bodies of custom resources",
        "501; kube-apiserver 1.36 panics and closes the connection",
        "a client that sends them",
        &[],
    ),
    absent(
        "connections to nodes with an address (logs, exec, attach, port forwarding, proxies), pods/resize",
        "501; without nodes the answers are those of the real server",
        "—",
        &[],
    ),
    absent(
        "duration of reads",
        "a consistent LIST, or a read \"not older than\", finds its cache caught up at once; the real one waits up to \
         100 ms after a write of another resource",
        "latency: simulated time includes delays of calls, not this wait",
        &[],
    ),
    absent(
        "the watch cache's 75 s of freshness",
        "history ends at a restart, at a compaction, or after the number of events that a run sets",
        "a history whose length depends on the load",
        &[],
    ),
    absent(
        "etcd's own failures",
        "writes are serial and durable",
        "lost quorum, disk latency; clients see them as 5xx, timeouts and late writes, which are injected",
        &[],
    ),
    absent(
        "priority and fairness",
        "no queues; 429 with Retry-After is injected",
        "starvation of one client by another",
        &[],
    ),
    absent(
        "conversion webhooks, CEL cost limits, the time until a definition is established",
        "501; not estimated; a definition is established before the next request",
        "a client that uses a kind before it is served, or on a server that does not serve it yet",
        &[],
    ),
    absent("server upgrades, removed APIs", "one version of each built-in resource", "—", &[]),
    absent(
        "names of time zones in CEL, a parser's recovery from an error of syntax",
        "501 for a constant name, offsets are known; only the first error of syntax is named",
        "a rule about local times; a definition is refused all the same",
        &[],
    ),
    absent(
        "CEL timestamps after 9999-12-30T22:00:00Z",
        "do not exist: an error, as after the end of the year 9999",
        "a rule that uses the last 26 hours of the year 9999 as \"never\"",
        &[],
    ),
    absent(
        "min and max of a list that a CEL expression writes as `[]`",
        "the type of the result is that of the first overload, so a comparison with another type does not compile",
        "—",
        &[],
    ),
];
