//! The lock as the implementation plan of December 2025 describes it, mistakes included: on contention wait 100 ms,
//! look for an open RemediationRequest without the lock, and start over, until the HTTP request ends.
//!
//! Release deletes the Lease by name without reading its holder: after a takeover, the previous holder's release
//! deletes the new holder's lock. The plan gives the lock a client with a cache; here every read is a quorum read,
//! which only helps it. A lease with a renewTime but no duration crashes the plan's code; here it never expires.
use super::{
    lease_lock::LeaseLock,
    pipeline::{Pipeline, refusal},
    surroundings::Surroundings,
};
use futures::future::BoxFuture;
use gateway::{
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use std::{sync::Arc, time::Duration};

const CONTENTION_WAIT: Duration = Duration::from_millis(100);

struct PlannedLease {
    ctx: Context,
    pipeline: Pipeline,
    with: Surroundings,
}

/// Starts the planned protocol.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    Arc::new(PlannedLease { pipeline: Pipeline::new(ctx.clone()), ctx, with: with.clone() })
}

impl PlannedLease {
    /// The plan recurses; a loop is equivalent, because the stack frames hold no state before the lock is taken.
    async fn process(&self, signal: &Signal, deadline: Duration) -> Result<Accepted, Refusal> {
        let calls = self.pipeline.calls(deadline);
        let lock = LeaseLock::of(calls, &signal.fingerprint, self.with.terms.lease_seconds);
        while !self.with.attempts.of(lock.acquire()).await.map_err(|error| refusal(calls, "acquire lock", &error))? {
            self.ctx.clock.sleep(CONTENTION_WAIT).await;
            if let Some(accepted) = self.pipeline.count_if_open(calls, signal).await? {
                return Ok(accepted);
            }
        }
        let outcome = self.pipeline.check_then_act(calls, signal).await;
        // As in Go's defer, a release that fails or is too late to be sent has no effect on the answer.
        let _left_behind = lock.delete().await;
        outcome
    }
}

impl Protocol for PlannedLease {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(self.with.attempts.signal(async move { self.process(&signal, deadline).await }))
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
