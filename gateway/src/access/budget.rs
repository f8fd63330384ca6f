//! A limit on reviews: so many at once, and so many a second with a burst.
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// The size of a budget.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The largest number under way.
    pub(super) at_once: usize,
    /// Time that one uses up in the long run.
    pub(super) each: Duration,
    /// How many may begin in a moment after a rest.
    pub(super) burst: u32,
}

/// A budget, and what is left of it.
pub(super) struct Budget {
    limits: Limits,
    under_way: Arc<AtomicUsize>,
    /// Until when what has begun uses up the budget, on the monotonic clock (the generic cell rate algorithm).
    used_until: Mutex<Duration>,
}

/// One that is under way; dropping it ends it.
pub(super) struct Permit(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, under_way: Arc::default(), used_until: Mutex::default() }
    }

    /// Begins one at `now`; `None` if that would exceed the budget.
    pub(super) fn begin(&self, now: Duration) -> Option<Permit> {
        let mut used_until = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        let next = used_until.max(now) + self.limits.each;
        if self.under_way.load(Ordering::Acquire) >= self.limits.at_once
            || next > now + self.limits.each * self.limits.burst
        {
            return None;
        }
        *used_until = next;
        self.under_way.fetch_add(1, Ordering::AcqRel);
        Some(Permit(self.under_way.clone()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_allows_bursts_and_a_rate() {
        let budget = Budget::new(Limits { at_once: 100, each: Duration::from_millis(50), burst: 4 });
        let begin = |millis| budget.begin(Duration::from_millis(millis)).is_some();
        assert_eq!([0, 0, 0, 0, 0, 49].map(begin), [true, true, true, true, false, false]);
        assert_eq!([50, 50, 120].map(begin), [true, false, true]);
        assert_eq!([10_000; 5].map(begin), [true, true, true, true, false], "a rest does not add up beyond the burst");
    }

    #[test]
    fn only_so_many_are_under_way() {
        let budget = Budget::new(Limits { at_once: 2, each: Duration::ZERO, burst: 1 });
        let first = budget.begin(Duration::ZERO);
        let _second = budget.begin(Duration::ZERO);
        assert!(first.is_some() && budget.begin(Duration::ZERO).is_none());
        drop(first);
        assert!(budget.begin(Duration::ZERO).is_some());
    }
}
