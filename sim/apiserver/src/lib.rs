//! The simulated kube-apiserver: answers any request from its store as kube-apiserver 1.36 does on the wire.
//!
//! One multi-version store with one global revision, any number of API servers over it, each with its own watch cache that
//! lags on its own. Everything here is synchronous and free of time and randomness of its own: the transports decide when a
//! request commits, when an answer arrives and when a cache moves; the caller passes the time in.
//!
//! Interface (what the transports and the oracle's feed use):
//! - [`ApiServer::handle`] commits one request at this moment and returns its whole answer, or a watch.
//! - [`ApiServer::next_event`] takes the next line of a watch, as far as its server's cache has come.
//! - [`ApiServer::advance_cache`] moves one server's cache of one resource on by one event; [`ApiServer::cache_lag`] says how
//!   far it is behind.
//! - [`ApiServer::take_commits`] hands over what was committed since, for the oracle and the trace.
//! - [`ApiServer::watches`], [`ApiServer::bookmark`], [`ApiServer::end_watch`]: what a server does to streams in time.
//!
//! Files follow k8s.io/apiserver's packages. What is not simulated is named at [`ApiServer`].
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

mod admission;
mod authentication;
mod authorizer;
mod builtin;
mod cel;
mod continue_token;
mod controllers;
mod decode;
mod discovery;
mod events;
mod extensions;
mod handlers;
mod ids;
mod managed_fields;
mod negotiation;
mod object;
mod openapi;
mod options;
mod protobuf;
mod rbac;
mod registry;
mod representation;
mod request_info;
mod reviews;
mod schema;
mod selectors;
mod server;
pub mod status;
mod store;
mod strategic;
mod structured;
mod table;
mod timestamp;
mod validation;
mod watch_cache;
mod watcher;
mod yaml;

pub use admission::{AdmissionHook, AdmissionRequest, AdmissionResponse, Operation};
pub use authentication::{TokenFileError, TokenTable, User};
pub use authorizer::{Attributes, Authorizer, Decision};
pub use controllers::Task;
pub use registry::{Registry, RegistryError};
pub use schema::SchemaError;
pub use server::{ApiServer, FixtureError};
pub use table::JsonPathError;

/// Index of one API server over the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub usize);

/// Index of a resource (group, version, plural) in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u16);

/// One open watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u64);

/// Where a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WatchStart {
    /// It tells what comes after this revision.
    pub after: u64,
    /// Before that it tells every object that there was at that revision.
    pub from_state: bool,
}

/// What an API server can hold. The real one's depend on the resource and on how busy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events of a resource that a watch cache remembers: an older watch is 410. The real one holds a hundred at least, and as
    /// many as came within 75 s (k8s.io/apiserver/pkg/storage/cacher/watch_cache.go).
    pub history: usize,
    /// Events that a stream may be behind its cache before the server ends it. The real one: ten to a thousand
    /// (k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go).
    pub buffer: usize,
}

impl Limits {
    /// Everything is remembered, and every client waited for.
    pub const NONE: Limits = Limits { history: usize::MAX, buffer: usize::MAX };
}

/// What a cached collection showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachedRead {
    /// Which resource.
    pub resource: ResourceId,
    /// The revision of the cache that served it.
    pub revision: u64,
    /// Whether the client knows that revision by it. It does not by a watch that goes on from a version.
    pub told: bool,
}

/// One HTTP request, already off the wire.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET, POST, PUT, PATCH, DELETE.
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
    /// What follows the head.
    pub body: AnswerBody,
}

/// The body of an [`Answer`].
#[derive(Debug, Clone)]
pub enum AnswerBody {
    /// All of it.
    Full(Bytes),
    /// A stream of watch events in the encoding of the answer's content type, taken with [`ApiServer::next_event`].
    Watch(WatchId),
}

/// What the next line of a watch is.
#[derive(Debug, Clone)]
pub enum WatchItem {
    /// One event: the JSON line, its newline included, or a protobuf message behind its length.
    Event(Bytes),
    /// Nothing yet: the cache has not come further.
    Pending,
    /// The server ended the stream.
    End,
}

/// What a commit did to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Created,
    /// It was there before and still is.
    Modified,
    /// It is gone.
    Deleted,
}

/// One write that took effect.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The store's revision that it made: the object's new resourceVersion.
    pub revision: u64,
    /// Whose request it was, as given to [`ApiServer::handle`].
    pub actor: u32,
    /// Which resource.
    pub resource: ResourceId,
    /// The object's namespace; empty for cluster-scoped ones.
    pub namespace: Arc<str>,
    /// The object's name.
    pub name: Arc<str>,
    /// What happened.
    pub change: Change,
    /// The object before, if it was there.
    pub before: Option<Arc<Value>>,
    /// The object after; for a deletion its last state.
    pub after: Arc<Value>,
}
