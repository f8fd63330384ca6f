//! What is stored, and how far each server has read it (k8s.io/apiserver/pkg/storage).
//!
//! May import: base.
pub(crate) mod continue_token;
pub(crate) mod store;
pub(crate) mod watch_cache;
