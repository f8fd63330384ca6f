//! Option C: no lock and no LIST. The RemediationRequest is named after the fingerprint, so that the second create is
//! refused, and counts.
//!
//! The document's name is `rr-` and the first 63 digits. It says nothing of a request that has ended: its name stays
//! taken.
use super::{pipeline::Pipeline, surroundings::Surroundings};
use futures::future::BoxFuture;
use gateway::{
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use std::{sync::Arc, time::Duration};

struct NamedRequest {
    pipeline: Pipeline,
}

/// Starts the protocol that relies on the name.
pub fn start(ctx: Context, _: &Surroundings) -> Arc<dyn Protocol> {
    Arc::new(NamedRequest { pipeline: Pipeline::new(ctx) })
}

impl Protocol for NamedRequest {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(async move {
            let name = format!("rr-{}", &signal.fingerprint[..63]);
            self.pipeline.create_or_count(self.pipeline.calls(deadline), &signal, name).await
        })
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
