//! Bodies in the shape of other senders than Prometheus' own Alertmanager, through the whole edge.
//!
//! Only Alertmanagers and Grafana post webhooks. vmalert and Thanos Ruler post a list to an Alertmanager, which groups
//! it; Mimir has an Alertmanager of its own; Karma shows alerts and posts none.
use crate::support::Replica;

macro_rules! payload {
    ($name:literal) => {
        include_str!(concat!("../payloads/senders/", $name, ".json"))
    };
}

/// Targets and names of the signals, in order.
fn signals(replica: &Replica) -> Vec<(String, String)> {
    let signals = replica.signals().into_iter();
    signals
        .map(|signal| {
            let target = &signal.target;
            (format!("{}/{}/{}", target.namespace, target.kind, target.name), signal.name.clone())
        })
        .collect()
}

fn signal(target: &str, name: &str) -> (String, String) {
    (target.to_owned(), name.to_owned())
}

#[tokio::test(start_paused = true)]
async fn grafana_groups_become_signals() {
    let replica = Replica::ready().await;
    let answer = replica.webhook(payload!("grafana-firing")).await;
    assert_eq!(answer.status, 207, "{}", answer.body);
    assert_eq!(answer.body["summary"]["created"], 1);
    assert_eq!(signals(&replica), [signal("payments/Pod/checkout-7d9c5b6f4d-x2x7q", "Checkout restarts")]);
    let first = replica.signals().remove(0);
    assert_eq!((first.firing_time.to_string().as_str(), &*first.severity), ("2026-11-20T16:52:10Z", "critical"));
    let error = answer.body["results"][1]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("no label names a Kubernetes resource"), "an alert about a data source has none: {error}");
}

#[tokio::test(start_paused = true)]
async fn mimir_groups_become_signals() {
    let replica = Replica::ready().await;
    assert_eq!(replica.webhook(payload!("mimir-firing")).await.status, 201);
    assert_eq!(signals(&replica), [signal("payments/StatefulSet/ledger", "KubeStatefulSetReplicasMismatch")]);
    assert_eq!(replica.signals()[0].cluster_id.as_deref(), Some("prod-eu"));
}

#[tokio::test(start_paused = true)]
async fn alerts_of_thanos_ruler_name_the_node() {
    let replica = Replica::ready().await;
    assert_eq!(replica.webhook(payload!("thanos-ruler-firing")).await.status, 201);
    // The exporter's Pod does not exist here, and the Node does not either: the first by name is the Node.
    assert_eq!(signals(&replica), [signal("/Node/worker-3", "KubeNodeNotReady")]);
}

#[tokio::test(start_paused = true)]
async fn alerts_of_vmalert_have_an_exported_namespace() {
    let replica = Replica::ready().await;
    let answer = replica.webhook(payload!("vmalert-firing")).await;
    assert_eq!((answer.status, answer.body["summary"]["rejected"].as_u64()), (207, Some(1)), "one is resolved");
    assert_eq!(signals(&replica), [signal("payments/Deployment/checkout", "DeploymentUnavailable")]);
}

#[tokio::test(start_paused = true)]
async fn list_for_an_alertmanager_is_refused() {
    let replica = Replica::ready().await;
    let answer = replica.webhook(payload!("list-for-alertmanager")).await;
    let detail = "Failed to parse batch payload: expected an object, found a list: put an Alertmanager in between";
    assert_eq!((answer.status, answer.body["detail"].as_str()), (400, Some(detail)));
    assert!(replica.signals().is_empty());
}
