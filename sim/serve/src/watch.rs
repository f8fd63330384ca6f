//! A watch as a body: its events as soon as they are committed, bookmarks and the end in real time.
//!
//! The client pulls: a slow one holds nothing but its place in the log.
use super::{answer::Body, shared::Shared};
use apiserver::{WatchId, WatchItem};
use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use rand::RngExt;
use std::{convert::Infallible, time::Duration};
use tokio::{sync::watch, time::Instant};

/// When a watch without `timeoutSeconds` ends: kube-apiserver's `--min-request-timeout`, and up to as much again.
const MIN_REQUEST_TIMEOUT: Duration = Duration::from_secs(1_800);
/// Roughly how often a bookmark is sent (k8s.io/apiserver/pkg/storage/cacher, DefaultBookmarkFrequency).
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// How long before its end a watch gets its last bookmarks (cache_watcher.go, nextBookmarkTime).
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// How often it is looked at which bookmarks are due (cacher.go, dispatchEvents).
const BOOKMARK_TICK: Duration = Duration::from_secs(1);

/// An open watch. Dropped, it is closed.
struct Open {
    shared: Shared,
    watch: WatchId,
    news: watch::Receiver<u64>,
    end: Instant,
    bookmark: Instant,
}

pub(super) fn body(shared: Shared, watch: WatchId) -> Body {
    let asked = shared.timeout(watch).filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds.into()));
    let end = Instant::now() + asked.unwrap_or_else(|| MIN_REQUEST_TIMEOUT.mul_f64(1.0 + spread()));
    let news = shared.news();
    let open = Open { shared, watch, news, end, bookmark: next_bookmark(end) };
    let lines = stream::unfold(open, |mut open| async move {
        let line = open.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(line)), open))
    });
    StreamBody::new(lines).boxed_unsync()
}

impl Open {
    /// The next line; None at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.news.borrow_and_update();
            match self.shared.next_event(self.watch) {
                WatchItem::Event(line) => return Some(line),
                WatchItem::End => return None,
                WatchItem::Pending => {}
            }
            if tokio::time::timeout_at(self.end.min(self.bookmark), self.news.changed()).await.is_ok() {
                continue;
            }
            if Instant::now() >= self.end {
                self.shared.end_watch(self.watch);
            } else {
                self.shared.bookmark(self.watch);
                self.bookmark = next_bookmark(self.end);
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.close_watch(self.watch);
    }
}

/// Every minute, and in the last two seconds at every tick.
fn next_bookmark(end: Instant) -> Instant {
    let now = Instant::now();
    let last = end.checked_sub(LAST_BOOKMARK).unwrap_or(now);
    (now + BOOKMARK_EVERY).min(last.max(now + BOOKMARK_TICK))
}

/// 0 to 1.
#[expect(clippy::disallowed_methods, reason = "spreads the ends of real watches; no run sees it")]
fn spread() -> f64 {
    rand::rng().random()
}
