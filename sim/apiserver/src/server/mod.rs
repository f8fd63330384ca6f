//! The state of a run: the store, the caches, the open watches and the hooks, as one [`state::ApiServer`]
//! (k8s.io/apiserver/pkg/server).
//!
//! May import: the folders from base to controllers, in the order of the crate's documentation.
mod caches;
mod commits;
mod conversion;
pub(crate) mod forms;
mod frame;
pub(crate) mod hook;
pub(crate) mod state;
pub(crate) mod watcher;
mod watches;
