//! The interface to the keys: simulated here, a real redis-server in a live run.
use super::store::{Command, NoPrimary};
use futures::future::BoxFuture;

/// A connection to a Redis.
pub trait KeyStore: Send + Sync + 'static {
    /// Sends a command, and waits for its answer.
    fn call(&self, command: Command) -> BoxFuture<'static, Result<bool, NoPrimary>>;
}
