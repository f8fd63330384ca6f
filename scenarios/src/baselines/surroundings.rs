//! Surroundings of a baseline protocol: what its lock is set up with, what it uses besides the Kubernetes API, and
//! where its attempts to lock are counted.
use super::redis::KeyStore;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Terms of the locks and clocks of a run. The shipped protocol has a lease duration of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Seconds after which a lock that is not renewed expires: the duration of a Lease, the TTL of a key.
    pub lease_seconds: u32,
    /// Time by which the wall clock of the first replica is ahead.
    pub first_clock_ahead: Duration,
    /// Whether Redis' primary is lost once, soon after the first command.
    pub redis_fails: bool,
}

impl Terms {
    /// The terms of the documents, right clocks, and a Redis that lives.
    pub const USUAL: Terms = Terms { lease_seconds: 30, first_clock_ahead: Duration::ZERO, redis_fails: false };
}

/// Counts of a run's attempts to take locks, over all replicas.
#[derive(Debug, Default)]
pub struct LockAttempts {
    tried: AtomicU64,
    contended: AtomicU64,
    given_up: AtomicU64,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LockCounts {
    /// Attempts to take a lock.
    pub tried: u64,
    /// Attempts that found the lock held, or lost it to another.
    pub contended: u64,
    /// Signals that ended without the lock and without a RemediationRequest.
    pub given_up: u64,
}

impl LockCounts {
    /// Adds those of another run.
    pub fn add(&mut self, other: LockCounts) {
        self.tried += other.tried;
        self.contended += other.contended;
        self.given_up += other.given_up;
    }
}

impl LockAttempts {
    /// Counts an attempt to take a lock, which gives whether it was taken.
    pub(super) async fn of<E>(&self, attempt: impl Future<Output = Result<bool, E>>) -> Result<bool, E> {
        let outcome = attempt.await;
        self.tried(matches!(outcome, Ok(true)));
        outcome
    }

    /// Counts an attempt by its result.
    pub(super) fn tried(&self, acquired: bool) {
        self.tried.fetch_add(1, Relaxed);
        self.contended.fetch_add(u64::from(!acquired), Relaxed);
    }

    /// Counts a signal as given up if it is refused.
    pub(super) async fn signal<T, E>(&self, handling: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let outcome = handling.await;
        self.given_up.fetch_add(u64::from(outcome.is_err()), Relaxed);
        outcome
    }

    /// The counts so far.
    pub fn counts(&self) -> LockCounts {
        LockCounts {
            tried: self.tried.load(Relaxed),
            contended: self.contended.load(Relaxed),
            given_up: self.given_up.load(Relaxed),
        }
    }
}

/// What a baseline starts with, besides its context.
#[derive(Clone)]
pub struct Surroundings {
    /// Terms of its lock.
    pub terms: Terms,
    /// Connection to Redis.
    pub redis: Arc<dyn KeyStore>,
    /// Counts of attempts to lock.
    pub attempts: Arc<LockAttempts>,
}
