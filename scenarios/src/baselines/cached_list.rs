//! No lock, and the LIST from the API server's watch cache, as an informer's is: cheap, and possibly stale.
//!
//! No version of the existing gateway does this. A controller that trusts its cache behaves like this, and fails even
//! when signals arrive one after the other: another API server may not yet know the RemediationRequest that was just
//! created.
use super::{pipeline::Pipeline, surroundings::Surroundings};
use futures::future::BoxFuture;
use gateway::{
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use std::{sync::Arc, time::Duration};

struct Cached {
    pipeline: Pipeline,
}

/// Starts the protocol that trusts the cache.
pub fn start(ctx: Context, _: &Surroundings) -> Arc<dyn Protocol> {
    Arc::new(Cached { pipeline: Pipeline::from_cache(ctx) })
}

impl Protocol for Cached {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(async move { self.pipeline.check_then_act(self.pipeline.calls(deadline), &signal).await })
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
