//! Bodies from real senders, through the whole edge, to the signals that the protocol receives.
use crate::support::Replica;
use gateway::signals::Target;

macro_rules! payload {
    ($name:literal) => {
        include_str!(concat!("../payloads/", $name, ".json"))
    };
}

fn target(namespace: &str, kind: &str, name: &str, api_version: &str) -> Target {
    Target { kind: kind.into(), name: name.into(), namespace: namespace.into(), api_version: Some(api_version.into()) }
}

/// Adds Pods of a Deployment and of a StatefulSet, and all of their owners.
fn add_workloads(replica: &Replica, namespace: &str) {
    let server = &replica.server;
    for pod in ["checkout-7d9c5b6f4d-x2x7q", "checkout-7d9c5b6f4d-l8k2m"] {
        let owner = ("apps/v1", "ReplicaSet", "checkout-7d9c5b6f4d");
        server.object(&format!("/api/v1/namespaces/{namespace}/pods/{pod}"), Some(owner));
    }
    let replica_set = format!("/apis/apps/v1/namespaces/{namespace}/replicasets/checkout-7d9c5b6f4d");
    server.object(&replica_set, Some(("apps/v1", "Deployment", "checkout")));
    server.object(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/checkout"), None);
    server.object(&format!("/api/v1/namespaces/{namespace}/pods/ledger-0"), Some(("apps/v1", "StatefulSet", "ledger")));
    server.object(&format!("/apis/apps/v1/namespaces/{namespace}/statefulsets/ledger"), None);
}

#[tokio::test(start_paused = true)]
async fn firing_deployment_becomes_a_signal() {
    let replica = Replica::ready().await;
    add_workloads(&replica, "payments");
    let body = payload!("alertmanager/deployment-replicas-mismatch-firing");
    assert_eq!(replica.webhook(body).await.status, 201);
    let signal = replica.signals().remove(0);
    assert_eq!(signal.target, target("payments", "Deployment", "checkout", "apps/v1"));
    // printf 'payments:Deployment:checkout' | sha256sum
    assert_eq!(signal.fingerprint, "5fd21205f2898c4d4d98671782ecab6fbbc14932881a17398c05fc7b0d06c331");
    assert_eq!((signal.name.as_str(), signal.severity.as_str()), ("KubeDeploymentReplicasMismatch", "high"));
    assert_eq!((signal.source, signal.cluster_id.as_deref()), ("prometheus", None));
    assert_eq!(signal.firing_time.to_string(), "2026-11-20T16:52:14.877960485Z");
    assert_eq!(signal.labels["job"], "kube-state-metrics");
    assert!(signal.annotations["summary"].starts_with("Deployment has not matched"));
    assert_eq!(&*signal.payload, body);
}

#[tokio::test(start_paused = true)]
async fn resolved_deployment_is_not_a_signal() {
    let replica = Replica::ready().await;
    let answer = replica.webhook(payload!("alertmanager/deployment-replicas-mismatch-resolved")).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &"rejected".into()));
    assert_eq!(answer.body["rejection"]["reason"], "resolved");
    assert_eq!((answer.body["fingerprint"].as_str(), answer.body["duplicate"].as_bool()), (Some(""), Some(false)));
    assert!(replica.signals().is_empty());
    assert_eq!(replica.server.asked("/apis/apps"), 0, "nothing needs to be looked up for it");
}

#[tokio::test(start_paused = true)]
async fn group_of_three_pods_becomes_two_owners() {
    let replica = Replica::ready().await;
    add_workloads(&replica, "payments");
    let answer = replica.webhook(payload!("alertmanager/pod-crash-looping-group-of-3-firing")).await;
    assert_eq!(answer.status, 207, "{}", answer.body);
    let mut targets: Vec<_> = replica.signals().iter().map(|signal| signal.target.clone()).collect();
    targets.sort();
    let deployment = target("payments", "Deployment", "checkout", "apps/v1");
    let stateful_set = target("payments", "StatefulSet", "ledger", "apps/v1");
    assert_eq!(targets, [deployment.clone(), deployment, stateful_set]);
}

#[tokio::test(start_paused = true)]
async fn node_name_with_dots_is_a_target() {
    let replica = Replica::ready().await;
    let answer = replica.webhook(payload!("alertmanager/node-not-ready-truncated-firing")).await;
    assert_eq!(answer.status, 207);
    let signals = replica.signals();
    let mut found: Vec<_> = signals.iter().map(|signal| (&signal.target, &*signal.fingerprint)).collect();
    found.sort();
    // printf 'prod-eu::Node:worker-3' | sha256sum, and the same for the other Node
    let (three, four) = (target("", "Node", "worker-3", "v1"), target("", "Node", "worker-4.example.internal", "v1"));
    assert_eq!(
        found,
        [
            (&three, "40a0bad5c6954a468c5fb453e2a8c04d8df1806a0577d4014754d20144dc167f"),
            (&four, "12fe8785d8909145f0e793e748c0da0837e6e91cd69800319e689a798ec8e114")
        ]
    );
    assert!(signals.iter().all(|signal| signal.cluster_id.as_deref() == Some("prod-eu")));
}

#[tokio::test(start_paused = true)]
async fn alert_without_target_is_invalid() {
    let replica = Replica::ready().await;
    let answer = replica.webhook(payload!("alertmanager/watchdog-no-target-firing")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["type"], "https://kubernaut.ai/problems/validation-error");
    assert!(
        answer.body["detail"].as_str().is_some_and(|detail| detail.contains("no label names a Kubernetes resource"))
    );
    assert!(replica.signals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn warning_event_has_its_owners_fingerprint() {
    let replica = Replica::ready().await;
    add_workloads(&replica, "default");
    assert_eq!(replica.event(payload!("events/backoff-warning")).await.status, 201);
    let signal = replica.signals().remove(0);
    assert_eq!(signal.target, target("default", "Deployment", "checkout", "apps/v1"));
    // printf 'default:Deployment:checkout' | sha256sum
    assert_eq!(signal.fingerprint, "b093d590b698d38ac97d186f44c100ea57212ed96adb704154fe583d41f92ce5");
    assert_eq!(
        (signal.name.as_str(), signal.severity.as_str(), signal.source),
        ("BackOff", "Warning", "kubernetes-events")
    );
    assert_eq!(signal.firing_time.to_string(), "2026-11-20T16:40:02Z");
}

#[tokio::test(start_paused = true)]
async fn event_with_event_time_only_is_fresh() {
    let replica = Replica::ready().await;
    add_workloads(&replica, "default");
    let answer = replica.event(payload!("events/failed-scheduling-event-time-only")).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let signal = replica.signals().remove(0);
    assert_eq!(signal.target, target("default", "StatefulSet", "ledger", "apps/v1"));
    assert_eq!(signal.firing_time.to_string(), "2026-11-20T16:51:00.123456Z");
}

#[tokio::test(start_paused = true)]
async fn normal_event_is_refused() {
    let replica = Replica::ready().await;
    let body = payload!("events/pulled-normal").replace("16:40:00Z", "16:52:00Z");
    let answer = replica.event(&body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["detail"], "Failed to parse signal: events of type Normal are not processed");
}
