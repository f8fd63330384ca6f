//! One open watch: the server's end of its body.
use crate::event::ActorId;
use apiserver::{ResourceId, WatchId};
use bytes::Bytes;
use tokio::sync::mpsc;

/// An open watch.
pub(crate) struct Stream {
    pub(crate) watch: WatchId,
    pub(crate) actor: ActorId,
    pub(crate) resource: ResourceId,
    pub(crate) lines: mpsc::UnboundedSender<Bytes>,
    /// When the server ends it; None where the transport keeps a timer for it.
    pub(crate) expiry: Option<Expiry>,
    /// Flaw that it has, if any.
    pub(crate) flaw: Option<Flaw>,
}

impl Stream {
    /// Whether it delivers anything, its end included.
    pub(crate) fn speaks(&self) -> bool {
        self.flaw != Some(Flaw::Silent)
    }
}

/// Flaw of a stream, for as long as it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Flaw {
    /// It delivers nothing, and does not end.
    Silent,
    /// It delivers each event twice.
    Repeating,
}

/// End of a watch by its `timeoutSeconds`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiry {
    /// Simulated time, in microseconds, at which the server ends it.
    pub(crate) until: u64,
    /// Simulated time at which the server sends a last bookmark; None once it has.
    pub(crate) bookmark_at: Option<u64>,
}
