//! Bodies of built-in kinds with one value of the wrong type, or one member that is unknown or occurs twice: decoding
//! ends with the same words on both servers.
//!
//! Nothing is stored: a body that decodes all the same (a null, a number in the right range) is a dry run of an object
//! that is complete. Its answer is not compared member by member: defaults are the cases' business.
use super::draft::{Draft, Resource, call, draft_of};
use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Map, Value, json};

/// A kind: the path of its collection, and a complete object.
fn samples() -> Vec<(&'static str, Value)> {
    let object = |version: &str, kind: &str, rest: Value| {
        let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "typed",
            "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["example.com/a"]}});
        object
            .as_object_mut()
            .into_iter()
            .for_each(|object| object.extend(rest.as_object().cloned().unwrap_or_default()));
        object
    };
    let pods = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"terminationGracePeriodSeconds": 5, "containers": [
        {"name": "c", "image": "i", "args": ["x"], "env": [{"name": "E", "value": "v"}], "tty": true,
            "ports": [{"containerPort": 80, "name": "web"}], "resources": {"limits": {"cpu": "1"}},
            "livenessProbe": {"httpGet": {"port": 80}, "periodSeconds": 5}}]}});
    let selector = json!({"matchLabels": {"a": "b"}});
    let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}});
    vec![
        (
            "/api/v1/namespaces/{ns}/configmaps",
            object("v1", "ConfigMap", json!({"data": {"k": "v"}, "binaryData": {"b": "eHl6"}, "immutable": true})),
        ),
        (
            "/api/v1/namespaces/{ns}/secrets",
            object("v1", "Secret", json!({"data": {"k": "eHl6"}, "stringData": {"s": "t"}, "type": "Opaque"})),
        ),
        (
            "/apis/apps/v1/namespaces/{ns}/deployments",
            object(
                "apps/v1",
                "Deployment",
                json!({"spec": {"replicas": 2, "paused": true, "selector": selector,
                "template": pods, "strategy": rolling}}),
            ),
        ),
        (
            "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
            object("policy/v1", "PodDisruptionBudget", json!({"spec": {"minAvailable": 1, "selector": selector}})),
        ),
        (
            "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles",
            object(
                "rbac.authorization.k8s.io/v1",
                "Role",
                json!({"rules": [{"verbs": ["get"], "apiGroups": [""],
                "resources": ["pods"]}]}),
            ),
        ),
        (
            "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
            object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                json!({"spec": {"podSelector": selector,
                "ingress": [{"ports": [{"port": 80, "endPort": 90}], "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}}),
            ),
        ),
        (
            "/api/v1/namespaces/{ns}/resourcequotas",
            object("v1", "ResourceQuota", json!({"spec": {"hard": {"pods": "3"}, "scopes": ["BestEffort"]}})),
        ),
    ]
}

/// Pointers to all values below the metadata and the other members.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    let mut below = |name: &str, value: &Value| {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        pointers(value, &pointer, out);
        out.push(pointer);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| below(name, value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| below(&index.to_string(), value)),
        _ => {}
    }
}

/// Values of another type than this one.
fn wrong(value: &Value) -> Vec<Value> {
    let others = [json!(7), json!(1.5), json!("x y"), json!(true), json!([]), json!({}), json!(["x"]), json!({"x": 1})];
    let alike = |other: &Value| std::mem::discriminant(other) == std::mem::discriminant(value);
    others.into_iter().filter(|other| !alike(other)).collect()
}

/// A POST, PUT or PATCH of such a body.
pub(super) fn wrong_type() -> BoxedStrategy<Draft> {
    let modes = select(&["Strict", "Warn", "Ignore", ""][..]);
    (select(samples()), any::<Index>(), any::<Index>(), 0..4_u8, modes)
        .prop_map(|((collection, mut body), place, value, what, mode)| {
            let mut all = Vec::new();
            pointers(&body, "", &mut all);
            all.retain(|pointer| !matches!(pointer.as_str(), "/apiVersion" | "/kind" | "/metadata/name"));
            let pointer = place.get(&all).clone();
            let target = body.pointer_mut(&pointer).expect("the pointer was found in the body");
            match (what, target) {
                (0, Value::Object(map)) => _ = map.insert("bogus".to_owned(), json!({"x": [1]})),
                (_, target) => {
                    let values = wrong(target);
                    *target = value.get(&values).clone();
                }
            }
            let mut query = Map::from_iter([("dryRun".to_owned(), json!("All"))]);
            if !mode.is_empty() {
                query.insert("fieldValidation".to_owned(), mode.into());
            }
            let mut call = call("POST", collection.to_owned(), query, None);
            call["body"] = body;
            Draft { only: &["/code", "/reason", "/message", "/details"], ..draft_of(call, Resource::Lease) }
        })
        .boxed()
}
