//! The field manager of one request, and the owners after an update
//! (k8s.io/apimachinery/pkg/util/managedfields/internal/structuredmerge.go).
use super::entries::{self, Managed, Manager, Operation, managed_fields};
use crate::{
    base::{object, timestamp},
    registry::{kind::Kind, resources::Registry},
    structured_merge::{Root, set::Set, validate::Duplicates},
};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::LazyLock;

/// Fields without owners: the server sets them, or they identify the object (internal/stripmeta.go).
pub(crate) static STRIPPED: LazyLock<Set> = LazyLock::new(|| {
    Set::of(&[
        "apiVersion",
        "kind",
        "metadata",
        "metadata.name",
        "metadata.namespace",
        "metadata.creationTimestamp",
        "metadata.selfLink",
        "metadata.uid",
        "metadata.clusterName",
        "metadata.generation",
        "metadata.managedFields",
        "metadata.resourceVersion",
    ])
});

/// The field manager of one request to a kind or one of its subresources.
pub(crate) struct FieldManager<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) kind: &'a Kind,
    pub(crate) root: Root<'a>,
    pub(crate) subresource: &'a str,
    pub(crate) now: Timestamp,
}

impl<'a> FieldManager<'a> {
    pub(crate) fn new(registry: &'a Registry, kind: &'a Kind, subresource: &'a str, now: Timestamp) -> Self {
        Self { registry, kind, root: kind.types.root(kind.root_type), subresource, now }
    }

    /// The object that a create starts from: empty, or for a built-in kind the members that Go writes for an empty one.
    pub(crate) fn empty(&self) -> Value {
        let mut empty = Value::Object(self.kind.zero());
        empty["apiVersion"] = self.kind.api_version.as_str().into();
        empty["kind"] = self.kind.kind.as_str().into();
        object::metadata_mut(&mut empty);
        empty
    }

    /// Records the owners in an object that replaces `live`. If the entries are invalid, the object is left without
    /// owners: an update never fails because of them.
    pub(crate) fn update(&self, live: &Value, new: &mut Value, manager: &str) {
        let managed = self.managed(live, new);
        object::metadata_mut(new).remove("managedFields");
        let tracked = !managed.is_empty() || object::meta_str(live, "uid").is_empty();
        let manager = self.identify(manager, Operation::Update);
        let managed = if tracked { self.updated(live, new, managed, manager).unwrap_or_default() } else { managed };
        self.write(new, &managed);
    }

    /// The owners to start from: those in the request, or the stored ones if it has none or writes a subresource; empty
    /// if the request resets them (decodeLiveOrNew).
    pub(crate) fn managed(&self, live: &Value, new: &Value) -> Managed {
        let stored = || Managed::decode(managed_fields(live)).unwrap_or_default();
        if !self.subresource.is_empty() {
            return stored();
        }
        let sent = managed_fields(new);
        if entries::is_reset(sent) {
            return Managed::default();
        }
        Managed::decode(sent).ok().filter(|managed| !managed.is_empty()).unwrap_or_else(stored)
    }

    pub(crate) fn updated(
        &self,
        live: &Value,
        new: &Value,
        mut managed: Managed,
        manager: Manager,
    ) -> Result<Managed, String> {
        for object in [live, new] {
            self.root.validate(object, Duplicates::Allowed).map_err(|e| e.to_string())?;
        }
        // A custom resource cannot be converted to a version that is not served, so the whole update fails.
        if self.kind.custom && !managed.api_versions().all(|version| self.is_served(version)) {
            return Err("request to convert CR to an invalid group/version".into());
        }
        managed.retain_version(&self.kind.api_version);
        let compared = self.root.compare(live, new)?.without(self.kind.reset_fields(self.subresource));
        managed.take(&compared, None);
        let changed = compared.modified.union(&compared.added).difference(&STRIPPED);
        if !changed.is_empty() {
            managed.add(manager, &self.kind.api_version, &changed, &self.time());
        }
        managed.cap();
        Ok(managed)
    }

    pub(crate) fn is_served(&self, api_version: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        api_version == self.kind.api_version
            || group == self.kind.group && self.registry.find(group, version, &self.kind.plural).is_some()
    }

    pub(crate) fn identify(&self, manager: &str, operation: Operation) -> Manager {
        let name = if manager.is_empty() { "unknown" } else { manager };
        Manager::new(name, operation, &self.kind.api_version, self.subresource)
    }

    pub(crate) fn time(&self) -> String {
        timestamp::seconds(self.now)
    }

    pub(crate) fn write(&self, object: &mut Value, managed: &Managed) {
        let metadata = object::metadata_mut(object);
        match managed.encode() {
            Some(list) => metadata.insert("managedFields".into(), list),
            None => metadata.remove("managedFields"),
        };
    }
}
