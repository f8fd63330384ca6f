//! The existing gateway's pipeline behind a lock of another kind: wait for the lock, look, count or create, release.
//!
//! The locks are of the electors and of Redis, whose documents say how to take a lock and not what a service does while
//! it waits. Here it does what the plan's lock does: a pause, a look for an open RemediationRequest without the lock
//! (unless the document says that the caller starts over), and another attempt, until the HTTP request ends.
use super::{
    call::{CallError, Calls},
    pipeline::{Pipeline, refusal},
    surroundings::{LockAttempts, Surroundings},
};
use futures::future::BoxFuture;
use gateway::{
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use std::{sync::Arc, time::Duration};

/// A lock per fingerprint.
pub(super) trait Lock: Send + Sync + 'static {
    /// Tries to take the lock once; false if another holds it or was faster.
    fn acquire<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<bool, CallError>>;
    /// Gives it back.
    fn release<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<(), CallError>>;
}

/// What a signal does between two attempts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    /// Time between two attempts.
    pub(super) pause: Duration,
    /// Whether it looks for an open RemediationRequest.
    pub(super) looks: bool,
}

impl Waiting {
    /// As the plan's lock waits.
    pub(super) const PLANNED: Waiting = Waiting { pause: Duration::from_millis(100), looks: true };
}

struct Locked<L> {
    ctx: Context,
    pipeline: Pipeline,
    attempts: Arc<LockAttempts>,
    lock: L,
    waiting: Waiting,
}

/// Starts the pipeline behind `lock`.
pub(super) fn start(ctx: Context, with: &Surroundings, lock: impl Lock, waiting: Waiting) -> Arc<dyn Protocol> {
    let (pipeline, attempts) = (Pipeline::new(ctx.clone()), Arc::clone(&with.attempts));
    Arc::new(Locked { ctx, pipeline, attempts, lock, waiting })
}

impl<L: Lock> Locked<L> {
    async fn process(&self, signal: &Signal, deadline: Duration) -> Result<Accepted, Refusal> {
        let calls = self.pipeline.calls(deadline);
        loop {
            let acquired = self.attempts.of(self.lock.acquire(calls, &signal.fingerprint)).await;
            if acquired.map_err(|error| refusal(calls, "acquire lock", &error))? {
                break;
            }
            self.ctx.clock.sleep(self.waiting.pause).await;
            if calls.expired() {
                return Err(Refusal::DeadlineExceeded);
            }
            if self.waiting.looks
                && let Some(accepted) = self.pipeline.count_if_open(calls, signal).await?
            {
                return Ok(accepted);
            }
        }
        let outcome = self.pipeline.check_then_act(calls, signal).await;
        // As in Go's defer, a release that fails or is too late to be sent has no effect on the answer.
        let _left_behind = self.lock.release(calls, &signal.fingerprint).await;
        outcome
    }
}

impl<L: Lock> Protocol for Locked<L> {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(self.attempts.signal(async move { self.process(&signal, deadline).await }))
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
