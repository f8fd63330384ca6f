//! Steps that several verbs share: field owners, the current object, admission of a creation.
use crate::{
    base::{
        object::{self, Object},
        status::{self, Outcome},
    },
    request::call::Call,
    server::state::ApiServer,
};
use serde_json::Value;
use std::sync::Arc;

impl ApiServer {
    /// Records the field owners of an object that replaces `live` or is created.
    pub(crate) fn own_fields(&self, call: &Call<'_>, live: Option<&Value>, new: &mut Value) {
        if !self.field_management {
            object::metadata_mut(new).remove("managedFields");
            return;
        }
        let manager = call.field_manager(&self.registry);
        match live {
            Some(live) => manager.update(live, new, &call.manager()),
            None => manager.update(&manager.empty(), new, &call.manager()),
        }
    }

    /// The object of a call, in the form of the call's version.
    ///
    /// # Errors
    /// 500 if a webhook does not convert it.
    pub(crate) fn current(&mut self, call: &Call<'_>) -> Outcome<Option<Arc<Object>>> {
        let Some(found) = self.store.get(call.resource(), &call.key()).cloned() else { return Ok(None) };
        if !call.kind.custom || !call.kind.is_view() {
            return Ok(Some(found));
        }
        if call.kind.converter.is_some() {
            return self.in_version(call.kind, &found).map(Some);
        }
        let (namespace, name) = (Arc::clone(&found.namespace), Arc::clone(&found.name));
        let value = call.kind.shown(&found.value).into_owned();
        Ok(Some(Arc::new(Object::new(namespace, name, Arc::new(value), found.revision))))
    }

    /// Namespace lifecycle admission: refuses a creation in a namespace that does not exist or is terminating, or of a
    /// kind whose definition is being deleted.
    pub(crate) fn admit_create(&self, call: &Call<'_>, name: &str) -> Outcome<()> {
        if call.kind.custom && self.extensions.is_terminating(call.resource()) {
            let why = "create not allowed while custom resource definition is terminating";
            return Err(status::forbidden(call.kind.subject(), name, why));
        }
        if !call.kind.namespaced {
            return Ok(());
        }
        let Some(namespaces) = self.registry.find("", "v1", "namespaces") else { return Ok(()) };
        let Some(namespace) = self.store.get(namespaces.id, call.namespace) else {
            return Err(status::not_found(namespaces.subject(), call.namespace));
        };
        if namespace.is_terminating() {
            return Err(status::namespace_terminating(call.kind.subject(), name, call.namespace));
        }
        Ok(())
    }
}
