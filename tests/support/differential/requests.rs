//! Requests: every verb on leases and remediation requests, with the parameters and bodies that change what it does.
use super::{
    bodies::{self, NAMES},
    draft::{Draft, Parameter, Resource, call, draft_of, parameter, query, texts, who, write_query},
    patches, types,
};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

const LABEL_SELECTORS: [&str; 22] = [
    "app=x",
    "app==x",
    "app!=x",
    "app",
    "!app",
    "app in (x,y)",
    "app notin (x)",
    "app=x,tier=y",
    "app=",
    "tier,app",
    "app in",
    "app>1",
    "a b",
    "=x",
    "a/b/c=x",
    "-a=b",
    "app in (x,-y)",
    "app in (,x)",
    "app>x",
    "!app=x",
    "tier=y,app=(",
    "A/b",
];
const FIELD_SELECTORS: [&str; 19] = [
    "metadata.name=a",
    "metadata.name!=a",
    "metadata.namespace={ns}",
    "metadata.namespace=other",
    "metadata.name=a,metadata.namespace={ns}",
    "spec.severity=critical",
    "spec.severity!=critical",
    "spec.signalType=alert",
    "spec.clusterID=",
    "status.overallPhase=Pending",
    "spec.holderIdentity=one",
    "metadata.name",
    "bogus",
    "metadata.name=a\\x",
    "metadata.name=a=b",
    "metadata.name=a\\,b",
    "bogus=1,metadata.name",
    "=",
    "metadata.namespace!={ns},metadata.name=a",
];

/// Accepted form other than JSON, and how much of an object each row of a Table has.
fn form() -> impl Strategy<Value = (Option<String>, Parameter)> {
    let form = |kind: &str| Some(format!("application/json;as={kind};g=meta.k8s.io;v=v1"));
    let table = parameter("includeObject", 0.5, texts(&["None", "Metadata", "Object", "All"]))
        .prop_map(move |include| (form("Table"), include));
    prop_oneof![
        26 => Just((None, None)),
        1 => Just((form("PartialObjectMetadata"), None)),
        1 => Just((form("PartialObjectMetadataList"), None)),
        2 => table,
    ]
}

/// One step of a sequence.
pub(super) fn draft() -> impl Strategy<Value = Draft> {
    let resource = prop_oneof![Just(Resource::Lease), Just(Resource::Request)];
    let named = (resource, select(&NAMES[..]));
    let drafts = named.prop_flat_map(|(resource, name)| {
        prop_oneof![
            8 => create(resource, name),
            8 => update(resource, name),
            7 => patches::patch(resource, name),
            6 => patches::apply(resource, name),
            4 => delete(resource, name),
            1 => delete_collection(resource),
            4 => get(resource, name),
            6 => list(resource),
            4 => watch(resource),
            1 => strange(resource, name),
            3 => types::wrong_type(),
        ]
    });
    (drafts, form()).prop_map(|(mut draft, (accept, include))| {
        if draft.call.pointer("/body/metadata/generateName").is_some() {
            // A generated name that appears only in a cell of a Table is not recognised.
            return draft;
        }
        if let Some(accept) = accept {
            draft.call["headers"]["Accept"] = accept.into();
        }
        if let Some((name, include)) = include {
            draft.call["query"][name] = include;
        }
        draft
    })
}

fn create(resource: Resource, name: &'static str) -> BoxedStrategy<Draft> {
    let naming = prop_oneof![
        12 => Just(0), 1 => Just(1), 1 => Just(2), 1 => Just(3),
    ];
    (bodies::whole(resource, name), naming, write_query(), who(), prop::bool::weighted(0.05))
        .prop_map(move |(mut body, naming, query, who, with_version)| {
            if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
                if naming == 1 || naming == 2 {
                    metadata.remove("name");
                }
                if naming == 1 {
                    metadata.insert("generateName".into(), "gen-".into());
                }
                if with_version {
                    metadata.insert("resourceVersion".into(), json!({"$rv": 0}));
                }
            }
            let path = if naming == 3 { resource.path(name) } else { resource.collection() };
            let mut call = call("POST", path, query, who);
            call["body"] = body;
            draft_of(call, resource)
        })
        .boxed()
}

fn update(resource: Resource, name: &'static str) -> BoxedStrategy<Draft> {
    let version = prop_oneof![
        12 => Just(Some(json!({"$rv": 0}))),
        3 => (1..4_u8).prop_map(|n| Some(json!({"$rv": n}))),
        3 => Just(None),
        1 => Just(Some(json!("0"))),
        1 => Just(Some(json!("abc"))),
        1 => Just(Some(json!("90000000000"))),
    ];
    let subresource = prop::bool::weighted(if resource == Resource::Request { 0.35 } else { 0.03 });
    (
        bodies::whole(resource, name),
        bodies::status(),
        version,
        subresource,
        prop::bool::weighted(0.7),
        write_query(),
        who(),
    )
        .prop_map(move |(mut body, status, version, subresource, read_first, query, who)| {
            if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.extend(version.map(|version| ("resourceVersion".to_owned(), version)));
            }
            if subresource {
                body["status"] = status;
            }
            let path = resource.path(name) + if subresource { "/status" } else { "" };
            let mut call = call("PUT", path, query, who);
            call["body"] = body;
            Draft { read_first, ..draft_of(call, resource) }
        })
        .boxed()
}

fn delete_body() -> impl Strategy<Value = Option<Value>> {
    let reference = |name: &'static str| {
        prop::option::weighted(
            0.4,
            prop_oneof![
                6 => (0..3_u8).prop_map(move |n| json!({name: n})),
                1 => Just(json!("")),
                1 => Just(json!("no-such")),
            ],
        )
    };
    let policy = prop::option::weighted(0.3, select(&["Foreground", "Background", "Orphan", "Sometimes"][..]));
    let dry = prop::option::weighted(0.1, select(vec![json!(["All"]), json!(["Some"]), json!([])]));
    let body = (reference("$uid"), reference("$rv"), policy, dry).prop_map(|(uid, version, policy, dry)| {
        let mut body = json!({});
        if let Some(uid) = uid {
            bodies::put(&mut body, "/preconditions/uid", uid);
        }
        if let Some(version) = version {
            bodies::put(&mut body, "/preconditions/resourceVersion", version);
        }
        if let Some(policy) = policy {
            body["propagationPolicy"] = policy.into();
        }
        if let Some(dry) = dry {
            body["dryRun"] = dry;
        }
        body
    });
    prop::option::weighted(0.6, body)
}

fn delete(resource: Resource, name: &'static str) -> BoxedStrategy<Draft> {
    let parameters = Vec::from([
        parameter("dryRun", 0.08, texts(&["All", "Some"])),
        parameter("propagationPolicy", 0.1, texts(&["Foreground", "Background", "Orphan", "Sometimes"])),
        parameter("gracePeriodSeconds", 0.1, texts(&["0", "30", "-1", "1.5", ""])),
        parameter("timeout", 0.05, texts(&["10s", "1d", "5", ""])),
        parameter("orphanDependents", 0.05, texts(&["true", "false"])),
    ]);
    (delete_body(), parameters, who())
        .prop_map(move |(body, parameters, who)| {
            let mut call = call("DELETE", resource.path(name), query(parameters), who);
            if let Some(body) = body {
                call["body"] = body;
            }
            draft_of(call, resource)
        })
        .boxed()
}

fn delete_collection(resource: Resource) -> BoxedStrategy<Draft> {
    let parameters = Vec::from([
        parameter("labelSelector", 0.6, texts(&LABEL_SELECTORS)),
        parameter("fieldSelector", 0.3, texts(&FIELD_SELECTORS)),
        parameter("dryRun", 0.1, texts(&["All"])),
    ]);
    let body = prop_oneof![4 => Just(None), 1 => delete_body()];
    (body, parameters, who())
        .prop_map(move |(body, parameters, who)| {
            let mut call = call("DELETE", resource.collection(), query(parameters), who);
            if let Some(body) = body {
                call["body"] = body;
            }
            draft_of(call, resource)
        })
        .boxed()
}

/// A version to read at; a state that may be stale is only the same on both servers once the cache has caught up.
fn version(weight: f64) -> BoxedStrategy<(Parameter, bool)> {
    prop::option::weighted(
        weight,
        prop_oneof![
            4 => (0..4_u8).prop_map(|n| json!({"$rv": n})),
            3 => Just(json!("0")),
            1 => Just(json!("abc")),
        ],
    )
    .prop_map(|value| {
        let stale = value.is_some();
        (value.map(|value| ("resourceVersion", value)), stale)
    })
    .boxed()
}

fn get(resource: Resource, name: &'static str) -> BoxedStrategy<Draft> {
    let subresource = prop_oneof![8 => Just(""), 2 => Just("/status"), 1 => Just("/scale"), 1 => Just("/bogus")];
    (version(0.3), subresource, who())
        .prop_map(move |((version, after_cache), subresource, who)| {
            let call = call("GET", resource.path(name) + subresource, query(vec![version]), who);
            Draft { after_cache, ..draft_of(call, resource) }
        })
        .boxed()
}

fn selectors() -> [BoxedStrategy<Parameter>; 2] {
    [
        parameter("labelSelector", 0.3, texts(&LABEL_SELECTORS)),
        parameter("fieldSelector", 0.25, texts(&FIELD_SELECTORS)),
    ]
}

fn list(resource: Resource) -> BoxedStrategy<Draft> {
    let [labels, fields] = selectors();
    let matching = parameter("resourceVersionMatch", 0.25, texts(&["Exact", "NotOlderThan", "Sometimes"]));
    let limit = parameter("limit", 0.45, texts(&["1", "2", "0", "-1", "x", "", "1.5", "9223372036854775808"]));
    let next = prop::option::weighted(
        0.3,
        prop_oneof![6 => (0..2_u8).prop_map(|n| json!({"$continue": n})), 1 => Just(json!("garbage"))],
    )
    .prop_map(|token| token.map(|token| ("continue", token)));
    (version(0.4), labels, fields, matching, limit, next, who())
        .prop_map(move |((version, after_cache), labels, fields, matching, limit, next, who)| {
            let parameters = query(vec![version, labels, fields, matching, limit, next]);
            let call = call("GET", resource.collection(), parameters, who);
            Draft { after_cache, ..draft_of(call, resource) }
        })
        .boxed()
}

fn watch(resource: Resource) -> BoxedStrategy<Draft> {
    let [labels, fields] = selectors();
    let streaming = prop_oneof![
        8 => Just(Vec::new()),
        1 => Just(vec![("sendInitialEvents", json!("true")), ("resourceVersionMatch", json!("NotOlderThan"))]),
        1 => Just(vec![("sendInitialEvents", json!("true"))]),
        1 => Just(vec![("sendInitialEvents", json!("false")), ("resourceVersionMatch", json!("NotOlderThan"))]),
        1 => Just(vec![("resourceVersionMatch", json!("Exact"))]),
    ];
    let bookmarks = parameter("allowWatchBookmarks", 0.3, texts(&["true", "false", "x"]));
    (version(0.6), labels, fields, streaming, bookmarks, who())
        .prop_map(move |((version, _), labels, fields, streaming, bookmarks, who)| {
            let mut parameters = query(vec![version, labels, fields, bookmarks]);
            parameters.extend(streaming.into_iter().map(|(name, value)| (name.to_owned(), value)));
            let mut call = call("GET", resource.collection(), parameters, who);
            call.as_object_mut().expect("a call is an object").remove("method");
            Draft { after_cache: true, watch: true, ..draft_of(call, resource) }
        })
        .boxed()
}

/// Requests that no client should send.
fn strange(resource: Resource, name: &'static str) -> BoxedStrategy<Draft> {
    let raw = select(&["", "{", "null", "[]", "{\"kind\":", "\"x\"", "{\"metadata\": {}, \"metadata\": {}}"][..]);
    let content = prop_oneof![
        3 => Just(None),
        1 => Just(Some("application/merge-patch+json")),
        1 => Just(Some("application/json-patch+json")),
        1 => Just(Some("application/strategic-merge-patch+json")),
        1 => Just(Some("application/apply-patch+yaml")),
        1 => Just(Some("text/plain")),
    ];
    let method = select(&["POST", "PUT", "PATCH", "DELETE"][..]);
    (method, raw, content, any::<bool>())
        .prop_map(move |(method, raw, content, on_collection)| {
            // For patches of a collection, the order of two mistakes by the handler of custom resources is not
            // simulated.
            let path = if on_collection && method != "PATCH" { resource.collection() } else { resource.path(name) };
            let mut call = call(method, path, Map::new(), None);
            call["raw"] = raw.into();
            if let Some(content) = content {
                call["headers"] = json!({"Content-Type": content});
            }
            draft_of(call, resource)
        })
        .boxed()
}
