//! What operators look at: the alerts fire when they should, each has its page, and dashboard, alerts and pages name
//! metrics that a running gateway serves.
use crate::{
    gateway::Gateway,
    kubectl::deploy,
    permissions::{ALERTS, now},
    servers::simulated,
    signals::{alert, event, group},
};
use http::StatusCode;
use regex::Regex;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The alerts, by name.
fn alerts() -> BTreeMap<String, Value> {
    let rules = yaml(&deploy().join("components/prometheus-operator/prometheusrule.yaml"));
    let groups = rules["spec"]["groups"].as_array().expect("groups").clone();
    let rules = groups.into_iter().flat_map(|group| group["rules"].as_array().expect("rules").clone());
    rules.map(|rule| (rule["alert"].as_str().expect("an alert").to_owned(), rule)).collect()
}

/// The queries of the dashboard.
fn queries() -> Vec<String> {
    let dashboard = text(&deploy().join("components/dashboard/dashboard.json"));
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    targets.map(|target| target["expr"].as_str().expect("a query").to_owned()).collect()
}

/// Runs promtool in a folder; panics if it finds a mistake.
fn promtool(folder: &Path, arguments: &[&str]) {
    let output = Command::new("promtool").args(arguments).current_dir(folder).output().expect("promtool runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "promtool {arguments:?}\n{out}{err}");
}

#[test]
#[cfg_attr(not(promtool), ignore = "needs promtool: apt-get install prometheus")]
fn alerts_fire_when_they_should() {
    let folder = TempDir::new().expect("a folder");
    let operator = deploy().join("components/prometheus-operator");
    let rules = yaml(&operator.join("prometheusrule.yaml"))["spec"].to_string();
    // JSON is YAML.
    std::fs::write(folder.path().join("alerts.yaml"), rules).expect("a file");
    std::fs::copy(operator.join("alerts.test.yaml"), folder.path().join("alerts.test.yaml")).expect("a file");
    promtool(folder.path(), &["check", "rules", "alerts.yaml"]);
    promtool(folder.path(), &["test", "rules", "alerts.test.yaml"]);
}

#[test]
fn every_alert_has_a_test() {
    let tests = text(&deploy().join("components/prometheus-operator/alerts.test.yaml"));
    let untested: Vec<_> =
        alerts().into_keys().filter(|name| !tests.contains(&format!("alertname=\"{name}\""))).collect();
    assert!(untested.is_empty(), "no test makes these fire: {untested:?}");
}

#[test]
#[cfg_attr(not(promtool), ignore = "needs promtool: apt-get install prometheus")]
fn queries_of_the_dashboard_are_valid() {
    let folder = TempDir::new().expect("a folder");
    let record = |(at, query): (usize, &String)| {
        let query = query.replace("$__rate_interval", "5m");
        json!({"record": format!("panel_{at}"), "expr": query})
    };
    let rules: Vec<Value> = queries().iter().enumerate().map(record).collect();
    assert!(rules.len() > 20, "{rules:?}");
    let groups = json!({"groups": [{"name": "dashboard", "rules": rules}]});
    std::fs::write(folder.path().join("dashboard.yaml"), groups.to_string()).expect("a file");
    promtool(folder.path(), &["check", "rules", "dashboard.yaml"]);
}

#[test]
fn every_alert_has_its_page() {
    let files = std::fs::read_dir(docs().join("runbooks")).expect("pages").map(|file| file.expect("a file").path());
    let stem = |path: PathBuf| path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
    let pages: BTreeSet<String> = files.map(stem).filter(|name| name != "README").collect();
    let alerts = alerts();
    assert_eq!(pages, alerts.keys().cloned().collect(), "pages, and alerts");
    let index = text(&docs().join("runbooks/README.md"));
    for (name, rule) in &alerts {
        let path = format!("docs/runbooks/{name}.md");
        assert_eq!(rule["annotations"]["runbook"], json!(path));
        let page = text(&docs().join(format!("runbooks/{name}.md")));
        for part in [format!("# {name}\n"), "\n## How to look\n".into(), "\n## What to do\n".into()] {
            assert!(page.contains(&part), "{path} has no {part:?}");
        }
        let row = format!("| [{name}]({name}.md) | {} |", rule["labels"]["severity"].as_str().expect("a severity"));
        assert!(index.contains(&row), "docs/runbooks/README.md has no {row}");
    }
}

/// Metrics that a text names.
fn metrics(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\bgateway_[a-z_]*[a-z]\b").expect("an expression");
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// Where a metric is named: alerts, dashboard, and every document that operators read.
fn named() -> Vec<(String, BTreeSet<String>)> {
    let alerts = alerts().into_iter().map(|(name, rule)| (name, metrics(&rule["expr"].to_string())));
    let dashboard = queries().into_iter().map(|query| (format!("dashboard: {query}"), metrics(&query)));
    let folders = ["runbooks", "guides", "protocol"].map(|folder| docs().join(folder));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("documents"));
    let pages = files.map(|file| file.expect("a file").path()).filter(|path| path.is_file());
    let pages = pages.map(|path| (path.display().to_string(), metrics(&text(&path))));
    alerts.chain(dashboard).chain(pages).collect()
}

/// The names of all samples of a gateway that has seen signals of every kind.
async fn served() -> BTreeSet<String> {
    let kubectl = simulated();
    kubectl.run(&["apply", "--server-side", "-k", "overlays/kind"]);
    kubectl.run(&["create", "namespace", "payments"]);
    kubectl.run(&["label", "namespace", "payments", "kubernaut.ai/managed=true"]);
    kubectl.run(&["-n", "payments", "create", "deployment", "checkout", "--image=app"]);
    let folder = TempDir::new().expect("a folder");
    let kubeconfig = text(&kubectl.kubeconfig());
    let token = Regex::new(r"token: (\S+)").expect("an expression");
    let token = token.captures(&kubeconfig).expect("a token")[1].trim_matches('"').to_owned();
    let own = kubectl.run(&["-n", "kubernaut-system", "create", "token", "gateway"]);
    let kubeconfig = kubeconfig.replace(&token, own.trim());
    let gateway = Gateway::start(&folder.path().join("gateway"), &kubeconfig);
    gateway.probe_until(StatusCode::OK).await;
    let labels = json!({"namespace": "payments", "deployment": "checkout"});
    let (firing, mut resolved) = (alert(&labels), alert(&labels));
    resolved["status"] = "resolved".into();
    let send = async |body: String| gateway.deliver(ALERTS, body, &token).await;
    for (body, expected) in [(&firing, 201), (&firing, 202)] {
        let (status, answer) = send(group(std::slice::from_ref(body), now())).await;
        assert_eq!(status, expected, "{answer}");
    }
    send(group(&[resolved], now())).await;
    send(group(&[firing.clone(), json!({"labels": {"namespace": "payments"}})], now())).await;
    gateway.deliver(ALERTS, group(&[firing], now()), "a-wrong-token").await;
    let events = "/api/v1/signals/kubernetes-event";
    gateway.deliver(events, event("v1", "Secret", "payments", "unreadable", now()), &token).await;
    kubectl.run(&["delete", "crd", "remediationrequests.kubernaut.ai"]);
    let other = event("v1", "Pod", "payments", "other", now());
    let (status, answer) = gateway.deliver(events, other, &token).await;
    assert!(status.is_server_error(), "nothing can be stored: {status} {answer}");
    let samples = gateway.metrics().await;
    let lines = samples.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(kubectl), ignore = "needs kubectl")]
async fn named_metrics_are_served() {
    let served = served().await;
    let mut unknown = Vec::new();
    for (place, names) in named() {
        unknown.extend(names.difference(&served).map(|name| format!("{place}: {name}")));
    }
    assert!(unknown.is_empty(), "{unknown:#?}\nare not served; these are: {served:#?}");
}
