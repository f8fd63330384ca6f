//! Field ownership: `metadata.managedFields`, and server-side apply based on it
//! (k8s.io/apimachinery/pkg/util/managedfields).
//!
//! Every write passes through [`FieldManager`]: an update takes the fields that it changed from other managers, an
//! apply does so only with force. Every kind has one version here, so that entries of other versions are obsolete and
//! dropped. Field sets whose type has become atomic since they were written are not updated: types do not change while
//! a server runs.
mod conflicts;
mod entries;
mod last_applied;
mod updater;

use crate::{
    base::{
        object,
        status::{self, Outcome},
        timestamp,
    },
    registry::resources::{Kind, Registry},
    structured_merge::{Duplicates, Root, set::Set},
};
use entries::{Managed, Manager, Operation};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::LazyLock;

/// Fields without owners: the server sets them, or they identify the object (internal/stripmeta.go).
static STRIPPED: LazyLock<Set> = LazyLock::new(|| {
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
    registry: &'a Registry,
    kind: &'a Kind,
    root: Root<'a>,
    subresource: &'a str,
    now: Timestamp,
}

impl<'a> FieldManager<'a> {
    pub(crate) fn new(registry: &'a Registry, kind: &'a Kind, subresource: &'a str, now: Timestamp) -> Self {
        Self { registry, kind, root: kind.types.root(kind.root_type), subresource, now }
    }

    /// The object that a create starts from: empty, or for a built-in kind the members that Go writes for an empty one.
    pub(crate) fn empty(&self) -> Value {
        let mut empty = if self.kind.custom { serde_json::json!({}) } else { self.root.zero() };
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
    fn managed(&self, live: &Value, new: &Value) -> Managed {
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

    fn updated(&self, live: &Value, new: &Value, mut managed: Managed, manager: Manager) -> Result<Managed, String> {
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

    /// Applies a configuration to an object.
    ///
    /// # Errors
    /// 409 for conflicts, 400 and 500 for a configuration that is not of this kind.
    pub(crate) fn apply(&self, live: &Value, config: &Value, manager: &str, force: bool) -> Outcome<Value> {
        let text = |member: &str| config.get(member).and_then(Value::as_str).unwrap_or_default();
        if text("apiVersion") != self.kind.api_version || text("kind") != self.kind.kind {
            return Err(status::bad_request(format!("invalid object type: {}", group_version_kind(config))));
        }
        let failed = |why: String| status::bare_error(why);
        let mut managed = Managed::decode(managed_fields(live))
            .map_err(|why| failed(format!("failed to decode managed fields: {why}")))?;
        if managed.is_empty() {
            let before = self.identify("before-first-apply", Operation::Update);
            let created = |why| failed(format!("failed to create manager for existing fields: {why}"));
            managed = self.updated(&self.empty(), live, managed, before).map_err(created)?;
        }
        if config.pointer("/metadata/managedFields").is_some_and(|sent| !sent.is_null()) {
            return Err(status::bad_request("metadata.managedFields must be nil"));
        }
        self.root
            .validate(config, Duplicates::Refused)
            .map_err(|why| failed(format!("failed to create typed patch object ({}): {why}", described(config))))?;
        self.root
            .validate(live, Duplicates::Allowed)
            .map_err(|why| failed(format!("failed to create typed live object ({}): {why}", described(live))))?;
        managed.retain_version(&self.kind.api_version);
        let applier = self.identify(manager, Operation::Apply);
        let mut applied = self.merge(live, config, managed.clone(), &applier, force).map_err(failed)?;
        if let Err(conflicts) = &applied
            && manager == last_applied::MANAGER
        {
            let left = self.beyond_last_applied(live, conflicts);
            applied = match left {
                Some(left) if left.is_empty() => self.merge(live, config, managed, &applier, true).map_err(failed)?,
                Some(left) => Err(left),
                None => applied,
            };
        }
        let (mut object, managed) = applied.map_err(|conflicts| conflicts.status())?;
        self.write(&mut object, &managed);
        if manager == last_applied::MANAGER {
            last_applied::refresh(&mut object, config);
        }
        Ok(object)
    }

    fn is_served(&self, api_version: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        api_version == self.kind.api_version
            || group == self.kind.group && self.registry.find(group, version, &self.kind.plural).is_some()
    }

    fn identify(&self, manager: &str, operation: Operation) -> Manager {
        let name = if manager.is_empty() { "unknown" } else { manager };
        Manager::new(name, operation, &self.kind.api_version, self.subresource)
    }

    fn time(&self) -> String {
        timestamp::seconds(self.now)
    }

    fn write(&self, object: &mut Value, managed: &Managed) {
        let metadata = object::metadata_mut(object);
        match managed.encode() {
            Some(list) => metadata.insert("managedFields".into(), list),
            None => metadata.remove("managedFields"),
        };
    }
}

/// Restores the stored entries if only their times would change
/// (k8s.io/apiserver/pkg/endpoints/handlers/fieldmanager/equality.go): an unchanged object keeps its version.
pub(crate) fn keep_times_of_no_op(new: &mut Value, stored: &Value) {
    let (Some(after), Some(before)) = (managed_fields(new), managed_fields(stored)) else { return };
    if after == before || !entries::equal_without_times(after, before) {
        return;
    }
    let kept = before.clone();
    let written = object::metadata_mut(new).insert("managedFields".into(), kept);
    if let Some(written) = written.filter(|_| new != stored) {
        object::metadata_mut(new).insert("managedFields".into(), written);
    }
}

fn managed_fields(object: &Value) -> Option<&Value> {
    object.get("metadata")?.get("managedFields")
}

/// Go's `%v` of a GroupVersionKind.
pub(crate) fn group_version_kind(object: &Value) -> String {
    let text = |member: &str| object.get(member).and_then(Value::as_str).unwrap_or_default();
    let version = text("apiVersion");
    let slash = if version.contains('/') { "" } else { "/" };
    format!("{slash}{version}, Kind={}", text("kind"))
}

/// Namespace, name and kind of an object, for messages.
pub(crate) fn described(object: &Value) -> String {
    let text = |member: &str| object::meta_str(object, member);
    format!("{}/{}; {}", text("namespace"), text("name"), group_version_kind(object))
}
