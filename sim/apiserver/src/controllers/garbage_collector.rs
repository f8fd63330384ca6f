//! Garbage collection: deletes or orphans dependents, identified by their owner's uid (garbagecollector.go,
//! attemptToDeleteItem and attemptToOrphan).
//!
//! An object is deleted when all of its owners are gone; if some remain, it only loses its references to the others.
//! With foreground deletion an owner waits for the dependents that block its deletion; with orphaning its dependents
//! lose their reference. The owner of a namespaced dependent is looked up in the dependent's namespace: one in another
//! namespace counts as absent.
use super::task::{Act, Task};
use crate::{
    base::object::{self, Object},
    registry::{kind::Kind, resources::Registry},
    storage::store::Store,
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// State of an owner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnerState {
    Solid,
    Gone,
    /// The owner waits for its dependents.
    Waiting,
    /// The owner's kind is not served, or this dependent cannot refer to it: nothing is done.
    Unknown,
}

struct Node<'a> {
    kind: &'a Kind,
    object: &'a Arc<Object>,
}

/// All tasks that the collector could perform now.
pub(crate) fn tasks(store: &Store, registry: &Registry) -> Vec<Task> {
    let revision = store.revision();
    let stored = registry.kinds().filter(|kind| kind.is_stored());
    let nodes: Vec<Node<'_>> = stored
        .flat_map(|kind| store.range_at(kind.id, "", None, revision).map(move |object| Node { kind, object }))
        .collect();
    let mut dependents: BTreeMap<&str, Vec<&Node<'_>>> = BTreeMap::new();
    for node in &nodes {
        for uid in owners(node.object).iter().filter_map(|owner| owner["uid"].as_str()) {
            dependents.entry(uid).or_default().push(node);
        }
    }
    let mut tasks = Vec::new();
    for node in &nodes {
        let below = dependents.get(node.object.uid()).map(Vec::as_slice).unwrap_or_default();
        if node.object.is_terminating() {
            terminating(node, below, &mut tasks);
        } else if !owners(node.object).is_empty() {
            owned(node, below, store, registry, &mut tasks);
        }
    }
    tasks
}

fn owners(object: &Object) -> &[Value] {
    let list = object::metadata(&object.value).and_then(|meta| meta.get("ownerReferences")).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

fn has(object: &Object, finalizer: &str) -> bool {
    object::finalizers(&object.value).contains(&finalizer)
}

/// Handles an owner that waits for its dependents or orphans them.
fn terminating(node: &Node<'_>, dependents: &[&Node<'_>], tasks: &mut Vec<Task>) {
    let uid = node.object.uid();
    if has(node.object, ORPHAN) {
        for dependent in dependents {
            let kept = owners(dependent.object).iter().filter(|owner| owner["uid"] != uid).cloned().collect();
            push(tasks, Task::new(dependent.kind, dependent.object, Act::Owners(kept)));
        }
        if dependents.is_empty() {
            push(tasks, Task::new(node.kind, node.object, Act::Release(ORPHAN)));
        }
    } else if has(node.object, FOREGROUND) {
        let blocks = |owner: &Value| owner["uid"] == uid && owner["blockOwnerDeletion"] == true;
        if !dependents.iter().any(|dependent| owners(dependent.object).iter().any(blocks)) {
            push(tasks, Task::new(node.kind, node.object, Act::Release(FOREGROUND)));
        }
    }
}

fn owned(node: &Node<'_>, below: &[&Node<'_>], store: &Store, registry: &Registry, tasks: &mut Vec<Task>) {
    let owners = owners(node.object);
    let states: Vec<OwnerState> = owners.iter().map(|owner| state_of(node, owner, store, registry)).collect();
    if states.contains(&OwnerState::Unknown) {
        return;
    }
    if states.contains(&OwnerState::Solid) {
        if states.iter().any(|state| *state != OwnerState::Solid) {
            let kept = owners.iter().zip(&states).filter(|(_, state)| **state == OwnerState::Solid);
            let kept = kept.map(|(owner, _)| owner.clone()).collect();
            push(tasks, Task::new(node.kind, node.object, Act::Owners(kept)));
        }
        return;
    }
    let in_turn = states.contains(&OwnerState::Waiting) && !below.is_empty();
    // If two objects wait for each other, the dependent stops waiting first, so that it no longer blocks its owner.
    let circular = below.iter().any(|dependent| dependent.object.is_terminating() && has(dependent.object, FOREGROUND));
    let blocks = owners.iter().any(|owner| owner["blockOwnerDeletion"] == true);
    let act = if in_turn && circular && blocks {
        let mut freed = owners.to_vec();
        freed.iter_mut().for_each(|owner| owner["blockOwnerDeletion"] = false.into());
        Act::Owners(freed)
    } else if in_turn || has(node.object, FOREGROUND) {
        Act::Delete("Foreground")
    } else if has(node.object, ORPHAN) {
        Act::Delete("Orphan")
    } else {
        Act::Delete("Background")
    };
    push(tasks, Task::new(node.kind, node.object, act));
}

fn state_of(node: &Node<'_>, owner: &Value, store: &Store, registry: &Registry) -> OwnerState {
    let Some(kind) = registry.kind_of(owner) else { return OwnerState::Unknown };
    if kind.namespaced && !node.kind.namespaced {
        return OwnerState::Unknown;
    }
    let name = owner["name"].as_str().unwrap_or_default();
    match store.get(kind.id, &kind.key(&node.object.namespace, name)) {
        Some(found) if owner["uid"] != found.uid() => OwnerState::Gone,
        Some(found) if found.is_terminating() && has(found, FOREGROUND) => OwnerState::Waiting,
        Some(_) => OwnerState::Solid,
        None => OwnerState::Gone,
    }
}

/// Keeps only the first of two tasks about one object: the second was computed from the version that the first
/// replaces.
fn push(tasks: &mut Vec<Task>, task: Task) {
    if !tasks.iter().any(|known| known.resource == task.resource && known.uid == task.uid) {
        tasks.push(task);
    }
}
