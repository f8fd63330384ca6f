//! The object that an alert is about, and the effect of look-ups that fail.
use crate::support::{Answer, ApiServer, Replica, Reply, webhook};
use gateway::config::Config;
use http::StatusCode;
use serde_json::json;
use std::time::Duration;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

async fn send(replica: &Replica, labels: &[(&str, &str)]) -> Answer {
    replica.webhook(&webhook(&[labels])).await
}

async fn target(replica: &Replica, labels: &[(&str, &str)]) -> String {
    let answer = send(replica, labels).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let signals = replica.signals();
    let target = &signals.last().expect("a signal").target;
    format!("{}/{}/{}", target.namespace, target.kind, target.name)
}

#[tokio::test(start_paused = true)]
async fn workloads_come_before_pods() {
    let replica = Replica::ready().await;
    replica.server.object(&format!("{PODS}/a-1"), None);
    replica.server.object(&format!("{DEPLOYMENTS}/a"), None);
    let labels = [("pod", "a-1"), ("deployment", "a"), ("service", "web"), ("job", "ksm")];
    assert_eq!(target(&replica, &labels).await, "default/Deployment/a");
    assert_eq!(target(&replica, &[("pod", "a-1"), ("deployment", "gone")]).await, "default/Pod/a-1");
    assert_eq!(target(&replica, &[("pod", "gone"), ("deployment", "gone")]).await, "default/Deployment/gone");
}

#[tokio::test(start_paused = true)]
async fn namespace_comes_from_the_exported_label() {
    let replica = Replica::ready().await;
    let labels = [("pod", "a"), ("namespace", "monitoring"), ("exported_namespace", "payments")];
    assert_eq!(target(&replica, &labels).await, "payments/Pod/a");
    assert_eq!(target(&replica, &[("pod", "a"), ("namespace", "Not A Name")]).await, "default/Pod/a");
    assert_eq!(target(&replica, &[("node", "n-1"), ("namespace", "monitoring")]).await, "/Node/n-1");
}

#[tokio::test(start_paused = true)]
async fn chain_ends_at_a_custom_resource() {
    let replica = Replica::ready().await;
    replica.server.object(&format!("{PODS}/a-1"), Some(("argoproj.io/v1", "Rollout", "a")));
    let rollout = "/apis/argoproj.io/v1/namespaces/default/rollouts/a";
    replica.server.object(rollout, Some(("v1", "ConfigMap", "further")));
    assert_eq!(target(&replica, &[("pod", "a-1")]).await, "default/Rollout/a");
    assert_eq!(replica.server.asked(rollout), 0);
}

#[tokio::test(start_paused = true)]
async fn chain_of_owners_is_followed_five_deep() {
    let replica = Replica::ready().await;
    for depth in 0..8 {
        let owner = format!("p{}", depth + 1);
        replica.server.object(&format!("{PODS}/p{depth}"), Some(("v1", "Pod", &owner)));
    }
    assert_eq!(target(&replica, &[("pod", "p0")]).await, "default/Pod/p5");
}

#[tokio::test(start_paused = true)]
async fn service_resolves_to_its_first_pod() {
    let replica = Replica::ready().await;
    let service = json!({ "metadata": { "name": "web" }, "spec": { "selector": { "app": "web" } } });
    replica.server.put("/api/v1/namespaces/default/services/web", service);
    let pods = json!({ "items": [{ "metadata": { "name": "web-1" } }] });
    replica.server.put(&format!("{PODS}?&labelSelector=app%3Dweb&limit=1"), pods);
    replica.server.object(&format!("{PODS}/web-1"), Some(("apps/v1", "Deployment", "web")));
    let object = json!({ "kind": "Service", "namespace": "default", "name": "web", "apiVersion": "v1" });
    let event = json!({
        "type": "Warning", "reason": "Unhealthy", "involvedObject": object, "lastTimestamp": "2026-11-20T16:53:00Z",
    });
    let answer = replica.event(&event.to_string()).await;
    assert_eq!(answer.status, 201, "{:?}", replica.server.asked);
    assert_eq!(replica.signals()[0].target.kind, "Deployment");
}

#[tokio::test(start_paused = true)]
async fn failed_look_up_is_not_absence() {
    for code in [400, 401, 403, 405, 429, 500, 503] {
        let replica = Replica::ready().await;
        replica.server.fail(&format!("{DEPLOYMENTS}/a"), code);
        let labels = [("deployment", "a"), ("pod", "b")];
        let answer = send(&replica, &labels).await;
        assert_eq!(answer.status, 503);
        let detail = "unavailable: the object that the alert is about cannot be looked up now";
        assert_eq!(answer.body["detail"], detail, "nothing of what the API server said");
        assert!(replica.signals().is_empty());
        replica.server.object(&format!("{DEPLOYMENTS}/a"), None);
        assert_eq!(target(&replica, &labels).await, "default/Deployment/a", "the failure is not remembered");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_look_up_of_another_kind_is_absence() {
    let secrets = "/api/v1/namespaces/default/secrets";
    for (code, expected) in [(400, 201), (401, 503), (403, 201), (405, 201), (429, 503), (500, 503)] {
        let replica = Replica::ready().await;
        replica.server.object(&format!("{PODS}/b"), None);
        replica.server.fail(&format!("{secrets}/a"), code);
        let answer = send(&replica, &[("secret", "a"), ("pod", "b")]).await;
        assert_eq!(answer.status, expected, "{code}");
        assert!(replica.signals().iter().all(|signal| signal.target.kind == "Pod"));
        let refused = format!("gateway_lookups_refused_total{{kind=\"Secret\",code=\"{code}\"}} 1\n");
        assert_eq!(replica.app.metrics().encode().contains(&refused), expected == 201, "{code}");
    }
    let replica = Replica::ready().await;
    replica.server.reply(&format!("{secrets}/a"), Reply::Hang);
    assert_eq!(send(&replica, &[("secret", "a"), ("pod", "b")]).await.status, 503, "silence is not a refusal");
}

#[tokio::test(start_paused = true)]
async fn refused_owner_ends_the_chain() {
    let replica = Replica::ready().await;
    replica.server.object(&format!("{PODS}/a-1"), Some(("v1", "Secret", "owner")));
    replica.server.fail("/api/v1/namespaces/default/secrets/owner", 403);
    assert_eq!(target(&replica, &[("pod", "a-1")]).await, "default/Secret/owner");
}

#[tokio::test(start_paused = true)]
async fn unanswered_look_up_ends_after_five_seconds() {
    let replica = Replica::ready().await;
    replica.server.reply(&format!("{PODS}/a"), Reply::Hang);
    let started = tokio::time::Instant::now();
    assert_eq!(send(&replica, &[("pod", "a")]).await.status, 503);
    assert_eq!(started.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn answers_are_remembered_for_thirty_seconds() {
    let replica = Replica::ready().await;
    let path = format!("{DEPLOYMENTS}/a");
    replica.server.object(&path, None);
    for (pause, asked) in [(0, 1), (29, 1), (2, 2)] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        target(&replica, &[("deployment", "a")]).await;
        assert_eq!(replica.server.asked(&path), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_alerts_share_one_look_up() {
    let replica = Replica::ready().await;
    let path = format!("{DEPLOYMENTS}/a");
    replica.server.object(&path, None);
    let labels: &[_] = &[("deployment", "a")];
    assert_eq!(replica.webhook(&webhook(&[labels; 15])).await.status, 207);
    assert_eq!((replica.signals().len(), replica.server.asked(&path)), (15, 1));
}

#[tokio::test(start_paused = true)]
async fn boot_costs_two_discovery_calls() {
    let replica = Replica::ready().await;
    assert_eq!(*replica.server.asked.lock().expect("no panic"), ["/api", "/apis"]);
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert_eq!(replica.server.asked("/api"), 4, "and is refreshed after five minutes");
}

#[tokio::test(start_paused = true)]
async fn old_server_is_asked_group_by_group() {
    let server = ApiServer::new();
    let resource = |name: String, kind| {
        let verbs = ["get"];
        json!({ "name": name, "singularName": "", "kind": kind, "namespaced": true, "verbs": verbs })
    };
    let resources = |plural: &str, kind| {
        let resources = [resource(plural.to_owned(), kind), resource(format!("{plural}/status"), kind)];
        json!({ "groupVersion": "-", "resources": resources })
    };
    let version = json!({ "groupVersion": "apps/v1", "version": "v1" });
    let group = json!({ "name": "apps", "versions": [version.clone()], "preferredVersion": version });
    server.put("/api", json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] }));
    server.put("/apis", json!({ "kind": "APIGroupList", "groups": [group] }));
    server.put("/api/v1", resources("pods", "Pod"));
    server.put("/apis/apps/v1", resources("deployments", "Deployment"));
    let replica = Replica::boot(server, Config::for_pod("gateway-0", "ns", "ns")).await;
    assert_eq!(target(&replica, &[("deployment", "a")]).await, "default/Deployment/a");
}

#[tokio::test(start_paused = true)]
async fn replica_without_discovery_is_not_ready() {
    let server = ApiServer::new();
    server.reply("/apis", Reply::Json(StatusCode::BAD_GATEWAY, json!({})));
    let replica = Replica::boot(server, Config::for_pod("gateway-0", "ns", "ns")).await;
    assert_eq!(replica.app.ready(), Err("API discovery has not been loaded yet".to_owned()));
    assert_eq!(send(&replica, &[("pod", "a")]).await.status, 503);
    replica.server.put("/apis", json!({ "kind": "APIGroupDiscoveryList", "items": [] }));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(replica.app.ready(), Ok(()));
    assert!(replica.app.metrics().discovery_refresh_errors.get() >= 1);
}
