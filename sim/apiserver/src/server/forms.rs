//! What the watch caches of further versions hold: objects in versions in which they are not stored.
//!
//! In the real server each version of a definition has a watch cache of its own, which has every object converted once.
use crate::{
    base::{id::ResourceId, object::Object},
    registry::kind::Kind,
};
use std::{collections::BTreeMap, sync::Arc};

/// Converted objects, by the version's id and the object's revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forms(BTreeMap<(ResourceId, u64), Form>);

#[derive(Debug, Clone)]
struct Form {
    /// The resource that stores the object.
    of: ResourceId,
    object: Arc<Object>,
}

impl Forms {
    /// A stored object in the version of a kind; None if it is still to be converted.
    pub(crate) fn of<'a>(&'a self, kind: &Kind, stored: &'a Arc<Object>) -> Option<&'a Arc<Object>> {
        match kind.is_form_of(&stored.value) {
            true => Some(stored),
            false => self.0.get(&(kind.id, stored.revision)).map(|form| &form.object),
        }
    }

    pub(crate) fn insert(&mut self, kind: &Kind, object: Arc<Object>) {
        self.0.insert((kind.id, object.revision), Form { of: kind.storage, object });
    }

    /// Forgets the objects of a resource, whose definition has changed.
    pub(crate) fn forget(&mut self, resource: ResourceId) {
        self.0.retain(|_, form| form.of != resource);
    }
}
