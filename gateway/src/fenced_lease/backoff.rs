//! The pause before a retry: full jitter, doubling from 20 ms to 1 s, and at least what the server asked for.
//!
//! Written here rather than taken from a crate, because the jitter must come from [`Entropy`].
use crate::entropy::Entropy;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Delays that grow with each use.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The next delay; at least `retry_after`.
    pub(super) fn next(&mut self, entropy: &dyn Entropy, retry_after: Option<Duration>) -> Duration {
        let ceiling = LONGEST.min(FIRST.saturating_mul(1 << self.attempts.min(16)));
        self.attempts = self.attempts.saturating_add(1);
        up_to(entropy, ceiling).max(retry_after.unwrap_or_default())
    }

    /// Starts over with the first delay.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// A random duration of at most `most`, in whole microseconds.
pub(super) fn up_to(entropy: &dyn Entropy, most: Duration) -> Duration {
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(entropy.next_u64() % micros.saturating_add(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u64);
    impl Entropy for Always {
        fn next_u64(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        // A draw equal to the ceiling gives the longest delay, the ceiling itself; one more gives none.
        let (mut backoff, mut other) = (Backoff::default(), Backoff::default());
        for ceiling in [20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_000_000, 1_000_000] {
            assert_eq!(backoff.next(&Always(ceiling), None), Duration::from_micros(ceiling));
            assert_eq!(other.next(&Always(ceiling + 1), None), Duration::ZERO);
        }
        backoff.reset();
        assert_eq!(backoff.next(&Always(20_001), None), Duration::ZERO, "full jitter starts at zero");
    }

    #[test]
    fn server_sets_the_least_delay() {
        let asked = Some(Duration::from_secs(3));
        assert_eq!(Backoff::default().next(&Always(7), asked), Duration::from_secs(3));
    }
}
