//! Paths without a resource: discovery, old and aggregated, the version and the health endpoints
//! (k8s.io/apiserver/pkg/endpoints/discovery).
use super::{
    Answer, AnswerBody, builtin,
    handlers::json_answer,
    negotiation,
    object::encode,
    registry::{Kind, Registry},
    status::{self, Outcome},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const BUILTIN_VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CUSTOM_VERBS: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// What is at a path outside the resources.
pub(crate) fn answer(registry: &Registry, path: &str, headers: &HeaderMap) -> Outcome<Answer> {
    let aggregated = negotiation::wants_aggregated_discovery(headers);
    let mut parts = path.split('/').filter(|p| !p.is_empty());
    let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
    match parts {
        [Some("api"), None, ..] if aggregated => Ok(aggregate(registry, true)),
        [Some("apis"), None, ..] if aggregated => Ok(aggregate(registry, false)),
        [Some("api"), None, ..] => Ok(json_body(&api_versions())),
        [Some("apis"), None, ..] => Ok(json_body(&group_list(registry))),
        [Some("api"), Some("v1"), None, _] => Ok(json_body(&resource_list(registry, "", "v1"))),
        [Some("apis"), Some(group), None, _] if has(registry, group, None) => {
            Ok(json_body(&group_body(registry, group, true)))
        }
        [Some("apis"), Some(group), Some(version), None] if has(registry, group, Some(version)) => {
            Ok(json_body(&resource_list(registry, group, version)))
        }
        [Some("apis"), Some(group), ..] if builtin::ABSENT_GROUPS.contains(&group) => {
            Err(status::not_simulated(&format!("API group {group}")))
        }
        [Some("version"), None, ..] => Ok(json_body(&version())),
        [Some("healthz" | "livez" | "readyz"), None, ..] => Ok(text_answer(200, "ok")),
        [Some("openapi" | "metrics" | "logs" | "debug"), ..] => Err(status::not_simulated(path)),
        _ => Ok(page_not_found()),
    }
}

/// What the outermost mux says of a path that nobody serves.
pub(crate) fn page_not_found() -> Answer {
    text_answer(404, "404 page not found\n")
}

fn text_answer(code: u16, text: &'static str) -> Answer {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Answer { status: code, headers, body: AnswerBody::Full(Bytes::from_static(text.as_bytes())) }
}

fn json_body(value: &Value) -> Answer {
    json_answer(200, encode(value), &[])
}

fn has(registry: &Registry, group: &str, version: Option<&str>) -> bool {
    registry.kinds().iter().any(|k| k.group == group && version.is_none_or(|v| k.version == v))
}

/// Groups other than core, in the order of their names.
fn groups(registry: &Registry) -> BTreeSet<&str> {
    registry.kinds().iter().map(|k| k.group.as_str()).filter(|g| !g.is_empty()).collect()
}

fn versions<'a>(registry: &'a Registry, group: &str) -> BTreeSet<&'a str> {
    registry.kinds().iter().filter(|k| k.group == group).map(|k| k.version.as_str()).collect()
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
    for kind in registry.kinds().iter().filter(|k| k.group == group && k.version == version) {
        let mut resource = json!({
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": verbs(kind),
        });
        if !kind.create_only {
            resource["storageVersionHash"] = storage_version_hash(kind).into();
        }
        add_names(kind, &mut resource);
        resources.push(resource);
        if kind.has_status {
            resources.push(json!({
                "name": format!("{}/status", kind.plural),
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": kind.kind,
                "verbs": ["get", "patch", "update"],
            }));
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources})
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
    let all = if kind.custom { CUSTOM_VERBS } else { BUILTIN_VERBS };
    all.into_iter().filter(|verb| *verb != "deletecollection" || kind.has_delete_collection()).collect()
}

/// k8s.io/apiserver/pkg/endpoints/discovery/storageversionhash.go.
fn storage_version_hash(kind: &Kind) -> String {
    let digest = Sha256::digest(format!("{}/{}/{}", kind.group, kind.version, kind.kind));
    STANDARD.encode(&digest[..8])
}

fn aggregate(registry: &Registry, core: bool) -> Answer {
    let body = registry.aggregated[usize::from(core)].get_or_init(|| {
        let names = registry.kinds().iter().map(|k| k.group.as_str()).filter(|group| group.is_empty() == core);
        let names: BTreeSet<&str> = names.collect();
        let items: Vec<_> = names.into_iter().map(|group| aggregated_group(registry, group)).collect();
        encode(&json!({
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
        }))
    });
    let mut answer = json_answer(200, body.clone(), &[]);
    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(AGGREGATED));
    answer
}

fn aggregated_group(registry: &Registry, group: &str) -> Value {
    let versions: Vec<_> = versions(registry, group)
        .into_iter()
        .map(|version| {
            let kinds = registry.kinds().iter().filter(|k| k.group == group && k.version == version);
            let resources: Vec<_> = kinds.map(aggregated_resource).collect();
            json!({"version": version, "freshness": "Current", "resources": resources})
        })
        .collect();
    let metadata = if group.is_empty() { json!({}) } else { json!({"name": group}) };
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(kind: &Kind) -> Value {
    let response = json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
    let mut resource = json!({
        "resource": kind.plural,
        "responseKind": response,
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular,
        "verbs": verbs(kind),
    });
    add_names(kind, &mut resource);
    if kind.has_status {
        resource["subresources"] =
            json!([{"subresource": "status", "responseKind": response, "verbs": ["get", "patch", "update"]}]);
    }
    resource
}

fn version() -> Value {
    json!({
        "major": "1",
        "minor": "36",
        "gitVersion": "v1.36.3+lockstep",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "",
    })
}
