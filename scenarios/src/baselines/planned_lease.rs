//! The lock as the implementation plan of December 2025 has it, right or wrong: on contention wait 100 ms, check for an
//! open RemediationRequest without the lock, and start over, for as long as the request lives.
//!
//! Release deletes the Lease by name without looking at its holder, so whoever took over an expired lock loses it to
//! the previous holder's release. The plan hands the lock a client with a cache; here every read is a quorum read,
//! which only helps it. A lease with a renewTime but no duration, which crashes the plan's code, never expires here.
use super::{
    lease_lock::LeaseLock,
    pipeline::{Pipeline, refusal},
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
}

/// The planned protocol.
pub fn start(ctx: Context) -> Arc<dyn Protocol> {
    Arc::new(PlannedLease { pipeline: Pipeline::new(ctx.clone()), ctx })
}

impl PlannedLease {
    /// The plan recurses; its stack frames hold nothing that matters before the lock is theirs, so a loop is the same.
    async fn process(&self, signal: &Signal, deadline: Duration) -> Result<Accepted, Refusal> {
        let calls = self.pipeline.calls(deadline);
        let lock = LeaseLock::of(calls, &signal.fingerprint);
        while !lock.acquire().await.map_err(|error| refusal(calls, "acquire lock", &error))? {
            self.ctx.clock.sleep(CONTENTION_WAIT).await;
            if let Some(accepted) = self.pipeline.count_if_open(calls, signal).await? {
                return Ok(accepted);
            }
        }
        let outcome = self.pipeline.check_then_act(calls, signal).await;
        // Go's defer: a release that fails, or comes too late to be sent, is only logged there.
        let _left_behind = lock.delete().await;
        outcome
    }
}

impl Protocol for PlannedLease {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(async move { self.process(&signal, deadline).await })
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
