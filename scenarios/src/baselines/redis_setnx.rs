//! Option D: a key in Redis as the lock. SET with NX and a TTL takes it, DEL gives it back, even if another replica
//! holds it by then.
//!
//! The document's code waits 10 ms when the key is there and returns "retry later" to its caller; it does not say what
//! the caller does. Here the caller starts over until the HTTP request ends.
use super::{
    call::{CallError, Calls},
    locked::{self, Lock, Waiting},
    redis::{Command, KeyStore},
    surroundings::Surroundings,
};
use futures::future::BoxFuture;
use gateway::{
    clock::within,
    protocol::{Context, Protocol},
};
use std::{sync::Arc, time::Duration};

struct RedisLock {
    redis: Arc<dyn KeyStore>,
    ttl: Duration,
}

/// Starts the protocol with its lock in Redis.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    let lock = RedisLock { redis: Arc::clone(&with.redis), ttl: Duration::from_secs(with.terms.lease_seconds.into()) };
    locked::start(ctx, with, lock, Waiting { pause: Duration::from_millis(10), looks: false })
}

impl RedisLock {
    async fn call(&self, calls: Calls<'_>, command: Command) -> Result<bool, CallError> {
        let answer = within(&*calls.ctx.clock, calls.deadline, self.redis.call(command)).await;
        answer.ok_or(CallError::Deadline)?.map_err(|error| CallError::Connection(error.to_string()))
    }
}

fn key(fingerprint: &str) -> String {
    format!("dedup:lock:{fingerprint}")
}

impl Lock for RedisLock {
    fn acquire<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<bool, CallError>> {
        let command = Command::SetIfAbsent { key: key(fingerprint), ttl: self.ttl };
        Box::pin(self.call(calls, command))
    }

    fn release<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(async move { self.call(calls, Command::Delete { key: key(fingerprint) }).await.map(|_| ()) })
    }
}
