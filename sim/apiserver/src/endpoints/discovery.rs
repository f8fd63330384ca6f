//! Non-resource paths: discovery, legacy and aggregated, and the version (k8s.io/apiserver/pkg/endpoints/discovery).
use super::{document::Document, health, index, openapi, page::page_not_found, routes};
use crate::{
    base::{
        object::encode,
        request::{Answer, Request, json_answer},
        status::{self, Outcome},
    },
    codec::{
        negotiation::{self, Encoding},
        representation,
    },
    registry::{
        definition,
        group::EXTENSIONS,
        kind::{Kind, Subresource},
        resources::Registry,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{cmp::Reverse, sync::OnceLock};

const BUILTIN_VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CUSTOM_VERBS: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const SUBRESOURCE_VERBS: [&str; 3] = ["get", "patch", "update"];
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
/// The built-in groups in their order: by priority, then by name (k8s.io/kube-aggregator/pkg/apiserver/apiservice.go);
/// custom ones follow.
const GROUPS: [&str; 20] = [
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];
/// The answer for a path outside the resources.
pub(crate) fn answer(registry: &Registry, path: &str, request: &Request) -> Outcome<Answer> {
    let headers = &request.headers;
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    if let Some(answer) = health::answer(path, query) {
        return Ok(answer);
    }
    // The outermost mux knows only paths with one slash at the beginning.
    let mut parts = path.split('/').filter(|p| !p.is_empty() && !path.starts_with("//"));
    let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
    match parts {
        _ if matches!(path, "/" | "/index.html") => Ok(json_answer(200, encode(&index::paths(registry)), &[])),
        [Some(root @ ("api" | "apis")), None, ..] => match (negotiation::aggregated_discovery(headers)?, root == "api")
        {
            (true, core) => Ok(aggregate(registry, core, headers)),
            (false, true) => read_only(request, &api_versions()),
            (false, false) => document(request, &group_list(registry), false),
        },
        [Some("api"), Some("v1"), None, _] => read_only(request, &resource_list(registry, "", "v1")),
        [Some("apis"), Some(group), None, _] if has(registry, group, None) => {
            document(request, &group_body(registry, group, true), false)
        }
        [Some("apis"), Some(group), Some(version), None] if has(registry, group, Some(version)) => {
            let list = resource_list(registry, group, version);
            if is_builtin(registry, group) { read_only(request, &list) } else { document(request, &list, false) }
        }
        [Some(root @ ("api" | "apis")), group, ..] => routes::no_such_path(registry, root, group),
        [Some("version"), None, ..] if request.method != Method::GET => Err(status::method_not_allowed()),
        [Some("version"), None, ..] => Ok(json_answer(200, encode(&version()), &[])),
        [Some("openapi"), Some("v2"), None, _] => Ok(openapi::v2::answer(registry, request)),
        [Some("openapi"), Some("v3"), ..] => openapi::answer(registry, path, request),
        [Some("metrics" | "flagz" | "statusz"), None, ..] => Err(status::not_simulated(path)),
        [Some("metrics"), Some("slis"), None, _] | [Some("logs" | "debug"), ..] => Err(status::not_simulated(path)),
        [Some(".well-known"), Some("openid-configuration"), None, _]
        | [Some("openid"), Some("v1"), Some("jwks"), None] => Err(status::not_simulated(path)),
        _ => Ok(page_not_found()),
    }
}

/// A document that only GET reads: those of the built-in groups' versions, which have routes.
fn read_only(request: &Request, value: &Value) -> Outcome<Answer> {
    if request.method != Method::GET {
        return Err(status::method_not_allowed());
    }
    document(request, value, true)
}

/// A discovery document, which every method reads.
fn document(request: &Request, value: &Value, routed: bool) -> Outcome<Answer> {
    let encoding = negotiation::of_document(&request.headers, routed)?;
    let answer = json_answer(200, encode(value), &[]);
    if encoding == Encoding::Json { Ok(answer) } else { representation::encoded(answer, encoding) }
}

fn has(registry: &Registry, group: &str, version: Option<&str>) -> bool {
    registry.kinds().any(|k| k.group == group && version.is_none_or(|v| k.version == v))
}

fn is_builtin(registry: &Registry, group: &str) -> bool {
    registry.kinds().any(|k| k.group == group && !k.custom)
}

/// Groups other than core, by priority, then name.
fn groups(registry: &Registry) -> Vec<&str> {
    let mut groups: Vec<_> = registry.kinds().map(|k| k.group.as_str()).filter(|g| !g.is_empty()).collect();
    groups.sort_by_key(|group| (GROUPS.iter().position(|known| known == group).unwrap_or(GROUPS.len()), *group));
    groups.dedup();
    groups
}

/// The versions of a group: stable ones first, newest first.
fn versions<'a>(registry: &'a Registry, group: &str) -> Vec<&'a str> {
    let mut versions: Vec<_> = registry.kinds().filter(|k| k.group == group).map(|k| k.version.as_str()).collect();
    versions.sort_by_key(|version| Reverse(definition::priority(version)));
    versions.dedup();
    versions
}

/// The kinds of a group version, sorted by plural.
fn resources_of<'a>(registry: &'a Registry, group: &str, version: &str) -> Vec<&'a Kind> {
    let mut kinds: Vec<_> = registry.kinds().filter(|k| k.group == group && k.version == version).collect();
    kinds.sort_by_key(|kind| &kind.plural);
    kinds
}

fn api_versions() -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"}],
    })
}

fn group_list(registry: &Registry) -> Value {
    let list: Vec<_> = groups(registry).into_iter().map(|group| group_body(registry, group, false)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": list})
}

fn group_body(registry: &Registry, group: &str, whole: bool) -> Value {
    let versions: Vec<_> = versions(registry, group)
        .into_iter()
        .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    let mut body = json!({"name": group, "preferredVersion": versions.first(), "versions": versions});
    if whole {
        body["kind"] = "APIGroup".into();
        body["apiVersion"] = "v1".into();
    }
    body
}

fn resource_list(registry: &Registry, group: &str, version: &str) -> Value {
    let mut resources = Vec::new();
    for kind in resources_of(registry, group, version) {
        let mut resource = json!({
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": verbs(kind),
        });
        if kind.is_stored() {
            resource["storageVersionHash"] = storage_version_hash(kind).into();
        }
        add_names(kind, &mut resource);
        resources.push(resource);
        resources.extend(subresources(kind).into_iter().map(|below| {
            let mut resource = json!({
                "name": format!("{}/{}", kind.plural, below.name),
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": if below.kind.is_empty() { &kind.kind } else { below.kind },
                "verbs": below.verbs,
            });
            if !below.version.is_empty() {
                resource["group"] = below.group.into();
                resource["version"] = below.version.into();
            }
            resource
        }));
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut list = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": resources});
    // The core group's list is written by an older encoder.
    if !group.is_empty() {
        list["apiVersion"] = "v1".into();
    }
    list
}

const STATUS: Subresource = Subresource::of("status", "", &SUBRESOURCE_VERBS);
const SCALE: Subresource = Subresource::of("scale", "Scale", &SUBRESOURCE_VERBS).in_group("autoscaling", "v1");

/// The subresources by name; custom resources list `status` first.
fn subresources(kind: &Kind) -> Vec<Subresource> {
    let scale = kind.scale.is_some().then_some(SCALE);
    let status = kind.has_status.then_some(STATUS);
    if kind.custom {
        return status.into_iter().chain(scale).collect();
    }
    let mut all: Vec<_> = kind.below.iter().copied().chain(scale).chain(status).collect();
    all.sort_by_key(|below| below.name);
    all
}

fn add_names(kind: &Kind, resource: &mut Value) {
    if !kind.short_names.is_empty() {
        resource["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        resource["categories"] = json!(kind.categories);
    }
}

fn verbs(kind: &Kind) -> Vec<&'static str> {
    if kind.create_only {
        return vec!["create"];
    }
    if kind.computed {
        return vec!["get", "list"];
    }
    let all = if kind.custom { CUSTOM_VERBS } else { BUILTIN_VERBS };
    all.into_iter().filter(|verb| *verb != "deletecollection" || kind.has_delete_collection()).collect()
}

/// The hash of k8s.io/apiserver/pkg/endpoints/discovery/storageversionhash.go. A view has the hash of the kind that it
/// shows.
fn storage_version_hash(kind: &Kind) -> String {
    let stored = kind.home();
    let api_version = match (&kind.shows, kind.group.as_str()) {
        (Some(api_version), _) => api_version,
        // Definitions and the youngest policies are still stored in an earlier version.
        (None, EXTENSIONS) => "apiextensions.k8s.io/v1beta1",
        (None, _) if kind.kind.starts_with("MutatingAdmissionPolicy") => "admissionregistration.k8s.io/v1beta1",
        (None, _) => stored.api_version.as_str(),
    };
    let slash = if api_version.contains('/') { "" } else { "/" };
    let digest = Sha256::digest(format!("{slash}{api_version}/{}", kind.kind));
    STANDARD.encode(&digest[..8])
}

/// Aggregated discovery of the groups other than core, and of core: every client requests both when it starts.
#[derive(Default)]
struct Aggregated([OnceLock<Document>; 2]);

/// Aggregated discovery: every client requests it when it starts, and again with the ETag that it knows.
fn aggregate(registry: &Registry, core: bool, headers: &HeaderMap) -> Answer {
    let documents = registry.documents.of::<Aggregated>();
    let document = documents.0[usize::from(core)].get_or_init(|| {
        let names = if core { vec![""] } else { groups(registry) };
        let items: Vec<_> = names.into_iter().map(|group| aggregated_group(registry, group)).collect();
        Document::new(encode(&json!({
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
        })))
    });
    let mut answer = document.answer(headers);
    if answer.status == 200 {
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(AGGREGATED));
    }
    answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
    answer
}

fn aggregated_group(registry: &Registry, group: &str) -> Value {
    let versions: Vec<_> = versions(registry, group)
        .into_iter()
        .map(|version| {
            let resources: Vec<_> =
                resources_of(registry, group, version).into_iter().map(aggregated_resource).collect();
            json!({"version": version, "freshness": "Current", "resources": resources})
        })
        .collect();
    let metadata = if group.is_empty() { json!({}) } else { json!({"name": group}) };
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(kind: &Kind) -> Value {
    // Built-in kinds omit the group and version of the enclosing entry.
    let (group, version) = if kind.custom { (&*kind.group, &*kind.version) } else { ("", "") };
    let response = json!({"group": group, "version": version, "kind": kind.kind});
    let mut resource = json!({
        "resource": kind.plural,
        "responseKind": response,
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular,
        "verbs": verbs(kind),
    });
    add_names(kind, &mut resource);
    let below: Vec<_> = subresources(kind)
        .into_iter()
        .map(|below| {
            let own = json!({"group": below.group, "version": below.version, "kind": below.kind});
            let response = if below.kind.is_empty() { response.clone() } else { own };
            json!({"subresource": below.name, "responseKind": response, "verbs": below.verbs})
        })
        .collect();
    if !below.is_empty() {
        resource["subresources"] = below.into();
    }
    resource
}

fn version() -> Value {
    json!({
        "major": "1",
        "minor": "36",
        "emulationMajor": "1",
        "emulationMinor": "36",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.3+lockstep",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "",
    })
}
