//! The state of definitions beyond their stored objects.
use crate::base::{id::ResourceId, object::Object};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// State of the definition controllers, besides the definitions themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    /// Whether a change awaits the controllers.
    pub(crate) pending: bool,
    /// Whether the controllers are at work.
    pub(crate) reconciling: bool,
    pub(crate) state: Arc<State>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// The definitions as they are served, by name.
    pub(crate) served: BTreeMap<String, Arc<Value>>,
    /// The resources whose definitions are being deleted.
    pub(crate) terminating: BTreeSet<ResourceId>,
    /// Objects as they were written, if a later schema shows them differently.
    pub(crate) written: BTreeMap<(ResourceId, String), Arc<Object>>,
}

impl Extensions {
    pub(crate) fn is_pending(&self) -> bool {
        self.pending && !self.reconciling
    }

    /// Notes a commit for the controllers. `definitions` is the resource of the definitions themselves.
    pub(crate) fn notice(&mut self, resource: ResourceId, definitions: ResourceId) {
        if resource == definitions || self.state.terminating.contains(&resource) {
            self.pending = true;
        }
    }

    /// Whether the definition of this resource is being deleted, so that no object may be created.
    pub(crate) fn is_terminating(&self, resource: ResourceId) -> bool {
        self.state.terminating.contains(&resource)
    }
}
