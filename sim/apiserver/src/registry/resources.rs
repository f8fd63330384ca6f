//! The kinds that the server knows, with their strategies: built-in ones and those of CustomResourceDefinitions.
//!
//! Compiled once per process and shared by all runs.
use super::{builtin, events};
use crate::{
    ResourceId,
    base::{names::NameRule, selectors::SelectableField, status::Subject},
    codec::decode::shape::Shape,
    endpoints::{discovery::Document, openapi::Documents},
    extensions,
    registry::columns::{custom::Column, jsonpath::JsonPathError},
    schema::{Schema, SchemaError, cel},
    structured_merge::{TypeId, Types, set::Set},
};
use serde_json::Value;
use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

/// Reason why a CustomResourceDefinition cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A required member is missing.
    #[error("custom resource definition lacks {0}: give the whole v1 object")]
    Missing(&'static str),
    /// The group and plural exist already.
    #[error("resource {0} is already registered: register it once")]
    Duplicate(String),
    /// No ids are left.
    #[error("too many resources: at most 65535 can be registered")]
    Full,
    /// The schema does not compile.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A printer column's path is malformed.
    #[error(transparent)]
    Column(#[from] JsonPathError),
}

/// A kind and the rules for its objects (k8s.io/apiserver/pkg/registry/rest: the strategies).
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) id: ResourceId,
    /// The resource that stores the objects: the kind's own, except for a kind that shows another's objects under other
    /// names, and for a version of a custom resource other than its first.
    pub(crate) storage: ResourceId,
    /// The storage version of a custom resource, if it is another one.
    pub(crate) stored_as: Option<Arc<Kind>>,
    /// The apiVersions of all versions of a custom resource.
    pub(crate) siblings: Vec<String>,
    pub(crate) group: String,
    pub(crate) version: String,
    /// The apiVersion: `v1` or `apps/v1`.
    pub(crate) api_version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    /// Whether a CRD defines the kind: bodies must name their kind, lists have `continue: ""`, unknown subresources are
    /// "not found".
    pub(crate) custom: bool,
    pub(crate) has_status: bool,
    /// Whether a PUT of an absent object creates it.
    pub(crate) create_on_update: bool,
    /// Whether a PUT needs no resourceVersion.
    pub(crate) unconditional_update: bool,
    /// Whether `metadata.generation` counts changes of the spec.
    pub(crate) counts_generation: bool,
    pub(crate) name_rule: NameRule,
    pub(crate) fields: Vec<SelectableField>,
    /// Whether objects are answered at once and never stored, as reviews are.
    pub(crate) create_only: bool,
    /// The members of a built-in kind, if they are checked.
    pub(crate) shape: Option<&'static [(&'static str, Shape)]>,
    /// The table columns of a custom resource; built-in kinds have printers instead.
    pub(crate) columns: Vec<Column>,
    pub(crate) schema: Option<Schema>,
    /// The types of its objects' parts, for merges and field ownership.
    pub(crate) types: Arc<Types>,
    pub(crate) root_type: TypeId,
    pub(crate) reset: ResetFields,
    /// The schema to publish, as in the definition; built-in kinds have types instead.
    pub(crate) openapi: Option<Value>,
    /// Paths of the scale; None without a scale subresource.
    pub(crate) scale: Option<Scale>,
    /// The warning with every answer, if the version is deprecated.
    pub(crate) deprecation: Option<String>,
}

/// The fields without owners because a write does not change them (the strategies' GetResetFields).
#[derive(Debug, Default)]
pub(crate) struct ResetFields {
    /// Fields that writes of the object reset.
    pub(crate) main: Set,
    /// Fields that writes of its status reset.
    pub(crate) status: Set,
}

/// JSON pointers to an object's numbers of replicas.
#[derive(Debug)]
pub(crate) struct Scale {
    pub(crate) spec: String,
    pub(crate) status: String,
    /// Pointer to a label selector, or to its text.
    pub(crate) selector: String,
}

impl Kind {
    /// Group and plural, for most errors.
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject { group: &self.group, kind: &self.plural }
    }

    /// Group and Kind, for validation errors and precondition failures.
    pub(crate) fn kind_subject(&self) -> Subject<'_> {
        Subject { group: &self.group, kind: &self.kind }
    }

    pub(crate) fn reset_fields(&self, subresource: &str) -> &Set {
        if subresource == "status" { &self.reset.status } else { &self.reset.main }
    }

    /// Whether the kind shows the objects of another kind or version.
    pub(crate) fn is_view(&self) -> bool {
        if self.custom { self.stored_as.is_some() } else { self.storage != self.id }
    }

    /// Converts a stored object to this kind.
    pub(crate) fn shown<'a>(&self, stored: &'a Value) -> Cow<'a, Value> {
        match self.is_view() {
            false => Cow::Borrowed(stored),
            true if self.custom => Cow::Owned(extensions::converted(stored, self)),
            true => Cow::Owned(events::newer(stored)),
        }
    }

    /// The group in validation errors: that of the stored kind.
    pub(crate) fn invalid_group(&self) -> &str {
        if self.is_view() && !self.custom { "" } else { &self.group }
    }

    /// Whether collections can be deleted: all but namespaces.
    pub(crate) fn has_delete_collection(&self) -> bool {
        self.custom || self.kind != "Namespace"
    }

    /// The key in the store, relative to the resource.
    pub(crate) fn key(&self, namespace: &str, name: &str) -> String {
        if self.namespaced { [namespace, "/", name].concat() } else { name.to_owned() }
    }

    /// The key in etcd, for messages. Built-in kinds omit their group.
    pub(crate) fn etcd_key(&self, namespace: &str, name: &str) -> String {
        let group = if self.custom { format!("{}/", self.group) } else { String::new() };
        format!("/registry/{group}{}/{}", self.plural, self.key(namespace, name))
    }
}

/// All kinds. A change builds a new registry: kinds are shared, and holders of the old registry keep using it.
#[derive(Debug)]
pub struct Registry {
    /// Kinds by id. A kind remains when its definition is deleted: ids are never reused.
    slots: Vec<Arc<Kind>>,
    /// The served kinds, in the order in which they were added.
    served: Vec<Arc<Kind>>,
    /// The definitions that the registry was built with, and the id of their own resource.
    definitions: Vec<Arc<Value>>,
    definitions_id: ResourceId,
    /// The function library of CEL, which takes longer to build than a complete run.
    pub(crate) rules: Arc<cel::Evaluator>,
    /// Aggregated discovery of the core group and of the others: every client requests both when it starts.
    pub(crate) aggregated: [OnceLock<Document>; 2],
    /// The OpenAPI documents, which only kubectl requests.
    pub(crate) openapi: OnceLock<Documents>,
}

impl Registry {
    /// Lease, Namespace, Pod, the workload kinds, Node, Service, Event, ConfigMap, Secret, `ServiceAccount`, quotas and limits, roles,
    /// bindings, reviews, webhook configurations and definitions of custom resources.
    pub fn builtin() -> Self {
        let kinds: Vec<_> = builtin::kinds().into_iter().map(Arc::new).collect();
        let definitions = kinds.iter().find(|kind| kind.group == extensions::GROUP);
        let definitions_id = definitions.map(|kind| kind.id).expect("definitions are a built-in kind");
        Self {
            slots: kinds.clone(),
            served: kinds,
            definitions: Vec::new(),
            definitions_id,
            rules: Arc::new(cel::Evaluator::new()),
            aggregated: Default::default(),
            openapi: OnceLock::new(),
        }
    }

    /// Adds a CustomResourceDefinition (apiextensions.k8s.io/v1): its kind is served from the start, and the definition
    /// itself can be read through the API.
    ///
    /// # Errors
    /// If the definition is incomplete, its schema or a rule does not compile, or the resource exists already.
    pub fn with_crd(self, crd: &Value) -> Result<Self, RegistryError> {
        let mut defined = self.defining(crd)?;
        let (group, plural) = extensions::subject(crd);
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
        let names = extensions::Names::of(definition)?;
        let mut next = self.without(&names.group, &names.plural);
        let home = next.resource_of_slots(&names.group, &names.plural);
        let mut ids = Vec::new();
        for version in extensions::versions(definition) {
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
        for (kind, served) in extensions::kinds(definition, &names, &ids, home)? {
            match next.slots.get_mut(usize::from(kind.id.0)) {
                Some(slot) => *slot = Arc::clone(&kind),
                None => next.slots.push(Arc::clone(&kind)),
            }
            if served {
                next.served.push(kind);
            }
        }
        Ok(next)
    }

    /// A registry without the kinds of a definition.
    pub(crate) fn without(&self, group: &str, plural: &str) -> Self {
        let gone = |kind: &Kind| kind.custom && kind.plural == plural && kind.group == group;
        Self {
            slots: self.slots.clone(),
            served: self.served.iter().filter(|kind| !gone(kind)).cloned().collect(),
            definitions: self.definitions.clone(),
            definitions_id: self.definitions_id,
            rules: Arc::clone(&self.rules),
            aggregated: Default::default(),
            openapi: OnceLock::new(),
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

    /// The served kinds.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.served.iter().map(|kind| &**kind)
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Kind> {
        self.kinds().find(|k| k.plural == plural && k.group == group && k.version == version)
    }

    /// The kind of an object, by its apiVersion and kind.
    pub(crate) fn kind_of(&self, object: &Value) -> Option<&Kind> {
        let api_version = object.get("apiVersion")?.as_str()?;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = object.get("kind")?.as_str()?;
        self.kinds().find(|k| k.kind == kind && k.group == group && k.version == version)
    }
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
