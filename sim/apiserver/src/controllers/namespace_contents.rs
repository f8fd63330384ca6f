//! What every namespace has from the beginning: the service account `default` and the config map `kube-root-ca.crt`
//! (k8s.io/kubernetes/pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher).
use super::task::{Act, Task};
use crate::{
    base::object::Object,
    registry::{kind::Kind, resources::Registry},
    storage::store::Store,
};
use serde_json::{Value, json};

const MAP: &str = "kube-root-ca.crt";
const DESCRIBED: &str = "kubernetes.io/description";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
    endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across \
    distributions of Kubernetes clusters.";

/// The tasks for namespaces that lack one of them. `authority` is the certificate authority of the server, in PEM.
pub(crate) fn tasks(store: &Store, registry: &Registry, authority: &str) -> Vec<Task> {
    let find = |plural: &str| registry.find("", "v1", plural);
    let (Some(namespaces), Some(accounts), Some(maps)) =
        (find("namespaces"), find("serviceaccounts"), find("configmaps"))
    else {
        return Vec::new();
    };
    let active =
        store.range_at(namespaces.id, "", None, store.revision()).filter(|namespace| !namespace.is_terminating());
    active.flat_map(|namespace| of_one(store, namespace, accounts, maps, authority)).collect()
}

fn of_one(store: &Store, namespace: &Object, accounts: &Kind, maps: &Kind, authority: &str) -> Vec<Task> {
    let place = &*namespace.name;
    let mut tasks = Vec::new();
    if store.get(accounts.id, &accounts.key(place, "default")).is_none() {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}});
        tasks.push(Task::creation(accounts, namespace, "default", account));
    }
    let content = json!({"ca.crt": authority});
    let annotations = json!({DESCRIBED: DESCRIPTION});
    match store.get(maps.id, &maps.key(place, MAP)) {
        None => {
            let metadata = json!({"name": MAP, "annotations": annotations});
            let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": content});
            tasks.push(Task::creation(maps, namespace, MAP, map));
        }
        Some(found) if found.value.get("data") != Some(&content) || !is_described(found) => {
            // Other keys are removed.
            let others = found.value.get("data").and_then(Value::as_object).into_iter().flatten();
            let mut data: serde_json::Map<_, _> = others.map(|(key, _)| (key.clone(), Value::Null)).collect();
            data.insert("ca.crt".into(), authority.into());
            let patch = json!({"metadata": {"annotations": annotations}, "data": data});
            tasks.push(Task::new(maps, found, Act::Restore(patch)));
        }
        Some(_) => {}
    }
    tasks
}

fn is_described(map: &Object) -> bool {
    let found = map.value.pointer("/metadata/annotations").and_then(|annotations| annotations.get(DESCRIBED));
    found.and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}
