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
//! [`ApiServer`] names what is not simulated.
//!
//! # Folders
//! Each folder follows a package of Kubernetes, and names it. A folder imports only folders before it in this list, and
//! the modules of a folder do not import each other in a circle.
//! 1. `base`: ids, requests, objects, errors, times, selectors
//! 2. `structured_merge`: types for merges and field owners
//! 3. `cel`: expressions, their types and their evaluation
//! 4. `schema`: structural schemas and CEL rules
//! 5. `storage`: the store, the watch caches, continue tokens
//! 6. `registry`: the kinds, built-in and defined
//! 7. `codec`: encodings, decoding of bodies, tables
//! 8. `apply`: server-side apply and strategic merge patches
//! 9. `access`: authentication and authorization
//! 10. `request`: paths, options, and the call that a handler receives
//! 11. `admission`: policies and webhooks
//! 12. `extensions`: definitions of custom resources
//! 13. `validation`: rules and defaults of built-in kinds, options
//! 14. `controllers`: the tasks of garbage collection and of namespace deletion
//! 15. `server`: the state: store, caches, watches, hooks
//! 16. `endpoints`: routing, the verbs, discovery, OpenAPI, reviews
//! 17. `cluster`: first objects, the entry for requests, controllers at work
mod access;
mod admission;
mod apply;
mod base;
mod cel;
mod cluster;
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

pub use access::{
    authentication::token_table::{TokenFileError, TokenTable},
    authorizer::{Attributes, Authorizer, Decision},
    user::User,
};
pub use admission::{
    conversation::{Conversation, Question, Reply},
    webhook::{AdmissionHook, AdmissionRequest, AdmissionResponse, Operation},
};
pub use base::{
    cache::{CachedRead, Limits},
    commit::{Change, Commit},
    id::{ResourceId, ServerId, WatchId},
    pattern::{Pattern, PatternError},
    request::{Answer, AnswerBody, Request},
    status,
    watch::{WatchItem, WatchStart},
};
pub use cluster::fixture::FixtureError;
pub use controllers::task::Task;
pub use registry::{columns::jsonpath::JsonPathError, error::RegistryError, resources::Registry};
pub use schema::SchemaError;
pub use server::{
    hook::{ConversionHook, ConversionRequest, ConversionResponse},
    state::ApiServer,
};
