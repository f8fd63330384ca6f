//! The body of a watch: events as soon as they are committed, bookmarks and the end in real time.
//!
//! The client pulls events: a slow client only holds a position in the log.
use crate::{body::Body, shared::Shared};
use apiserver::{WatchId, WatchItem};
use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use rand::RngExt;
use std::{convert::Infallible, time::Duration};
use tokio::{sync::watch, time::Instant};

/// Minimum duration of a watch without `timeoutSeconds`, at most doubled: kube-apiserver's `--min-request-timeout`.
const MIN_REQUEST_TIMEOUT: Duration = Duration::from_secs(1_800);
/// Approximate interval of bookmarks (k8s.io/apiserver/pkg/storage/cacher, DefaultBookmarkFrequency).
const BOOKMARK_INTERVAL: Duration = Duration::from_secs(60);
/// Time before its end from which a watch gets its last bookmarks (cache_watcher.go, nextBookmarkTime).
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// Interval at which due bookmarks are sent (cacher.go, dispatchEvents).
const BOOKMARK_TICK: Duration = Duration::from_secs(1);

/// An open watch, closed on drop.
struct OpenWatch {
    shared: Shared,
    watch: WatchId,
    changes: watch::Receiver<u64>,
    end: Instant,
    bookmark: Instant,
}

/// The stream of a watch's events.
pub(super) fn body(shared: Shared, watch: WatchId) -> Body {
    let asked = shared.timeout(watch).filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds.into()));
    let end = Instant::now() + asked.unwrap_or_else(|| MIN_REQUEST_TIMEOUT.mul_f64(1.0 + random_fraction()));
    let changes = shared.changes();
    let open = OpenWatch { shared, watch, changes, end, bookmark: next_bookmark(end) };
    let lines = stream::unfold(open, |mut open| async move {
        let line = open.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(line)), open))
    });
    StreamBody::new(lines).boxed_unsync()
}

impl OpenWatch {
    /// The next event; None at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.changes.borrow_and_update();
            match self.shared.next_event(self.watch).await {
                WatchItem::Event(line) => return Some(line),
                WatchItem::End => return None,
                WatchItem::Pending => {}
            }
            if tokio::time::timeout_at(self.end.min(self.bookmark), self.changes.changed()).await.is_ok() {
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

impl Drop for OpenWatch {
    fn drop(&mut self) {
        self.shared.close_watch(self.watch);
    }
}

/// Time of the next bookmark: every minute, and at every tick of the last two seconds.
fn next_bookmark(end: Instant) -> Instant {
    let now = Instant::now();
    let last = end.checked_sub(LAST_BOOKMARK).unwrap_or(now);
    (now + BOOKMARK_INTERVAL).min(last.max(now + BOOKMARK_TICK))
}

/// A random number from 0 to 1.
#[expect(clippy::disallowed_methods, reason = "spreads the ends of real watches; no run sees it")]
fn random_fraction() -> f64 {
    rand::rng().random()
}
