//! Every overlay, the definition and every component apply to both servers, whether kubectl merges or the server does.
use crate::{
    kubectl::Kubectl,
    servers::{real, simulated},
};
use serde_json::Value;

/// The side that merges what is applied with what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Merge {
    Client,
    Server,
}

impl Merge {
    fn apply(self, kubectl: &Kubectl, what: &[&str]) -> String {
        let flags: &[&str] = if self == Self::Server { &["--server-side"] } else { &[] };
        kubectl.run(&[&["apply"], flags, what].concat())
    }

    /// The word for an object that an apply has left as it was.
    fn unchanged(self) -> &'static str {
        if self == Self::Server { "serverside-applied" } else { "unchanged" }
    }
}

/// What the overlay `kind` consists of.
const OBJECTS: [&str; 13] = [
    "namespace/kubernaut-system",
    "customresourcedefinition.apiextensions.k8s.io/remediationrequests.kubernaut.ai",
    "serviceaccount/gateway",
    "role.rbac.authorization.k8s.io/gateway",
    "role.rbac.authorization.k8s.io/gateway-signal-source",
    "clusterrole.rbac.authorization.k8s.io/kubernaut-gateway",
    "rolebinding.rbac.authorization.k8s.io/gateway",
    "clusterrolebinding.rbac.authorization.k8s.io/kubernaut-gateway",
    "configmap/gateway-config",
    "service/gateway-service",
    "deployment.apps/gateway",
    "poddisruptionbudget.policy/gateway",
    "networkpolicy.networking.k8s.io/gateway",
];

/// Definitions of the kinds of prometheus-operator, as small as they can be.
const OPERATOR: &str = r#"
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
   "metadata": {"name": "servicemonitors.monitoring.coreos.com"},
   "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
     "names": {"kind": "ServiceMonitor", "plural": "servicemonitors", "singular": "servicemonitor"},
     "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
       "required": ["spec"], "properties": {"spec": {"type": "object", "required": ["selector", "endpoints"],
         "x-kubernetes-preserve-unknown-fields": true}}}}}]}},
  {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
   "metadata": {"name": "prometheusrules.monitoring.coreos.com"},
   "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
     "names": {"kind": "PrometheusRule", "plural": "prometheusrules", "singular": "prometheusrule"},
     "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
       "required": ["spec"], "properties": {"spec": {"type": "object", "required": ["groups"],
         "x-kubernetes-preserve-unknown-fields": true}}}}}]}}]}
"#;

fn every_overlay_applies(kubectl: &Kubectl, merge: Merge) {
    merge.apply(kubectl, &["-k", "crd"]);
    merge.apply(kubectl, &["-k", "overlays/kind"]);
    merge.apply(kubectl, &["-k", "overlays/cluster"]);
    let again = merge.apply(kubectl, &["-k", "overlays/kind"]);
    for object in OBJECTS {
        let line = again.lines().find(|line| line.starts_with(object));
        // The Deployment's image differs between the overlays. Of a PodDisruptionBudget kubectl replaces all of the
        // spec, and calls that a change.
        let changes = ["deployment.apps/gateway", "poddisruptionbudget.policy/gateway"].contains(&object);
        let word = if changes { "ed" } else { merge.unchanged() };
        assert!(line.is_some_and(|line| line.ends_with(word)), "{object} is not {word} in\n{again}");
    }
    assert_eq!(again.lines().count(), OBJECTS.len(), "{again}");
}

fn every_component_applies(kubectl: &Kubectl, merge: Merge) {
    let files = tempfile::Builder::new().prefix("components-").tempdir_in(super::kubectl::deploy()).expect("a folder");
    let definitions = files.path().join("operator.json");
    std::fs::write(&definitions, OPERATOR).expect("a file");
    merge.apply(kubectl, &["-f", &definitions.display().to_string()]);
    kubectl.run(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
    let overlay = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../overlays/kind]\n\
                   components: [../components/prometheus-operator, ../components/dashboard, \
                   ../components/scrape-annotations, ../components/otlp-collector]\n";
    std::fs::write(files.path().join("kustomization.yaml"), overlay).expect("a file");
    let folder = files.path().display().to_string();
    merge.apply(kubectl, &["-k", &folder]);
    let found =
        kubectl.run(&["-n", "kubernaut-system", "get", "servicemonitor,prometheusrule,configmap", "-o", "name"]);
    for object in ["servicemonitor.monitoring.coreos.com/gateway", "prometheusrule.monitoring.coreos.com/gateway"] {
        assert!(found.lines().any(|line| line == object), "{object} is missing from\n{found}");
    }
    assert!(found.contains("configmap/gateway-dashboard"), "{found}");
    let annotations = "jsonpath={.spec.template.metadata.annotations.prometheus\\.io/port}";
    let port = kubectl.run(&["-n", "kubernaut-system", "get", "deployment", "gateway", "-o", annotations]);
    assert_eq!(port, "9090");
    let rules = kubectl.run(&["-n", "kubernaut-system", "get", "networkpolicy", "gateway", "-o", "json"]);
    let rules: Value = serde_json::from_str(&rules).expect("JSON");
    let egress = rules["spec"]["egress"].as_array().expect("rules");
    let to_collector = egress.iter().filter(|rule| rule["ports"][0]["port"] == 4318);
    let labels: Vec<_> = to_collector.map(|rule| &rule["to"][0]["namespaceSelector"]["matchLabels"]).collect();
    assert_eq!(labels, [&serde_json::json!({"kubernaut.ai/collector": "true"})], "{egress:?}");
    assert_eq!(egress.len(), 4, "the rules of the base stay: {egress:?}");
}

fn manifests_apply(kubectl: &Kubectl, merge: Merge) {
    every_overlay_applies(kubectl, merge);
    every_component_applies(kubectl, merge);
}

#[test]
#[cfg_attr(not(kubectl), ignore = "needs kubectl")]
fn manifests_apply_to_the_simulated_server() {
    let kubectl = simulated();
    // This server has the definition from its start, and kubectl warns that it did not apply that one.
    assert!(kubectl.try_run(&["apply", "-k", "crd"]).status.success());
    manifests_apply(&kubectl, Merge::Client);
}

#[test]
#[cfg_attr(not(kubectl), ignore = "needs kubectl")]
fn simulated_server_applies_the_manifests_itself() {
    manifests_apply(&simulated(), Merge::Server);
}

#[test]
#[cfg_attr(not(all(kubectl, real_server)), ignore = "needs kubectl; and Go, or KUBEBUILDER_ASSETS")]
fn manifests_apply_to_the_real_server() {
    let (_plane, kubectl) = real(Vec::new());
    manifests_apply(&kubectl, Merge::Client);
}

#[test]
#[cfg_attr(not(all(kubectl, real_server)), ignore = "needs kubectl; and Go, or KUBEBUILDER_ASSETS")]
fn real_server_applies_the_manifests_itself() {
    let (_plane, kubectl) = real(Vec::new());
    manifests_apply(&kubectl, Merge::Server);
}

#[test]
#[cfg_attr(not(all(kubectl, real_server)), ignore = "needs kubectl; and Go, or KUBEBUILDER_ASSETS")]
fn restricted_namespace_admits_the_pod() {
    let (_plane, kubectl) = real(Vec::new());
    Merge::Server.apply(&kubectl, &["-k", "overlays/kind"]);
    let deployment = kubectl.run(&["-n", "kubernaut-system", "get", "deployment", "gateway", "-o", "json"]);
    let deployment: Value = serde_json::from_str(&deployment).expect("JSON");
    let mut pod = deployment["spec"]["template"].clone();
    (pod["apiVersion"], pod["kind"]) = ("v1".into(), "Pod".into());
    pod["metadata"]["name"] = "gateway-0".into();
    pod["metadata"]["namespace"] = "kubernaut-system".into();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let create = |pod: &Value| {
        std::fs::write(file.path(), pod.to_string()).expect("a file");
        kubectl.try_run(&["create", "-f", &file.path().display().to_string()])
    };
    let admitted = create(&pod);
    assert!(admitted.status.success(), "{}", String::from_utf8_lossy(&admitted.stderr));
    pod["metadata"]["name"] = "gateway-1".into();
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true.into();
    let refused = String::from_utf8_lossy(&create(&pod).stderr).into_owned();
    assert!(refused.contains("violates PodSecurity \"restricted"), "{refused}");
}
