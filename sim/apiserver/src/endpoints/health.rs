//! The health endpoints (k8s.io/apiserver/pkg/server/healthz/healthz.go).
//!
//! Every check passes: a simulated server that is down does not answer. The list is that of a real server without
//! controllers, because monitors ask for checks by name.
use super::page::{page_not_found, text_answer};
use crate::base::{go_text::quoted, percent, request::Answer};
use std::{collections::BTreeSet, fmt::Write};

/// The three endpoints.
pub(crate) const ENDPOINTS: [&str; 3] = ["healthz", "livez", "readyz"];

/// Hooks that run after a server's start, in the order in which they are reported.
const HOOKS: [&str; 29] = [
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "peer-endpoint-reconciler-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "storage-readiness",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "start-kubernetes-service-cidr-controller",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
    "apiservice-openapi-controller",
    "apiservice-openapiv3-controller",
];
/// The hook after which this check is reported, which is not a hook.
const BEFORE_COMPLETION: &str = "kube-apiserver-autoregistration";

/// The checks of an endpoint.
pub(crate) fn checks(endpoint: &str) -> Vec<String> {
    let first: &[&str] = if endpoint == "readyz" {
        &["ping", "log", "etcd", "etcd-readiness", "informer-sync"]
    } else {
        &["ping", "log", "loopback-serving-certificate", "etcd"]
    };
    let mut checks: Vec<String> = first.iter().map(|check| (*check).to_owned()).collect();
    for hook in HOOKS {
        checks.push(format!("poststarthook/{hook}"));
        if hook == BEFORE_COMPLETION {
            checks.push("autoregister-completion".to_owned());
        }
    }
    checks.extend((endpoint == "readyz").then(|| "shutdown".to_owned()));
    checks
}

/// The answer for a path of an endpoint; None for any other path. Every method reads.
pub(crate) fn answer(path: &str, query: &str) -> Option<Answer> {
    let rest = path.strip_prefix('/')?;
    let (endpoint, check) = rest.split_once('/').map_or((rest, None), |(endpoint, check)| (endpoint, Some(check)));
    if !ENDPOINTS.contains(&endpoint) {
        return None;
    }
    let known = checks(endpoint);
    Some(match check {
        None => report(endpoint, &known, query),
        Some(check) if known.iter().any(|known| known == check) => text_answer(200, "ok".into()),
        Some(_) => page_not_found(),
    })
}

fn report(endpoint: &str, checks: &[String], query: &str) -> Answer {
    let pairs = || query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    if !pairs().any(|(name, _)| name == "verbose") {
        return text_answer(200, "ok".into());
    }
    let mut excluded: BTreeSet<String> =
        pairs().filter(|(name, _)| *name == "exclude").map(|(_, value)| percent::decode(value).into_owned()).collect();
    let mut text = String::new();
    for check in checks {
        let how = if excluded.remove(check) { " excluded:" } else { "" };
        writeln!(text, "[+]{check}{how} ok").expect("a String takes any text");
    }
    if !excluded.is_empty() {
        let names = excluded.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",");
        writeln!(text, "warn: some health checks cannot be excluded: no matches for {names}")
            .expect("a String takes any text");
    }
    writeln!(text, "{endpoint} check passed").expect("a String takes any text");
    text_answer(200, text)
}
