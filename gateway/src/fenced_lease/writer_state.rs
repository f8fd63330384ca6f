//! State of the writer of one fingerprint: what the steps of its rounds read and change.
//!
//! The steps (`count`, `redelivery`, `plan`, `begin`) are functions over this state, and `writer` calls them. Between
//! two rounds only the fields here carry over; everything else is read and decided anew.
use super::{
    backoff::{Backoff, up_to},
    batch::Batch,
    call_error::CallError,
    changes::{Changes, Subscription},
    hold::Hold,
    names,
    request::RequestRecord,
    shared::Shared,
    step::Step,
};
use crate::{clock::within, protocol::Refusal};
use std::{sync::Arc, time::Duration};

/// A writer that waits for a change reads again after this time: the watch may lag.
const REREAD: Duration = Duration::from_secs(2);

/// A fingerprint's writer, and what it knows while it works on a batch.
pub(super) struct WriterState {
    pub(super) shared: Arc<Shared>,
    pub(super) fingerprint: String,
    pub(super) batch: Batch,
    /// The lease of this fingerprint, as far as this writer holds it.
    pub(super) hold: Hold,
    /// The request that ended before the one being begun, as a quorum read showed it.
    pub(super) predecessor: Option<Arc<RequestRecord>>,
    /// Set when a lease that was known, or that refused a CREATE, is gone: evidence that another program deletes
    /// leases.
    pub(super) lease_vanished: bool,
    /// Set when the next round must read from the API server instead of trusting the caches.
    pub(super) reread: bool,
    /// Since when this batch needs the lock, on the monotonic clock; `None` if it does not, or has it.
    pub(super) lock_needed: Option<Duration>,
    /// Whether this batch met another acquisition that holds the lock.
    contended: bool,
    backoff: Backoff,
    subscription: Subscription,
}

impl WriterState {
    pub(super) fn new(shared: Arc<Shared>, fingerprint: String) -> Self {
        let subscription = Changes::subscribe(&shared.changes, names::lock_key(&fingerprint));
        Self {
            shared,
            fingerprint,
            batch: Batch::default(),
            hold: Hold::default(),
            predecessor: None,
            lease_vanished: false,
            reread: false,
            lock_needed: None,
            contended: false,
            backoff: Backoff::default(),
            subscription,
        }
    }

    /// Takes the next batch.
    pub(super) fn start(&mut self, batch: Batch) {
        self.batch = batch;
        // It may have been counted on since, if it was set back to active.
        self.predecessor = None;
        self.lock_needed = None;
        self.contended = false;
        self.backoff.reset();
    }

    /// This replica's monotonic clock.
    pub(super) fn now(&self) -> Duration {
        self.shared.context.clock.monotonic()
    }

    /// A quorum read of the request called `name`; `None` if it does not exist.
    pub(super) async fn read_request(&mut self, name: &str) -> Result<Option<Arc<RequestRecord>>, CallError> {
        let before = self.shared.requests.get(name);
        match self.shared.calls.get_request(name, self.batch.last_deadline()).await {
            Ok(request) => {
                let request = Arc::new(request);
                if let Some(before) = before.filter(|before| before.metadata.uid != request.metadata.uid) {
                    self.shared.requests.forget(name, &before.metadata.uid);
                }
                self.shared.requests.learn(request.clone());
                Ok(Some(request))
            }
            Err(error) if error.is_not_found() => {
                // Forget only what was known before the read: the name may have been created since.
                if let Some(before) = before {
                    self.shared.requests.forget(name, &before.metadata.uid);
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits before the next try; refuses if every member's deadline would have passed by then.
    pub(super) async fn pause(&mut self, why: &str, retry_after: Option<Duration>) -> Result<(), Refusal> {
        let clock = &self.shared.context.clock;
        let delay = self.backoff.next(&*self.shared.context.entropy, retry_after);
        if clock.monotonic() + delay >= self.batch.last_deadline() {
            return Err(Refusal::Unavailable(why.to_owned()));
        }
        clock.sleep(delay).await;
        Ok(())
    }

    /// Waits until the caches learn something about this fingerprint, until `until`, or until it is time to read again.
    pub(super) async fn await_change(&mut self, until: Option<Duration>) {
        let reread = self.now() + REREAD + up_to(&*self.shared.context.entropy, REREAD / 2);
        let wake = reread.min(self.batch.last_deadline()).min(until.unwrap_or(Duration::MAX));
        let changed = within(&*self.shared.context.clock, wake, self.subscription.changed()).await;
        self.reread |= changed.is_none() && self.now() >= reread;
    }

    /// Another acquisition holds the lock, or was quicker: counted once for each batch.
    pub(super) fn note_contention(&mut self) {
        if !std::mem::replace(&mut self.contended, true) {
            self.shared.context.metrics.lock_contention.inc();
        }
    }

    /// This batch no longer waits for the lock: it has it, or was answered without it.
    pub(super) fn end_lock_wait(&mut self) {
        if let Some(since) = self.lock_needed.take() {
            let waited = self.now().saturating_sub(since);
            self.shared.context.metrics.lock_wait_duration.observe(waited.as_secs_f64());
        }
    }

    /// After a call on the lease that failed: retry it, or refuse the batch.
    pub(super) fn lock_error(&self, error: &CallError) -> Step {
        if error.is_ambiguous() || error.is_throttled() {
            return Step::retry(error);
        }
        self.shared.context.metrics.lock_acquisition_failures.inc();
        Step::refused(error)
    }

    /// Refuses the batch because `object` belongs to `other`, a fingerprint that shares the digits in its name.
    pub(super) fn collision(&self, object: &str, other: &str) -> Step {
        self.shared.context.metrics.fingerprint_collisions.inc();
        let fingerprint = &self.fingerprint;
        tracing::error!(object, fingerprint, other, "two fingerprints share a name; signals are refused");
        Step::unavailable(format!("{object} belongs to another fingerprint that shares its first digits"))
    }
}
