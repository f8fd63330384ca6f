//! No lock: the gateway before any version of the lock. Two signals that both list before either creates get two active
//! RemediationRequests.
use super::{pipeline::Pipeline, surroundings::Surroundings};
use futures::future::BoxFuture;
use gateway::{
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use std::{sync::Arc, time::Duration};

struct Unlocked {
    pipeline: Pipeline,
}

/// Starts the protocol without a lock.
pub fn start(ctx: Context, _: &Surroundings) -> Arc<dyn Protocol> {
    Arc::new(Unlocked { pipeline: Pipeline::new(ctx) })
}

impl Protocol for Unlocked {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(async move { self.pipeline.check_then_act(self.pipeline.calls(deadline), &signal).await })
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
