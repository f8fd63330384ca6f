//! From the existing gateway to this one and back, on a real server: the manifests take each other's place, and the
//! binary runs under the existing permissions.
use crate::{
    api::Api,
    gateway::Gateway,
    kubectl::Kubectl,
    permissions::{ALERTS, OWN, now, targets},
    servers::real,
    signals::{alert, group},
};
use http::StatusCode;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// Applies the existing gateway's objects, as Helm does.
fn install_existing(kubectl: &Kubectl) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/deploy/existing.yaml").display().to_string();
    kubectl.run(&["apply", "--server-side", "--force-conflicts", "--field-manager=helm", "-f", &file]);
}

fn get(kubectl: &Kubectl, object: &str) -> Value {
    serde_json::from_str(&kubectl.run(&["-n", OWN, "get", object, "-o", "json"])).expect("JSON")
}

/// What a pod of the Deployment would run, in a form to compare.
fn runs(kubectl: &Kubectl) -> Value {
    let spec = &get(kubectl, "deployment/gateway")["spec"];
    let pod = &spec["template"]["spec"];
    assert_eq!(spec["selector"], json!({"matchLabels": {"app": "gateway"}}), "a Deployment keeps its selector");
    assert_eq!(pod["containers"].as_array().map(Vec::len), Some(1), "{pod}");
    assert_eq!(pod["volumes"].as_array().map(Vec::len), Some(1), "{pod}");
    let container = &pod["containers"][0];
    let config = pod["volumes"][0]["configMap"]["name"].as_str().expect("a ConfigMap").to_owned();
    assert!(get(kubectl, &format!("configmap/{config}"))["data"]["config.yaml"].is_string());
    json!({"image": container["image"], "args": container["args"], "replicas": spec["replicas"], "config": config})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(all(kubectl, real_server)), ignore = "needs kubectl; and Go, or KUBEBUILDER_ASSETS")]
async fn migration_leads_there_and_back() {
    let (plane, kubectl) = real(Vec::new());
    kubectl.run(&["create", "namespace", OWN]);
    kubectl.run(&["apply", "--server-side", "-k", "crd"]);
    install_existing(&kubectl);
    let existing = runs(&kubectl);
    kubectl.run(&["apply", "--server-side", "--force-conflicts", "-k", "overlays/cluster"]);
    let new = runs(&kubectl);
    assert_ne!((&new["image"], &new["config"]), (&existing["image"], &existing["config"]));
    assert_eq!((&new["args"], &new["replicas"]), (&json!(["--config", "/etc/gateway/config.yaml"]), &json!(3)));
    assert_eq!(get(&kubectl, "service/gateway-service")["spec"]["selector"], json!({"app": "gateway"}));
    install_existing(&kubectl);
    assert_eq!(runs(&kubectl), existing, "the way back");
    drop(plane);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(all(kubectl, real_server)), ignore = "needs kubectl; and Go, or KUBEBUILDER_ASSETS")]
async fn existing_permissions_suffice() {
    let (plane, kubectl) = real(Vec::new());
    kubectl.run(&["create", "namespace", OWN]);
    kubectl.run(&["apply", "--server-side", "-k", "crd"]);
    kubectl.run(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
    install_existing(&kubectl);
    let administrator = Api::administrator(&plane);
    targets(&administrator).await;
    kubectl.run(&["-n", OWN, "create", "serviceaccount", "sender"]);
    kubectl.run(&["-n", OWN, "create", "role", "sends", "--verb=create", "--resource=services"]);
    let sender = format!("--serviceaccount={OWN}:sender");
    kubectl.run(&["-n", OWN, "create", "rolebinding", "sends", "--role=sends", &sender]);
    let (_, sender) = administrator.service_account("sender").await;
    let (_, token) = administrator.service_account("gateway").await;
    let files = TempDir::new().expect("a folder");
    let gateway = Gateway::start(&files.path().join("gateway"), &plane.kubeconfig(0, &token));
    gateway.probe_until(StatusCode::OK).await;
    for expected in [StatusCode::CREATED, StatusCode::ACCEPTED] {
        let body = group(&[alert(&json!({"namespace": "payments", "pod": "checkout-1-a"}))], now());
        let (status, answer) = gateway.deliver(ALERTS, body, &sender).await;
        assert_eq!(status, expected, "{answer}");
    }
}
