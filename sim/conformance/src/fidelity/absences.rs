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
    /// Recorded cases and tests that show the answer instead: patterns of cases, or a file and a function of it.
    pub shown: &'static [&'static str],
}

const fn absent(
    area: &'static str,
    instead: &'static str,
    hides: &'static str,
    shown: &'static [&'static str],
) -> Absence {
    Absence { area, instead, hides, shown }
}

/// All absences.
pub const ABSENCES: &[Absence] = &[
    absent(
        "client certificates, the roles of Kubernetes' own components, the cache of impersonation modes, the keys of \
         service account tokens",
        "tokens come from a table or are requested, and signed by HMAC; the paths of the keys answer 501; a refused \
         impersonation names the first mode that was tried",
        "a program that checks tokens itself",
        &["sim/apiserver/tests/apiserver/absent.rs: keys_of_service_account_tokens"],
    ),
    absent(
        "the check of a policy's types by a controller, audit annotations, mutating policies for subresources such as \
         scale",
        "`status.typeChecking` stays empty; evaluated, but there is no audit log; 501",
        "nothing for a controller that scales by the object itself",
        &["sim/apiserver/tests/apiserver/admission.rs: change_of_a_subresource_by_a_policy_is_not_simulated"],
    ),
    absent(
        "webhooks over the network in a simulation, and by service in `lockstep serve`: of admission and of conversion",
        "a function answers for every webhook, without one each call fails and says so; serve calls webhooks by URL; \
         one that changes the body of a subresource is answered 501",
        "a webhook that is slow or gone, unless the function says so",
        &[
            "sim/apiserver/tests/apiserver/absent.rs: webhooks_without_a_function",
            "sim/apiserver/tests/apiserver/absent.rs: webhook_that_changes_the_body_of_a_subresource",
            "sim/apiserver/tests/apiserver/conversion.rs: without_a_function_a_conversion_fails_and_says_so",
            "tests/suites/webhooks/main.rs: webhook_by_service_is_not_reached",
        ],
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
    absent(
        "paths in OpenAPI v2, OpenAPI v3 in protobuf",
        "v2 has definitions only; 501",
        "—",
        &["sim/apiserver/tests/apiserver/absent.rs: openapi_in_protobuf"],
    ),
    absent(
        "server-side apply through events.k8s.io and through autoscaling/v1",
        "501",
        "—",
        &["sim/apiserver/tests/apiserver/absent.rs: apply_through_a_view"],
    ),
    absent(
        "protobuf bodies of custom resources",
        "501; kube-apiserver 1.36 panics and closes the connection",
        "a client that sends them",
        &["sim/apiserver/tests/apiserver/absent.rs: protobuf_of_a_custom_resource"],
    ),
    absent(
        "connections to nodes with an address (logs, exec, attach, port forwarding, proxies), pods/resize",
        "501; without nodes the answers are those of the real server",
        "—",
        &["sim/apiserver/tests/apiserver/absent.rs: connections_to_nodes_with_an_address"],
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
        "admission in another version than the request's where a conversion webhook converts, and parameters of a \
         policy that it converts; what the watch cache of a version shows while its webhook fails",
        "501; each read of an object that is not converted fails as one from etcd does, and a watch ends there",
        "a policy or a webhook for one version of such a kind; a stale read of a version while its webhook is gone",
        &[
            "sim/apiserver/tests/apiserver/conversion.rs: admission_in_another_version_is_named_as_absent",
            "sim/apiserver/tests/apiserver/conversion.rs: watch_ends_at_an_object_that_is_not_converted",
        ],
    ),
    absent(
        "the moment at which a conversion webhook is called for a watch cache; garbage collection of objects \
         that were stored in another version than the present one, when serving",
        "when the version is first read; a function in the place of the webhook is called at once; not collected",
        "a webhook that answers differently later",
        &[],
    ),
    absent(
        "CEL cost limits, the time until a definition is established",
        "not estimated; a definition is established before the next request",
        "a client that uses a kind before it is served, or on a server that does not serve it yet",
        &[],
    ),
    absent("server upgrades, removed APIs", "one version of each built-in resource", "—", &[]),
    absent(
        "names of time zones in CEL, a parser's recovery from an error of syntax",
        "501 for a constant name, offsets are known; only the first error of syntax is named",
        "a rule about local times; a definition is refused all the same",
        &["sim/apiserver/tests/apiserver/absent.rs: names_of_time_zones"],
    ),
    absent(
        "CEL timestamps after 9999-12-30T22:00:00Z",
        "do not exist: an error, as after the end of the year 9999",
        "a rule that uses the last 26 hours of the year 9999 as \"never\"",
        &["sim/apiserver/tests/apiserver/absent.rs: last_hours_of_the_year_9999"],
    ),
    absent(
        "min and max of a list that a CEL expression writes as `[]`",
        "the type of the result is that of the first overload, so a comparison with another type does not compile",
        "—",
        &["sim/apiserver/tests/apiserver/absent.rs: least_of_an_empty_list"],
    ),
];
