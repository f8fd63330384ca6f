//! The simulated kube-apiserver: answers any request from its store as kube-apiserver 1.36 does on the wire.
//!
//! One multi-version store with one global revision, any number of API servers over it, each with its own watch cache
//! that lags independently. Everything here is synchronous and has neither time nor randomness of its own: the
//! transports decide when a request commits, when an answer arrives and when a cache advances; the caller supplies the
//! time.
//!
//! Interface (for the transports and the oracle's feed):
//! - [`ApiServer::handle`] commits one request now and returns its whole answer, or a watch.
//! - [`ApiServer::next_event`] takes the next line of a watch, as far as its server's cache has advanced.
//! - [`ApiServer::advance_cache`] advances one server's cache of one resource by one event; [`ApiServer::cache_lag`] is
//!   the number of events that it is behind.
//! - [`ApiServer::take_commits`] returns the commits since the last call, for the oracle and the trace.
//! - [`ApiServer::watches`], [`ApiServer::bookmark`], [`ApiServer::end_watch`]: what a server does to streams over
//!   time.
//!
//! Files follow k8s.io/apiserver's packages. [`ApiServer`] names what is not simulated.
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

mod access;
mod admission;
mod apply;
mod base;
mod codec;
mod controllers;
mod endpoints;
mod extensions;
mod registry;
mod request;
mod schema;
mod server;
mod storage;
mod structured_merge;
mod validation;

pub use crate::access::authentication::{TokenFileError, TokenTable, User};
pub use crate::access::authorizer::{Attributes, Authorizer, Decision};
pub use crate::registry::columns::jsonpath::JsonPathError;
pub use crate::registry::resources::{Registry, RegistryError};
pub use crate::server::state::{ApiServer, FixtureError};
pub use admission::{AdmissionHook, AdmissionRequest, AdmissionResponse, Operation};
pub use base::status;
pub use controllers::Task;
pub use schema::SchemaError;

/// Index of one API server over the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub usize);

/// Index of a resource (group, version, plural) in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u16);

/// Identifier of an open watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u64);

/// The position at which a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WatchStart {
    /// The watch delivers the events after this revision.
    pub after: u64,
    /// Whether the watch first delivers every object that existed at that revision.
    pub from_state: bool,
}

/// Capacity of an API server. The real one's depends on the resource and on its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events of a resource that a watch cache remembers: an older watch gets 410. The real one keeps at least a
    /// hundred, and all of the last 75 s (k8s.io/apiserver/pkg/storage/cacher/watch_cache.go).
    pub history: usize,
    /// Events by which a stream may be behind its cache before the server ends it. The real one: ten to a thousand
    /// (k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go).
    pub buffer: usize,
}

impl Limits {
    /// No limits: everything is remembered, and the server waits for every client.
    pub const NONE: Limits = Limits { history: usize::MAX, buffer: usize::MAX };
}

/// A read of a collection from a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachedRead {
    /// The resource that was read.
    pub resource: ResourceId,
    /// The revision of the cache that served it.
    pub revision: u64,
    /// Whether the answer shows the client that revision. A watch that continues from a version does not.
    pub told: bool,
}

/// One HTTP request, decoded from the wire.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method: GET, HEAD, POST, PUT, PATCH or DELETE.
    pub method: http::Method,
    /// Path and query as sent, e.g. `/api/v1/namespaces/a/pods?watch=1`.
    pub target: String,
    /// Accept, Content-Type, Authorization, User-Agent and the rest, as sent.
    pub headers: http::HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers other than content-length (content-type, retry-after, warning, …).
    pub headers: http::HeaderMap,
    /// The whole body, or a stream.
    pub body: AnswerBody,
}

/// The body of an [`Answer`].
#[derive(Debug, Clone)]
pub enum AnswerBody {
    /// The whole body.
    Full(Bytes),
    /// A stream of watch events in the encoding of the answer's content type, taken with [`ApiServer::next_event`].
    Watch(WatchId),
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

/// What a commit did to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The object did not exist before.
    Created,
    /// The object existed before and still does.
    Modified,
    /// The object was deleted.
    Deleted,
}

/// One write that took effect.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The store's revision after the write: the object's new resourceVersion.
    pub revision: u64,
    /// The actor who sent the request, as given to [`ApiServer::handle`].
    pub actor: u32,
    /// The object's resource.
    pub resource: ResourceId,
    /// The object's namespace; empty for cluster-scoped ones.
    pub namespace: Arc<str>,
    /// The object's name.
    pub name: Arc<str>,
    /// The kind of change.
    pub change: Change,
    /// The object before the write; None if it did not exist.
    pub before: Option<Arc<Value>>,
    /// The object after the write; for a deletion its last state.
    pub after: Arc<Value>,
}
