//! The API servers over one store: the state of a run, and everything that is not the answer to a request.
use super::{
    Answer, AnswerBody, CachedRead, Change, Commit, Limits, Request, ResourceId, ServerId, WatchId, WatchItem,
    WatchStart,
    admission::AdmissionHook,
    authentication::TokenTable,
    authorizer::Authorizer,
    controllers::Controllers,
    extensions::Extensions,
    handlers::ADMIN,
    ids::Ids,
    negotiation,
    object::{self, Object, encode},
    rbac::bootstrap,
    registry::Registry,
    representation,
    store::{Event, Store},
    watch_cache::Caches,
    watcher::Watcher,
};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// The namespaces that every cluster has from its beginning, which is the epoch.
const FIRST_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Why a fixture could not be put in place.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// Its apiVersion and kind name nothing that is served.
    #[error("fixture {api_version} {kind} is not served: add its definition to the registry")]
    UnknownKind {
        /// As in the object.
        api_version: String,
        /// As in the object.
        kind: String,
    },
    /// The server refused it.
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
/// Not simulated, and answered 501 with its name: conversion webhooks, subresources other than `status`, `scale` and a namespace's
/// `finalize`, the groups and resources that [`Registry::builtin`] lacks, server-side apply of a scale or through events.k8s.io,
/// protobuf bodies of custom resources (at which kube-apiserver 1.36 panics and hangs up), OpenAPI v2 and OpenAPI in protobuf.
///
/// Not simulated, and silent: quotas, defaults and validation of built-in kinds other than leases and definitions (a few excepted),
/// controllers other than [`Self::set_controllers`]'s and those of definitions, the growth of a watch cache's history with its load,
/// the three seconds before a 504, CEL cost limits, the time until a definition is established, JSON deeper than 128 levels (400),
/// service account tokens and client certificates.
pub struct ApiServer {
    pub(super) registry: Arc<Registry>,
    pub(super) store: Store,
    pub(super) caches: Caches,
    pub(super) ids: Ids,
    pub(super) authorizer: Option<Authorizer>,
    tokens: Option<Arc<TokenTable>>,
    pub(super) admission: Option<AdmissionHook>,
    pub(super) controllers: Option<Controllers>,
    pub(super) extensions: Extensions,
    pub(super) field_management: bool,
    watches: BTreeMap<WatchId, Watcher>,
    next_watch: u64,
    commits: Vec<Commit>,
    pub(super) cached_read: Option<CachedRead>,
    limits: Limits,
    /// When the last request came: the rows of a watched table have ages.
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
    /// An empty cluster behind `servers` API servers (at least one). Uids and generated names come from the seed alone.
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

    /// Another cluster with the same past, commits not yet taken included: without watches and hooks. Setting
    /// a cluster up costs as much as a short run of it; objects are shared, not copied.
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

    /// Commits one request on one server now, and answers it. `actor` is whoever sent it, for the commits and the authorizer.
    ///
    /// Where the real server waits for its cache first (a list without a version, a read that is "not older than"), the cache
    /// has caught up afterwards.
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

    /// Asks this hook before every request, besides whatever else decides.
    pub fn set_authorizer(&mut self, authorizer: Authorizer) {
        self.authorizer = Some(authorizer);
    }

    /// From here on requests are authenticated by these tokens and authorised by the roles and bindings that are stored; the
    /// bootstrap ones are put there the first time, as of now. Until then everything is allowed to everybody.
    ///
    /// # Errors
    /// If a bootstrap object is refused, as it is when the registry lacks the group.
    pub fn set_tokens(&mut self, tokens: TokenTable, now: Timestamp) -> Result<(), FixtureError> {
        if self.tokens.replace(Arc::new(tokens)).is_none() {
            self.apply_fixture(&bootstrap::objects(), now)?;
        }
        Ok(())
    }

    /// Answers for the webhooks of the stored configurations. Without it none of them can be reached.
    pub fn set_admission(&mut self, hook: AdmissionHook) {
        self.admission = Some(hook);
    }

    pub(super) fn tokens(&self) -> Option<&TokenTable> {
        self.tokens.as_deref()
    }

    /// Whether writes record in `metadata.managedFields` who owns which field; on at first. It costs work on every write, and
    /// nothing else depends on it but server-side apply, which is answered 501 without it.
    pub fn set_field_management(&mut self, on: bool) {
        self.field_management = on;
    }

    /// The next line of a watch, as far as its server's cache has come. A watch that has ended is forgotten with its End.
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

    /// Whether [`Self::next_event`] would be an event or an end. Encodes nothing.
    pub fn has_event(&self, watch: WatchId) -> bool {
        self.watches.get(&watch).is_some_and(|watcher| {
            let applied = self.caches.applied(&self.store, watcher.server, watcher.resource);
            watcher.has_item(&self.store, applied)
        })
    }

    /// The client went away.
    pub fn close_watch(&mut self, watch: WatchId) {
        if let Some(watcher) = self.watches.remove(&watch) {
            self.caches.watch_closed(watcher.server, watcher.resource);
        }
    }

    /// The server ends a watch: nothing more comes but the End.
    pub fn end_watch(&mut self, watch: WatchId) {
        if let Some(watcher) = self.watches.get_mut(&watch) {
            watcher.end();
        }
    }

    /// Puts a bookmark behind what the watch has yet to deliver; false if its client allowed none or knows everything. The
    /// real server does so about once a minute, and two seconds before `timeoutSeconds`.
    pub fn bookmark(&mut self, watch: WatchId) -> bool {
        let Some(watcher) = self.watches.get_mut(&watch) else { return false };
        let revision = self.caches.revision(&self.store, watcher.server, watcher.resource);
        watcher.request_bookmark(revision)
    }

    /// The watches that are open, oldest first, each with the seconds after which its client asked it to end.
    pub fn watches(&self) -> impl Iterator<Item = (WatchId, ServerId, ResourceId, Option<u32>)> + '_ {
        let open = self.watches.iter().filter(|(_, watcher)| !watcher.has_ended());
        open.map(|(id, watcher)| (*id, watcher.server, watcher.resource, watcher.timeout))
    }

    /// How many API servers there are.
    pub fn servers(&self) -> usize {
        self.caches.servers()
    }

    /// What a watch watches; None if it is not open.
    pub fn watch_resource(&self, watch: WatchId) -> Option<ResourceId> {
        self.watches.get(&watch).map(|watcher| watcher.resource)
    }

    /// Where a watch began; None if it is not open.
    pub fn watch_start(&self, watch: WatchId) -> Option<WatchStart> {
        self.watches.get(&watch).map(Watcher::start)
    }

    /// The `timeoutSeconds` of a watch.
    pub fn watch_timeout(&self, watch: WatchId) -> Option<u32> {
        self.watches.get(&watch)?.timeout
    }

    /// Ends the watches of a resource when they have told what there is in its log up to an index.
    pub(super) fn finish_watches(&mut self, resource: ResourceId, end: usize) {
        for watcher in self.watches.values_mut().filter(|watcher| watcher.resource == resource) {
            watcher.end_at(end);
        }
    }

    pub(super) fn open_watch(&mut self, watcher: Watcher) -> WatchId {
        let id = WatchId(self.next_watch);
        self.next_watch += 1;
        self.caches.watch_opened(watcher.server, watcher.resource);
        self.watches.insert(id, watcher);
        id
    }

    /// Moves one server's cache of one resource on by one event, or lets it list its resource where it has yet to; false if it
    /// was up to date.
    pub fn advance_cache(&mut self, server: ServerId, resource: ResourceId) -> bool {
        self.caches.advance(&self.store, server, resource)
    }

    /// What the servers can hold, from here on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.caches.limit_history(limits.history);
    }

    /// Ends the watches of a cache whose clients have left more events unread than their server buffers; how many.
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

    /// The last collection that was read from a cache, or watched, since the last call.
    pub fn take_cached_read(&mut self) -> Option<CachedRead> {
        self.cached_read.take()
    }

    /// The revision that a watch has told its client of.
    pub fn watch_position(&self, watch: WatchId) -> Option<u64> {
        self.watches.get(&watch).map(|watcher| watcher.position(&self.store))
    }

    /// How many events a cache is behind.
    pub fn cache_lag(&self, server: ServerId, resource: ResourceId) -> usize {
        self.store.log(resource).len() - self.caches.applied(&self.store, server, resource)
    }

    /// The caches that are behind and that somebody watches, or has read without asking for the newest, by server, then
    /// resource.
    pub fn lagging(&self) -> impl Iterator<Item = (ServerId, ResourceId)> + '_ {
        self.caches.lagging(&self.store)
    }

    /// Caches follow the store at once. Switched off, they stay where they are.
    pub fn set_auto_advance(&mut self, on: bool) {
        self.caches.set_auto_advance(&self.store, on);
    }

    /// Compacts the store: what is older can be read only where a cache remembers it.
    pub fn compact(&mut self, revision: u64) {
        self.store.compact(revision);
    }

    /// The revision up to which the store is compacted; 0 if it never was.
    pub fn compacted(&self) -> u64 {
        self.store.compacted()
    }

    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// A server starts anew: its watches end, its caches hold the current state and remember nothing older.
    pub fn restart_server(&mut self, server: ServerId) {
        for watcher in self.watches.values_mut().filter(|w| w.server == server) {
            watcher.end();
        }
        self.caches.restart(&self.store, server);
    }

    /// The same, but each cache has yet to list its resource: until [`Self::advance_cache`], lists and watches are 429.
    pub fn restart_server_cold(&mut self, server: ServerId) {
        self.restart_server(server);
        self.caches.restart_cold(&self.store, server);
    }

    /// What was committed since the last call.
    pub fn take_commits(&mut self) -> Vec<Commit> {
        std::mem::take(&mut self.commits)
    }

    /// Creates objects, each through the create path as an administrator, with its status if it has one.
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

    /// A write that no authorizer is asked about, in the name of this actor.
    pub(super) fn write_as(
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

    /// An object as the store has it now.
    pub fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let key = self.registry.kind(resource).key(namespace, name);
        self.store.get(resource, &key).map(|object| object.value.clone())
    }

    /// All objects of a resource as the store has them now, by namespace and name.
    pub fn objects(&self, resource: ResourceId) -> impl Iterator<Item = Arc<Value>> + '_ {
        self.store.range_at(resource, "", None, self.store.revision()).map(|object| object.value.clone())
    }

    pub(super) fn commit_put(&mut self, actor: u32, resource: ResourceId, key: &str, value: Value) -> Arc<Object> {
        self.notice(resource);
        let event = self.store.put(resource, key, value);
        self.commits.push(commit(actor, resource, event));
        event.object().clone()
    }

    /// The revision of the deletion.
    pub(super) fn commit_delete(&mut self, actor: u32, resource: ResourceId, key: &str) -> u64 {
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
