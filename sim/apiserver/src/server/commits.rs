//! Writes to the store, and their record for the oracle.
use super::state::ApiServer;
use crate::{
    base::{
        commit::{Change, Commit},
        id::ResourceId,
        object::Object,
    },
    storage::store::Event,
};
use serde_json::Value;
use std::sync::Arc;

impl ApiServer {
    pub(crate) fn commit_put(&mut self, actor: u32, resource: ResourceId, key: &str, value: Value) -> Arc<Object> {
        self.extensions.notice(resource, self.registry.definitions_id());
        let event = self.store.put(resource, key, value);
        self.commits.push(commit(actor, resource, event));
        let object = event.object().clone();
        self.convert_at_once(resource, &object);
        object
    }

    /// Deletes an object; returns the revision of the deletion.
    pub(crate) fn commit_delete(&mut self, actor: u32, resource: ResourceId, key: &str) -> u64 {
        self.extensions.notice(resource, self.registry.definitions_id());
        if let Some(event) = self.store.delete(resource, key) {
            self.commits.push(commit(actor, resource, event));
        }
        self.store.revision()
    }

    /// The commits since the last call.
    pub fn take_commits(&mut self) -> Vec<Commit> {
        std::mem::take(&mut self.commits)
    }

    /// Compacts the store: older revisions can be read only while a cache remembers them.
    pub fn compact(&mut self, revision: u64) {
        self.store.compact(revision);
    }

    /// Compacts the store as kube-apiserver itself does: its caches then forget their older snapshots
    /// (k8s.io/apiserver/pkg/storage/cacher/compactor.go).
    pub fn compact_with_caches(&mut self, revision: u64) {
        self.compact(revision);
        self.caches.drop_snapshots(revision);
    }

    /// The revision up to which the store is compacted; 0 if it was never compacted.
    pub fn compacted(&self) -> u64 {
        self.store.compacted()
    }

    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// The latest state of an object in the store.
    pub fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let key = self.registry.kind(resource).key(namespace, name);
        self.store.get(resource, &key).map(|object| object.value.clone())
    }

    /// The latest state of all objects of a resource, by namespace and name.
    pub fn objects(&self, resource: ResourceId) -> impl Iterator<Item = Arc<Value>> + '_ {
        self.store.range_at(resource, "", None, self.store.revision()).map(|object| object.value.clone())
    }
}

pub(crate) fn commit(actor: u32, resource: ResourceId, event: &Event) -> Commit {
    let object = event.object();
    Commit {
        revision: event.revision,
        actor,
        resource,
        namespace: object.namespace.clone(),
        name: object.name.clone(),
        change: match (&event.before, &event.after) {
            (None, _) => Change::Created,
            (_, None) => Change::Deleted,
            _ => Change::Modified,
        },
        before: event.before.as_ref().map(|object| object.value.clone()),
        after: object.value.clone(),
    }
}
