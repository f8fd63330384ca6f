//! Tokens, roles and reviews beyond the recorded cases, which one administrator and one user play.
use crate::cluster::*;
use apiserver::{AnswerBody, ApiServer, Decision, FixtureError, Registry, TokenTable};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

const REVIEWS: &str = "/apis/authorization.k8s.io/v1";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

fn guarded() -> ApiServer {
    let mut api = two_servers();
    let account =
        "gw,system:serviceaccount:kube-system:gateway,,\"system:serviceaccounts\"\nroot,root,,system:masters\n";
    api.set_tokens(TokenTable::parse(account).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    api
}

fn as_token(api: &mut ApiServer, token: &str, method: Method, target: &str, body: &Value) -> (u16, Value) {
    let mut request = request(method, target, "application/json", body);
    request.headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let answer = send(api, FIRST, &request);
    let AnswerBody::Full(text) = answer.body else { panic!("{target} is a watch") };
    (answer.status, serde_json::from_slice(&text).unwrap_or_default())
}

fn leases_role() -> [Value; 2] {
    let rules = json!([{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create"]}]);
    let subjects = json!([{"kind": "ServiceAccount", "name": "gateway", "namespace": "kube-system"}]);
    let role_ref = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "locks"});
    let meta = json!({"name": "locks", "namespace": "default"});
    [
        json!({"apiVersion": RBAC, "kind": "Role", "metadata": meta, "rules": rules}),
        json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": meta, "roleRef": role_ref, "subjects": subjects}),
    ]
}

/// A token of ten minutes for a new account.
fn account_token(api: &mut ApiServer) -> String {
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    as_token(api, "root", Method::POST, accounts, &json!({"metadata": {"name": "robot"}}));
    let body = json!({"spec": {"expirationSeconds": 600}});
    let (status, request) = as_token(api, "root", Method::POST, &format!("{accounts}/robot/token"), &body);
    assert_eq!(status, 201, "{request}");
    request["status"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn equal_runs_get_equal_tokens() {
    assert_eq!(account_token(&mut guarded()), account_token(&mut guarded()));
}

#[test]
fn account_tokens_expire_with_leeway() {
    let mut api = guarded();
    let token = account_token(&mut api);
    let mut request = request(Method::GET, "/version", "application/json", &Value::Null);
    request.headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let mut at = |seconds| api.handle(FIRST, 1, &request, Timestamp::from_second(seconds).unwrap()).status;
    assert_eq!((at(0), at(660), at(661)), (200, 200, 401));
}

#[test]
fn stored_roles_decide_at_once() {
    let mut api = guarded();
    let lock = lease("lock", "a");
    assert_eq!(as_token(&mut api, "gw", Method::POST, LEASES, &lock).0, 403);
    api.apply_fixture(&leases_role(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(as_token(&mut api, "gw", Method::POST, LEASES, &lock).0, 201);
    let lock = format!("{LEASES}/lock");
    assert_eq!(as_token(&mut api, "gw", Method::GET, &lock, &Value::Null).0, 200);
    assert_eq!(as_token(&mut api, "gw", Method::DELETE, &lock, &Value::Null).0, 403);
    let binding = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/locks";
    assert_eq!(as_token(&mut api, "root", Method::DELETE, binding, &Value::Null).0, 200);
    assert_eq!(as_token(&mut api, "gw", Method::GET, &lock, &Value::Null).0, 403);
}

#[test]
fn fork_keeps_tokens_and_roles() {
    let mut api = guarded();
    api.apply_fixture(&leases_role(), Timestamp::UNIX_EPOCH).unwrap();
    let mut fork = api.fork();
    assert_eq!(as_token(&mut fork, "gw", Method::POST, LEASES, &lease("lock", "a")).0, 201);
    assert_eq!(as_token(&mut fork, "nobody", Method::GET, LEASES, &Value::Null).0, 401);
    assert_eq!(call(&mut fork, FIRST, Method::GET, LEASES, &Value::Null).0, 403);
}

#[test]
fn reviews_ask_the_hook_too() {
    let mut api = two_servers();
    let review = |verb: &str| {
        let attributes = json!({"verb": verb, "group": "coordination.k8s.io", "resource": "leases"});
        json!({"spec": {"resourceAttributes": attributes}})
    };
    let target = format!("{REVIEWS}/selfsubjectaccessreviews");
    let allowed = |api: &mut ApiServer, verb: &str| {
        let (status, body) = call(api, FIRST, Method::POST, &target, &review(verb));
        assert_eq!(status, 201, "{body}");
        body["status"]["allowed"].as_bool().unwrap()
    };
    assert!(allowed(&mut api, "delete"));
    api.set_authorizer(Box::new(|attributes| match attributes.verb {
        "delete" => Decision::Deny { user: "somebody".into() },
        _ => Decision::Allow,
    }));
    assert!(allowed(&mut api, "get"));
    assert!(!allowed(&mut api, "delete"));
    let (_, rules) = call(
        &mut api,
        FIRST,
        Method::POST,
        &format!("{REVIEWS}/selfsubjectrulesreviews"),
        &json!({"spec": {"namespace": "a"}}),
    );
    assert_eq!(rules["status"]["incomplete"], true);
}

#[test]
fn reviews_leave_no_trace_in_the_store() {
    let mut api = guarded();
    let before = api.revision();
    let review = json!({"spec": {"user": "x", "resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let target = format!("{REVIEWS}/subjectaccessreviews");
    assert_eq!(as_token(&mut api, "root", Method::POST, &target, &review).0, 201);
    let who = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let (_, me) = as_token(&mut api, "gw", Method::POST, who, &json!({}));
    let groups = json!(["system:serviceaccounts", "system:authenticated"]);
    assert_eq!(me["status"]["userInfo"]["groups"], groups);
    assert_eq!(api.revision(), before);
}

#[test]
fn edit_role_grants_writes_in_its_namespace() {
    let mut api = guarded();
    let subjects =
        json!([{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:serviceaccounts"}]);
    let role_ref = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"});
    let meta = json!({"name": "edit", "namespace": "default"});
    let binding =
        json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": meta, "roleRef": role_ref, "subjects": subjects});
    api.apply_fixture(&[binding], Timestamp::UNIX_EPOCH).unwrap();
    let config = json!({"metadata": {"name": "c"}});
    let mut post = |target: &str| as_token(&mut api, "gw", Method::POST, target, &config).0;
    assert_eq!(post("/api/v1/namespaces/default/configmaps"), 201);
    assert_eq!(post("/api/v1/namespaces/kube-public/configmaps"), 403);
    assert_eq!(post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"), 403);
}

#[test]
fn tokens_need_no_custom_kinds() {
    let mut api = ApiServer::new(Arc::new(Registry::builtin()), 1, 3);
    let outcome: Result<(), FixtureError> = api.set_tokens(TokenTable::default(), Timestamp::UNIX_EPOCH);
    assert!(outcome.is_ok());
    assert_eq!(call(&mut api, FIRST, Method::GET, "/version", &Value::Null).0, 200);
}
