//! Conversion of custom resources by webhooks
//! (k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go, customresource_handler.go).
//!
//! An object is stored in the storage version of the time at which it was written, and converted when it is read or
//! written in another version: one object a call, without its resourceVersion, as the real server's storage does it.
//! What the watch cache of a version serves is converted once (`forms`); the real server calls the webhook as soon as
//! an object is written, this one when the version is first read, unless a function stands for the webhook. While a
//! conversion fails, the real server's cache of that version stands still; here every read of the object fails, and a
//! watch ends at it.
use super::{
    hook::{ConversionHook, ConversionRequest, ConversionResponse},
    state::ApiServer,
};
use crate::{
    admission::conversation::Conversation,
    base::{
        id::{ResourceId, WatchId},
        object::{self, Object},
        status::{self, Outcome},
        watch::WatchItem,
    },
    registry::{conversion::read_back, kind::Kind},
    request::call::Call,
};
use serde_json::Value;
use std::sync::Arc;

mod answer;

/// The failure of a call where nothing can answer.
const UNREACHABLE: &str = "no function answers for conversion webhooks, and a simulation has no network: register one \
    with set_conversion";

/// An object that is ready to be stored.
pub(crate) struct Prepared {
    stored: Value,
    /// The object in the version of the request, where a webhook converts; if that fails, the object is stored all the
    /// same.
    shown: Option<Outcome<Value>>,
}

impl ApiServer {
    /// Sets the function that answers for conversion webhooks. Without it, their calls fail.
    pub fn set_conversion(&mut self, hook: ConversionHook) {
        self.converter = Some(hook);
        let registry = Arc::clone(&self.registry);
        for kind in registry.kinds().filter(|kind| kind.converter.is_some() && kind.stored_as.is_none()) {
            let objects: Vec<_> = self.store.range_at(kind.storage, "", None, self.store.revision()).cloned().collect();
            objects.iter().for_each(|object| self.convert_at_once(kind.storage, object));
        }
    }

    /// A stored object in the version of a kind, as the kind's watch cache has it.
    ///
    /// # Errors
    /// 500 if the webhook does not convert it.
    pub(crate) fn in_version(&mut self, kind: &Kind, object: &Arc<Object>) -> Outcome<Arc<Object>> {
        match self.forms.of(kind, object) {
            Some(known) => Ok(Arc::clone(known)),
            None => self.in_version_anew(kind, object),
        }
    }

    /// The same, as it is read from etcd.
    ///
    /// # Errors
    /// 500 if the webhook does not convert it.
    pub(crate) fn in_version_anew(&mut self, kind: &Kind, object: &Arc<Object>) -> Outcome<Arc<Object>> {
        if kind.is_form_of(&object.value) {
            return Ok(Arc::clone(object));
        }
        let mut value = (*object.value).clone();
        object::metadata_mut(&mut value).remove("resourceVersion");
        let value = self.convert(&value, kind)?;
        Ok(self.remember(kind, object, value))
    }

    /// Prepares a collection to be read in the version of a kind.
    ///
    /// # Errors
    /// 500 if the webhook does not convert an object.
    pub(crate) fn convert_all(&mut self, kind: &Kind, prefix: &str, revision: u64) -> Outcome<()> {
        if kind.converter.is_none() {
            return Ok(());
        }
        let objects: Vec<_> = self.store.range_at(kind.storage, prefix, None, revision).cloned().collect();
        objects.iter().try_for_each(|object| self.in_version(kind, object).map(drop))
    }

    /// Has a new object converted to all versions, as the real server's caches do, if a function stands for the
    /// webhook. A client that reads the object meets a failure again.
    pub(crate) fn convert_at_once(&mut self, resource: ResourceId, object: &Arc<Object>) {
        if self.converter.is_none() || self.registry.kind(resource).converter.is_none() {
            return;
        }
        let registry = Arc::clone(&self.registry);
        for kind in registry.kinds().filter(|kind| kind.storage == resource) {
            _ = self.in_version(kind, object);
        }
    }

    /// An object of the request's version in the form in which it is stored, and as it is read back.
    ///
    /// # Errors
    /// 500 if the webhook does not convert it.
    pub(crate) fn prepare(&mut self, call: &Call<'_>, mut value: Value) -> Outcome<Prepared> {
        let kind = call.kind;
        if kind.converter.is_none() {
            return Ok(Prepared { stored: call.stored(value), shown: None });
        }
        object::metadata_mut(&mut value).remove("resourceVersion");
        let home = kind.home();
        let mut stored = if home.id == kind.id { value } else { self.convert(&value, home)? };
        read_back(&mut stored, home);
        let shown = if home.id == kind.id { Ok(stored.clone()) } else { self.convert(&stored, kind) };
        match shown {
            // The webhook is still to be asked, so nothing is stored yet.
            Err(unanswered) if self.is_waiting() => Err(unanswered),
            shown => Ok(Prepared { stored, shown: Some(shown) }),
        }
    }

    /// Stores an object, and returns it in the version of the request.
    ///
    /// # Errors
    /// 500 if the object has been stored and cannot be shown.
    pub(crate) fn commit(&mut self, call: &Call<'_>, key: &str, prepared: Prepared) -> Outcome<Arc<Object>> {
        let object = self.commit_put(call.actor, call.resource(), key, prepared.stored);
        match prepared.shown {
            None => Ok(object),
            Some(shown) => shown.map(|value| self.remember(call.kind, &object, value)),
        }
    }

    /// Prepares and stores an object.
    ///
    /// # Errors
    /// 500 if a webhook does not convert it.
    pub(crate) fn write(&mut self, call: &Call<'_>, key: &str, value: Value) -> Outcome<Arc<Object>> {
        let prepared = self.prepare(call, value)?;
        self.commit(call, key, prepared)
    }

    /// The object of a dry run, which is converted and not stored.
    ///
    /// # Errors
    /// 500 if a webhook does not convert it.
    pub(crate) fn read_back(&mut self, call: &Call<'_>, value: Value) -> Outcome<Value> {
        if call.kind.converter.is_none() {
            return Ok(value);
        }
        let revision = object::metadata(&value).and_then(|meta| meta.get("resourceVersion")).cloned();
        let Prepared { stored, shown } = self.prepare(call, value)?;
        let mut value = shown.unwrap_or(Ok(stored))?;
        object::metadata_mut(&mut value).extend(revision.map(|revision| ("resourceVersion".to_owned(), revision)));
        Ok(value)
    }

    /// Has the present object converted to the storage version before it is replaced, as the real server does to learn
    /// whether anything changes.
    ///
    /// # Errors
    /// 500 if a webhook does not convert it.
    pub(crate) fn encode_current(&mut self, call: &Call<'_>, current: &Object) -> Outcome<()> {
        let kind = call.kind;
        if kind.converter.is_none() || kind.home().id == kind.id {
            return Ok(());
        }
        let mut value = (*current.value).clone();
        object::metadata_mut(&mut value).remove("resourceVersion");
        self.convert(&value, kind.home()).map(drop)
    }

    /// Whether an object that a webhook converted is stored already in this form.
    pub(crate) fn changes_nothing(&self, call: &Call<'_>, prepared: &Prepared) -> bool {
        let known = self.store.get(call.resource(), &call.key()).filter(|_| call.kind.converter.is_some());
        known.is_some_and(|known| {
            let mut known = (*known.value).clone();
            object::metadata_mut(&mut known).remove("resourceVersion");
            known == prepared.stored
        })
    }

    /// As [`Self::next_event`], for a caller that asks webhooks over the network: None if the next event needs the
    /// answer to the conversation's question.
    pub fn next_event_asking(&mut self, watch: WatchId, conversation: &mut Conversation) -> Option<WatchItem> {
        conversation.begin();
        self.conversation = Some(std::mem::take(conversation));
        let item = self.next_event(watch);
        *conversation = self.conversation.take().unwrap_or_default();
        conversation.question().is_none().then_some(item)
    }

    /// Has the objects of a watch's next event converted; false if the webhook is still to be asked. If a conversion
    /// fails the watch ends.
    pub(crate) fn prepare_event(&mut self, watch: WatchId) -> bool {
        let registry = Arc::clone(&self.registry);
        loop {
            let Some(watcher) = self.watches.get(&watch) else { return true };
            let kind = registry.kind(watcher.kind());
            if kind.converter.is_none() {
                return true;
            }
            let applied = self.caches.applied(&self.store, watcher.server, watcher.resource);
            let Some(object) = watcher.unconverted(&self.store, &self.forms, kind, applied) else { return true };
            if self.in_version(kind, &object).is_err() {
                if self.is_waiting() {
                    return false;
                }
                self.end_watch(watch);
                return true;
            }
        }
    }

    /// Keeps a converted object, with the version of the stored one.
    fn remember(&mut self, kind: &Kind, stored: &Object, mut value: Value) -> Arc<Object> {
        object::metadata_mut(&mut value).insert("resourceVersion".into(), stored.revision.to_string().into());
        let (namespace, name) = (Arc::clone(&stored.namespace), Arc::clone(&stored.name));
        let object = Arc::new(Object::new(namespace, name, Arc::new(value), stored.revision));
        self.forms.insert(kind, Arc::clone(&object));
        object
    }

    /// Has the webhook convert one object.
    fn convert(&mut self, object: &Value, to: &Kind) -> Outcome<Value> {
        let Some(converter) = to.converter.as_deref() else { return Ok(object.clone()) };
        let converted = match (&mut self.converter, &mut self.conversation) {
            (Some(hook), _) => {
                let (definition, desired) = (converter.definition.as_str(), to.api_version.as_str());
                let response = hook(&ConversionRequest { definition, desired, object });
                answer::of_function(response, converter, object)
            }
            (None, Some(conversation)) => match conversation.ask(answer::question(converter, object, to)) {
                Some(reply) => answer::of_reply(reply, converter, object),
                None => return Err(status::unanswered(&converter.definition)),
            },
            (None, None) => answer::of_function(ConversionResponse::Fail(UNREACHABLE.to_owned()), converter, object),
        };
        let accepted = converted.and_then(|converted| answer::accept(converted, object, to));
        accepted.map_err(status::bare_error)
    }
}
