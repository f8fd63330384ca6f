//! The roles and bindings that kube-apiserver creates when it starts
//! (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
//!
//! Only the user-facing ones: discovery, self reviews, cluster-admin, admin, edit, view, monitoring. The roles of
//! Kubernetes' own components are absent, since none of them runs here. admin, edit and view contain the rules that the
//! aggregation controller would add.
use crate::registry::group::{AUTHENTICATION, AUTHORIZATION, RBAC};
use serde_json::{Value, json};

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];
const ALL: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const HEALTH: [&str; 5] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// All objects, roles first.
pub(crate) fn objects() -> Vec<Value> {
    let discovery = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"];
    let mut discovery: Vec<_> = discovery.iter().chain(&HEALTH).copied().collect();
    discovery.sort_unstable();
    let metrics = ["/healthz/*", "/livez/*", "/metrics", "/metrics/slis", "/readyz/*"];
    let metrics: Vec<_> = metrics.iter().chain(&HEALTH[..3]).copied().collect();
    let to_view = view_rules();
    let to_edit = edit_rules();
    let to_admin = admin_rules();
    let edit: Vec<_> = to_edit.iter().chain(&to_view).cloned().collect();
    let admin: Vec<_> = to_admin.iter().chain(&edit).cloned().collect();
    let mut objects = vec![
        role("cluster-admin", vec![rule(&["*"], &["*"], &["*"]), paths(&["*"], &["*"])]),
        role("system:discovery", vec![paths(&["get"], &discovery)]),
        role("system:public-info-viewer", vec![paths(&["get"], &HEALTH)]),
        role("system:monitoring", vec![paths(&["get"], &metrics), rule(&["get"], &[""], &["nodes/metrics"])]),
        role(
            "system:basic-user",
            vec![
                rule(&["create"], &[AUTHORIZATION], &["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
                rule(&["create"], &[AUTHENTICATION], &["selfsubjectreviews"]),
            ],
        ),
        role(
            "system:auth-delegator",
            vec![
                rule(&["create"], &[AUTHENTICATION], &["tokenreviews"]),
                rule(&["create"], &[AUTHORIZATION], &["subjectaccessreviews"]),
            ],
        ),
        labelled(role("system:aggregate-to-view", to_view.clone()), "view"),
        labelled(role("system:aggregate-to-edit", to_edit), "edit"),
        labelled(role("system:aggregate-to-admin", to_admin), "admin"),
        labelled(aggregated("view", to_view), "edit"),
        labelled(aggregated("edit", edit), "admin"),
        aggregated("admin", admin),
    ];
    let everybody = ["system:authenticated", "system:unauthenticated"];
    for (name, groups) in [
        ("cluster-admin", &["system:masters"][..]),
        ("system:discovery", &everybody[..1]),
        ("system:basic-user", &everybody[..1]),
        ("system:public-info-viewer", &everybody[..]),
        ("system:monitoring", &["system:monitoring"][..]),
    ] {
        objects.push(binding(name, groups));
    }
    objects
}

fn rule(verbs: &[&str], groups: &[&str], resources: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": groups, "resources": resources})
}

fn paths(verbs: &[&str], urls: &[&str]) -> Value {
    json!({"verbs": verbs, "nonResourceURLs": urls})
}

fn object(kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": format!("{RBAC}/v1"),
        "kind": kind,
        "metadata": {
            "name": name,
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        },
    })
}

fn role(name: &str, rules: Vec<Value>) -> Value {
    let mut role = object("ClusterRole", name);
    role["rules"] = rules.into();
    role
}

fn labelled(mut role: Value, to: &str) -> Value {
    role["metadata"]["labels"][format!("{RBAC}/aggregate-to-{to}")] = "true".into();
    role
}

fn aggregated(name: &str, rules: Vec<Value>) -> Value {
    let mut role = role(name, rules);
    let label = format!("{RBAC}/aggregate-to-{name}");
    role["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]});
    role
}

fn binding(name: &str, groups: &[&str]) -> Value {
    let mut binding = object("ClusterRoleBinding", name);
    binding["roleRef"] = json!({"apiGroup": RBAC, "kind": "ClusterRole", "name": name});
    let subjects = groups.iter().map(|group| json!({"kind": "Group", "apiGroup": RBAC, "name": group}));
    binding["subjects"] = subjects.collect();
    binding
}

fn view_rules() -> Vec<Value> {
    let apps = ["daemonsets", "deployments", "replicasets", "statefulsets"];
    let with = |resources: &[&str], subresources: &[&str]| -> Vec<String> {
        let below = |r: &&str| subresources.iter().map(|s| format!("{r}/{s}")).collect::<Vec<_>>();
        let own = resources.iter().map(|r| (*r).to_owned());
        own.chain(resources.iter().flat_map(below)).collect()
    };
    let mut workloads = with(&apps, &["status"]);
    workloads.extend(
        ["controllerrevisions", "deployments/scale", "replicasets/scale", "statefulsets/scale"].map(str::to_owned),
    );
    workloads.sort_unstable();
    let read =
        |groups: &[&str], resources: Vec<String>| json!({"verbs": READ, "apiGroups": groups, "resources": resources});
    let own = |resources: &[&str]| resources.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>();
    let core = [
        "configmaps",
        "endpoints",
        "persistentvolumeclaims",
        "persistentvolumeclaims/status",
        "pods",
        "replicationcontrollers",
        "replicationcontrollers/scale",
        "serviceaccounts",
        "services",
        "services/status",
    ];
    let status = [
        "bindings",
        "limitranges",
        "namespaces/status",
        "pods/log",
        "pods/status",
        "replicationcontrollers/status",
        "resourcequotas",
        "resourcequotas/status",
    ];
    vec![
        read(&[""], own(&core)),
        read(&[""], own(&status)),
        read(&[""], own(&["namespaces"])),
        read(&["", "events.k8s.io"], own(&["events"])),
        read(&["discovery.k8s.io"], own(&["endpointslices"])),
        read(&["apps"], workloads),
        read(&["autoscaling"], with(&["horizontalpodautoscalers"], &["status"])),
        read(&["batch"], own(&["cronjobs", "cronjobs/status", "jobs", "jobs/status"])),
        read(&["policy"], with(&["poddisruptionbudgets"], &["status"])),
        read(&["networking.k8s.io"], own(&["ingresses", "ingresses/status", "networkpolicies"])),
    ]
}

fn edit_rules() -> Vec<Value> {
    let streams = ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy"];
    let readable: Vec<_> = streams.iter().chain(&["secrets", "services/proxy"]).copied().collect();
    let pods: Vec<_> = ["pods"].iter().chain(&streams).copied().collect();
    let core = [
        "configmaps",
        "persistentvolumeclaims",
        "replicationcontrollers",
        "replicationcontrollers/scale",
        "secrets",
        "serviceaccounts",
        "services",
        "services/proxy",
    ];
    let apps = [
        "daemonsets",
        "deployments",
        "deployments/rollback",
        "deployments/scale",
        "replicasets",
        "replicasets/scale",
        "statefulsets",
        "statefulsets/scale",
    ];
    vec![
        rule(&READ, &[""], &readable),
        rule(&["impersonate"], &[""], &["serviceaccounts"]),
        rule(&WRITE, &[""], &pods),
        rule(&["create"], &[""], &["pods/eviction"]),
        rule(&WRITE, &[""], &core),
        rule(&["create"], &[""], &["serviceaccounts/token"]),
        rule(&WRITE, &["", "events.k8s.io"], &["events"]),
        rule(&WRITE, &["apps"], &apps),
        rule(&WRITE, &["autoscaling"], &["horizontalpodautoscalers"]),
        rule(&WRITE, &["batch"], &["cronjobs", "jobs"]),
        rule(&WRITE, &["policy"], &["poddisruptionbudgets"]),
        rule(&WRITE, &["networking.k8s.io"], &["ingresses", "networkpolicies"]),
        rule(&ALL, &["coordination.k8s.io"], &["leases"]),
    ]
}

fn admin_rules() -> Vec<Value> {
    vec![
        rule(&["create"], &[AUTHORIZATION], &["localsubjectaccessreviews"]),
        rule(&ALL, &[RBAC], &["rolebindings", "roles"]),
    ]
}
