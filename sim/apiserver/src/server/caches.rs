//! The watch caches of all servers.
use super::state::ApiServer;
use crate::base::{
    cache::{CachedRead, Limits},
    id::{ResourceId, ServerId},
};

impl ApiServer {
    /// Number of API servers.
    pub fn servers(&self) -> usize {
        self.caches.servers()
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

    /// The last collection that was read from a cache or watched since the previous call.
    pub fn take_cached_read(&mut self) -> Option<CachedRead> {
        self.cached_read.take()
    }

    /// Number of events that a cache is behind.
    pub fn cache_lag(&self, server: ServerId, resource: ResourceId) -> usize {
        self.store.log(resource).len() - self.caches.applied(&self.store, server, resource)
    }

    /// The revision of the next event that a cache takes over; the store's, if it is up to date.
    pub fn next_of_cache(&self, server: ServerId, resource: ResourceId) -> u64 {
        let applied = self.caches.applied(&self.store, server, resource);
        self.store.log(resource).get(applied).map_or(self.store.revision(), |event| event.revision)
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
}
