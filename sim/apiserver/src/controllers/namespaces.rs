//! The namespace controller (k8s.io/kubernetes/pkg/controller/namespace/deletion): deletes the objects of a terminating
//! namespace one by one, reports in its conditions what remains, and finalizes it when it is empty.
use super::task::{Act, Task};
use crate::{
    base::{
        object::{self, Object},
        timestamp,
    },
    registry::{kind::Kind, resources::Registry},
    storage::store::Store,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Type, reason and message of each condition while nothing is wrong.
const WELL: [[&str; 3]; 5] = [
    ["NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"],
    ["NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
    [
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ],
    ["NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"],
    ["NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"],
];

/// All tasks that the controller could perform now.
pub(crate) fn tasks(store: &Store, registry: &Registry, now: Timestamp) -> Vec<Task> {
    let Some(kind) = registry.find("", "v1", "namespaces") else { return Vec::new() };
    let namespaces = store.range_at(kind.id, "", None, store.revision());
    let dying = namespaces.filter(|namespace| namespace.is_terminating() && is_kept(namespace));
    dying.flat_map(|namespace| of_one(kind, namespace, store, registry, now)).collect()
}

fn is_kept(namespace: &Object) -> bool {
    let finalizers = namespace.value.pointer("/spec/finalizers").and_then(Value::as_array);
    finalizers.is_some_and(|list| list.iter().any(|finalizer| finalizer == "kubernetes"))
}

fn of_one(kind: &Kind, namespace: &Arc<Object>, store: &Store, registry: &Registry, now: Timestamp) -> Vec<Task> {
    let prefix = format!("{}/", namespace.name);
    let mut left = Vec::new();
    for inner in registry.kinds().filter(|kind| kind.namespaced && kind.is_stored()) {
        let found = store.range_at(inner.id, &prefix, None, store.revision());
        left.extend(found.map(|object| (inner, object)));
    }
    let deletions: Vec<Task> = left
        .iter()
        .filter(|(_, object)| !object.is_terminating())
        .map(|(inner, object)| Task::new(inner, object, Act::Delete("Background")))
        .collect();
    if !deletions.is_empty() {
        return deletions;
    }
    let act = match conditions(namespace, &left, now) {
        Some(conditions) => Act::Conditions(conditions),
        None if left.is_empty() => Act::Finalize,
        None => return Vec::new(),
    };
    vec![Task::new(kind, namespace, act)]
}

/// The conditions as they should be; None if they already are.
fn conditions(namespace: &Object, left: &[(&Kind, &Arc<Object>)], now: Timestamp) -> Option<Vec<Value>> {
    let (mut kinds, mut finalizers) = (BTreeMap::new(), BTreeMap::new());
    for (kind, object) in left {
        *kinds.entry(format!("{}.{}", kind.plural, kind.group)).or_insert(0) += 1;
        for finalizer in object::finalizers(&object.value) {
            *finalizers.entry(finalizer.to_owned()).or_insert(0) += 1;
        }
    }
    let counted = |counts: &BTreeMap<String, u32>, word: &str| {
        let texts = counts.iter().map(|(name, count)| format!("{name} {word} {count} resource instances"));
        texts.collect::<Vec<_>>().join(", ")
    };
    let old = namespace.value.pointer("/status/conditions").and_then(Value::as_array);
    let mut changed = false;
    let mut conditions: Vec<Value> = old.cloned().unwrap_or_default();
    for [name, reason, message] in WELL {
        let wanted = match name {
            "NamespaceContentRemaining" if !kinds.is_empty() => {
                ("True", "SomeResourcesRemain", format!("Some resources are remaining: {}", counted(&kinds, "has")))
            }
            "NamespaceFinalizersRemaining" if !finalizers.is_empty() => {
                let list = counted(&finalizers, "in");
                let message = format!("Some content in the namespace has finalizers remaining: {list}");
                ("True", "SomeFinalizersRemain", message)
            }
            _ => ("False", reason, message.to_owned()),
        };
        changed |= set(&mut conditions, name, wanted, now);
    }
    changed.then_some(conditions)
}

/// Sets a condition; its transition time changes only with its status.
fn set(conditions: &mut Vec<Value>, name: &str, wanted: (&str, &str, String), now: Timestamp) -> bool {
    let (status, reason, message) = wanted;
    let at = timestamp::seconds(now);
    let new = |since: &str| {
        json!({"type": name, "status": status, "lastTransitionTime": since, "reason": reason,
        "message": message})
    };
    let Some(old) = conditions.iter_mut().find(|condition| condition["type"] == name) else {
        conditions.push(new(&at));
        return true;
    };
    let since = if old["status"] == status { old["lastTransitionTime"].as_str().unwrap_or(&at) } else { &at };
    let new = new(since);
    let changed = *old != new;
    *old = new;
    changed
}
