//! The interface between the player and a server, and the answers that it returns.
use apiserver::Request;
use bytes::Bytes;
use http::HeaderMap;
use std::{future::Future, time::Duration};

/// Reason why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct Unanswered(pub String);

/// A whole answer; for an accepted watch, its status and headers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; empty for an accepted watch.
    pub body: Bytes,
}

/// The next item of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// One event.
    Event(Bytes),
    /// No event arrived in time.
    Quiet,
    /// The server ended the stream.
    End,
}

/// A connection to a server. Its time is simulated or real; the player only waits on it.
pub trait Client {
    /// An open watch.
    type Stream: Send;

    /// Sends one request and reads its whole answer.
    fn send(&mut self, request: Request) -> impl Future<Output = Result<Reply, Unanswered>> + Send;

    /// Sends a watch request: returns the head and the stream if it was accepted, otherwise the whole answer.
    fn watch(
        &mut self,
        request: Request,
    ) -> impl Future<Output = Result<(Reply, Option<Self::Stream>), Unanswered>> + Send;

    /// The next event of a watch, if it arrives within this time.
    fn next_line(&mut self, stream: &mut Self::Stream, within: Duration) -> impl Future<Output = Line> + Send;

    /// Compacts the store at a revision; returns the status of etcd's answer.
    fn compact(&mut self, revision: u64) -> impl Future<Output = Result<u16, Unanswered>> + Send;

    /// Waits.
    fn sleep(&mut self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// Time since a fixed moment.
    fn elapsed(&self) -> Duration;
}
