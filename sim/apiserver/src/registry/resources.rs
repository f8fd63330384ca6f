//! The kinds that the server knows, with their strategies: built-in ones and those of CustomResourceDefinitions.
//!
//! Compiled once per process and shared by all runs.
use super::{builtin, definition, error::RegistryError, group::EXTENSIONS, kind::Kind};
use crate::base::{id::ResourceId, memo::Memo, status::Subject};
use serde_json::Value;
use std::sync::Arc;

/// All kinds. A change builds a new registry: kinds are shared, and holders of the old registry keep using it.
#[derive(Debug)]
pub struct Registry {
    /// Kinds by id. A kind remains when its definition is deleted: ids are never reused.
    slots: Vec<Arc<Kind>>,
    /// The served kinds, in the order in which they were added.
    served: Vec<Arc<Kind>>,
    /// Positions in `served` by plural, group and version: every request looks for its kind.
    index: Vec<u16>,
    /// The definitions that the registry was built with, and the id of their own resource.
    definitions: Vec<Arc<Value>>,
    definitions_id: ResourceId,
    /// Documents about these kinds: discovery and OpenAPI, each created at its first request.
    pub(crate) documents: Memo,
}

impl Registry {
    /// The kinds that kube-apiserver 1.36 serves by default.
    pub fn builtin() -> Self {
        let kinds: Vec<_> = builtin::kinds().into_iter().map(Arc::new).collect();
        let definitions = kinds.iter().find(|kind| kind.group == EXTENSIONS);
        let definitions_id = definitions.map(|kind| kind.id).expect("definitions are a built-in kind");
        Self {
            slots: kinds.clone(),
            index: index(&kinds),
            served: kinds,
            definitions: Vec::new(),
            definitions_id,
            documents: Memo::default(),
        }
    }

    /// Serves only these groups of the built-in kinds, as kube-apiserver does with `--runtime-config=api/all=false` and
    /// the versions of these groups. The ids of the others remain.
    #[must_use]
    pub fn serving(mut self, groups: &[&str]) -> Self {
        self.served.retain(|kind| kind.custom || groups.contains(&kind.group.as_str()));
        self.index = index(&self.served);
        self.documents = Memo::default();
        self
    }

    /// Adds a CustomResourceDefinition (apiextensions.k8s.io/v1): its kind is served from the start, and the definition
    /// itself can be read through the API.
    ///
    /// # Errors
    /// If the definition is incomplete, its schema or a rule does not compile, or the resource exists already.
    pub fn with_crd(self, crd: &Value) -> Result<Self, RegistryError> {
        let mut defined = self.defining(crd)?;
        let (group, plural) = definition::subject(crd);
        if self.resource(group, plural).is_some() {
            return Err(RegistryError::Duplicate(Subject { group, kind: plural }.qualified()));
        }
        defined.definitions.push(Arc::new(crd.clone()));
        Ok(defined)
    }

    /// The definitions that the registry was built with.
    pub(crate) fn definitions(&self) -> &[Arc<Value>] {
        &self.definitions
    }

    /// A registry with the present kinds of a definition, and without those that it no longer serves.
    ///
    /// # Errors
    /// If the definition does not compile.
    pub(crate) fn defining(&self, definition: &Value) -> Result<Self, RegistryError> {
        let names = definition::Names::of(definition)?;
        let mut next = self.without(&names.group, &names.plural);
        let home = next.resource_of_slots(&names.group, &names.plural);
        let mut ids = Vec::new();
        for version in definition::versions(definition) {
            let name = version.get("name").and_then(Value::as_str).ok_or(RegistryError::Missing("name"))?;
            let known = next
                .slots
                .iter()
                .position(|k| k.custom && k.plural == names.plural && k.group == names.group && k.version == name);
            let index = known.unwrap_or(next.slots.len() + ids.iter().filter(|id| **id >= next.slots.len()).count());
            ids.push(index);
        }
        let ids: Result<Vec<_>, _> = ids.into_iter().map(|index| u16::try_from(index).map(ResourceId)).collect();
        let ids = ids.map_err(|_| RegistryError::Full)?;
        for (kind, served) in definition::kinds(definition, &names, &ids, home)? {
            match next.slots.get_mut(usize::from(kind.id.0)) {
                Some(slot) => *slot = Arc::clone(&kind),
                None => next.slots.push(Arc::clone(&kind)),
            }
            if served {
                next.served.push(kind);
            }
        }
        next.index = index(&next.served);
        Ok(next)
    }

    /// A registry without the kinds of a definition.
    pub(crate) fn without(&self, group: &str, plural: &str) -> Self {
        let gone = |kind: &Kind| kind.custom && kind.plural == plural && kind.group == group;
        let served: Vec<_> = self.served.iter().filter(|kind| !gone(kind)).cloned().collect();
        Self {
            slots: self.slots.clone(),
            index: index(&served),
            served,
            definitions: self.definitions.clone(),
            definitions_id: self.definitions_id,
            documents: Memo::default(),
        }
    }

    /// The id of a served resource, by group (empty for core) and plural.
    pub fn resource(&self, group: &str, plural: &str) -> Option<ResourceId> {
        self.served.iter().find(|k| k.plural == plural && k.group == group).map(|k| k.storage)
    }

    /// The id of a resource, served or not.
    pub(crate) fn resource_of_slots(&self, group: &str, plural: &str) -> Option<ResourceId> {
        self.slots.iter().find(|k| k.plural == plural && k.group == group).map(|k| k.storage)
    }

    /// The name of a resource: `leases.coordination.k8s.io`, or `pods`.
    pub fn name(&self, resource: ResourceId) -> String {
        self.kind(resource).subject().qualified()
    }

    /// The names of all resources, in the order of their ids.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.slots.iter().map(|kind| kind.subject().qualified())
    }

    /// Id of the resource `customresourcedefinitions`.
    pub fn definitions_id(&self) -> ResourceId {
        self.definitions_id
    }

    /// Number of ids.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn kind(&self, resource: ResourceId) -> &Kind {
        &self.slots[usize::from(resource.0)]
    }

    /// The kind of another version of a custom resource, served or not.
    pub(crate) fn version_of(&self, kind: &Kind, api_version: &str) -> Option<&Kind> {
        let slots = self.slots.iter().map(|slot| &**slot);
        slots.filter(|slot| slot.custom && slot.storage == kind.storage).find(|slot| slot.api_version == api_version)
    }

    /// Whether a webhook converts the objects of any served kind.
    pub(crate) fn has_converters(&self) -> bool {
        self.kinds().any(|kind| kind.converter.is_some())
    }

    /// The served kinds.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.served.iter().map(|kind| &**kind)
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Kind> {
        let wanted = (plural, group, version);
        let at = self.index.binary_search_by(|at| path(&self.served[usize::from(*at)]).cmp(&wanted)).ok()?;
        Some(&self.served[usize::from(self.index[at])])
    }

    /// The kind of an object, by its apiVersion and kind.
    pub(crate) fn kind_of(&self, object: &Value) -> Option<&Kind> {
        let api_version = object.get("apiVersion")?.as_str()?;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = object.get("kind")?.as_str()?;
        self.kinds().find(|k| k.kind == kind && k.group == group && k.version == version)
    }
}

/// What the path of a request to a kind names.
fn path(kind: &Kind) -> (&str, &str, &str) {
    (&kind.plural, &kind.group, &kind.version)
}

/// The positions of kinds in the order of their paths.
fn index(kinds: &[Arc<Kind>]) -> Vec<u16> {
    let mut index: Vec<u16> = (0..).take(kinds.len()).collect();
    index.sort_by_key(|at| path(&kinds[usize::from(*at)]));
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_is_shared_by_all_workers() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&Registry::builtin());
    }
}
