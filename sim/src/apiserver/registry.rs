//! The kinds that the server knows, with their strategies: built-in ones and those of CustomResourceDefinitions.
//!
//! Compiled once per process and shared by every run.
use super::{
    ResourceId, builtin, cel,
    decode::shape::Shape,
    discovery::Document,
    events,
    managed_fields::Set,
    openapi::Documents,
    schema::{Path, Schema, SchemaError},
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
    /// Whose objects these are: its own, but for a kind that shows another's under other names.
    pub(crate) storage: ResourceId,
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

    /// Whether it shows the objects of another kind.
    pub(crate) fn is_view(&self) -> bool {
        self.storage != self.id
    }

    /// A stored object in the form of this kind.
    pub(crate) fn shown<'a>(&self, stored: &'a Value) -> Cow<'a, Value> {
        if self.is_view() { Cow::Owned(events::newer(stored)) } else { Cow::Borrowed(stored) }
    }

    /// The group that validation errors name: that of the stored kind.
    pub(crate) fn invalid_group(&self) -> &str {
        if self.is_view() { "" } else { &self.group }
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

/// All kinds.
#[derive(Debug)]
pub struct Registry {
    kinds: Vec<Kind>,
    /// The function library of CEL takes longer to build than a whole run of the server.
    pub(crate) rules: cel::Evaluator,
    /// Aggregated discovery of the core group and of the others: every client asks for both when it starts.
    pub(crate) aggregated: [OnceLock<Document>; 2],
    /// The OpenAPI documents, which kubectl alone asks for.
    pub(crate) openapi: OnceLock<Documents>,
}

impl Registry {
    /// Lease, Namespace, Pod, the workload kinds, Node, Service, Event, ConfigMap, Secret, `ServiceAccount`, roles, bindings,
    /// reviews and webhook configurations.
    pub fn builtin() -> Self {
        Self {
            kinds: builtin::kinds(),
            rules: cel::Evaluator::new(),
            aggregated: Default::default(),
            openapi: OnceLock::new(),
        }
    }

    /// Adds the storage version of a CustomResourceDefinition (apiextensions.k8s.io/v1).
    ///
    /// # Errors
    /// If the definition is not whole, its schema or one of its rules does not compile, or the resource is there already.
    pub fn with_crd(mut self, crd: &Value) -> Result<Self, RegistryError> {
        let kind = custom_kind(crd, self.next_id()?)?;
        if self.resource(&kind.group, &kind.plural).is_some() {
            return Err(RegistryError::Duplicate(kind.subject().qualified()));
        }
        self.kinds.push(kind);
        self.aggregated = Default::default();
        self.openapi = OnceLock::new();
        Ok(self)
    }

    /// The id of a resource, by group (empty for core) and plural.
    pub fn resource(&self, group: &str, plural: &str) -> Option<ResourceId> {
        self.kinds.iter().find(|k| k.plural == plural && k.group == group).map(|k| k.storage)
    }

    /// `leases.coordination.k8s.io`, or `pods`.
    pub fn name(&self, resource: ResourceId) -> String {
        self.kind(resource).subject().qualified()
    }

    /// The names of all resources, in the order of their ids.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.kinds.iter().map(|kind| kind.subject().qualified())
    }

    pub(crate) fn kind(&self, resource: ResourceId) -> &Kind {
        &self.kinds[usize::from(resource.0)]
    }

    pub(crate) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Kind> {
        self.kinds.iter().find(|k| k.plural == plural && k.group == group && k.version == version)
    }

    /// The kind of a whole object, by its apiVersion and kind.
    pub(crate) fn kind_of(&self, object: &Value) -> Option<&Kind> {
        let api_version = object.get("apiVersion")?.as_str()?;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = object.get("kind")?.as_str()?;
        self.kinds.iter().find(|k| k.kind == kind && k.group == group && k.version == version)
    }

    fn next_id(&self) -> Result<ResourceId, RegistryError> {
        u16::try_from(self.kinds.len()).map(ResourceId).map_err(|_| RegistryError::Full)
    }
}

fn custom_kind(crd: &Value, id: ResourceId) -> Result<Kind, RegistryError> {
    let text = |pointer: &'static str| {
        crd.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or(RegistryError::Missing(pointer))
    };
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
    let version = versions.and_then(|v| v.iter().find(|v| v.get("storage") == Some(&Value::Bool(true))));
    let version = version.ok_or(RegistryError::Missing("/spec/versions with storage: true"))?;
    let schema = version.pointer("/schema/openAPIV3Schema").ok_or(RegistryError::Missing("/schema/openAPIV3Schema"))?;
    let kind = text("/spec/names/kind")?;
    let list = |pointer: &str| {
        let items = crd.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let optional = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let namespaced = text("/spec/scope")? == "Namespaced";
    let mut fields = builtin::metadata_fields(namespaced);
    let selectable = version.get("selectableFields").and_then(Value::as_array).into_iter().flatten();
    let paths = selectable.filter_map(|f| f.get("jsonPath")?.as_str());
    fields.extend(paths.map(|path| SelectableField::new(path.trim_start_matches('.'))));
    let group = text("/spec/group")?;
    let has_status = version.pointer("/subresources/status").is_some();
    let (types, root_type) = Types::custom(schema);
    let version_name = version.get("name").and_then(Value::as_str).ok_or(RegistryError::Missing("name"))?;
    Ok(Kind {
        id,
        storage: id,
        api_version: format!("{group}/{version_name}"),
        group,
        version: version_name.to_owned(),
        plural: text("/spec/names/plural")?,
        singular: optional("/spec/names/singular").unwrap_or_else(|| kind.to_ascii_lowercase()),
        list_kind: optional("/spec/names/listKind").unwrap_or_else(|| format!("{kind}List")),
        kind,
        short_names: list("/spec/names/shortNames"),
        categories: list("/spec/names/categories"),
        namespaced,
        custom: true,
        has_status,
        create_on_update: false,
        unconditional_update: false,
        counts_generation: true,
        name_rule: NameRule::Subdomain,
        fields,
        create_only: false,
        shape: None,
        columns: columns(version)?,
        schema: Some(Schema::compile(schema, &Path::Root.to_string())?),
        types: Arc::new(types),
        root_type,
        reset: ResetFields {
            main: if has_status { Set::of(&["status"]) } else { Set::default() },
            status: Set::of(&["metadata", "spec"]),
        },
        openapi: Some(schema.clone()),
        scale: version.pointer("/subresources/scale").map(custom_scale),
        deprecation: deprecation(version, &text("/spec/group")?, version_name, &text("/spec/names/kind")?),
    })
}

fn custom_scale(scale: &Value) -> Scale {
    let pointer = |member: &str| {
        let path = scale.get(member).and_then(Value::as_str).unwrap_or_default();
        path.replace('.', "/")
    };
    let (spec, status) = (pointer("specReplicasPath"), pointer("statusReplicasPath"));
    // An absent path must not find the whole object.
    let selector = Some(pointer("labelSelectorPath")).filter(|path| !path.is_empty()).unwrap_or_else(|| "/".into());
    Scale { spec, status, selector }
}

/// The warning of a version that is deprecated (apiextensions-apiserver/pkg/apiserver/customresource_handler.go).
fn deprecation(version: &Value, group: &str, name: &str, kind: &str) -> Option<String> {
    version.get("deprecated").and_then(Value::as_bool).filter(|deprecated| *deprecated)?;
    let given = version.get("deprecationWarning").and_then(Value::as_str).map(str::to_owned);
    Some(given.unwrap_or_else(|| format!("{group}/{name} {kind} is deprecated")))
}

/// `additionalPrinterColumns`; without any, the age.
fn columns(version: &Value) -> Result<Vec<Column>, JsonPathError> {
    match version.get("additionalPrinterColumns").and_then(Value::as_array).filter(|columns| !columns.is_empty()) {
        Some(columns) => columns.iter().map(Column::compile).collect(),
        None => Ok(vec![Column::age()]),
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
