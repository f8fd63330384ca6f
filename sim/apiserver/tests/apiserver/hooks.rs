//! Fixtures, the authorizer, commits, and the bodies of injected failures.
use crate::cluster::*;
use apiserver::{AnswerBody, ApiServer, Change, Decision, FixtureError, status};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

#[test]
fn authorizer_refuses_leases_only() {
    let mut api = two_servers();
    api.set_authorizer(Box::new(|attributes| match attributes.resource {
        "leases" => Decision::Deny { user: "system:serviceaccount:kubernaut:gateway".into() },
        _ => Decision::Allow,
    }));
    let (status, body) = call(&mut api, FIRST, Method::POST, LEASES, &lease("lock", "a"));
    assert_eq!(status, 403);
    let words = "leases.coordination.k8s.io is forbidden: User \"system:serviceaccount:kubernaut:gateway\" \
        cannot create resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"default\"";
    assert_eq!(body["message"], words);
    assert_eq!(get(&mut api, FIRST, "/api/v1/namespaces/default").0, 200);
}

#[test]
fn fixtures_bypass_authorizer_and_keep_status() {
    let mut api = two_servers();
    api.set_authorizer(Box::new(|_| Decision::Unauthenticated));
    let request = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest",
        "metadata": {"name": "rr", "namespace": "default"},
        "spec": {"signalFingerprint": "b".repeat(64), "severity": "low"}, "status": {"overallPhase": "Failed"}});
    api.apply_fixture(&[request], Timestamp::UNIX_EPOCH).unwrap();
    let resource = registry().resource("kubernaut.ai", "remediationrequests").unwrap();
    let stored = api.object(resource, "default", "rr").unwrap();
    assert_eq!(stored["status"]["overallPhase"], "Failed");
    assert_eq!(api.objects(resource).count(), 1);
}

#[test]
fn refused_fixture_is_a_typed_error() {
    let mut api = two_servers();
    let invalid = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "No"}});
    let error = api.apply_fixture(&[invalid], Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(error, FixtureError::Refused { status: 422, .. }), "{error}");
    let unknown = json!({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"name": "x"}});
    let error = api.apply_fixture(&[unknown], Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(error, FixtureError::UnknownKind { .. }), "{error}");
}

#[test]
fn commits_contain_the_object_before_and_after() {
    let mut api = two_servers();
    assert!(api.take_commits().is_empty());
    create(&mut api, "lock", "a");
    set_holder(&mut api, "lock", "b");
    set_holder(&mut api, "lock", "b");
    delete(&mut api, "lock");
    let commits = api.take_commits();
    let changes: Vec<_> = commits.iter().map(|c| c.change).collect();
    assert_eq!(changes, [Change::Created, Change::Modified, Change::Deleted]);
    assert_eq!(commits[1].before.as_ref().unwrap()["spec"]["holderIdentity"], "a");
    assert_eq!(commits[1].after["spec"]["holderIdentity"], "b");
    assert!(commits.windows(2).all(|pair| pair[0].revision < pair[1].revision));
    assert_eq!((&*commits[2].namespace, &*commits[2].name, commits[2].actor), ("default", "lock", 1));
}

#[test]
fn injected_failures_look_like_the_real_ones() {
    let answer = status::overload(3);
    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (429, "text/plain; charset=utf-8"));
    let answer = status::too_many_requests(3).answer();
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (429, "3"));
    let AnswerBody::Full(body) = status::timeout(0).answer().body else { panic!("not a body") };
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["details"], json!({}));
    assert_eq!(
        (body["code"].as_u64(), body["reason"].as_str(), body["status"].as_str()),
        (Some(504), Some("Timeout"), Some("Failure"))
    );
    let AnswerBody::Full(internal) = status::internal_error("no leader").answer().body else { panic!("not a body") };
    let internal: Value = serde_json::from_slice(&internal).unwrap();
    assert_eq!(internal["details"]["causes"], json!([{"message": "no leader"}]));
    assert_eq!(status::service_unavailable("apiserver not ready").code, 503);
}

#[test]
fn one_seed_gives_one_history() {
    let history = |seed| {
        let mut api = ApiServer::new(registry(), 1, seed);
        let body = json!({"metadata": {"generateName": "lock-"}, "spec": {}});
        (0..3).map(|_| call(&mut api, FIRST, Method::POST, LEASES, &body).1.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(history(5), history(5));
    assert_ne!(history(5), history(6));
}
