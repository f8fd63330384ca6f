//! Definitions of custom resources as objects of the API (k8s.io/apiextensions-apiserver): defaults, name acceptance,
//! establishing, serving, cleanup.
//!
//! The controllers of the real server see a definition some milliseconds after it was written, and write its status
//! then. Here they run as soon as the request that triggered them has been answered: its answer shows the definition as
//! it was written, the next request finds it established, and a watch delivers each of their writes. No other request
//! can run in between, so there is nothing to choose and no interleaving is lost. Not simulated: conversion webhooks;
//! the conditions of a deletion that takes longer than a minute.
use crate::{
    base::{
        object::{self, Object},
        timestamp,
    },
    registry::resources::Kind,
    server::state::ApiServer,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

mod finalizer;
mod naming;
mod serving;
pub(crate) mod validation;

pub(crate) use crate::registry::definition::{Names, kinds, priority, versions};
pub(crate) use finalizer::marked;

/// The group of definitions.
pub(crate) const GROUP: &str = "apiextensions.k8s.io";
/// The finalizer that keeps a definition until its objects are gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";
const COLLECTION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// State of the definition controllers, besides the definitions themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    /// Whether a change awaits the controllers.
    pending: bool,
    settling: bool,
    state: Arc<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// The definitions as they are served, by name.
    served: BTreeMap<String, Arc<Value>>,
    /// The resources whose definitions are being deleted.
    terminating: BTreeSet<super::ResourceId>,
    /// Objects as they were written, if a later schema shows them differently.
    written: BTreeMap<(super::ResourceId, String), Arc<Object>>,
}

impl Extensions {
    pub(crate) fn is_pending(&self) -> bool {
        self.pending && !self.settling
    }

    /// Whether the definition of this resource is being deleted, so that no object may be created.
    pub(crate) fn is_terminating(&self, resource: super::ResourceId) -> bool {
        self.state.terminating.contains(&resource)
    }
}

impl ApiServer {
    /// Notifies the controllers of a commit.
    pub(crate) fn notice(&mut self, resource: super::ResourceId) {
        let state = &self.extensions.state;
        if resource == self.registry.definitions_id() || state.terminating.contains(&resource) {
            self.extensions.pending = true;
        }
    }

    /// Stores the definitions that the registry was built with; they are served already.
    pub(crate) fn place_definitions(&mut self) {
        let registry = Arc::clone(&self.registry);
        for definition in registry.definitions() {
            let mut value = (**definition).clone();
            let (group, plural) = subject(&value);
            let name = format!("{plural}.{group}");
            if let Some(map) = value.as_object_mut() {
                map.insert("apiVersion".into(), format!("{GROUP}/v1").into());
                map.insert("kind".into(), "CustomResourceDefinition".into());
                default(map);
                prepare_new(map);
            }
            let (uid, now) = (self.ids.uid(), timestamp::seconds(Timestamp::UNIX_EPOCH));
            let metadata = object::metadata_mut(&mut value);
            for (member, text) in [("name", name.clone()), ("uid", uid), ("creationTimestamp", now)] {
                metadata.insert(member.into(), text.into());
            }
            metadata.insert("generation".into(), 1.into());
            value["status"]["acceptedNames"] = value["spec"]["names"].clone();
            for condition in [naming::ACCEPTED, naming::ESTABLISHED] {
                set_condition(&mut value, condition, Timestamp::UNIX_EPOCH);
            }
            let object = self.commit_put(crate::endpoints::handlers::ADMIN, registry.definitions_id(), &name, value);
            Arc::make_mut(&mut self.extensions.state).served.insert(name, Arc::clone(&object.value));
        }
        self.extensions.pending = false;
    }

    /// Runs the controllers until nothing is pending.
    pub(crate) fn settle_definitions(&mut self, now: Timestamp) {
        self.extensions.settling = true;
        while std::mem::take(&mut self.extensions.pending) {
            let definitions: Vec<_> = self.definitions();
            // A write of one controller may give work to the others.
            if !definitions.iter().any(|definition| self.settle(definition, &definitions, now)) {
                self.forget_undefined(&definitions);
            }
        }
        self.extensions.settling = false;
    }

    fn definitions(&self) -> Vec<Arc<Object>> {
        let id = self.registry.definitions_id();
        self.store.range_at(id, "", None, self.store.revision()).cloned().collect()
    }

    /// Reconciles one definition; true if anything was written.
    fn settle(&mut self, definition: &Arc<Object>, all: &[Arc<Object>], now: Timestamp) -> bool {
        if let Some(named) = naming::reviewed(definition, all, now) {
            return self.write_definition_status(&named, now);
        }
        if is(&definition.value, "NamesAccepted") && !is(&definition.value, "Established") {
            let mut established = (*definition.value).clone();
            set_condition(&mut established, naming::ESTABLISHED, now);
            return self.write_definition_status(&established, now);
        }
        self.serve(definition);
        self.finalize(definition, now)
    }

    fn write_definition_status(&mut self, definition: &Value, now: Timestamp) -> bool {
        let target = format!("{COLLECTION}/{}/status", object::meta_str(definition, "name"));
        let answer = self.write_as(crate::endpoints::handlers::ADMIN, http::Method::PUT, target, definition, now);
        answer.status < 300
    }
}

/// The group and the plural that a definition defines; empty if absent.
pub(crate) fn subject(definition: &Value) -> (&str, &str) {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    (text("/spec/group"), text("/spec/names/plural"))
}

/// Fills in the defaults of a definition (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go).
pub(crate) fn default(definition: &mut Map<String, Value>) {
    let Some(spec) = definition.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !kind.is_empty() {
            names.entry("singular").or_insert_with(|| kind.to_lowercase().into());
            names.entry("listKind").or_insert_with(|| format!("{kind}List").into());
        }
    }
    let conversion = spec.entry("conversion").or_insert_with(|| json!({"strategy": "None"}));
    if let Some(Value::Object(service)) = conversion.pointer_mut("/webhook/clientConfig/service") {
        service.entry("port").or_insert_with(|| 443.into());
    }
}

/// Sets the status of a new definition, with its storage version in `storedVersions`.
pub(crate) fn prepare_new(definition: &mut Map<String, Value>) {
    let status = json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": null});
    definition.insert("status".into(), status);
    note_stored_version(definition);
}

/// Adds the storage version to `storedVersions`.
pub(crate) fn note_stored_version(definition: &mut Map<String, Value>) {
    let versions = definition.get("spec").and_then(|spec| spec["versions"].as_array());
    let stored = versions.and_then(|all| all.iter().find(|version| version["storage"] == true));
    let Some(name) = stored.and_then(|version| version.get("name")).cloned() else { return };
    let Some(Value::Object(status)) = definition.get_mut("status") else { return };
    let known = status.entry("storedVersions").or_insert_with(|| json!([]));
    match known {
        Value::Array(known) if known.contains(&name) => {}
        Value::Array(known) => known.push(name),
        other => *other = json!([name]),
    }
}

/// A stored object in another version of its kind: with that version's apiVersion, and without members that its schema
/// does not know. Without a webhook nothing else is converted.
pub(crate) fn converted(object: &Value, to: &Kind) -> Value {
    let mut value = object.clone();
    if let Some(map) = value.as_object_mut() {
        map.insert("apiVersion".into(), to.api_version.as_str().into());
        to.schema.iter().for_each(|schema| schema.strip_object(map));
    }
    value
}

/// An object of any version as it is stored and read back: with its defaults filled in.
pub(crate) fn stored(object: &Value, kind: &Kind) -> Value {
    let to = kind.stored_as.as_deref().unwrap_or(kind);
    let mut value = converted(object, to);
    if let (Some(map), Some(schema)) = (value.as_object_mut(), &to.schema) {
        schema.prune_object(map, &mut Vec::new());
    }
    value
}

/// Type, status, reason and message.
pub(crate) type Condition<'a> = [&'a str; 4];

fn conditions(definition: &Value) -> &[Value] {
    definition.pointer("/status/conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn is(definition: &Value, condition: &str) -> bool {
    conditions(definition).iter().any(|known| known["type"] == condition && known["status"] == "True")
}

/// Sets a condition; its transition time changes only with its status.
pub(crate) fn set_condition(definition: &mut Value, [name, status, reason, message]: Condition<'_>, now: Timestamp) {
    let list = &mut definition["status"]["conditions"];
    if !list.is_array() {
        *list = json!([]);
    }
    let Some(list) = list.as_array_mut() else { return };
    let known = list.iter_mut().find(|condition| condition["type"] == name);
    let since =
        known.as_ref().filter(|known| known["status"] == status).map(|known| known["lastTransitionTime"].clone());
    let since = since.unwrap_or_else(|| timestamp::seconds(now).into());
    let new =
        json!({"type": name, "status": status, "lastTransitionTime": since, "reason": reason, "message": message});
    match known {
        Some(known) => *known = new,
        None => list.push(new),
    }
}
