//! The garbage collector and the namespace controller, one task at a time.
use crate::cluster::*;
use apiserver::ApiServer;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

const CONFIGS: &str = "/api/v1/namespaces/default/configmaps";

fn with_controllers() -> ApiServer {
    let mut api = two_servers();
    api.set_controllers(true);
    api
}

/// Creates a config map with these owners, and returns its uid.
fn config(api: &mut ApiServer, name: &str, owners: &[(&str, &str)]) -> String {
    let owners: Vec<Value> = owners
        .iter()
        .map(|(name, uid)| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid, "blockOwnerDeletion": true})
        })
        .collect();
    let body = json!({"metadata": {"name": name, "ownerReferences": owners}});
    let (status, body) = call(api, FIRST, Method::POST, CONFIGS, &body);
    assert_eq!(status, 201, "{body}");
    body["metadata"]["uid"].as_str().unwrap().to_owned()
}

fn remove(api: &mut ApiServer, name: &str, policy: &str) {
    let body = json!({"propagationPolicy": policy});
    assert_eq!(call(api, FIRST, Method::DELETE, &format!("{CONFIGS}/{name}"), &body).0, 200);
}

/// Runs the controllers until no task is left; returns the tasks performed.
fn run_controllers(api: &mut ApiServer) -> Vec<String> {
    let mut done = Vec::new();
    while let Some(task) = api.controller_tasks(Timestamp::UNIX_EPOCH).first().cloned() {
        api.perform(&task, 9, Timestamp::UNIX_EPOCH);
        done.push(task.to_string());
        assert!(done.len() < 50, "the controllers do not finish: {done:?}");
    }
    done
}

fn configs(api: &mut ApiServer) -> Vec<String> {
    let (_, list) = get(api, FIRST, CONFIGS);
    names(&list).into_iter().map(str::to_owned).collect()
}

#[test]
fn namespaces_get_their_contents() {
    const MAP: &str = "kube-root-ca.crt";
    let mut api = with_controllers();
    assert_eq!(run_controllers(&mut api), [""; 0], "runs have neither accounts nor certificates");
    api.provide_namespace_contents("PEM");
    let done = run_controllers(&mut api);
    assert_eq!((done.len(), &*done[0], &*done[1]), (8, "create default/default", "create default/kube-root-ca.crt"));
    remove(&mut api, MAP, "Background");
    assert_eq!(run_controllers(&mut api), ["create default/kube-root-ca.crt"]);
    let body = json!({"metadata": {"name": MAP}, "data": {"ca.crt": "another", "more": "x"}});
    assert_eq!(call(&mut api, FIRST, Method::PUT, &format!("{CONFIGS}/{MAP}"), &body).0, 200);
    assert_eq!(run_controllers(&mut api), ["restore default/kube-root-ca.crt"]);
    assert_eq!(get(&mut api, FIRST, &format!("{CONFIGS}/{MAP}")).1["data"], json!({"ca.crt": "PEM"}));
}

#[test]
fn dependents_follow_an_owner_that_is_gone() {
    let mut api = with_controllers();
    let owner = config(&mut api, "owner", &[]);
    let child = config(&mut api, "child", &[("owner", &owner)]);
    config(&mut api, "grandchild", &[("child", &child)]);
    config(&mut api, "shared", &[("owner", &owner), ("child", "another-uid")]);
    assert_eq!(run_controllers(&mut api), ["disown default/shared"]);
    remove(&mut api, "owner", "Background");
    assert_eq!(
        run_controllers(&mut api),
        ["delete default/child", "delete default/grandchild", "delete default/shared"]
    );
    assert!(configs(&mut api).is_empty());
    assert!(api.take_commits().iter().rev().take(3).all(|commit| commit.actor == 9));
}

#[test]
fn foreground_owner_goes_last() {
    let mut api = with_controllers();
    let owner = config(&mut api, "owner", &[]);
    let child = config(&mut api, "child", &[("owner", &owner)]);
    config(&mut api, "grandchild", &[("child", &child)]);
    remove(&mut api, "owner", "Foreground");
    let done = run_controllers(&mut api);
    let expected = [
        "delete default/child",
        "delete default/grandchild",
        "foregroundDeletion default/child",
        "foregroundDeletion default/owner",
    ];
    assert_eq!(done, expected);
}

#[test]
fn orphans_lose_their_owner_and_stay() {
    let mut api = with_controllers();
    let owner = config(&mut api, "owner", &[]);
    config(&mut api, "child", &[("owner", &owner)]);
    remove(&mut api, "owner", "Orphan");
    assert_eq!(run_controllers(&mut api), ["disown default/child", "orphan default/owner"]);
    assert_eq!(configs(&mut api), ["child"]);
    let (_, child) = get(&mut api, FIRST, &format!("{CONFIGS}/child"));
    assert_eq!(child["metadata"].get("ownerReferences"), None);
}

#[test]
fn owner_in_another_namespace_counts_as_absent() {
    let mut api = with_controllers();
    let owner = config(&mut api, "owner", &[]);
    let reference = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner});
    let body = json!({"metadata": {"name": "far", "ownerReferences": [reference]}});
    call(&mut api, FIRST, Method::POST, "/api/v1/namespaces/kube-public/configmaps", &body);
    let unknown = json!({"apiVersion": "example.io/v1", "kind": "Thing", "name": "x", "uid": "u"});
    let body = json!({"metadata": {"name": "kept", "ownerReferences": [unknown]}});
    call(&mut api, FIRST, Method::POST, CONFIGS, &body);
    assert_eq!(run_controllers(&mut api), ["delete kube-public/far"]);
}

#[test]
fn namespace_goes_when_it_is_empty() {
    let mut api = with_controllers();
    let namespaces = "/api/v1/namespaces";
    call(&mut api, FIRST, Method::POST, namespaces, &json!({"metadata": {"name": "t"}}));
    let inside = "/api/v1/namespaces/t/configmaps";
    call(&mut api, FIRST, Method::POST, inside, &json!({"metadata": {"name": "a"}}));
    call(&mut api, FIRST, Method::POST, inside, &json!({"metadata": {"name": "b", "finalizers": ["example.com/x"]}}));
    call(&mut api, FIRST, Method::DELETE, "/api/v1/namespaces/t", &Value::Null);
    assert_eq!(run_controllers(&mut api), ["delete t/a", "delete t/b", "report /t"]);
    let (_, namespace) = get(&mut api, FIRST, "/api/v1/namespaces/t");
    let remaining =
        namespace["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "NamespaceContentRemaining");
    assert_eq!(remaining.unwrap()["message"], "Some resources are remaining: configmaps. has 1 resource instances");
    call(&mut api, FIRST, Method::PATCH, &format!("{inside}/b"), &json!({"metadata": {"finalizers": null}}));
    assert_eq!(run_controllers(&mut api), ["report /t", "finalize /t"]);
    assert_eq!(get(&mut api, FIRST, "/api/v1/namespaces/t").0, 404);
}

#[test]
fn controllers_are_off_by_default() {
    let mut api = two_servers();
    config(&mut api, "child", &[("owner", "gone")]);
    assert!(api.controller_tasks(Timestamp::UNIX_EPOCH).is_empty());
    api.set_controllers(true);
    assert_eq!(api.fork().controller_tasks(Timestamp::UNIX_EPOCH).len(), 1);
}
