//! The API servers over one store: the state of a cluster, and everything other than answering requests.
use super::watcher::Watcher;
use crate::{
    Answer, AnswerBody, CachedRead, Change, Commit, Limits, Request, ResourceId, ServerId, WatchId, WatchItem,
    WatchStart,
    access::{authentication::TokenTable, authorizer::Authorizer, rbac::bootstrap},
    admission::AdmissionHook,
    base::{
        generate::Ids,
        object::{self, Object, encode},
    },
    codec::{negotiation, representation},
    controllers::Controllers,
    endpoints::handlers::ADMIN,
    extensions::Extensions,
    registry::resources::Registry,
    storage::{
        store::{Event, Store},
        watch_cache::Caches,
    },
};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// The namespaces of a new cluster, created at the epoch.
const FIRST_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Reason why a fixture could not be created.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// No served kind has this apiVersion and kind.
    #[error("fixture {api_version} {kind} is not served: add its definition to the registry")]
    UnknownKind {
        /// The object's apiVersion.
        api_version: String,
        /// The object's kind.
        kind: String,
    },
    /// The server refused the object.
    #[error("fixture {name} was refused with {status}: {body}")]
    Refused {
        /// The object's name.
        name: String,
        /// HTTP status.
        status: u16,
        /// The Status as JSON.
        body: String,
    },
}

/// One store and the API servers over it.
///
/// Not simulated, and answered 501 with its name: conversion webhooks, subresources other than `status`, `scale` and a
/// namespace's `finalize`, the groups and resources that [`Registry::builtin`] lacks, server-side apply of a scale or
/// through events.k8s.io, protobuf bodies of custom resources (on which kube-apiserver 1.36 panics and closes the
/// connection), OpenAPI v2 and OpenAPI in protobuf.
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
    tokens: Option<Arc<TokenTable>>,
    pub(crate) admission: Option<AdmissionHook>,
    pub(crate) controllers: Option<Controllers>,
    pub(crate) extensions: Extensions,
    pub(crate) field_management: bool,
    watches: BTreeMap<WatchId, Watcher>,
    next_watch: u64,
    commits: Vec<Commit>,
    pub(crate) cached_read: Option<CachedRead>,
    limits: Limits,
    /// Time of the last request: the rows of a watched table show ages.
    now: Timestamp,
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
    /// An empty cluster behind `servers` API servers (at least one). Uids and generated names depend only on the seed.
    pub fn new(registry: Arc<Registry>, servers: usize, seed: u64) -> Self {
        let resources = registry.len();
        let store = Store::new(resources);
        let caches = Caches::new(&store, servers, resources);
        let mut server = Self {
            registry,
            store,
            caches,
            ids: Ids::new(seed),
            authorizer: None,
            tokens: None,
            admission: None,
            controllers: None,
            extensions: Extensions::default(),
            field_management: true,
            watches: BTreeMap::new(),
            next_watch: 0,
            commits: Vec::new(),
            cached_read: None,
            limits: Limits::NONE,
            now: Timestamp::UNIX_EPOCH,
        };
        for name in FIRST_NAMESPACES {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            server.post(Method::POST, "/api/v1/namespaces".into(), &body, Timestamp::UNIX_EPOCH);
        }
        server.place_definitions();
        server.commits.clear();
        for id in 0..servers.max(1) {
            server.caches.restart(&server.store, ServerId(id));
        }
        server
    }

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

    /// Commits one request on one server now, and answers it. `actor` identifies the sender, for commits and the
    /// authorizer.
    ///
    /// Requests for which the real server first waits for its cache (a list without a version, a read that is "not
    /// older than") leave the cache caught up.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn handle(&mut self, server: ServerId, actor: u32, request: &Request, now: Timestamp) -> Answer {
        let registry = Arc::clone(&self.registry);
        self.now = now;
        let outcome = self.dispatch(&registry, server, actor, request, now);
        if self.extensions.is_pending() {
            self.settle_definitions(now);
        }
        let mut answer = outcome
            .unwrap_or_else(|status| representation::of_error(&status, negotiation::for_errors(&request.headers)));
        if request.method == Method::HEAD {
            answer.body = AnswerBody::Full(bytes::Bytes::new());
        }
        answer
    }

    /// Sets a hook that decides about every request, in addition to the stored roles.
    pub fn set_authorizer(&mut self, authorizer: Authorizer) {
        self.authorizer = Some(authorizer);
    }

    /// From now on requests are authenticated with these tokens and authorized by the stored roles and bindings; the
    /// first call creates the bootstrap roles and bindings at `now`. Before, every request is allowed.
    ///
    /// # Errors
    /// If a bootstrap object is refused, for instance because the registry lacks the group.
    pub fn set_tokens(&mut self, tokens: TokenTable, now: Timestamp) -> Result<(), FixtureError> {
        if self.tokens.replace(Arc::new(tokens)).is_none() {
            self.apply_fixture(&bootstrap::objects(), now)?;
        }
        Ok(())
    }

    /// Sets the hook that answers for the webhooks of the stored configurations. Without it, calls of webhooks fail.
    pub fn set_admission(&mut self, hook: AdmissionHook) {
        self.admission = Some(hook);
    }

    pub(crate) fn tokens(&self) -> Option<&TokenTable> {
        self.tokens.as_deref()
    }

    /// Whether writes record field ownership in `metadata.managedFields`; on by default. It makes every write slower;
    /// only server-side apply depends on it, and is answered 501 without it.
    pub fn set_field_management(&mut self, on: bool) {
        self.field_management = on;
    }

    /// The next item of a watch, as far as its server's cache has advanced. A watch that has ended is dropped after its
    /// End.
    pub fn next_event(&mut self, watch: WatchId) -> WatchItem {
        let Some(watcher) = self.watches.get_mut(&watch) else { return WatchItem::End };
        let (server, resource) = (watcher.server, watcher.resource);
        let applied = self.caches.applied(&self.store, server, resource);
        let revision = self.caches.revision(&self.store, server, resource);
        let kind = self.registry.kind(watcher.kind());
        let item = watcher.next_item(&self.store, kind, applied, revision, self.now);
        if matches!(item, WatchItem::End) {
            self.close_watch(watch);
        }
        item
    }

    /// Whether [`Self::next_event`] would return an event or an end. Encodes nothing.
    pub fn has_event(&self, watch: WatchId) -> bool {
        self.watches.get(&watch).is_some_and(|watcher| {
            let applied = self.caches.applied(&self.store, watcher.server, watcher.resource);
            watcher.has_item(&self.store, applied)
        })
    }

    /// Closes a watch whose client has disconnected.
    pub fn close_watch(&mut self, watch: WatchId) {
        if let Some(watcher) = self.watches.remove(&watch) {
            self.caches.watch_closed(watcher.server, watcher.resource);
        }
    }

    /// Ends a watch on the server's side: only the End follows.
    pub fn end_watch(&mut self, watch: WatchId) {
        if let Some(watcher) = self.watches.get_mut(&watch) {
            watcher.end();
        }
    }

    /// Queues a bookmark after the watch's pending events; false if its client did not allow bookmarks or is up to
    /// date. The real server does so about once a minute, and two seconds before `timeoutSeconds`.
    pub fn bookmark(&mut self, watch: WatchId) -> bool {
        let Some(watcher) = self.watches.get_mut(&watch) else { return false };
        let revision = self.caches.revision(&self.store, watcher.server, watcher.resource);
        watcher.request_bookmark(revision)
    }

    /// The open watches, oldest first, each with the timeout in seconds that its client requested.
    pub fn watches(&self) -> impl Iterator<Item = (WatchId, ServerId, ResourceId, Option<u32>)> + '_ {
        let open = self.watches.iter().filter(|(_, watcher)| !watcher.has_ended());
        open.map(|(id, watcher)| (*id, watcher.server, watcher.resource, watcher.timeout))
    }

    /// Number of API servers.
    pub fn servers(&self) -> usize {
        self.caches.servers()
    }

    /// The resource of a watch; None if it is not open.
    pub fn watch_resource(&self, watch: WatchId) -> Option<ResourceId> {
        self.watches.get(&watch).map(|watcher| watcher.resource)
    }

    /// The position at which a watch began; None if it is not open.
    pub fn watch_start(&self, watch: WatchId) -> Option<WatchStart> {
        self.watches.get(&watch).map(Watcher::start)
    }

    /// The `timeoutSeconds` of a watch.
    pub fn watch_timeout(&self, watch: WatchId) -> Option<u32> {
        self.watches.get(&watch)?.timeout
    }

    /// Ends the watches of a resource once they have delivered its log up to an index.
    pub(crate) fn finish_watches(&mut self, resource: ResourceId, end: usize) {
        for watcher in self.watches.values_mut().filter(|watcher| watcher.resource == resource) {
            watcher.end_at(end);
        }
    }

    pub(crate) fn open_watch(&mut self, watcher: Watcher) -> WatchId {
        let id = WatchId(self.next_watch);
        self.next_watch += 1;
        self.caches.watch_opened(watcher.server, watcher.resource);
        self.watches.insert(id, watcher);
        id
    }

    /// Advances one server's cache of one resource by one event, or makes it list its resource if it has not yet done
    /// so; false if it was up to date.
    pub fn advance_cache(&mut self, server: ServerId, resource: ResourceId) -> bool {
        self.caches.advance(&self.store, server, resource)
    }

    /// Sets the capacity of the servers from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.caches.limit_history(limits.history);
    }

    /// Ends the watches of a cache whose clients have left more events unread than their server buffers; returns their
    /// number.
    pub fn drop_slow_watches(&mut self, server: ServerId, resource: ResourceId) -> usize {
        let applied = self.caches.applied(&self.store, server, resource);
        let of_cache = |watcher: &&mut Watcher| (watcher.server, watcher.resource) == (server, resource);
        let slow = self
            .watches
            .values_mut()
            .filter(of_cache)
            .filter(|watcher| !watcher.has_ended() && watcher.unread(&self.store, applied) > self.limits.buffer);
        slow.map(Watcher::end).count()
    }

    /// The last collection that was read from a cache or watched since the previous call.
    pub fn take_cached_read(&mut self) -> Option<CachedRead> {
        self.cached_read.take()
    }

    /// The revision up to which a watch has delivered events.
    pub fn watch_position(&self, watch: WatchId) -> Option<u64> {
        self.watches.get(&watch).map(|watcher| watcher.position(&self.store))
    }

    /// Number of events that a cache is behind.
    pub fn cache_lag(&self, server: ServerId, resource: ResourceId) -> usize {
        self.store.log(resource).len() - self.caches.applied(&self.store, server, resource)
    }

    /// The caches that are behind and have watches or stale reads, by server, then resource.
    pub fn lagging(&self) -> impl Iterator<Item = (ServerId, ResourceId)> + '_ {
        self.caches.lagging(&self.store)
    }

    /// Switches automatic advance on or off: with it, caches follow the store at once; without it, they keep their
    /// position.
    pub fn set_auto_advance(&mut self, on: bool) {
        self.caches.set_auto_advance(&self.store, on);
    }

    /// Compacts the store: older revisions can be read only while a cache remembers them.
    pub fn compact(&mut self, revision: u64) {
        self.store.compact(revision);
    }

    /// The revision up to which the store is compacted; 0 if it was never compacted.
    pub fn compacted(&self) -> u64 {
        self.store.compacted()
    }

    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// Restarts a server: its watches end, its caches hold the current state and remember nothing older.
    pub fn restart_server(&mut self, server: ServerId) {
        for watcher in self.watches.values_mut().filter(|w| w.server == server) {
            watcher.end();
        }
        self.caches.restart(&self.store, server);
    }

    /// Restarts a server whose caches have not listed their resources yet: until [`Self::advance_cache`], lists and
    /// watches get 429.
    pub fn restart_server_cold(&mut self, server: ServerId) {
        self.restart_server(server);
        self.caches.restart_cold(&self.store, server);
    }

    /// The commits since the last call.
    pub fn take_commits(&mut self) -> Vec<Commit> {
        std::mem::take(&mut self.commits)
    }

    /// Creates objects as an administrator, each through the create path, and sets its status if it has one.
    ///
    /// # Errors
    /// At the first object that is not served or is refused.
    pub fn apply_fixture(&mut self, objects: &[Value], now: Timestamp) -> Result<(), FixtureError> {
        objects.iter().try_for_each(|object| self.apply_object(object, now))
    }

    fn apply_object(&mut self, object: &Value, now: Timestamp) -> Result<(), FixtureError> {
        let registry = Arc::clone(&self.registry);
        let Some(kind) = registry.kind_of(object) else {
            let text = |member: &str| object.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
            return Err(FixtureError::UnknownKind { api_version: text("apiVersion"), kind: text("kind") });
        };
        let prefix = if kind.group.is_empty() { "/api" } else { "/apis" };
        let namespace = match object::meta_str(object, "namespace") {
            namespace if kind.namespaced => {
                format!("/namespaces/{}", if namespace.is_empty() { "default" } else { namespace })
            }
            _ => String::new(),
        };
        let collection = format!("{prefix}/{}{namespace}/{}", kind.api_version, kind.plural);
        let name = object::meta_str(object, "name");
        self.fixture_write(Method::POST, collection.clone(), object, now)?;
        if kind.has_status && object.get("status").is_some() {
            let patch = json!({"status": object["status"]});
            self.fixture_write(Method::PATCH, format!("{collection}/{name}/status"), &patch, now)?;
        }
        Ok(())
    }

    fn fixture_write(
        &mut self,
        method: Method,
        target: String,
        body: &Value,
        now: Timestamp,
    ) -> Result<(), FixtureError> {
        let name = object::meta_str(body, "name").to_owned();
        let answer = self.post(method, target, body, now);
        match answer.body {
            AnswerBody::Full(text) if answer.status >= 300 => {
                let body = String::from_utf8_lossy(&text).into_owned();
                Err(FixtureError::Refused { name, status: answer.status, body })
            }
            _ => Ok(()),
        }
    }

    /// A write in the name of this actor, without authorization.
    pub(crate) fn write_as(
        &mut self,
        actor: u32,
        method: Method,
        target: String,
        body: &Value,
        now: Timestamp,
    ) -> Answer {
        let before = self.commits.len();
        let answer = self.post(method, target, body, now);
        self.commits[before..].iter_mut().for_each(|commit| commit.actor = actor);
        answer
    }

    fn post(&mut self, method: Method, target: String, body: &Value, now: Timestamp) -> Answer {
        let mut headers = HeaderMap::new();
        let media_type = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(media_type));
        headers.insert(http::header::USER_AGENT, http::HeaderValue::from_static("kube-apiserver"));
        let request = Request { method, target, headers, body: encode(body) };
        self.handle(ServerId(0), ADMIN, &request, now)
    }

    /// The latest state of an object in the store.
    pub fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let key = self.registry.kind(resource).key(namespace, name);
        self.store.get(resource, &key).map(|object| object.value.clone())
    }

    /// The latest state of all objects of a resource, by namespace and name.
    pub fn objects(&self, resource: ResourceId) -> impl Iterator<Item = Arc<Value>> + '_ {
        self.store.range_at(resource, "", None, self.store.revision()).map(|object| object.value.clone())
    }

    pub(crate) fn commit_put(&mut self, actor: u32, resource: ResourceId, key: &str, value: Value) -> Arc<Object> {
        self.notice(resource);
        let event = self.store.put(resource, key, value);
        self.commits.push(commit(actor, resource, event));
        event.object().clone()
    }

    /// Deletes an object; returns the revision of the deletion.
    pub(crate) fn commit_delete(&mut self, actor: u32, resource: ResourceId, key: &str) -> u64 {
        self.notice(resource);
        if let Some(event) = self.store.delete(resource, key) {
            self.commits.push(commit(actor, resource, event));
        }
        self.store.revision()
    }
}

fn commit(actor: u32, resource: ResourceId, event: &Event) -> Commit {
    let object = event.object();
    Commit {
        revision: event.revision,
        actor,
        resource,
        namespace: object.namespace.clone(),
        name: object.name.clone(),
        change: match (&event.before, &event.after) {
            (None, _) => Change::Created,
            (_, None) => Change::Deleted,
            _ => Change::Modified,
        },
        before: event.before.as_ref().map(|object| object.value.clone()),
        after: object.value.clone(),
    }
}
