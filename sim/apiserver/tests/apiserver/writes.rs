//! Writes beyond the corpus: rules of the registry that follow from kube-apiserver's source.
use crate::cluster::*;
use http::Method;
use serde_json::{Value, json};

#[test]
fn garbage_version_in_body_is_bare_500() {
    let mut api = two_servers();
    let mut body = create(&mut api, "lock", "a");
    body["metadata"]["resourceVersion"] = "abc".into();
    let (status, answer) = call(&mut api, FIRST, Method::PUT, &format!("{LEASES}/lock"), &body);
    assert_eq!((status, answer.get("reason")), (500, None));
}

#[test]
fn patch_without_version_never_conflicts() {
    let mut api = two_servers();
    let stale = version(&create(&mut api, "lock", "a")).to_string();
    set_holder(&mut api, "lock", "b");
    let target = format!("{LEASES}/lock");
    let guarded = json!({"metadata": {"resourceVersion": stale}, "spec": {"holderIdentity": "c"}});
    assert_eq!(call(&mut api, FIRST, Method::PATCH, &target, &guarded).0, 409);
    assert_eq!(call(&mut api, FIRST, Method::PATCH, &target, &json!({"spec": {"holderIdentity": "c"}})).0, 200);
}

#[test]
fn dry_run_update_changes_nothing() {
    let mut api = two_servers();
    let mut body = create(&mut api, "lock", "a");
    body["spec"]["holderIdentity"] = "b".into();
    let before = api.revision();
    let (status, answer) = call(&mut api, FIRST, Method::PUT, &format!("{LEASES}/lock?dryRun=All"), &body);
    assert_eq!((status, answer["spec"]["holderIdentity"].as_str()), (200, Some("b")));
    assert_eq!(
        (api.revision(), get(&mut api, FIRST, &format!("{LEASES}/lock")).1["spec"]["holderIdentity"].as_str()),
        (before, Some("a"))
    );
}

#[test]
fn long_generated_name_is_cut() {
    let mut api = two_servers();
    let body = json!({"metadata": {"generateName": "x".repeat(70)}, "spec": {}});
    let (status, answer) = call(&mut api, FIRST, Method::POST, LEASES, &body);
    let name = answer["metadata"]["name"].as_str().unwrap();
    assert_eq!((status, name.len()), (201, 63));
}

#[test]
fn status_patch_leaves_everything_else() {
    let mut api = two_servers();
    let body = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest",
        "metadata": {"name": "rr", "labels": {"a": "1"}},
        "spec": {"signalFingerprint": "a".repeat(64), "severity": "low"}});
    let created = call(&mut api, FIRST, Method::POST, REQUESTS, &body).1;
    let patch = json!({"metadata": {"labels": {"a": "2", "b": null}, "finalizers": ["x.io/y"]},
        "spec": {"severity": "high"}, "status": {"message": "m"}});
    let (status, patched) = call(&mut api, FIRST, Method::PATCH, &format!("{REQUESTS}/rr/status"), &patch);
    assert_eq!(status, 200);
    let mut expected = created.clone();
    expected["status"] = json!({"message": "m"});
    for member in ["resourceVersion", "managedFields"] {
        expected["metadata"][member] = patched["metadata"][member].clone();
    }
    assert_eq!(patched, expected);
}

#[test]
fn finalizer_holds_deletion_until_taken() {
    let mut api = two_servers();
    let mut body = lease("lock", "a");
    body["metadata"]["finalizers"] = json!(["x.io/y"]);
    assert_eq!(call(&mut api, FIRST, Method::POST, LEASES, &body).0, 201);
    let target = format!("{LEASES}/lock");
    let terminating = call(&mut api, FIRST, Method::DELETE, &target, &Value::Null).1;
    assert!(terminating["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(call(&mut api, FIRST, Method::POST, LEASES, &lease("lock", "b")).0, 409);
    let patch = json!({"metadata": {"finalizers": null}});
    assert_eq!(call(&mut api, FIRST, Method::PATCH, &format!("{target}?dryRun=All"), &patch).0, 200);
    assert_eq!(get(&mut api, FIRST, &target).0, 200);
    assert_eq!(call(&mut api, FIRST, Method::PATCH, &target, &patch).0, 200);
    assert_eq!(get(&mut api, FIRST, &target).0, 404);
}

#[test]
fn refusal_comes_before_bad_options() {
    let mut api = two_servers();
    api.set_authorizer(Box::new(|_| apiserver::Decision::Deny { user: "u".into() }));
    assert_eq!(get(&mut api, FIRST, &format!("{LEASES}?limit=x")).0, 403);
}

#[test]
fn namespaces_are_not_deleted_together() {
    let mut api = two_servers();
    assert_eq!(call(&mut api, FIRST, Method::DELETE, "/api/v1/namespaces", &Value::Null).0, 405);
    let discovery = get(&mut api, FIRST, "/api/v1").1;
    let verbs = |name: &str| {
        let resources = discovery["resources"].as_array().unwrap();
        resources.iter().find(|r| r["name"] == name).unwrap()["verbs"]
            .as_array()
            .unwrap()
            .contains(&json!("deletecollection"))
    };
    assert!(!verbs("namespaces") && verbs("pods"));
}
