//! Time as one replica sees it: a wall clock that may be wrong, a monotonic clock that only moves forward, and a sleep.
//!
//! Everything in the gateway that depends on time uses a [`Clock`], so that a replica's clock can have an offset and a
//! rate, and can stop. Safety must not depend on comparing the wall clocks of two replicas.
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// A boxed future that may be sent between threads.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A replica's clock.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock. It may be wrong by any amount, and may step.
    fn now(&self) -> jiff::Timestamp;
    /// Time since an arbitrary moment of this process. It never goes back.
    fn monotonic(&self) -> Duration;
    /// Completes when `duration` has passed on [`Clock::monotonic`].
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// The time in RFC 3339, without the fraction of its second.
pub(crate) fn rfc3339_seconds(time: jiff::Timestamp) -> String {
    format!("{time:.0}")
}

/// The form in which every part of the gateway holds its clock.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clocks.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: tokio::time::Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn start() -> Self {
        Self { started: tokio::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where production reads the wall clock")]
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Runs `future` until it ends, or until `deadline` on [`Clock::monotonic`]; `None` if the deadline came first.
///
/// A call that times out may still take effect: the caller must treat it as ambiguous.
pub async fn within<F: Future>(clock: &dyn Clock, deadline: Duration, future: F) -> Option<F::Output> {
    let left = deadline.saturating_sub(clock.monotonic());
    if left.is_zero() {
        return None;
    }
    let mut future = std::pin::pin!(future);
    // Most futures are ready at once, and need no timer.
    let mut sleep = None;
    std::future::poll_fn(|cx| {
        use std::task::Poll;
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        sleep.get_or_insert_with(|| clock.sleep(left)).as_mut().poll(cx).map(|()| None)
    })
    .await
}
