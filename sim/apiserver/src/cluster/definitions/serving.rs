//! Updates the served kinds: those of the definitions whose names are accepted, in their present form.
//!
//! A definition that changes gets new storage, as in the real server: its watches end, its caches start again, and
//! stored objects are read by the new schema, pruned and with its defaults.
use crate::{
    base::{id::ResourceId, json::text, object::Object},
    extensions::{condition::is, state::State},
    registry::{
        conversion::{read_back, stored},
        definition::subject,
        resources::Registry,
    },
    server::state::ApiServer,
};
use serde_json::Value;
use std::sync::Arc;

impl ApiServer {
    /// Serves a definition in its present form, if it should be served and is not yet.
    pub(crate) fn serve(&mut self, definition: &Arc<Object>) {
        let value = &definition.value;
        let name = definition.name.to_string();
        let known = self.extensions.state.served.get(&name);
        let same = |known: &Arc<Value>| {
            known["spec"] == value["spec"] && known["status"]["acceptedNames"] == value["status"]["acceptedNames"]
        };
        let wanted = is(value, "NamesAccepted") || is(value, "Established");
        if wanted && !known.is_some_and(same) {
            // A definition that does not compile was refused before it was stored.
            let Ok(registry) = self.registry.defining(value) else { return };
            self.install(registry);
            if let Some(resource) = self.resource_of(value) {
                self.begin_anew(resource);
                self.read_again(resource);
            }
            self.state().served.insert(name, Arc::clone(value));
        }
        let Some(resource) = self.resource_of(value) else { return };
        if is(value, "Terminating") != self.extensions.is_terminating(resource) {
            let terminating = &mut self.state().terminating;
            if !terminating.remove(&resource) {
                terminating.insert(resource);
            }
        }
    }

    /// Stops serving the kinds whose definition is gone.
    pub(crate) fn forget_undefined(&mut self, definitions: &[Arc<Object>]) {
        let is_there = |name: &str| definitions.iter().any(|definition| &*definition.name == name);
        let gone = self.extensions.state.served.iter().filter(|(name, _)| !is_there(name));
        for (name, definition) in gone.map(|(name, value)| (name.clone(), Arc::clone(value))).collect::<Vec<_>>() {
            let (group, plural) = subject(&definition);
            let registry = self.registry.without(group, plural);
            let resource = self.resource_of(&definition);
            self.install(registry);
            resource.into_iter().for_each(|resource| self.begin_anew(resource));
            let state = self.state();
            state.served.remove(&name);
            resource.into_iter().for_each(|resource| _ = state.terminating.remove(&resource));
        }
    }

    fn state(&mut self) -> &mut State {
        Arc::make_mut(&mut self.extensions.state)
    }

    /// The resource that holds a definition's objects, if it has ever been served.
    pub(crate) fn resource_of(&self, definition: &Value) -> Option<ResourceId> {
        let (group, plural) = subject(definition);
        self.registry.resource_of_slots(group, plural)
    }

    fn install(&mut self, registry: Registry) {
        self.store.grow(registry.len());
        self.caches.grow(&self.store, registry.len());
        self.registry = Arc::new(registry);
    }

    /// Ends the watches of a resource after they have delivered all past events, and empties its caches.
    fn begin_anew(&mut self, resource: ResourceId) {
        self.caches.restart_resource(&self.store, resource);
        self.forms.forget(resource);
        let end = self.store.log(resource).len();
        self.finish_watches(resource, end);
    }

    /// Converts the stored objects of a resource to its present schema.
    fn read_again(&mut self, resource: ResourceId) {
        let registry = Arc::clone(&self.registry);
        let slot = registry.kind(resource);
        let kind = slot.home();
        let objects: Vec<_> = self.store.range_at(resource, "", None, self.store.revision()).cloned().collect();
        for current in objects {
            let key = kind.key(&current.namespace, &current.name);
            let place = (resource, key.clone());
            let written = self.extensions.state.written.get(&place).filter(|w| w.revision == current.revision);
            let written = Arc::clone(written.unwrap_or(&current));
            let value = match &kind.converter {
                None => stored(&written.value, kind),
                // It keeps its version: the webhook converts it when it is read.
                Some(_) => {
                    let mut value = (*written.value).clone();
                    let own = registry.version_of(kind, text(&value, "apiVersion"));
                    own.into_iter().for_each(|own| read_back(&mut value, own));
                    value
                }
            };
            if value != *current.value {
                self.store.reread(resource, &key, value);
                self.state().written.insert(place, written);
            }
            if let Some(object) = self.store.get(resource, &key).cloned() {
                self.convert_at_once(resource, &object);
            }
        }
    }
}
