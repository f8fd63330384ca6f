//! The kinds that the server knows, with their strategies: built-in ones and those of CustomResourceDefinitions.
//!
//! Compiled once per process and shared by every run.
use super::{
    ResourceId, builtin, cel,
    decode::shape::Shape,
    discovery::Document,
    events, extensions,
    managed_fields::Set,
    openapi::Documents,
    schema::{Schema, SchemaError},
    selectors::SelectableField,
    status::Subject,
    structured::{TypeId, Types},
    table::{Column, JsonPathError},
    validation::names::NameRule,
};
use serde_json::Value;
use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

/// Why a CustomResourceDefinition cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A member that every CRD has is not there.
    #[error("custom resource definition lacks {0}: give the whole v1 object")]
    Missing(&'static str),
    /// The same group and plural twice.
    #[error("resource {0} is already registered: register it once")]
    Duplicate(String),
    /// More kinds than ids.
    #[error("too many resources: at most 65535 can be registered")]
    Full,
    /// The schema does not compile.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A printer column's path is none.
    #[error(transparent)]
    Column(#[from] JsonPathError),
}

/// A kind and how its objects are treated (k8s.io/apiserver/pkg/registry/rest: the strategies).
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) id: ResourceId,
    /// Whose objects these are: its own, but for a kind that shows another's under other names, and for a version of a custom
    /// resource that is not its first.
    pub(crate) storage: ResourceId,
    /// The version of a custom resource that is stored, if it is another one.
    pub(crate) stored_as: Option<Arc<Kind>>,
    /// The apiVersions of all its versions, of a custom resource.
    pub(crate) siblings: Vec<String>,
    pub(crate) group: String,
    pub(crate) version: String,
    /// `v1` or `apps/v1`.
    pub(crate) api_version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    /// Defined by a CRD: bodies name their kind, lists carry `continue: ""`, unknown subresources are "not found".
    pub(crate) custom: bool,
    pub(crate) has_status: bool,
    /// PUT of an absent object creates it.
    pub(crate) create_on_update: bool,
    /// PUT needs no resourceVersion.
    pub(crate) unconditional_update: bool,
    /// `metadata.generation` counts changes of the spec.
    pub(crate) counts_generation: bool,
    pub(crate) name_rule: NameRule,
    pub(crate) fields: Vec<SelectableField>,
    /// Created and answered at once, never stored: a review.
    pub(crate) create_only: bool,
    /// The members of a built-in kind, where they are checked.
    pub(crate) shape: Option<&'static [(&'static str, Shape)]>,
    /// What a definition prescribes for tables; built-in kinds have printers instead.
    pub(crate) columns: Vec<Column>,
    pub(crate) schema: Option<Schema>,
    /// What the parts of its objects are, for merges and for ownership.
    pub(crate) types: Arc<Types>,
    pub(crate) root_type: TypeId,
    pub(crate) reset: ResetFields,
    /// The schema as its definition has it, to be published; built-in kinds have types instead.
    pub(crate) openapi: Option<Value>,
    /// Where its scale is; None: it has none.
    pub(crate) scale: Option<Scale>,
    /// Sent as a warning with every answer: the version is deprecated.
    pub(crate) deprecation: Option<String>,
}

/// The fields that nobody owns because a write leaves them as they are (the strategies' GetResetFields).
#[derive(Debug, Default)]
pub(crate) struct ResetFields {
    /// Of the object itself.
    pub(crate) main: Set,
    /// Of its status subresource.
    pub(crate) status: Set,
}

/// Where an object says how many replicas it has: JSON pointers.
#[derive(Debug)]
pub(crate) struct Scale {
    pub(crate) spec: String,
    pub(crate) status: String,
    /// Of a label selector, or of its text.
    pub(crate) selector: String,
}

impl Kind {
    /// Group and plural, as most errors name it.
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject { group: &self.group, kind: &self.plural }
    }

    /// Group and Kind, as validation errors and precondition failures name it.
    pub(crate) fn kind_subject(&self) -> Subject<'_> {
        Subject { group: &self.group, kind: &self.kind }
    }

    pub(crate) fn reset_fields(&self, subresource: &str) -> &Set {
        if subresource == "status" { &self.reset.status } else { &self.reset.main }
    }

    /// Whether it shows the objects of another kind, or of another version.
    pub(crate) fn is_view(&self) -> bool {
        if self.custom { self.stored_as.is_some() } else { self.storage != self.id }
    }

    /// A stored object in the form of this kind.
    pub(crate) fn shown<'a>(&self, stored: &'a Value) -> Cow<'a, Value> {
        match self.is_view() {
            false => Cow::Borrowed(stored),
            true if self.custom => Cow::Owned(extensions::converted(stored, self)),
            true => Cow::Owned(events::newer(stored)),
        }
    }

    /// The group that validation errors name: that of the stored kind.
    pub(crate) fn invalid_group(&self) -> &str {
        if self.is_view() && !self.custom { "" } else { &self.group }
    }

    /// Namespaces go one by one only.
    pub(crate) fn has_delete_collection(&self) -> bool {
        self.custom || self.kind != "Namespace"
    }

    /// The key in the store.
    pub(crate) fn key(&self, namespace: &str, name: &str) -> String {
        if self.namespaced { [namespace, "/", name].concat() } else { name.to_owned() }
    }

    /// The key as etcd has it, for messages. Built-in kinds leave their group out.
    pub(crate) fn etcd_key(&self, namespace: &str, name: &str) -> String {
        let group = if self.custom { format!("{}/", self.group) } else { String::new() };
        format!("/registry/{group}{}/{}", self.plural, self.key(namespace, name))
    }
}

/// All kinds. A change makes another registry: kinds are shared, and who holds the old one goes on with it.
#[derive(Debug)]
pub struct Registry {
    /// By id. A kind stays when its definition is gone: ids are never given out twice.
    slots: Vec<Arc<Kind>>,
    /// Those that are served, in the order in which they came.
    served: Vec<Arc<Kind>>,
    /// The definitions that it was built with, and the id of the resource that they are of.
    definitions: Vec<Arc<Value>>,
    definitions_id: ResourceId,
    /// The function library of CEL takes longer to build than a whole run of the server.
    pub(crate) rules: Arc<cel::Evaluator>,
    /// Aggregated discovery of the core group and of the others: every client asks for both when it starts.
    pub(crate) aggregated: [OnceLock<Document>; 2],
    /// The OpenAPI documents, which kubectl alone asks for.
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

    /// Adds a CustomResourceDefinition (apiextensions.k8s.io/v1): its kind is served from the beginning, and the definition itself
    /// can be read through the API.
    ///
    /// # Errors
    /// If the definition is not whole, its schema or one of its rules does not compile, or the resource is there already.
    pub fn with_crd(self, crd: &Value) -> Result<Self, RegistryError> {
        let mut defined = self.defining(crd)?;
        let (group, plural) = extensions::subject(crd);
        if self.resource(group, plural).is_some() {
            return Err(RegistryError::Duplicate(Subject { group, kind: plural }.qualified()));
        }
        defined.definitions.push(Arc::new(crd.clone()));
        Ok(defined)
    }

    /// The definitions that it was built with.
    pub(crate) fn definitions(&self) -> &[Arc<Value>] {
        &self.definitions
    }

    /// The same with a definition's kinds as they are now: those that it does not serve any more are gone.
    ///
    /// # Errors
    /// If it does not compile.
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

    /// The same without a definition's kinds.
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

    /// The id of a resource, by group (empty for core) and plural.
    pub fn resource(&self, group: &str, plural: &str) -> Option<ResourceId> {
        self.served.iter().find(|k| k.plural == plural && k.group == group).map(|k| k.storage)
    }

    /// The same, whether or not it is served.
    pub(crate) fn resource_of_slots(&self, group: &str, plural: &str) -> Option<ResourceId> {
        self.slots.iter().find(|k| k.plural == plural && k.group == group).map(|k| k.storage)
    }

    /// `leases.coordination.k8s.io`, or `pods`.
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

    /// How many ids it has given out.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn kind(&self, resource: ResourceId) -> &Kind {
        &self.slots[usize::from(resource.0)]
    }

    /// Those that are served.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.served.iter().map(|kind| &**kind)
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Kind> {
        self.kinds().find(|k| k.plural == plural && k.group == group && k.version == version)
    }

    /// The kind of a whole object, by its apiVersion and kind.
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
