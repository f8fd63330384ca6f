//! Watch caches that follow the store after a while, and the streams that follow them.
use super::world::{Shared, World};
use crate::{choice::Label, direct::Phase, event::Event, faults::FaultKind};
use apiserver::{ResourceId, ServerId, WatchId, WatchItem};
use std::time::Duration;

/// How far a cache falls behind: less than a call takes, as long as one, longer than several.
const LAGS: &[Duration] = &[
    Duration::from_millis(1),
    Duration::from_millis(3),
    Duration::from_millis(10),
    Duration::from_millis(40),
    Duration::from_millis(150),
];

/// How long before its end a watch tells a last bookmark.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

/// Keeps one server's caches following the store, for ever: each as late as is chosen, all that has happened by then at once.
pub(super) async fn keep(shared: Shared, server: ServerId) {
    loop {
        let next = shared.lock().next_to_follow(server);
        match next {
            Some((resource, lag)) => {
                tokio::time::sleep(lag).await;
                shared.lock().follow(server, resource);
            }
            None => shared.behind[server.0].notified().await,
        }
    }
}

impl Shared {
    /// Ends a watch after its timeout, as its server does, with a bookmark shortly before.
    pub(super) async fn expire(self, watch: WatchId, timeout: Duration) {
        tokio::time::sleep(timeout.saturating_sub(LAST_BOOKMARK)).await;
        {
            let mut world = self.lock();
            world.api.bookmark(watch);
            world.deliver_lines();
        }
        tokio::time::sleep(timeout.min(LAST_BOOKMARK)).await;
        let mut world = self.lock();
        world.api.end_watch(watch);
        world.deliver_lines();
    }
}

impl World {
    fn next_to_follow(&mut self, server: ServerId) -> Option<(ResourceId, Duration)> {
        let behind: Vec<ResourceId> =
            self.api.lagging().filter(|(of, _)| *of == server).map(|(_, resource)| resource).collect();
        if behind.is_empty() {
            return None;
        }
        if self.phase != Phase::Explore || !self.faults.reorder {
            return Some((behind[0], LAGS[0]));
        }
        let resource = behind[self.choices.choose(behind.len(), Label::Next)];
        Some((resource, LAGS[self.choices.choose(LAGS.len(), Label::Duration)]))
    }

    fn follow(&mut self, server: ServerId, resource: ResourceId) {
        while self.api.advance_cache(server, resource) {
            self.emit(&Event::CacheAdvanced { server, resource });
            if self.control_plane.limits.buffer < usize::MAX {
                for _ in 0..self.api.drop_slow_watches(server, resource) {
                    self.deliver_fault(FaultKind::SlowWatch, None, None);
                }
            }
        }
        self.deliver_lines();
    }

    /// Writes to every stream what its server's cache has come to.
    pub(super) fn deliver_lines(&mut self) {
        let mut index = 0;
        while index < self.streams.len() {
            if self.deliver_line(index) {
                index += 1;
            } else {
                self.streams.remove(index);
            }
        }
    }

    /// Writes to one stream; false when it is over.
    fn deliver_line(&mut self, index: usize) -> bool {
        let (watch, actor, resource) = {
            let stream = &self.streams[index];
            (stream.watch, stream.actor, stream.resource)
        };
        loop {
            match self.api.next_event(watch) {
                WatchItem::Event(line) => {
                    if self.known.kept()
                        && let Some(position) = self.api.watch_position(watch)
                    {
                        self.known.hear(actor, self.actor(actor).replica, resource, position);
                    }
                    if self.streams[index].lines.send(line.clone()).is_err() {
                        self.api.close_watch(watch);
                        return false;
                    }
                    self.emit(&Event::WatchDelivered { watch, actor, resource, line });
                }
                WatchItem::End => {
                    self.emit(&Event::WatchEnded { watch, actor, resource });
                    return false;
                }
                WatchItem::Pending => return true,
            }
        }
    }

    /// Ends a stream; its client's next connection reaches the next API server, whose caches may be older.
    pub(super) fn drop_watch(&mut self) {
        if self.streams.is_empty() {
            return;
        }
        let index = self.choices.choose(self.streams.len(), Label::Victim);
        let stream = self.streams.remove(index);
        self.api.close_watch(stream.watch);
        let actor = &mut self.actors[stream.actor.0 as usize];
        actor.server = ServerId((actor.server.0 + 1) % self.servers);
        let replica = actor.replica;
        self.emit(&Event::WatchEnded { watch: stream.watch, actor: stream.actor, resource: stream.resource });
        self.deliver_fault(FaultKind::WatchDrop, None, replica);
    }

    /// An API server restarts, and ends its streams; its clients' next connections reach the next one.
    pub(super) fn restart_server(&mut self, server: ServerId) {
        self.api.restart_server_cold(server);
        let next = ServerId((server.0 + 1) % self.servers);
        self.actors.iter_mut().filter(|actor| actor.server == server).for_each(|actor| actor.server = next);
        self.deliver_fault(FaultKind::ServerRestart, None, None);
        self.deliver_lines();
    }

    /// The API servers forget their history, and end their streams.
    pub(super) fn compact(&mut self) {
        self.api.compact(self.api.revision());
        for server in 0..self.servers {
            self.api.restart_server(ServerId(server));
        }
        self.deliver_fault(FaultKind::Compaction, None, None);
        self.deliver_lines();
    }
}
