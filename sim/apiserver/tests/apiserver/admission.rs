//! Admission webhooks: which webhooks are called, in which order, and the effect of their answers.
use crate::cluster::*;
use apiserver::{AdmissionRequest, AdmissionResponse, AnswerBody, ApiServer, Conversation, Decision, Reply, Request};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

type Asked = Arc<Mutex<Vec<String>>>;

fn configuration(kind: &str, name: &str, operations: &[&str], policy: &str) -> Value {
    let group = ["coordination.k8s.io"];
    let rule = json!({"apiGroups": group, "apiVersions": ["v1"], "resources": ["leases"], "operations": operations});
    let webhook = json!({
        "name": format!("{name}.example.com"), "clientConfig": {"url": "https://hooks.example.com/x"}, "rules": [rule],
        "failurePolicy": policy, "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "objectSelector": {"matchExpressions": [{"key": "exempt", "operator": "DoesNotExist"}]},
    });
    let api_version = "admissionregistration.k8s.io/v1";
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "webhooks": [webhook]})
}

fn with_hook(
    configurations: &[Value],
    answer: impl Fn(&AdmissionRequest<'_>) -> AdmissionResponse + Send + 'static,
) -> (ApiServer, Asked) {
    let mut api = two_servers();
    api.apply_fixture(configurations, Timestamp::UNIX_EPOCH).unwrap();
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    api.set_admission(Box::new(move |request| {
        log.lock().unwrap().push(format!("{} {} {}", request.webhook, request.operation.name(), request.name));
        answer(request)
    }));
    (api, asked)
}

fn post(api: &mut ApiServer, body: &Value) -> (u16, Value) {
    call(api, FIRST, Method::POST, LEASES, body)
}

const BOTH: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

#[test]
fn mutating_webhooks_are_asked_first() {
    let all = [
        configuration(BOTH[1], "judge", &["*"], "Fail"),
        configuration(BOTH[0], "editor", &["CREATE", "UPDATE"], "Fail"),
    ];
    let (mut api, asked) = with_hook(&all, |request| {
        if !request.mutating {
            let kept = request.object.is_none_or(|object| object["metadata"]["labels"]["team"] == "ops");
            assert!(kept, "the validating webhook sees the mutated object");
            return AdmissionResponse::Allow;
        }
        let patch = json!([{"op": "add", "path": "/metadata/labels", "value": {"team": "ops"}}]);
        AdmissionResponse::Patch(serde_json::from_value(patch).unwrap())
    });
    let (status, body) = post(&mut api, &lease("lock", "a"));
    assert_eq!((status, &body["metadata"]["labels"]["team"]), (201, &json!("ops")), "{body}");
    set_holder(&mut api, "lock", "b");
    delete(&mut api, "lock");
    let expected = [
        "editor.example.com CREATE lock",
        "judge.example.com CREATE lock",
        "editor.example.com UPDATE lock",
        "judge.example.com UPDATE lock",
        "judge.example.com DELETE lock",
    ];
    assert_eq!(*asked.lock().unwrap(), expected);
}

#[test]
fn denial_comes_before_existence() {
    let (mut api, _) = with_hook(&[configuration(BOTH[1], "judge", &["CREATE"], "Ignore")], |request| {
        match request.object.and_then(|object| object["spec"]["holderIdentity"].as_str()) {
            Some("b") => AdmissionResponse::Deny { code: 403, reason: "Forbidden".into(), message: "not today".into() },
            Some("c") => AdmissionResponse::Deny { code: 200, reason: String::new(), message: String::new() },
            _ => AdmissionResponse::Allow,
        }
    });
    create(&mut api, "lock", "a");
    let (status, body) = post(&mut api, &lease("lock", "b"));
    let words = "admission webhook \"judge.example.com\" denied the request: not today";
    assert_eq!((status, &body["message"], &body["reason"]), (403, &json!(words), &json!("Forbidden")));
    let (status, body) = post(&mut api, &lease("lock", "c"));
    let words = "admission webhook \"judge.example.com\" denied the request without explanation";
    assert_eq!((status, &body["message"], body.get("reason")), (400, &json!(words), None));
    assert_eq!(post(&mut api, &lease("lock", "a")).0, 409);
}

#[test]
fn failure_policy_decides_about_silence() {
    for (policy, expected) in [("Fail", 500), ("Ignore", 201)] {
        let (mut api, asked) = with_hook(&[configuration(BOTH[0], "slow", &["*"], policy)], |_| {
            AdmissionResponse::Fail("context deadline exceeded".into())
        });
        let (status, body) = post(&mut api, &lease("lock", "a"));
        assert_eq!(status, expected, "{body}");
        if policy == "Fail" {
            let words = "Internal error occurred: failed calling webhook \"slow.example.com\": failed to call webhook: \
                Post \"https://hooks.example.com/x?timeout=10s\": context deadline exceeded";
            assert_eq!(body["message"], words);
        }
        assert_eq!(asked.lock().unwrap().len(), 1);
    }
}

#[test]
fn selectors_and_rules_exempt_writes() {
    let (mut api, asked) =
        with_hook(&[configuration(BOTH[1], "judge", &["CREATE"], "Fail")], |_| AdmissionResponse::Fail("gone".into()));
    let mut exempt = lease("lock", "a");
    exempt["metadata"]["labels"] = json!({"exempt": "yes"});
    assert_eq!(post(&mut api, &exempt).0, 201);
    set_holder(&mut api, "lock", "b");
    let config = json!({"metadata": {"name": "c"}});
    assert_eq!(call(&mut api, FIRST, Method::POST, "/api/v1/namespaces/default/configmaps", &config).0, 201);
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn webhooks_see_that_a_write_is_a_dry_run() {
    let (mut api, _) =
        with_hook(&[configuration(BOTH[1], "judge", &["CREATE"], "Fail")], |request| match request.dry_run {
            true => AdmissionResponse::Allow,
            false => AdmissionResponse::Fail("connection refused".into()),
        });
    let target = format!("{LEASES}?dryRun=All");
    assert_eq!(call(&mut api, FIRST, Method::POST, &target, &lease("lock", "a")).0, 201);
    assert_eq!(post(&mut api, &lease("lock", "a")).0, 500);
}

#[test]
fn conditions_exempt_writes() {
    let mut conditional = configuration(BOTH[1], "judge", &["CREATE"], "Fail");
    let only_b = "object.spec.holderIdentity == 'b'";
    conditional["webhooks"][0]["matchConditions"] = json!([{"name": "only-b", "expression": only_b}]);
    let (mut api, asked) = with_hook(&[conditional], |_| AdmissionResponse::Fail("gone".into()));
    assert_eq!(post(&mut api, &lease("lock", "a")).0, 201);
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(post(&mut api, &lease("other", "b")).0, 500);
    let (status, body) = post(&mut api, &json!({"metadata": {"name": "third"}}));
    let words = "leases.coordination.k8s.io \"third\" is forbidden: expression 'object.spec.holderIdentity == 'b'' \
        resulted in error: no such key: holderIdentity";
    assert_eq!((status, &body["message"]), (403, &json!(words)));
}

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";

fn policy(name: &str, expression: &str) -> Value {
    let operations = ["CREATE", "DELETE"];
    let group = ["coordination.k8s.io"];
    let rule = json!({"apiGroups": group, "apiVersions": ["v1"], "resources": ["leases"], "operations": operations});
    let spec = json!({"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": expression}]});
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name}, "spec": spec})
}

fn binding(name: &str, policy: &str) -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name}, "spec": {"policyName": policy, "validationActions": ["Deny"]}})
}

fn with_policies(objects: &[Value]) -> ApiServer {
    let mut api = two_servers();
    api.apply_fixture(objects, Timestamp::UNIX_EPOCH).unwrap();
    api
}

/// A policy that mutates, and its binding.
fn mutating_policy(group: &str, resource: &str, expression: &str, again: &str) -> [Value; 2] {
    let api_version = "admissionregistration.k8s.io/v1";
    let operations = ["CREATE", "UPDATE"];
    let rule = json!({"apiGroups": [group], "apiVersions": ["v1"], "resources": [resource], "operations": operations});
    let mutation = json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}});
    let spec = json!({"matchConstraints": {"resourceRules": [rule]}, "mutations": [mutation],
        "reinvocationPolicy": again});
    [
        json!({"apiVersion": api_version, "kind": "MutatingAdmissionPolicy", "metadata": {"name": "m"}, "spec": spec}),
        json!({"apiVersion": api_version, "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": "m"},
            "spec": {"policyName": "m"}}),
    ]
}

#[test]
fn policy_that_asks_for_it_sees_what_a_webhook_changed() {
    for (again, saw) in [("Never", "false"), ("IfNeeded", "true")] {
        let expression = "Object{metadata: Object.metadata{annotations: {'saw': string(has(object.metadata.labels))}}}";
        let mut all = mutating_policy("coordination.k8s.io", "leases", expression, again).to_vec();
        all.push(configuration(BOTH[0], "editor", &["CREATE"], "Fail"));
        let (mut api, asked) = with_hook(&all, |_| {
            let patch = json!([{"op": "add", "path": "/metadata/labels", "value": {"team": "ops"}}]);
            AdmissionResponse::Patch(serde_json::from_value(patch).unwrap())
        });
        let (status, body) = post(&mut api, &lease("lock", "a"));
        assert_eq!((status, &body["metadata"]["annotations"]["saw"]), (201, &json!(saw)), "{again}: {body}");
        assert_eq!(asked.lock().unwrap().len(), 1, "{again}: the webhook does not ask for a second call");
    }
}

#[test]
fn change_of_a_subresource_by_a_policy_is_not_simulated() {
    let spec = json!({"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]}}});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "default"}, "spec": spec});
    for (resource, wanted) in [("deployments/scale", 501), ("deployments", 200)] {
        let mut all = mutating_policy("apps", resource, "Object{spec: Object.spec{replicas: 3}}", "Never").to_vec();
        all.push(deployment.clone());
        let mut api = with_policies(&all);
        let scale = "/apis/apps/v1/namespaces/default/deployments/d/scale";
        let (status, body) = call(&mut api, FIRST, Method::PATCH, scale, &json!({"spec": {"replicas": 5}}));
        assert_eq!(status, wanted, "{resource}: {body}");
    }
}

#[test]
fn first_policy_by_name_refuses() {
    let objects = [
        policy("b", "false"),
        policy("a", "object == null || object.metadata.name != 'lock'"),
        binding("x", "b"),
        binding("y", "a"),
        binding("z", "a"),
    ];
    for mut api in [with_policies(&objects), with_policies(&objects).fork()] {
        for (name, by) in [("lock", "'a' with binding 'y'"), ("other", "'b' with binding 'x'")] {
            let (status, body) = post(&mut api, &lease(name, "a"));
            let message = body["message"].as_str().unwrap();
            assert!(status == 422 && message.contains(by), "{status} {message}");
        }
    }
}

#[test]
fn changed_policy_is_compiled_again() {
    let mut api = with_policies(&[policy("a", "false"), binding("a", "a")]);
    assert_eq!(post(&mut api, &lease("lock", "a")).0, 422);
    let target = format!("{GROUP}/validatingadmissionpolicies/a");
    let (_, mut changed) = get(&mut api, FIRST, &target);
    changed["spec"]["validations"][0]["expression"] = "true".into();
    assert_eq!(call(&mut api, FIRST, Method::PUT, &target, &changed).0, 200);
    assert_eq!(post(&mut api, &lease("lock", "a")).0, 201);
}

#[test]
fn refused_object_ends_the_deletion_of_a_collection() {
    let mut api = with_policies(&[policy("a", "object != null || oldObject.metadata.name != 'b'"), binding("a", "a")]);
    for name in ["a", "b", "c"] {
        create(&mut api, name, "x");
    }
    assert_eq!(call(&mut api, FIRST, Method::DELETE, LEASES, &Value::Null).0, 422);
    assert_eq!(names(&get(&mut api, FIRST, LEASES).1), ["b", "c"]);
}

#[test]
fn expressions_that_are_not_simulated_are_refused() {
    let mut api = two_servers();
    let local = "timestamp(0).getHours('Europe/Berlin') == 1";
    let mut conditional = configuration(BOTH[1], "judge", &["CREATE"], "Fail");
    conditional["webhooks"][0]["matchConditions"] = json!([{"name": "a", "expression": local}]);
    let applied = "Object{spec: Object.spec{n: timestamp(0).getHours('Europe/Berlin')}}";
    let [mutating, _] = mutating_policy("", "configmaps", applied, "Never");
    for (plural, object) in [
        ("validatingadmissionpolicies", policy("a", local)),
        ("validatingwebhookconfigurations", conditional),
        ("mutatingadmissionpolicies", mutating),
    ] {
        let (status, body) = call(&mut api, FIRST, Method::POST, &format!("{GROUP}/{plural}"), &object);
        assert_eq!(status, 501, "{plural}: {body}");
    }
}

/// A configuration of a webhook that is asked over the network, and a server with it.
fn with_remote_webhook(kind: &str, operations: &[&str]) -> ApiServer {
    let mut api = two_servers();
    api.apply_fixture(&[configuration(kind, "judge", operations, "Fail")], Timestamp::UNIX_EPOCH).unwrap();
    api
}

fn ask(api: &mut ApiServer, request: &Request, conversation: &mut Conversation) -> Option<(u16, Value)> {
    let answer = api.handle_asking(FIRST, 1, request, Timestamp::UNIX_EPOCH, conversation)?;
    let AnswerBody::Full(body) = answer.body else { panic!("a watch") };
    Some((answer.status, serde_json::from_slice(&body).unwrap()))
}

fn allowed(more: &Value) -> Reply {
    let mut response = json!({"uid": "u", "allowed": true});
    response.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    Reply::Answered { uid: "u".into(), status: 200, body: review.to_string().into() }
}

#[test]
fn request_waits_for_a_webhook_without_effect() {
    let mut api = with_remote_webhook(BOTH[1], &["*"]);
    let creation = request(Method::POST, LEASES, "application/json", &lease("lock", "a"));
    let mut conversation = Conversation::default();
    assert_eq!(ask(&mut api, &creation, &mut conversation), None);
    assert_eq!(get(&mut api, FIRST, &format!("{LEASES}/lock")).0, 404);
    let question = conversation.question().unwrap().clone();
    assert_eq!((question.webhook.as_str(), question.timeout), ("judge.example.com", 10));
    // Another request takes nothing from the one that waits.
    let config = json!({"metadata": {"name": "c"}});
    call(&mut api, FIRST, Method::POST, "/api/v1/namespaces/default/configmaps", &config);
    conversation.answer(allowed(&json!({})));
    let (status, body) = ask(&mut api, &creation, &mut conversation).unwrap();
    assert_eq!((status, &body["metadata"]["uid"]), (201, &question.review["request"]["object"]["metadata"]["uid"]));
    let (status, _) = call(&mut api, FIRST, Method::DELETE, &format!("{LEASES}/lock"), &Value::Null);
    assert_eq!(status, 500, "nothing answers where nobody asks");
}

#[test]
fn webhook_is_asked_again_about_a_changed_object() {
    let mut api = with_remote_webhook(BOTH[1], &["UPDATE"]);
    create(&mut api, "lock", "a");
    let target = format!("{LEASES}/lock");
    let mut update = request(Method::PATCH, &target, "application/json", &json!({"metadata": {"labels": {"a": "b"}}}));
    update.headers.insert("content-type", "application/merge-patch+json".parse().unwrap());
    let mut conversation = Conversation::default();
    assert_eq!(ask(&mut api, &update, &mut conversation), None);
    delete(&mut api, "lock");
    create(&mut api, "lock", "c");
    conversation.answer(allowed(&json!({})));
    assert_eq!(ask(&mut api, &update, &mut conversation), None, "the answer was about another object");
    let question = conversation.question().unwrap();
    assert_eq!(question.review["request"]["object"]["spec"]["holderIdentity"], "c");
    conversation.answer(allowed(&json!({})));
    assert_eq!(ask(&mut api, &update, &mut conversation).unwrap().0, 200);
}

#[test]
fn collection_is_deleted_once_each_object_is_judged() {
    let mut api = with_remote_webhook(BOTH[1], &["DELETE"]);
    create(&mut api, "a", "x");
    create(&mut api, "b", "x");
    let deletion = request(Method::DELETE, LEASES, "application/json", &Value::Null);
    let (mut conversation, mut asked) = (Conversation::default(), Vec::new());
    let (status, body) = loop {
        match ask(&mut api, &deletion, &mut conversation) {
            Some(answer) => break answer,
            None => {
                let old = &conversation.question().unwrap().review["request"]["oldObject"];
                asked.push(old["metadata"]["name"].as_str().unwrap().to_owned());
                assert_eq!(names(&get(&mut api, FIRST, LEASES).1).len(), 2);
                conversation.answer(allowed(&json!({})));
            }
        }
    };
    assert_eq!((status, names(&body), asked), (200, vec!["a", "b"], vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn webhook_that_asks_for_it_is_called_again_after_a_change() {
    let mut first = configuration(BOTH[0], "a-first", &["CREATE"], "Fail");
    first["webhooks"][0]["reinvocationPolicy"] = "IfNeeded".into();
    let second = configuration(BOTH[0], "b-second", &["CREATE"], "Fail");
    let (mut api, asked) = with_hook(&[first, second], |request| {
        let patch = json!([{"op": "add", "path": "/metadata/labels", "value": {"by": request.webhook}}]);
        AdmissionResponse::Patch(serde_json::from_value(patch).unwrap())
    });
    let (_, body) = post(&mut api, &lease("lock", "a"));
    assert_eq!(body["metadata"]["labels"]["by"], "a-first.example.com");
    let names = ["a-first", "b-second", "a-first"].map(|name| format!("{name}.example.com CREATE lock"));
    assert_eq!(*asked.lock().unwrap(), names);
}

#[test]
fn expressions_ask_the_authorizer() {
    let mut api = with_policies(&[
        policy(
            "a",
            "authorizer.requestResource.check('create').allowed() && authorizer.path('/x').check('get').allowed()",
        ),
        binding("a", "a"),
    ]);
    assert_eq!(post(&mut api, &lease("lock", "a")).0, 201, "nobody is authenticated");
    api.set_authorizer(Box::new(|attributes| match attributes.path {
        "/x" => Decision::Deny { user: String::new() },
        _ => Decision::Allow,
    }));
    let (status, body) = post(&mut api, &lease("other", "a"));
    assert_eq!(status, 422, "{body}");
}
