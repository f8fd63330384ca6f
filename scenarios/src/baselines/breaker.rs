//! The circuit breaker in front of the existing gateway's create calls: one for all fingerprints of a replica.
//!
//! It counts as github.com/sony/gobreaker does: closed, it resets its counts every ten seconds and opens at ten calls
//! of which half failed; open, it refuses calls for thirty seconds; half open, it lets three calls through,
//! closes when all three succeed and opens at the first that fails. An outcome that arrives in a later state is not
//! counted.
use super::call::CallError;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const COUNTING_INTERVAL: Duration = Duration::from_secs(10);
const OPEN_FOR: Duration = Duration::from_secs(30);
const CALLS_TO_JUDGE: u32 = 10;
const HALF_OPEN_CALLS: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open,
    HalfOpen,
}

#[derive(Debug)]
struct Counts {
    state: State,
    /// Grows with every change of state and every reset of the counts, so that a late outcome can be recognised.
    generation: u64,
    /// Time at which the state changes by itself; `None` while half open, and before the first call.
    until: Option<Duration>,
    calls: u32,
    successes: u32,
    failures: u32,
}

impl Counts {
    fn begin(&mut self, state: State, now: Duration) {
        self.state = state;
        self.generation += 1;
        self.until = match state {
            State::Closed => Some(now + COUNTING_INTERVAL),
            State::Open => Some(now + OPEN_FOR),
            State::HalfOpen => None,
        };
        (self.calls, self.successes, self.failures) = (0, 0, 0);
    }

    fn catch_up(&mut self, now: Duration) {
        let due = self.until.is_some_and(|until| until < now);
        match self.state {
            State::Closed if due || self.generation == 0 => self.begin(State::Closed, now),
            State::Open if due => self.begin(State::HalfOpen, now),
            _ => {}
        }
    }
}

/// The breaker.
#[derive(Debug)]
pub(super) struct Breaker {
    counts: Mutex<Counts>,
}

impl Breaker {
    /// A closed breaker.
    pub(super) fn closed() -> Self {
        let counts = Counts { state: State::Closed, generation: 0, until: None, calls: 0, successes: 0, failures: 0 };
        Self { counts: Mutex::new(counts) }
    }

    /// Lets one call through and returns its generation for [`Breaker::record`], or returns an error.
    pub(super) fn admit(&self, now: Duration) -> Result<u64, CallError> {
        let mut counts = self.lock();
        counts.catch_up(now);
        match counts.state {
            State::Open => return Err(CallError::Breaker("circuit breaker is open")),
            State::HalfOpen if counts.calls >= HALF_OPEN_CALLS => return Err(CallError::Breaker("too many requests")),
            _ => {}
        }
        counts.calls += 1;
        Ok(counts.generation)
    }

    /// Counts the outcome of the call that was admitted in `generation`.
    pub(super) fn record(&self, generation: u64, succeeded: bool, now: Duration) {
        let mut counts = self.lock();
        counts.catch_up(now);
        if counts.generation != generation {
            return;
        }
        if succeeded {
            counts.successes += 1;
        } else {
            counts.failures += 1;
        }
        let half_failed = counts.calls >= CALLS_TO_JUDGE && counts.failures * 2 >= counts.calls;
        match counts.state {
            State::Closed if !succeeded && half_failed => counts.begin(State::Open, now),
            State::HalfOpen if !succeeded => counts.begin(State::Open, now),
            State::HalfOpen if counts.successes >= HALF_OPEN_CALLS => counts.begin(State::Closed, now),
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn play(breaker: &Breaker, outcomes: &[bool], now: Duration) {
        for succeeded in outcomes {
            let generation = breaker.admit(now).expect("admitted");
            breaker.record(generation, *succeeded, now);
        }
    }

    #[test]
    fn opens_when_half_of_ten_fail() {
        let breaker = Breaker::closed();
        play(&breaker, &[true, true, true, true, true, false, false, false, false], at(1));
        assert!(breaker.admit(at(1)).is_ok_and(|generation| {
            breaker.record(generation, false, at(1));
            true
        }));
        assert!(breaker.admit(at(2)).is_err(), "ten calls, five failed");
        assert!(breaker.admit(at(31)).is_err(), "thirty seconds have not passed");
    }

    #[test]
    fn forgets_its_counts_every_interval() {
        let breaker = Breaker::closed();
        play(&breaker, &[false; 9], at(1));
        play(&breaker, &[false; 9], at(12));
        assert!(breaker.admit(at(12)).is_ok());
    }

    #[test]
    fn closes_after_three_good_calls() {
        let breaker = Breaker::closed();
        play(&breaker, &[false; 10], at(1));
        let first = breaker.admit(at(32)).expect("half open");
        let second = breaker.admit(at(32)).expect("half open");
        let third = breaker.admit(at(32)).expect("half open");
        assert_eq!(breaker.admit(at(32)).unwrap_err().to_string(), "too many requests");
        for generation in [first, second, third] {
            breaker.record(generation, true, at(33));
        }
        play(&breaker, &[true; 20], at(34));
    }

    #[test]
    fn opens_again_at_first_failure() {
        let breaker = Breaker::closed();
        play(&breaker, &[false; 10], at(1));
        let generation = breaker.admit(at(32)).expect("half open");
        breaker.record(generation, false, at(32));
        assert_eq!(breaker.admit(at(33)).unwrap_err().to_string(), "circuit breaker is open");
    }

    #[test]
    fn ignores_outcomes_of_earlier_states() {
        let breaker = Breaker::closed();
        let late = breaker.admit(at(1)).expect("closed");
        play(&breaker, &[false; 9], at(1));
        let current = breaker.admit(at(32)).expect("half open");
        breaker.record(late, false, at(32));
        breaker.record(current, true, at(32));
        assert!(breaker.admit(at(32)).is_ok(), "still half open");
    }
}
