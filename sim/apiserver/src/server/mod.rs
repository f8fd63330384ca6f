//! The state of a run: the store, the servers' caches, open watches and hooks.
pub(crate) mod state;
pub(crate) mod watcher;
