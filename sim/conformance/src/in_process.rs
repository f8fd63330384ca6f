//! The in-process client: a simulated server of its own, with simulated time.
use crate::{
    client::{Client, Line, Reply, Unanswered},
    users::admit_users,
};
use apiserver::{Answer, AnswerBody, ApiServer, Registry, Request, ServerId, WatchId, WatchItem};
use bytes::{Bytes, BytesMut};
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};

/// Time at which every case starts: 2026-11-20T10:00:00Z.
const START: i64 = 1_795_168_800;
/// Time before its end from which a watch gets its last bookmarks (k8s.io/apiserver/pkg/storage/cacher,
/// nextBookmarkTime).
const LAST_BOOKMARK: SignedDuration = SignedDuration::from_secs(2);
/// Interval at which due bookmarks are sent (cacher.go, dispatchEvents).
const BOOKMARK_TICK: SignedDuration = SignedDuration::from_secs(1);
/// Timeout of a whole answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A client with a simulated server of its own. It never waits: time advances when the player sleeps.
#[derive(Debug)]
pub struct InProcess {
    api: ApiServer,
    now: Timestamp,
}

/// An open watch of an in-process server.
#[derive(Debug)]
pub struct InProcessStream {
    watch: WatchId,
    end: Option<Timestamp>,
    bookmark: Option<Timestamp>,
}

impl InProcess {
    /// A client of an empty cluster with the users of the corpus.
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

    /// Time of the next bookmark: one each second during the last two seconds of a watch.
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
