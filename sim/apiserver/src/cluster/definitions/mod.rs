//! The controllers of definitions: name acceptance, establishing, serving, cleanup
//! (k8s.io/apiextensions-apiserver/pkg/controller).
//!
//! The controllers of the real server see a definition some milliseconds after it was written, and write its status
//! then. Here they run as soon as the request that triggered them has been answered: its answer shows the definition as
//! it was written, the next request finds it established, and a watch delivers each of their writes. No other request
//! can run in between, so there is nothing to choose and no interleaving is lost. Not simulated:
//! the conditions of a deletion that takes longer than a minute.
use crate::{
    base::{
        actor::ADMIN,
        json::integral,
        object::{self, Object},
        timestamp,
    },
    extensions::{
        condition::{is, set_condition},
        defaults::{default, prepare_new},
        naming,
    },
    registry::{definition::subject, group::EXTENSIONS},
    server::state::ApiServer,
};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

mod finalizer;
mod serving;

/// A definition as it would be read from a body: a number without a fraction is an integer.
fn read_back(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), read_back(value))).collect(),
        Value::Array(list) => list.iter().map(read_back).collect(),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().and_then(integral).map_or_else(|| value.clone(), Value::from)
        }
        other => other.clone(),
    }
}

pub(crate) const COLLECTION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

impl ApiServer {
    /// Stores the definitions that the registry was built with; they are served already.
    pub(crate) fn place_definitions(&mut self, now: Timestamp) {
        let registry = Arc::clone(&self.registry);
        for definition in registry.definitions() {
            let mut value = read_back(definition);
            let (group, plural) = subject(&value);
            let name = format!("{plural}.{group}");
            if let Some(map) = value.as_object_mut() {
                map.insert("apiVersion".into(), format!("{EXTENSIONS}/v1").into());
                map.insert("kind".into(), "CustomResourceDefinition".into());
                default(map);
                prepare_new(map);
            }
            let (uid, created) = (self.ids.uid(), timestamp::seconds(now));
            let metadata = object::metadata_mut(&mut value);
            for (member, text) in [("name", name.clone()), ("uid", uid), ("creationTimestamp", created)] {
                metadata.insert(member.into(), text.into());
            }
            metadata.insert("generation".into(), 1.into());
            value["status"]["acceptedNames"] = value["spec"]["names"].clone();
            for condition in [naming::ACCEPTED, naming::ESTABLISHED] {
                set_condition(&mut value, condition, now);
            }
            let object = self.commit_put(ADMIN, registry.definitions_id(), &name, value);
            Arc::make_mut(&mut self.extensions.state).served.insert(name, Arc::clone(&object.value));
        }
        self.extensions.pending = false;
    }

    /// Runs the controllers until nothing is pending.
    pub(crate) fn reconcile_definitions(&mut self, now: Timestamp) {
        self.extensions.reconciling = true;
        while std::mem::take(&mut self.extensions.pending) {
            let definitions: Vec<_> = self.definitions();
            // A write of one controller may give work to the others.
            if !definitions.iter().any(|definition| self.reconcile(definition, &definitions, now)) {
                self.forget_undefined(&definitions);
            }
        }
        self.extensions.reconciling = false;
    }

    fn definitions(&self) -> Vec<Arc<Object>> {
        let id = self.registry.definitions_id();
        self.store.range_at(id, "", None, self.store.revision()).cloned().collect()
    }

    /// Reconciles one definition; true if anything was written.
    fn reconcile(&mut self, definition: &Arc<Object>, all: &[Arc<Object>], now: Timestamp) -> bool {
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
        let answer = self.write_as(ADMIN, http::Method::PUT, target, definition, now);
        answer.status < 300
    }
}
