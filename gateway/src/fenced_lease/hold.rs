//! A writer's hold on the lease of its fingerprint, from the first attempt to acquire it until it is given back.
//!
//! The name of the acquisition lasts as long as the hold. Its presence on a lease is the only proof of holding that
//! lease: an attempt that was not answered may have committed, and the next read of the lease shows it.
use super::{lease::LeaseRecord, release::Release};
use std::{sync::Arc, time::Duration};

/// The hold of one acquisition. By default nothing is held, and no attempt was made.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// Name of the acquisition; drawn when a lease is first needed.
    acquisition: Option<String>,
    /// The version of the lease that this acquisition holds.
    lease: Option<Arc<LeaseRecord>>,
    /// Name of the latest request that was seen to exist under the lease.
    seen: Option<String>,
    /// Whether a write of this acquisition was not answered, or refused, so that it may hold the lease unnoticed.
    unanswered: bool,
    /// Until when a create may be issued under the lease; zero before a call has shown the lease as held.
    issue_until: Duration,
    /// Since when the lease is held, on the monotonic clock.
    since: Option<Duration>,
}

impl Hold {
    /// The name of the acquisition; `None` before the first attempt.
    pub(super) fn acquisition(&self) -> Option<&str> {
        self.acquisition.as_deref()
    }

    /// The name of the acquisition, made by `name` for the first attempt.
    pub(super) fn name_with(&mut self, name: impl FnOnce() -> String) -> &str {
        self.acquisition.get_or_insert_with(name)
    }

    /// Whether `lease` names this acquisition as its holder.
    pub(super) fn is_on(&self, lease: &LeaseRecord) -> bool {
        lease.holder().is_some() && lease.holder() == self.acquisition()
    }

    /// A read shows `lease` in this acquisition's name.
    pub(super) fn confirm(&mut self, lease: Arc<LeaseRecord>) {
        self.lease = Some(lease);
    }

    /// The server stored `lease` in this acquisition's name, and creates may be issued under it until `issue_until`.
    pub(super) fn acquired(&mut self, lease: Arc<LeaseRecord>, issue_until: Duration, now: Duration) {
        self.since.get_or_insert(now);
        self.lease = Some(lease);
        self.unanswered = false;
        self.issue_until = issue_until;
    }

    /// A quorum read shows the lease in this acquisition's name: creates may be issued under it until `issue_until`.
    pub(super) fn extend_issue(&mut self, issue_until: Duration) {
        self.issue_until = issue_until;
    }

    /// Until when a create may be issued under the lease.
    pub(super) fn issue_until(&self) -> Duration {
        self.issue_until
    }

    /// A write in this acquisition's name was not answered, or refused.
    pub(super) fn mark_unanswered(&mut self) {
        self.unanswered = true;
    }

    /// Another acquisition holds the lease, or it is gone: the next attempt gets a new name.
    pub(super) fn lose(&mut self) {
        if self.lease.take().is_some() {
            (self.acquisition, self.seen, self.issue_until, self.since) = (None, None, Duration::ZERO, None);
        }
    }

    /// The request called `name` was seen to exist under the lease.
    pub(super) fn saw(&mut self, name: &str) {
        self.seen = Some(name.to_owned());
    }

    /// Whether the request called `name` was seen to exist under the lease.
    pub(super) fn has_seen(&self, name: &str) -> bool {
        self.seen.as_deref() == Some(name)
    }

    /// Ends the hold; gives what has to be given back, if this acquisition holds the lease or may hold it.
    pub(super) fn end(&mut self, fingerprint: &str) -> Option<Release> {
        let Self { acquisition, lease, seen, unanswered, since, .. } = std::mem::take(self);
        let holder = acquisition.filter(|_| lease.is_some() || unanswered)?;
        Some(Release { fingerprint: fingerprint.to_owned(), holder, lease, seen, since })
    }
}
