//! One kind, and how the server treats its objects (k8s.io/apiserver/pkg/registry/rest: the strategies).
use super::{
    columns::custom::Column,
    converter::Converter,
    go_types::{self, StructId},
    group::{ADMISSION, EXTENSIONS},
};
use crate::{
    base::{
        id::ResourceId,
        json::text,
        names::NameRule,
        selectors::{
            Selector,
            field::{Refusal, SelectableField},
        },
        status::{Outcome, Subject},
    },
    schema::Schema,
    structured_merge::{TypeId, Types, set::Set},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A kind and the rules for its objects (k8s.io/apiserver/pkg/registry/rest: the strategies).
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) id: ResourceId,
    /// The resource that stores the objects: the kind's own, except for a kind that shows another's objects under other
    /// names, and for a version of a custom resource other than its first.
    pub(crate) storage: ResourceId,
    /// The storage version of a custom resource, if it is another one.
    pub(crate) stored_as: Option<Arc<Kind>>,
    /// The webhook that converts a custom resource between its versions.
    pub(crate) converter: Option<Arc<Converter>>,
    /// The apiVersion of the objects that a built-in kind shows, if they are stored as another kind.
    pub(crate) shows: Option<String>,
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
    /// Subresources of a built-in kind other than `status` and `scale`.
    pub(crate) below: &'static [Subresource],
    /// Whether a PUT of an absent object creates it.
    pub(crate) create_on_update: bool,
    /// Whether a PUT needs no resourceVersion.
    pub(crate) unconditional_update: bool,
    pub(crate) generation: Generation,
    /// Whether a DELETE answers with the object.
    pub(crate) returns_deleted: bool,
    pub(crate) name_rule: NameRule,
    pub(crate) fields: Vec<SelectableField>,
    /// Whether objects are answered at once and never stored, as reviews are.
    pub(crate) create_only: bool,
    /// Whether objects are computed for each request and never stored, as component statuses are.
    pub(crate) computed: bool,
    /// Go's type of a built-in kind.
    pub(crate) go: Option<StructId>,
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

/// How `metadata.generation` counts changes of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// Not at all.
    None,
    /// From 1.
    Counted,
    /// From the first change on.
    FromFirstChange,
    /// It is 1 for ever.
    Fixed,
}

impl Generation {
    /// Whether a new object has a generation.
    pub(crate) fn starts(self) -> bool {
        matches!(self, Self::Counted | Self::Fixed)
    }

    /// Whether a change of the content counts.
    pub(crate) fn counts(self) -> bool {
        matches!(self, Self::Counted | Self::FromFirstChange)
    }
}

/// A subresource of a built-in kind, other than `status` and `scale`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subresource {
    pub(crate) name: &'static str,
    /// The kind of its body, and the group and version of that kind; both are empty for those of the resource.
    pub(crate) kind: &'static str,
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    /// RBAC verbs, as discovery shows them.
    pub(crate) verbs: &'static [&'static str],
}

impl Subresource {
    pub(crate) const fn of(name: &'static str, kind: &'static str, verbs: &'static [&'static str]) -> Self {
        Self { name, kind, group: "", version: "", verbs }
    }

    pub(crate) const fn in_group(self, group: &'static str, version: &'static str) -> Self {
        Self { group, version, ..self }
    }

    /// A connection to whatever the object stands for, with any method.
    pub(crate) const fn proxy(options: &'static str) -> Self {
        Self::of("proxy", options, &["create", "delete", "get", "patch", "update"])
    }
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

    /// Go's type of an object of a built-in kind: that of the stored kind if the object is in that form.
    pub(crate) fn go_type_of(&self, object: &Value) -> Option<StructId> {
        let stored =
            self.shows.as_deref().filter(|stored| object.get("apiVersion").is_some_and(|found| found == *stored));
        stored.and_then(|version| go_types::builtin().of_kind(version, &self.kind)).or(self.go)
    }

    /// The members that Go writes for an empty object of a built-in kind, other than kind and apiVersion.
    pub(crate) fn zero(&self) -> Map<String, Value> {
        self.go.map(|of| go_types::builtin().zero_struct(of)).unwrap_or_default()
    }

    pub(crate) fn reset_fields(&self, subresource: &str) -> &Set {
        if subresource == "status" { &self.reset.status } else { &self.reset.main }
    }

    /// Whether the kind may show the objects of another kind or version.
    pub(crate) fn is_view(&self) -> bool {
        if self.custom { self.stored_as.is_some() || self.converter.is_some() } else { self.storage != self.id }
    }

    /// The storage version of a custom resource.
    pub(crate) fn home(&self) -> &Self {
        self.stored_as.as_deref().unwrap_or(self)
    }

    /// Whether an object is in the form of this kind: all are, unless a webhook converts them.
    pub(crate) fn is_form_of(&self, object: &Value) -> bool {
        self.converter.is_none() || text(object, "apiVersion") == self.api_version
    }

    /// The group in validation errors: that of the stored kind.
    pub(crate) fn invalid_group(&self) -> &str {
        self.shows.as_deref().map_or(&self.group, |stored| stored.split_once('/').map_or("", |(group, _)| group))
    }

    /// Whether the objects are in the store: not those of reviews and component statuses.
    pub(crate) fn is_stored(&self) -> bool {
        !self.create_only && !self.computed
    }

    /// Whether collections can be deleted: all but namespaces.
    pub(crate) fn has_delete_collection(&self) -> bool {
        self.custom || self.kind != "Namespace"
    }

    /// The key in the store, relative to the resource.
    pub(crate) fn key(&self, namespace: &str, name: &str) -> String {
        if self.namespaced { [namespace, "/", name].concat() } else { name.to_owned() }
    }

    /// The key in etcd, for messages. Built-in kinds omit their group, and some have names of old.
    pub(crate) fn etcd_key(&self, namespace: &str, name: &str) -> String {
        let key = self.key(namespace, name);
        if self.custom {
            return format!("/registry/{}/{}/{key}", self.group, self.plural);
        }
        let folder = match self.plural.as_str() {
            "services" => "services/specs",
            "endpoints" => "services/endpoints",
            "nodes" => "minions",
            "replicationcontrollers" => "controllers",
            "ingresses" => "ingress",
            "customresourcedefinitions" => "apiextensions.k8s.io/customresourcedefinitions",
            plural => plural,
        };
        format!("/registry/{folder}/{key}")
    }

    /// Both selectors of a request for objects of this kind.
    ///
    /// # Errors
    /// 400 for a selector that does not parse or names a field that cannot be selected.
    pub(crate) fn selector(&self, labels: &str, fields: &str) -> Outcome<Selector> {
        Selector::parse(&self.fields, self.refusal(), labels, fields)
    }

    /// The words for a field that cannot be selected: kinds with fields of their own have their own.
    fn refusal(&self) -> Refusal {
        let generic = |field: &SelectableField| matches!(field.name.as_str(), "metadata.name" | "metadata.namespace");
        match self.kind.as_str() {
            _ if self.custom => Refusal::Own,
            _ if self.fields.iter().all(generic) => Refusal::Generic,
            "Job" => Refusal::Job,
            _ => Refusal::Own,
        }
    }

    /// Whether Kubernetes' own rules for metadata apply (k8s.io/kubernetes/pkg/apis/core/validation,
    /// ValidateObjectMeta), and not only those of every API server.
    pub(crate) fn has_core_metadata(&self) -> bool {
        !self.custom && !["coordination.k8s.io", ADMISSION, EXTENSIONS].contains(&self.group.as_str())
    }
}
