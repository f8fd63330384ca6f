//! What a case is played on: a server in process, or one at the end of a wire.
use super::install::admit_users;
use apiserver::{Answer, AnswerBody, ApiServer, Registry, Request, ServerId, WatchId, WatchItem};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use std::{future::Future, sync::Arc, time::Duration};

/// 2026-11-20T10:00:00Z.
const START: i64 = 1_795_168_800;
/// How long before its end a watch gets its last bookmarks (k8s.io/apiserver/pkg/storage/cacher, nextBookmarkTime).
const LAST_BOOKMARK: SignedDuration = SignedDuration::from_secs(2);
/// How often it is looked at which bookmarks are due (cacher.go, dispatchEvents).
const BOOKMARK_TICK: SignedDuration = SignedDuration::from_secs(1);
/// How long a whole answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct Unanswered(pub String);

/// A whole answer; of a watch that was accepted, its head.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// What follows them.
    pub body: Bytes,
}

/// What a stream has next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// One event.
    Event(Bytes),
    /// Nothing came in time.
    Quiet,
    /// The server ended the stream.
    End,
}

/// A way to a server. Its time is simulated or real; the player only asks it to pass.
pub trait Client {
    /// An open watch.
    type Stream: Send;

    /// Sends one request and reads its whole answer.
    fn send(&mut self, request: Request) -> impl Future<Output = Result<Reply, Unanswered>> + Send;

    /// Sends a watch: its head and its stream if it was accepted, the whole answer if not.
    fn watch(
        &mut self,
        request: Request,
    ) -> impl Future<Output = Result<(Reply, Option<Self::Stream>), Unanswered>> + Send;

    /// The next event of a watch, if it comes within that time.
    fn next_line(&mut self, stream: &mut Self::Stream, within: Duration) -> impl Future<Output = Line> + Send;

    /// Compacts the store: the status of etcd's answer.
    fn compact(&mut self, revision: u64) -> impl Future<Output = Result<u16, Unanswered>> + Send;

    /// Lets time pass.
    fn sleep(&mut self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// How much time has passed since some moment.
    fn elapsed(&self) -> Duration;
}

/// A simulated server of its own, in process: nothing ever waits, time passes when the player says so.
#[derive(Debug)]
pub struct InProcess {
    api: ApiServer,
    now: Timestamp,
}

/// An open watch of a server in process.
#[derive(Debug)]
pub struct InProcessStream {
    watch: WatchId,
    end: Option<Timestamp>,
    bookmark: Option<Timestamp>,
}

impl InProcess {
    /// An empty cluster, with the users that the corpus needs.
    pub fn new(registry: &Arc<Registry>) -> Self {
        let mut api = ApiServer::new(Arc::clone(registry), 1, 7);
        api.set_auto_advance(true);
        admit_users(&mut api);
        Self { api, now: Timestamp::from_second(START).expect("a year of this century") }
    }

    fn handle(&mut self, request: &Request) -> (Reply, Option<InProcessStream>) {
        self.now += SignedDuration::from_millis(1);
        let Answer { status, headers, body } = self.api.handle(ServerId(0), 0, request, self.now);
        match body {
            AnswerBody::Full(body) => (Reply { status, headers, body }, None),
            AnswerBody::Watch(watch) => (Reply { status, headers, body: Bytes::new() }, Some(self.open(watch))),
        }
    }

    fn open(&self, watch: WatchId) -> InProcessStream {
        let seconds = self.api.watch_timeout(watch).filter(|seconds| *seconds > 0);
        let end = seconds.map(|seconds| self.now + SignedDuration::from_secs(seconds.into()));
        InProcessStream { watch, end, bookmark: self.next_bookmark(end) }
    }

    /// Before its end a watch is told how far its server has come, in ticks of a second.
    fn next_bookmark(&self, end: Option<Timestamp>) -> Option<Timestamp> {
        let end = end?;
        Some((end - LAST_BOOKMARK).max(self.now + BOOKMARK_TICK)).filter(|at| *at < end)
    }

    fn line(&mut self, stream: &mut InProcessStream, within: Duration) -> Line {
        let until = self.now + SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        loop {
            match self.api.next_event(stream.watch) {
                WatchItem::Event(line) => return Line::Event(line),
                WatchItem::End => return Line::End,
                WatchItem::Pending => {}
            }
            if let Some(at) = stream.bookmark.take_if(|at| *at <= until) {
                self.now = self.now.max(at);
                self.api.bookmark(stream.watch);
                stream.bookmark = self.next_bookmark(stream.end);
            } else if let Some(at) = stream.end.take_if(|at| *at <= until) {
                self.now = self.now.max(at);
                self.api.end_watch(stream.watch);
            } else {
                self.now = until;
                return Line::Quiet;
            }
        }
    }
}

impl Client for InProcess {
    type Stream = InProcessStream;

    async fn send(&mut self, request: Request) -> Result<Reply, Unanswered> {
        let (mut reply, stream) = self.handle(&request);
        if let Some(mut stream) = stream {
            let mut lines = BytesMut::new();
            while let Line::Event(line) = self.line(&mut stream, ANSWER_TIMEOUT) {
                lines.extend_from_slice(&line);
            }
            reply.body = lines.freeze();
        }
        Ok(reply)
    }

    async fn watch(&mut self, request: Request) -> Result<(Reply, Option<InProcessStream>), Unanswered> {
        Ok(self.handle(&request))
    }

    async fn next_line(&mut self, stream: &mut InProcessStream, within: Duration) -> Line {
        self.line(stream, within)
    }

    async fn compact(&mut self, revision: u64) -> Result<u16, Unanswered> {
        self.api.compact(revision);
        Ok(200)
    }

    async fn sleep(&mut self, duration: Duration) {
        self.now += SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    }

    fn elapsed(&self) -> Duration {
        let start = Timestamp::from_second(START).expect("a year of this century");
        Duration::try_from(self.now.duration_since(start)).unwrap_or_default()
    }
}
