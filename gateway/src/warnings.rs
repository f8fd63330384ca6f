//! Limits how often a warning of one kind is logged: the first at once, then one a minute with the number left out.
//!
//! A permission that is missing, or an API server that is down, makes every retry and every signal fail in the same
//! way. The log must show it, and must not be filled by it.
use crate::clock::SharedClock;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Least time between two warnings of one kind.
const PERIOD: Duration = Duration::from_secs(60);

/// When each kind was logged last, and how many were left out since.
pub struct Warnings {
    clock: SharedClock,
    kinds: Mutex<BTreeMap<String, Kind>>,
}

struct Kind {
    logged: Duration,
    left_out: u64,
}

impl Warnings {
    /// Nothing was logged yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, kinds: Mutex::default() }
    }

    /// Whether a warning of `kind` is to be logged now: gives how many were left out before it, or `None` if it is left
    /// out too. There must be few kinds, because none is ever forgotten.
    pub fn due(&self, kind: &str) -> Option<u64> {
        let now = self.clock.monotonic();
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = kinds.get_mut(kind) else {
            kinds.insert(kind.to_owned(), Kind { logged: now, left_out: 0 });
            return Some(0);
        };
        if now < known.logged + PERIOD {
            known.left_out += 1;
            return None;
        }
        known.logged = now;
        Some(std::mem::take(&mut known.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;

    #[tokio::test(start_paused = true)]
    async fn repeated_warnings_are_summed_up() {
        let warnings = Warnings::new(Arc::new(SystemClock::start()));
        assert_eq!(warnings.due("refused"), Some(0), "the first is logged at once");
        assert_eq!(warnings.due("silent"), Some(0), "and so is the first of another kind");
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(warnings.due("refused"), None);
        }
        tokio::time::sleep(PERIOD).await;
        assert_eq!((warnings.due("refused"), warnings.due("refused")), (Some(20), None));
    }
}
