//! The one writer of a fingerprint in this replica: takes batch after batch and does not rest before each is answered.
//!
//! It belongs to no request, so a client that hangs up cancels nothing. Each round looks at what is known, takes one step and
//! decides again on what that step taught; nothing carries over from round to round but the lease in hand. That is also how an
//! ambiguous create or acquisition is settled: the next round reads the object, and finds its own mark on it or does not.
use super::{
    Once,
    backoff::{Backoff, up_to},
    batch::{Batch, Waiting},
    call::CallError,
    changes::{Changes, Subscription},
    lease::LeaseRecord,
    names, release,
    request::{RequestRecord, Standing},
};
use crate::{clock::within, protocol::Refusal};
use coalescer::Leadership;
use std::{sync::Arc, time::Duration};

/// Signals counted by one write.
const BATCH_MAX: usize = 100;
/// Waiting for a change, look again after so long: the watch may lag.
const REREAD: Duration = Duration::from_secs(2);
/// Rounds without a pause, in a row.
const ROUNDS_AT_ONCE: u32 = 3;

/// What a round came to.
#[derive(Debug)]
pub(super) enum Step {
    /// Every member is answered.
    Done,
    /// Something was learnt: decide again.
    Again,
    /// The API server is in the way: decide again, later.
    Retry { why: String, retry_after: Option<Duration> },
    /// Somebody else is: decide again when something changes, or at this moment.
    Await { until: Option<Duration> },
    /// It cannot be done.
    Refuse(Refusal),
}

impl Step {
    /// A call that may be made again.
    pub(super) fn retry(error: &CallError) -> Self {
        Self::Retry { why: error.to_string(), retry_after: error.retry_after() }
    }

    /// A call that the API server refused for good.
    pub(super) fn refused(error: &CallError) -> Self {
        Self::Refuse(Refusal::Refused(error.to_string()))
    }

    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self::Refuse(Refusal::Unavailable(why.into()))
    }
}

/// A fingerprint's writer, and what it holds while it works on a batch.
pub(super) struct Writer {
    pub(super) once: Arc<Once>,
    pub(super) fingerprint: String,
    pub(super) batch: Batch,
    /// Names the acquisition of this batch; none is drawn before a lease is needed.
    pub(super) acquisition: Option<String>,
    /// The lease in hand.
    pub(super) held: Option<Arc<LeaseRecord>>,
    /// The latest request that was seen to exist under a lease of this acquisition.
    pub(super) seen: Option<String>,
    /// The request that ended before the one being begun, as a quorum read showed it.
    pub(super) predecessor: Option<Arc<RequestRecord>>,
    /// A write of this acquisition was not answered: it may hold the lease without anybody knowing.
    pub(super) unresolved: bool,
    /// The lease that was known, or was in the way of a create, is gone if none is found: others delete leases here.
    pub(super) vanished: bool,
    /// Do not trust the caches in the next round.
    pub(super) reread: bool,
    backoff: Backoff,
    subscription: Subscription,
}

/// Serves the queue of one fingerprint until it is empty.
pub(super) async fn run(once: Arc<Once>, mut leadership: Leadership<Waiting>) {
    let fingerprint = leadership.key().to_owned();
    let subscription = Changes::subscribe(&once.changes, names::lock_key(&fingerprint));
    let mut writer = Writer {
        once,
        fingerprint,
        batch: Batch::default(),
        acquisition: None,
        held: None,
        seen: None,
        predecessor: None,
        unresolved: false,
        vanished: false,
        reread: false,
        backoff: Backoff::default(),
        subscription,
    };
    while let Some(members) = leadership.take(BATCH_MAX) {
        writer.batch = members.into();
        writer.backoff.reset();
        writer.serve().await;
        writer.release();
    }
}

impl Writer {
    async fn serve(&mut self) {
        let mut rounds = 0;
        loop {
            self.batch.prune(self.now());
            if self.batch.is_empty() {
                return;
            }
            rounds += 1;
            let pause = match self.step().await {
                Step::Done => return,
                Step::Refuse(refusal) => return self.batch.refuse(&refusal),
                Step::Again if rounds % ROUNDS_AT_ONCE != 0 => continue,
                Step::Again => self.pause("the object keeps changing", None).await,
                Step::Retry { why, retry_after } => self.pause(&why, retry_after).await,
                Step::Await { until } => {
                    self.await_change(until).await;
                    Ok(())
                }
            };
            if let Err(refusal) = pause {
                return self.batch.refuse(&refusal);
            }
        }
    }

    async fn step(&mut self) -> Step {
        let wall = self.once.context.clock.now();
        match self.once.requests.standing(&self.fingerprint, wall) {
            Standing::CountOn(request) => self.count(request).await,
            Standing::Terminating(request) if std::mem::take(&mut self.reread) => self.look_again(&request).await,
            Standing::Terminating(_) => Step::Await { until: None },
            Standing::Clear => self.begin().await.unwrap_or_else(|step| step),
        }
    }

    async fn look_again(&mut self, known: &RequestRecord) -> Step {
        match self.read_request(&known.metadata.name).await {
            Ok(Some(_)) => Step::Await { until: None },
            Ok(None) => Step::Again,
            Err(error) => Step::retry(&error),
        }
    }

    /// A quorum read of the request called `name`; `None` when it is not there.
    pub(super) async fn read_request(&mut self, name: &str) -> Result<Option<Arc<RequestRecord>>, CallError> {
        let before = self.once.requests.get(name);
        match self.once.calls.get_request(name, self.batch.last_deadline()).await {
            Ok(request) => {
                let request = Arc::new(request);
                if let Some(before) = before.filter(|before| before.metadata.uid != request.metadata.uid) {
                    self.once.requests.forget(name, &before.metadata.uid);
                }
                self.once.requests.learn(request.clone());
                Ok(Some(request))
            }
            Err(error) if error.is_not_found() => {
                // Only what was known before the read: the name may have been made since.
                if let Some(before) = before {
                    self.once.requests.forget(name, &before.metadata.uid);
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits before the next try; refuses when nobody would be left to answer.
    pub(super) async fn pause(&mut self, why: &str, retry_after: Option<Duration>) -> Result<(), Refusal> {
        let clock = &self.once.context.clock;
        let delay = self.backoff.next(&*self.once.context.entropy, retry_after);
        if clock.monotonic() + delay >= self.batch.last_deadline() {
            return Err(Refusal::Unavailable(why.to_owned()));
        }
        clock.sleep(delay).await;
        Ok(())
    }

    async fn await_change(&mut self, until: Option<Duration>) {
        let reread = self.now() + REREAD + up_to(&*self.once.context.entropy, REREAD / 2);
        let wake = reread.min(self.batch.last_deadline()).min(until.unwrap_or(Duration::MAX));
        let changed = within(&*self.once.context.clock, wake, self.subscription.changed()).await;
        self.reread |= changed.is_none() && self.now() >= reread;
    }

    /// Gives the lease back after the answer, as a task of its own: nobody waits for it.
    fn release(&mut self) {
        let (lease, seen) = (self.held.take(), self.seen.take());
        let unresolved = std::mem::take(&mut self.unresolved);
        let Some(holder) = self.acquisition.take().filter(|_| lease.is_some() || unresolved) else { return };
        let release = release::Release { fingerprint: self.fingerprint.clone(), holder, lease, seen };
        self.once.context.tasks.spawn(release::run(self.once.clone(), release));
    }

    pub(super) fn now(&self) -> Duration {
        self.once.context.clock.monotonic()
    }
}
