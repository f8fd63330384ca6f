//! The API servers over one store: the state of a cluster, and everything other than answering requests.
use super::{forms::Forms, hook::ConversionHook, watcher::Watcher};
use crate::{
    access::{authentication::token_table::TokenTable, authorizer::Authorizer},
    admission::{Plugins, conversation::Conversation, policies::Compiled, webhook::AdmissionHook},
    base::{
        cache::{CachedRead, Limits},
        commit::Commit,
        generate::Ids,
        id::WatchId,
    },
    controllers::Controllers,
    extensions::state::Extensions,
    registry::resources::Registry,
    storage::{store::Store, watch_cache::Caches},
    validation,
};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// One store and the API servers over it.
///
/// Not simulated, and answered 501 with its name: admission policies that change the body of a subresource, connections
/// to nodes that have an address, `pods/resize`, server-side apply through events.k8s.io, protobuf bodies of custom
/// resources (on which kube-apiserver 1.36 panics and closes the connection), OpenAPI v2 and OpenAPI in protobuf.
///
/// Not simulated, and without an error: quotas, defaults and validation of built-in kinds other than leases and
/// definitions (with a few exceptions), controllers other than those of [`Self::set_controllers`] and of definitions,
/// the growth of a watch cache's history with its load, the three seconds before a 504, CEL cost limits, the time until
/// a definition is established, JSON deeper than 128 levels (400), service account tokens and client certificates.
pub struct ApiServer {
    pub(crate) registry: Arc<Registry>,
    pub(crate) store: Store,
    pub(crate) caches: Caches,
    pub(crate) ids: Ids,
    pub(crate) authorizer: Option<Authorizer>,
    pub(crate) tokens: Option<Arc<TokenTable>>,
    pub(crate) admission: Option<AdmissionHook>,
    pub(crate) converter: Option<ConversionHook>,
    /// Objects in versions in which they are not stored.
    pub(crate) forms: Forms,
    /// The answers of webhooks to the present request.
    pub(crate) conversation: Option<Conversation>,
    /// The policies of the store that have been compiled.
    pub(crate) policies: Compiled,
    pub(crate) controllers: Option<Controllers>,
    pub(crate) extensions: Extensions,
    pub(crate) field_management: bool,
    pub(crate) watches: BTreeMap<WatchId, Watcher>,
    pub(crate) next_watch: u64,
    pub(crate) commits: Vec<Commit>,
    pub(crate) cached_read: Option<CachedRead>,
    pub(crate) limits: Limits,
    /// Time of the last request: the rows of a watched table show ages.
    pub(crate) now: Timestamp,
}

impl std::fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiServer")
            .field("revision", &self.store.revision())
            .field("watches", &self.watches.len())
            .finish_non_exhaustive()
    }
}

impl ApiServer {
    /// A copy of the cluster with the same history, including commits not yet taken, but without watches and hooks.
    /// Setting up a cluster costs as much as a short run; objects are shared, not copied.
    pub fn fork(&self) -> Self {
        Self {
            registry: Arc::clone(&self.registry),
            store: self.store.clone(),
            caches: self.caches.clone(),
            ids: self.ids.clone(),
            authorizer: None,
            tokens: self.tokens.clone(),
            admission: None,
            converter: None,
            forms: self.forms.clone(),
            conversation: None,
            policies: self.policies.clone(),
            controllers: self.controllers.clone(),
            extensions: self.extensions.clone(),
            field_management: self.field_management,
            watches: BTreeMap::new(),
            next_watch: self.next_watch,
            commits: self.commits.clone(),
            cached_read: None,
            limits: self.limits,
            now: self.now,
        }
    }

    /// Sets a hook that decides about every request, in addition to the stored roles.
    pub fn set_authorizer(&mut self, authorizer: Authorizer) {
        self.authorizer = Some(authorizer);
    }

    /// Sets the hook that answers for the webhooks of the stored configurations. Without it, calls of webhooks fail.
    pub fn set_admission(&mut self, hook: AdmissionHook) {
        self.admission = Some(hook);
    }

    /// The admission plugins that decide by stored objects.
    pub(crate) fn plugins(&mut self) -> Plugins<'_> {
        Plugins {
            hook: self.admission.as_mut(),
            conversation: self.conversation.as_mut(),
            registry: &self.registry,
            store: &self.store,
            authorizer: self.authorizer.as_ref(),
            compiled: &mut self.policies,
            default: validation::default,
        }
    }

    /// Whether the present request waits for the answer of a webhook.
    pub(crate) fn is_waiting(&self) -> bool {
        self.conversation.as_ref().is_some_and(|conversation| conversation.question().is_some())
    }

    pub(crate) fn tokens(&self) -> Option<&TokenTable> {
        self.tokens.as_deref()
    }

    /// Whether writes record field ownership in `metadata.managedFields`; on by default. It makes every write slower;
    /// only server-side apply depends on it, and is answered 501 without it.
    pub fn set_field_management(&mut self, on: bool) {
        self.field_management = on;
    }
}
