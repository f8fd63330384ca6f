//! The lock as the existing gateway ships it: ten attempts with growing waits, a check without the lock after each, a
//! release that reads the holder first, and 500 after the last attempt.
//!
//! Not here: running without POD_NAME, when that gateway takes no lock at all; [`none`](super::none) is that.
use super::{
    backoff,
    lease_lock::LeaseLock,
    pipeline::{Pipeline, refusal},
    surroundings::Surroundings,
};
use futures::future::BoxFuture;
use gateway::{
    entropy::Entropy,
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use std::{sync::Arc, time::Duration};

const ATTEMPTS: u32 = 10;
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

struct ShippedLease {
    ctx: Context,
    pipeline: Pipeline,
    with: Surroundings,
}

/// Starts the protocol of the existing gateway.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    Arc::new(ShippedLease { pipeline: Pipeline::new(ctx.clone()), ctx, with: with.clone() })
}

impl ShippedLease {
    async fn process(&self, signal: &Signal, deadline: Duration) -> Result<Accepted, Refusal> {
        let calls = self.pipeline.calls(deadline);
        let lock = LeaseLock::of(calls, &signal.fingerprint, self.with.terms.lease_seconds);
        let mut attempt = 1;
        while !self.with.attempts.of(lock.acquire()).await.map_err(|error| refusal(calls, "acquire lock", &error))? {
            if attempt == ATTEMPTS {
                return Err(self.lock_timeout(deadline));
            }
            // Neither this wait nor the one in the status updater ends early with the HTTP request.
            self.ctx.clock.sleep(contention_wait(&*self.ctx.entropy, attempt)).await;
            if let Some(accepted) = self.pipeline.count_if_open(calls, signal).await? {
                return Ok(accepted);
            }
            attempt += 1;
        }
        let outcome = self.pipeline.check_then_act(calls, signal).await;
        // Before the answer and before the deadline: a request after its deadline leaves its lease behind.
        let _left_behind = lock.delete_if_held().await;
        outcome
    }

    fn lock_timeout(&self, deadline: Duration) -> Refusal {
        if self.ctx.clock.monotonic() >= deadline {
            return Refusal::DeadlineExceeded;
        }
        Refusal::Internal(format!("lock acquisition timeout after {ATTEMPTS} attempts"))
    }
}

impl Protocol for ShippedLease {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(self.with.attempts.signal(async move { self.process(&signal, deadline).await }))
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

/// 100, 200, 400, 800 ms, then 1 s, each ± 10 % but never below 100 ms or above 1 s.
fn contention_wait(entropy: &dyn Entropy, attempt: u32) -> Duration {
    let nominal = backoff::doubling(SHORTEST_WAIT, attempt, LONGEST_WAIT);
    backoff::around(entropy, nominal).clamp(SHORTEST_WAIT, LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u64);

    impl Entropy for Fixed {
        fn next_u64(&self) -> u64 {
            self.0
        }
    }

    fn total_wait(draw: u64) -> Duration {
        (1..ATTEMPTS).map(|attempt| contention_wait(&Fixed(draw), attempt)).sum()
    }

    #[test]
    fn nine_waits_are_those_documented() {
        let nominal: Vec<_> = (1..ATTEMPTS).map(|attempt| contention_wait(&Fixed(100), attempt).as_millis()).collect();
        assert_eq!(nominal, [100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000]);
        assert_eq!(total_wait(0), Duration::from_millis(100 + 180 + 360 + 720 + 5 * 900));
        assert_eq!(total_wait(200), Duration::from_millis(110 + 220 + 440 + 880 + 5 * 1000));
    }
}
