//! Watch caches that follow the store after a while, and the streams that follow them.
use super::shared::{NetworkRun, Shared};
use crate::{
    choice::{Alternative, CACHE_LAGS, Label},
    run::execution::Line,
};
use apiserver::{ResourceId, ServerId, WatchId};
use std::time::Duration;

/// Time before the end of a watch at which it sends a last bookmark.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

/// Keeps one server's caches following the store, forever. Each is as late as is chosen, and then takes over all that
/// has happened by then at once.
pub(super) async fn follow(shared: Shared, server: ServerId) {
    loop {
        let next = shared.lock().next_to_follow(server);
        match next {
            Some((resource, lag)) => {
                tokio::time::sleep(lag).await;
                shared.lock().catch_up(server, resource);
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
            let mut state = self.lock();
            state.run.api.bookmark(watch);
            state.send_lines();
        }
        tokio::time::sleep(timeout.min(LAST_BOOKMARK)).await;
        let mut state = self.lock();
        state.run.api.end_watch(watch);
        state.send_lines();
    }
}

impl NetworkRun {
    fn next_to_follow(&mut self, server: ServerId) -> Option<(ResourceId, Duration)> {
        let run = &mut self.run;
        let behind: Vec<ResourceId> =
            run.api.lagging().filter(|(of, _)| *of == server).map(|(_, resource)| resource).collect();
        if behind.is_empty() {
            return None;
        }
        if !run.exploring() || !run.faults.reorder {
            return Some((behind[0], CACHE_LAGS.items[0]));
        }
        let name = |picked: usize| Alternative::Number(u32::from(behind[picked].0));
        let resource = behind[run.choices.choose(Label::Next, behind.len(), name)];
        Some((resource, run.choices.choose_from(&CACHE_LAGS)))
    }

    fn catch_up(&mut self, server: ServerId, resource: ResourceId) {
        while self.run.advance_cache(server, resource) {}
        self.send_lines();
    }

    /// Writes to every stream what its server's cache has reached.
    pub(super) fn send_lines(&mut self) {
        let mut index = 0;
        while index < self.run.streams.len() {
            match self.run.send_line(index) {
                Line::Sent => {}
                Line::Pending => index += 1,
                Line::Ended => {}
            }
        }
    }
}
