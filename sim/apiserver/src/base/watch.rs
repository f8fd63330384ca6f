//! The start of a watch, and its next line.
use bytes::Bytes;

/// The position at which a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WatchStart {
    /// The watch delivers the events after this revision.
    pub after: u64,
    /// Whether the watch first delivers every object that existed at that revision.
    pub from_state: bool,
}

/// The next item of a watch.
#[derive(Debug, Clone)]
pub enum WatchItem {
    /// One event: the JSON line, its newline included, or a protobuf message behind its length.
    Event(Bytes),
    /// No event yet: the cache has not advanced further.
    Pending,
    /// The server ended the stream.
    End,
}
