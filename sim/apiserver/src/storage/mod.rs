//! The stored objects, and the watch cache of each server (k8s.io/apiserver/pkg/storage).
//!
//! May import: base, structured_merge, schema.
pub(crate) mod continue_token;
pub(crate) mod store;
pub(crate) mod watch_cache;
