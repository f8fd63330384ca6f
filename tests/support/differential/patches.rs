//! Patches of every kind: merge, JSON, strategic and apply.
//!
//! Appliers are few and configurations small, so that they share fields: they own them together, force each other, and
//! give up what they leave out.
use super::{
    bodies,
    draft::{Draft, MANAGERS, Resource, call, draft_of, parameter, query, texts, who, write_query},
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// A merge patch, a JSON patch, a strategic one, or one whose content type is wrong.
pub(super) fn patch(resource: Resource, name: &'static str) -> BoxedStrategy<Draft> {
    let merge = (bodies::part(resource, name), prop::option::weighted(0.2, 0..3_u8)).prop_map(|(mut part, version)| {
        if let Some(version) = version {
            bodies::put(&mut part, "/metadata/resourceVersion", json!({"$rv": version}));
        }
        ("application/merge-patch+json", part)
    });
    let json_patch = prop::collection::vec(operation(resource), 1..4)
        .prop_map(|operations| ("application/json-patch+json", Value::from(operations)));
    let foreign = bodies::part(resource, name).prop_map(|part| ("application/json", part));
    // Of a custom resource this is 415.
    let strategic =
        (bodies::part(resource, name), prop::option::weighted(0.3, directive())).prop_map(|(mut part, directive)| {
            if let Some((pointer, value)) = directive {
                bodies::put(&mut part, pointer, value);
            }
            ("application/strategic-merge-patch+json", part)
        });
    let strategic_weight = if resource == Resource::Lease { 4 } else { 1 };
    let patch = prop_oneof![6 => merge, 4 => json_patch, strategic_weight => strategic, 1 => foreign];
    let subresource = prop::bool::weighted(if resource == Resource::Request { 0.35 } else { 0.03 });
    (patch, bodies::status(), subresource, write_query(), who())
        .prop_map(move |((content_type, mut body), status, subresource, query, who)| {
            if subresource && body.is_object() {
                body["status"] = status;
            }
            let path = resource.path(name) + if subresource { "/status" } else { "" };
            let mut call = call("PATCH", path, query, who);
            call["body"] = body;
            call["headers"] = json!({"Content-Type": content_type});
            draft_of(call, resource)
        })
        .boxed()
}

fn operation(resource: Resource) -> impl Strategy<Value = Value> {
    let names = select(&["add", "replace", "remove", "test", "copy", "move", "bogus"][..]);
    let plausible = select(texts(&["x", "one", "critical", "Pending"]));
    let value = prop_oneof![3 => plausible, 2 => bodies::odd_value()];
    (names, bodies::member(resource), bodies::member(resource), value, prop::bool::weighted(0.1)).prop_map(
        |(name, path, from, value, versioned)| {
            if versioned {
                return json!({"op": "test", "path": "/metadata/resourceVersion", "value": {"$rv": 0}});
            }
            let mut operation = json!({"op": name, "path": path});
            match name {
                "copy" | "move" => operation["from"] = from.into(),
                "remove" => {}
                _ => operation["value"] = value,
            }
            operation
        },
    )
}

/// What a strategic patch says besides values.
fn directive() -> impl Strategy<Value = (&'static str, Value)> {
    select(vec![
        ("/metadata/$deleteFromPrimitiveList~1finalizers", json!(["example.com/a"])),
        ("/metadata/$setElementOrder~1finalizers", json!(["example.com/b", "example.com/a"])),
        ("/metadata/labels/$patch", json!("replace")),
        ("/metadata/annotations/$patch", json!("delete")),
        ("/spec/$patch", json!("replace")),
        ("/spec/$patch", json!("bogus")),
        ("/spec/$retainKeys", json!(["holderIdentity"])),
        ("/metadata/ownerReferences", json!([{"$patch": "delete", "uid": "00000000-0000-4000-8000-000000000000"}])),
    ])
}

/// Server-side apply.
pub(super) fn apply(resource: Resource, name: &'static str) -> BoxedStrategy<Draft> {
    let typed = prop_oneof![20 => Just(true), 1 => Just(false)];
    let named = prop_oneof![9 => Just(true), 1 => Just(false)];
    let config =
        (bodies::part(resource, name), bodies::whole(resource, name), prop::bool::weighted(0.35), typed, named)
            .prop_map(move |(part, whole, entire, typed, named)| {
                let mut config = if entire { whole } else { part };
                if typed {
                    config["apiVersion"] = resource.api_version().into();
                    config["kind"] = resource.kind().into();
                }
                if named {
                    bodies::put(&mut config, "/metadata/name", name.into());
                }
                config
            });
    let version = prop::option::weighted(0.1, (0..3_u8).prop_map(|n| json!({"$rv": n})));
    let parameters = Vec::from([
        parameter("fieldManager", 0.96, texts(&MANAGERS)),
        parameter("force", 0.4, texts(&["true", "true", "false", "x"])),
        parameter("dryRun", 0.08, texts(&["All", "Some"])),
        parameter("fieldValidation", 0.15, texts(&["Strict", "Warn", "Ignore", "Maybe"])),
    ]);
    let subresource = prop::bool::weighted(if resource == Resource::Request { 0.25 } else { 0.03 });
    (config, bodies::status(), version, subresource, parameters, who())
        .prop_map(move |(mut config, status, version, subresource, parameters, who)| {
            if subresource {
                config["status"] = status;
            }
            if let Some(metadata) = config.get_mut("metadata").filter(|_| resource == Resource::Request) {
                without_empty(metadata);
            }
            if let Some(version) = version {
                bodies::put(&mut config, "/metadata/resourceVersion", version);
            }
            let path = resource.path(name) + if subresource { "/status" } else { "" };
            let mut call = call("PATCH", path, query(parameters), who);
            call["body"] = config;
            call["headers"] = json!({"Content-Type": "application/apply-patch+yaml"});
            draft_of(call, resource)
        })
        .boxed()
}

/// An apply stores empty members of a custom resource's metadata, and reading drops them. Whether a later write without
/// a change notices that, and raises the version, depends on the state of the server's cache.
fn without_empty(metadata: &mut Value) {
    if let Value::Object(members) = metadata {
        members.values_mut().for_each(without_empty);
        members.retain(|_, value| !matches!(value, Value::Null) && *value != json!({}) && *value != json!([]));
    }
}
