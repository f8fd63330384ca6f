//! The open watches of all servers.
use super::{state::ApiServer, watcher::Watcher};
use crate::base::{
    id::{ResourceId, ServerId, WatchId},
    watch::{WatchItem, WatchStart},
};

impl ApiServer {
    /// The next item of a watch, as far as its server's cache has advanced. A watch that has ended is dropped after its
    /// End.
    pub fn next_event(&mut self, watch: WatchId) -> WatchItem {
        if !self.prepare_event(watch) {
            return WatchItem::Pending;
        }
        let Some(watcher) = self.watches.get_mut(&watch) else { return WatchItem::End };
        let (server, resource) = (watcher.server, watcher.resource);
        let applied = self.caches.applied(&self.store, server, resource);
        let revision = self.caches.revision(&self.store, server, resource);
        let kind = self.registry.kind(watcher.kind());
        let item = watcher.next_item(&self.store, &self.forms, kind, applied, revision, self.now);
        if matches!(item, WatchItem::End) {
            self.close_watch(watch);
        }
        item
    }

    /// Whether [`Self::next_event`] would return an event or an end. Encodes nothing.
    pub fn has_event(&self, watch: WatchId) -> bool {
        self.watches.get(&watch).is_some_and(|watcher| {
            let applied = self.caches.applied(&self.store, watcher.server, watcher.resource);
            watcher.has_item(&self.store, &self.forms, self.registry.kind(watcher.kind()), applied)
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

    /// The revision up to which a watch has delivered events.
    pub fn watch_position(&self, watch: WatchId) -> Option<u64> {
        self.watches.get(&watch).map(|watcher| watcher.position(&self.store))
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

    /// Ends the watches of a cache whose clients have left more events unread than their server buffers; returns their
    /// number.
    pub fn drop_slow_watches(&mut self, server: ServerId, resource: ResourceId) -> usize {
        let applied = self.caches.applied(&self.store, server, resource);
        let of_cache = |watcher: &&mut Watcher| (watcher.server, watcher.resource) == (server, resource);
        let unread =
            |watcher: &Watcher| watcher.unread(&self.store, &self.forms, self.registry.kind(watcher.kind()), applied);
        let slow = self
            .watches
            .values_mut()
            .filter(of_cache)
            .filter(|watcher| !watcher.has_ended() && unread(watcher) > self.limits.buffer);
        slow.map(Watcher::end).count()
    }
}
