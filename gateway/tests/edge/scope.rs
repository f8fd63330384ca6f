//! Scope: which objects are remediated, by the label `kubernaut.ai/managed`, and what the question costs.
use crate::support::{Answer, ApiServer, Replica, Reply, webhook};
use futures::future::join_all;
use gateway::config::Config;
use serde_json::{Value, json};

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/cart";
const SHOP: &str = "/api/v1/namespaces/shop";
const ALERT: &[(&str, &str)] = &[("namespace", "shop"), ("deployment", "cart")];

fn labelled(server: &ApiServer, path: &str, value: Option<&str>) {
    let labels = value.map_or(json!({}), |value| json!({ "kubernaut.ai/managed": value }));
    server.put(path, json!({ "metadata": { "name": "-", "labels": labels } }));
}

/// A replica whose API server has a Deployment and its namespace, with these values of the label.
async fn replica(deployment: Option<&str>, namespace: Option<&str>) -> Replica {
    let server = ApiServer::unlabelled();
    labelled(&server, DEPLOYMENT, deployment);
    labelled(&server, SHOP, namespace);
    Replica::boot(server, Config::for_pod("gateway-0", "ns", "ns")).await
}

async fn send(replica: &Replica, labels: &[(&str, &str)]) -> Answer {
    replica.webhook(&webhook(&[labels])).await
}

#[tokio::test(start_paused = true)]
async fn object_decides_before_its_namespace() {
    for (deployment, namespace, accepted) in [
        (Some("true"), Some("false"), true),
        (Some("true"), None, true),
        (Some("false"), Some("true"), false),
        (None, Some("true"), true),
        (Some("yes"), Some("true"), true),
        (Some("yes"), Some("TRUE"), false),
        (None, Some("false"), false),
        (None, None, false),
    ] {
        let replica = replica(deployment, namespace).await;
        let answer = send(&replica, ALERT).await;
        assert_eq!(answer.status, if accepted { 201 } else { 200 }, "{deployment:?} in {namespace:?}");
        assert_eq!(replica.signals().len(), usize::from(accepted));
    }
}

#[tokio::test(start_paused = true)]
async fn rejection_names_the_label() {
    let replica = replica(None, None).await;
    let answer = send(&replica, ALERT).await;
    let expected = json!({
        "status": "rejected",
        "message": "Signal rejected: resource shop:Deployment:cart is not managed by Kubernaut",
        "fingerprint": "",
        "duplicate": false,
        "rejection": {
            "status": "rejected",
            "reason": "unmanaged_resource",
            "message": "Resource shop:Deployment:cart is not in Kubernaut's management scope",
            "resource": "shop:Deployment:cart",
            "action": "To manage this resource, add the label: \
                kubectl label -n shop deployment cart kubernaut.ai/managed=true",
        },
    });
    assert_eq!((answer.status, answer.body), (200, expected));
    let line = "gateway_signals_rejected_total{reason=\"unmanaged_resource\"} 1";
    assert!(replica.app.metrics().encode().lines().any(|found| found == line));
    let answer = send(&replica, &[("node", "worker-3")]).await;
    assert_eq!(answer.body["rejection"]["resource"], "Node:worker-3");
    let action = "To manage this resource, add the label: kubectl label node worker-3 kubernaut.ai/managed=true";
    assert_eq!(answer.body["rejection"]["action"], action);
}

#[tokio::test(start_paused = true)]
async fn owner_is_what_the_label_belongs_to() {
    let replica = replica(Some("true"), None).await;
    let owned = json!([{ "apiVersion": "apps/v1", "kind": "Deployment", "name": "cart", "controller": true }]);
    let pod = json!({ "name": "cart-1", "labels": { "kubernaut.ai/managed": "false" }, "ownerReferences": owned });
    replica.server.put("/api/v1/namespaces/shop/pods/cart-1", json!({ "metadata": pod }));
    let answer = send(&replica, &[("namespace", "shop"), ("pod", "cart-1")]).await;
    assert_eq!(answer.status, 201, "the Deployment is remediated, not the Pod");
}

#[tokio::test(start_paused = true)]
async fn missing_objects_have_their_namespaces_scope() {
    for (namespace, status) in [(Some("true"), 201), (None, 200)] {
        let replica = replica(None, namespace).await;
        assert_eq!(send(&replica, &[("namespace", "shop"), ("rollout", "web")]).await.status, status);
        assert_eq!(replica.server.asked("/apis/argoproj.io/v1/"), 0, "no right to read it is needed");
        assert_eq!(send(&replica, &[("namespace", "shop"), ("pod", "gone")]).await.status, status);
    }
    let replica = replica(None, None).await;
    assert_eq!(
        send(&replica, &[("namespace", "nowhere"), ("pod", "a")]).await.status,
        200,
        "its namespace is gone too"
    );
}

#[tokio::test(start_paused = true)]
async fn namespace_is_read_once_for_many() {
    let replica = replica(None, Some("true")).await;
    let alerts = ["a", "b", "c", "d"].map(|name| [("namespace", "shop"), ("deployment", name)]);
    join_all(alerts.iter().map(|labels| send(&replica, labels))).await;
    assert_eq!(
        (replica.signals().len(), replica.server.asked(SHOP) - replica.server.asked(&format!("{SHOP}/"))),
        (4, 1)
    );
    labelled(&replica.server, "/apis/apps/v1/namespaces/shop/deployments/e", Some("true"));
    let before = replica.server.asked.lock().expect("no panic").len();
    assert_eq!(send(&replica, &[("namespace", "shop"), ("deployment", "e")]).await.status, 201);
    assert_eq!(
        replica.server.asked.lock().expect("no panic").len(),
        before + 1,
        "a labelled object costs no call more"
    );
}

#[tokio::test(start_paused = true)]
async fn failed_look_up_of_scope_is_retryable() {
    for code in [403, 429, 500, 503] {
        let replica = replica(None, Some("true")).await;
        replica.server.fail(SHOP, code);
        assert_eq!(send(&replica, ALERT).await.status, 503, "{code} is not `unmanaged`");
        labelled(&replica.server, SHOP, Some("true"));
        assert_eq!(send(&replica, ALERT).await.status, 201);
    }
    let replica = replica(None, None).await;
    replica.server.reply(SHOP, Reply::Hang);
    assert_eq!(send(&replica, ALERT).await.status, 503);
}

#[tokio::test(start_paused = true)]
async fn rejected_member_does_not_fail_its_group() {
    let replica = replica(Some("true"), None).await;
    let answer = replica.webhook(&webhook(&[ALERT, &[("namespace", "shop"), ("deployment", "other")]])).await;
    assert_eq!(answer.status, 207);
    let counts = json!({ "total": 2, "created": 1, "deduplicated": 0, "rejected": 1, "failed": 0 });
    assert_eq!(answer.body["summary"], counts);
    let rejected: &Value = &answer.body["results"][1];
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(rejected["message"], "Signal rejected: resource shop:Deployment:other is not managed by Kubernaut");
}
