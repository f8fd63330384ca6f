//! One write that took effect, for the oracle and the trace.
use super::id::ResourceId;
use serde_json::Value;
use std::sync::Arc;

/// What a commit did to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The object did not exist before.
    Created,
    /// The object existed before and still does.
    Modified,
    /// The object was deleted.
    Deleted,
}

/// One write that took effect.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The store's revision after the write: the object's new resourceVersion.
    pub revision: u64,
    /// The actor who sent the request, as given to `ApiServer::handle`.
    pub actor: u32,
    /// The object's resource.
    pub resource: ResourceId,
    /// The object's namespace; empty for cluster-scoped ones.
    pub namespace: Arc<str>,
    /// The object's name.
    pub name: Arc<str>,
    /// The kind of change.
    pub change: Change,
    /// The object before the write; None if it did not exist.
    pub before: Option<Arc<Value>>,
    /// The object after the write; for a deletion its last state.
    pub after: Arc<Value>,
}
