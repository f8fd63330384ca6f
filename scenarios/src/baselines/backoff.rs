//! The existing gateway's three ways to spread its retries.
use gateway::entropy::Entropy;
use std::time::Duration;

/// `base` ± 10 %, in steps of 0.1 %.
pub(super) fn around(entropy: &dyn Entropy, base: Duration) -> Duration {
    permille(base, 900 + entropy.next_u64() % 201)
}

/// `base` + 0..10 %: apimachinery's `wait.Jitter` only adds.
pub(super) fn above(entropy: &dyn Entropy, base: Duration) -> Duration {
    permille(base, 1000 + entropy.next_u64() % 101)
}

/// `first`, doubled for every attempt after the first, at most `most`.
pub(super) fn doubling(first: Duration, attempt: u32, most: Duration) -> Duration {
    first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(most)
}

fn permille(base: Duration, share: u64) -> Duration {
    Duration::from_micros(u64::try_from(base.as_micros()).unwrap_or(u64::MAX / 2000) * share / 1000)
}
