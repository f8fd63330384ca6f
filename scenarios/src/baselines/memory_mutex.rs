//! Option B: a mutex per fingerprint in the memory of each replica, before the LIST from the watch cache.
//!
//! The document keeps the cached client ("works with cached client"). It knows that replicas do not share memory.
use super::{pipeline::Pipeline, surroundings::Surroundings};
use futures::future::BoxFuture;
use gateway::{
    clock::within,
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

struct MemoryMutex {
    ctx: Context,
    pipeline: Pipeline,
    with: Surroundings,
    locks: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// Starts the protocol with its lock in memory.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    let pipeline = Pipeline::from_cache(ctx.clone());
    Arc::new(MemoryMutex { ctx, pipeline, with: with.clone(), locks: Mutex::default() })
}

impl MemoryMutex {
    async fn process(&self, signal: &Signal, deadline: Duration) -> Result<Accepted, Refusal> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(signal.fingerprint.clone()).or_default())
        };
        let free = lock.try_lock().is_ok();
        self.with.attempts.tried(free);
        let held = within(&*self.ctx.clock, deadline, lock.lock()).await;
        let _held = held.ok_or(Refusal::DeadlineExceeded)?;
        self.pipeline.check_then_act(self.pipeline.calls(deadline), signal).await
    }
}

impl Protocol for MemoryMutex {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(self.with.attempts.signal(async move { self.process(&signal, deadline).await }))
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
