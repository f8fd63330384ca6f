//! A new cluster: the namespaces, definitions and bootstrap roles that exist before any request.
use super::fixture::FixtureError;
use crate::{
    access::{authentication::token_table::TokenTable, rbac::bootstrap},
    base::{cache::Limits, generate::Ids, id::ServerId},
    extensions::state::Extensions,
    registry::resources::Registry,
    server::state::ApiServer,
    storage::{store::Store, watch_cache::Caches},
};
use http::Method;
use jiff::Timestamp;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// The namespaces of a new cluster.
pub(crate) const FIRST_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl ApiServer {
    /// An empty cluster behind `servers` API servers (at least one), created at the epoch. Uids and generated names
    /// depend only on the seed.
    pub fn new(registry: Arc<Registry>, servers: usize, seed: u64) -> Self {
        Self::new_at(registry, servers, seed, Timestamp::UNIX_EPOCH)
    }

    /// [`Self::new`], with another creation time of the first objects.
    pub fn new_at(registry: Arc<Registry>, servers: usize, seed: u64, now: Timestamp) -> Self {
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
            converter: None,
            forms: Default::default(),
            conversation: None,
            policies: Default::default(),
            controllers: None,
            extensions: Extensions::default(),
            field_management: true,
            watches: BTreeMap::new(),
            next_watch: 0,
            commits: Vec::new(),
            cached_read: None,
            limits: Limits::NONE,
            now,
        };
        for name in FIRST_NAMESPACES {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            server.post(Method::POST, "/api/v1/namespaces".into(), &body, now);
        }
        server.place_definitions(now);
        server.commits.clear();
        for id in 0..servers.max(1) {
            server.caches.restart(&server.store, ServerId(id));
        }
        server
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
}
