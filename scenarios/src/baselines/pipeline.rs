//! The existing gateway's handling of a signal around its lock: look for an open RemediationRequest, then count on it
//! or create one.
//!
//! All versions of the lock share it, so that a comparison of them measures the lock alone.
use super::{
    breaker::Breaker,
    call::{CallError, Calls},
    create,
    dedup::{self, Read},
    record::Record,
    status,
};
use gateway::{
    protocol::{Accepted, Context, Disposition, Refusal},
    signals::Signal,
};
use std::time::Duration;

/// State that lives as long as the replica.
pub(super) struct Pipeline {
    ctx: Context,
    breaker: Breaker,
    read: Read,
}

impl Pipeline {
    /// A pipeline that lists from the store.
    pub(super) fn new(ctx: Context) -> Self {
        Self { ctx, breaker: Breaker::closed(), read: Read::Consistent }
    }

    /// A pipeline that lists from the API server's cache.
    pub(super) fn from_cache(ctx: Context) -> Self {
        Self { read: Read::Cached, ..Self::new(ctx) }
    }

    /// API calls of one HTTP request.
    pub(super) fn calls(&self, deadline: Duration) -> Calls<'_> {
        Calls { ctx: &self.ctx, deadline }
    }

    /// Counts on an open RemediationRequest, or creates one.
    pub(super) async fn check_then_act(&self, calls: Calls<'_>, signal: &Signal) -> Result<Accepted, Refusal> {
        if let Some(accepted) = self.count_if_open(calls, signal).await? {
            return Ok(accepted);
        }
        let created = create::create(calls, &self.breaker, signal).await;
        let mut rr = Record::created(created.map_err(|error| refusal(calls, "create RemediationRequest", &error))?);
        // The signal is answered 201 even if the counter's first value could not be stored.
        let _not_counted = status::count_occurrence(calls, &mut rr).await;
        Ok(self.accepted(rr, Disposition::Created))
    }

    /// Creates a RemediationRequest of this name, or counts on the one that has it.
    pub(super) async fn create_or_count(
        &self,
        calls: Calls<'_>,
        signal: &Signal,
        name: String,
    ) -> Result<Accepted, Refusal> {
        let created = create::create_named(calls, &self.breaker, signal, &name).await;
        let (rr, created) = created.map_err(|error| refusal(calls, "create RemediationRequest", &error))?;
        let mut rr = Record::created(rr);
        let _not_counted = status::count_occurrence(calls, &mut rr).await;
        Ok(self.accepted(rr, if created { Disposition::Created } else { Disposition::Duplicate }))
    }

    /// Counts on an open RemediationRequest; `None` if none exists.
    pub(super) async fn count_if_open(&self, calls: Calls<'_>, signal: &Signal) -> Result<Option<Accepted>, Refusal> {
        let found = dedup::should_deduplicate(calls, &signal.fingerprint, self.read).await;
        let Some(mut rr) = found.map_err(|error| refusal(calls, "deduplication check", &error))? else {
            return Ok(None);
        };
        // The existing gateway only logs an increment that it could not store, and still answers 202.
        let _not_counted = status::count_occurrence(calls, &mut rr).await;
        Ok(Some(self.accepted(rr, Disposition::Duplicate)))
    }

    /// The reply, which quotes the object in memory.
    fn accepted(&self, rr: Record, disposition: Disposition) -> Accepted {
        let seen = rr.status.and_then(|status| status.deduplication).unwrap_or_default();
        let now = self.ctx.clock.now();
        Accepted {
            disposition,
            name: rr.metadata.name.unwrap_or_default(),
            namespace: self.ctx.namespace.clone(),
            count: seen.occurrence_count.and_then(|count| count.try_into().ok()).unwrap_or_default(),
            first_seen: seen.first_seen_at.map_or(now, |time| time.0),
            last_seen: seen.last_seen_at.map_or(now, |time| time.0),
        }
    }
}

/// 504 once the deadline has passed, 500 otherwise.
pub(super) fn refusal(calls: Calls<'_>, what: &str, error: &CallError) -> Refusal {
    if calls.expired() {
        return Refusal::DeadlineExceeded;
    }
    Refusal::Internal(format!("{what}: {error}"))
}
