//! The kinds that Kubernetes' decoders know, served or not (k8s.io/apimachinery/pkg/runtime/scheme.go).
//!
//! A body of another kind is refused in one of two ways: a kind that the scheme knows cannot be converted, any other is
//! not registered.
use super::{group::EXTENSIONS, kind::Kind};
use crate::base::go_text::quoted;
use std::{collections::BTreeMap, sync::LazyLock};

/// The place in Go's source that messages name as the scheme.
const SCHEME: &str = "pkg/runtime/scheme.go:111";
/// Kinds that every group and version has.
const UNVERSIONED: [&str; 5] = ["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status"];
/// Kinds that every group and version of a scheme registers.
const OPTIONS: [&str; 7] =
    ["CreateOptions", "DeleteOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions", "WatchEvent"];
/// Kinds of the group meta.k8s.io.
const META: [&str; 4] = ["PartialObjectMetadata", "PartialObjectMetadataList", "Table", "TableOptions"];
/// Options that can be decoded in every version.
const ANY_VERSION: [&str; 3] = ["CreateOptions", "DeleteOptions", "UpdateOptions"];

static KINDS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut current = "";
    for line in include_str!("scheme.txt").lines().filter(|line| !line.starts_with('#')) {
        let listed = match line.split_once(": ").filter(|_| !line.starts_with(' ')) {
            Some((group_version, listed)) => {
                current = group_version;
                listed
            }
            None => line,
        };
        kinds.entry(current).or_default().extend(listed.split_whitespace());
    }
    kinds
});

/// Group and version of an apiVersion; an unversioned text is a version of the core group.
pub(crate) fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The reason why a body of this apiVersion and kind is not an object of `wanted`; None if it is one, in another
/// version.
pub(crate) fn refusal(wanted: &Kind, api_version: &str, kind: &str) -> Option<String> {
    let (group, version) = group_version(api_version);
    let package = if group == "internal.apiserver.k8s.io" { "apiserverinternal" } else { package(group) };
    if version == "__internal" {
        let known = KINDS.iter().any(|(known, kinds)| group_version(known).0 == group && kinds.contains(&kind));
        return match known {
            true if package == self::package(&wanted.group) && kind == wanted.kind => None,
            true => Some(unknown_conversion(&format!("{package}.{kind}"), &wanted_type(wanted))),
            false => Some(unregistered(&format!("the internal version of group {group}", group = quoted(group)), kind)),
        };
    }
    if !is_registered(wanted, api_version, kind) {
        return Some(unregistered(&format!("version {api_version}", api_version = quoted(api_version)), kind));
    }
    if kind == wanted.kind && package == self::package(&wanted.group) || is_moved(wanted, group, kind) {
        return None;
    }
    let version = if UNVERSIONED.contains(&kind) || OPTIONS.contains(&kind) { "v1" } else { version };
    Some(unknown_conversion(&format!("{version}.{kind}"), &wanted_type(wanted)))
}

/// The reason why a body of this kind is not `DeleteOptions`; None if it is.
pub(crate) fn options_refusal(api_version: &str, kind: &str) -> Option<String> {
    if kind == "DeleteOptions" {
        return None;
    }
    let meta = api_version == "meta.k8s.io/v1" && (META.contains(&kind) || OPTIONS.contains(&kind));
    if meta || UNVERSIONED.contains(&kind) || ANY_VERSION.contains(&kind) {
        return Some(unknown_conversion(&format!("v1.{kind}"), "v1.DeleteOptions"));
    }
    let (group, version) = group_version(api_version);
    let internal = version == "__internal";
    let place = if internal {
        format!("the internal version of group {group}", group = quoted(group))
    } else {
        format!("version {api_version}", api_version = quoted(api_version))
    };
    Some(unregistered(&place, kind))
}

/// Whether the scheme of the wanted kind knows a kind: definitions have one of their own.
fn is_registered(wanted: &Kind, api_version: &str, kind: &str) -> bool {
    if UNVERSIONED.contains(&kind) {
        return true;
    }
    if wanted.group == EXTENSIONS {
        let own = ["CustomResourceDefinition", "CustomResourceDefinitionList", "ConversionReview"];
        let version = matches!(group_version(api_version), (EXTENSIONS, "v1" | "v1beta1"));
        return (version && (own.contains(&kind) || OPTIONS.contains(&kind)))
            || (api_version == "v1" && OPTIONS.contains(&kind));
    }
    KINDS.get(api_version).is_some_and(|kinds| kinds.contains(&kind) || OPTIONS.contains(&kind))
}

/// Whether a kind moved to the wanted one's group: the two have one internal type.
fn is_moved(wanted: &Kind, group: &str, kind: &str) -> bool {
    let workload = ["Deployment", "DaemonSet", "ReplicaSet"].contains(&kind);
    let network = ["Ingress", "NetworkPolicy"].contains(&kind);
    let to = wanted.group.as_str();
    let moved = (workload && to == "apps") || (network && to == "networking.k8s.io");
    kind == wanted.kind && moved && group == "extensions"
}

/// The Go type of the wanted kind's internal version.
fn wanted_type(wanted: &Kind) -> String {
    format!("{}.{}", package(&wanted.group), wanted.kind)
}

/// The Go package of a group's internal version.
fn package(group: &str) -> &str {
    match group {
        "" | "events.k8s.io" => "core",
        group => group.split('.').next().unwrap_or(group),
    }
}

fn unknown_conversion(from: &str, to: &str) -> String {
    format!("converting ({from}) to ({to}): unknown conversion")
}

fn unregistered(place: &str, kind: &str) -> String {
    format!("no kind {kind} is registered for {place} in scheme {SCHEME:?}", kind = quoted(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::resources::Registry;

    #[test]
    fn known_kinds_cannot_be_converted() {
        let registry = Registry::builtin();
        let maps = registry.find("", "v1", "configmaps").unwrap();
        let why = |version: &str, kind: &str| refusal(maps, version, kind);
        assert_eq!(why("v1", "ConfigMap"), None);
        assert_eq!(why("__internal", "ConfigMap"), None);
        let converting = "converting (v1beta1.Deployment) to (core.ConfigMap): unknown conversion";
        assert_eq!(why("extensions/v1beta1", "Deployment").as_deref(), Some(converting));
        let absent =
            "no kind \"ConfigMap\" is registered for version \"apps/v1\" in scheme \"pkg/runtime/scheme.go:111\"";
        assert_eq!(why("apps/v1", "ConfigMap").as_deref(), Some(absent));
        let workloads = registry.find("apps", "v1", "deployments").unwrap();
        assert_eq!(refusal(workloads, "extensions/v1beta1", "Deployment"), None);
    }
}
