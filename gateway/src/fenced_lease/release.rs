//! Gives a lease back: after the answers, within a deadline of its own, and only the version that this acquisition
//! wrote.
use super::{backoff::Backoff, call_error::CallError, lease::LeaseRecord, names, shared::Shared};
use std::{sync::Arc, time::Duration};

/// How long giving one lease back may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How many PUTs may go unanswered; after that the lease is left to expire.
const UNANSWERED_MAX: u32 = 3;

/// A lease to give back.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) fingerprint: String,
    /// Name of the acquisition.
    pub(super) holder: String,
    /// The version that it wrote; `None` if a write of it was not answered and may have committed.
    pub(super) lease: Option<Arc<LeaseRecord>>,
    /// Name of the latest request that was seen under it.
    pub(super) seen: Option<String>,
    /// Since when it was held, on the monotonic clock, if this writer knows.
    pub(super) since: Option<Duration>,
}

/// Gives the lease back, or leaves it to expire.
pub(super) async fn run(shared: Arc<Shared>, release: Release) {
    let freed = free(&shared, &release).await;
    if let (Ok(()), Some(since)) = (&freed, release.since) {
        let held = shared.context.clock.monotonic().saturating_sub(since);
        shared.context.metrics.lock_hold_duration.observe(held.as_secs_f64());
    }
    if let Err(error) = freed {
        let (lease, error) = (names::lease_name(&release.fingerprint), error.to_string());
        tracing::debug!(lease, error, "the lease was not given back and will expire");
    }
}

async fn free(shared: &Shared, release: &Release) -> Result<(), CallError> {
    let clock = &shared.context.clock;
    let deadline = clock.monotonic() + TIMEOUT;
    let mut retry = Retry { shared, backoff: Backoff::default(), deadline };
    let mut known = release.lease.clone();
    loop {
        let lease = match known.take() {
            Some(lease) => lease,
            None => match shared.calls.get_lease(&names::lease_name(&release.fingerprint), deadline).await {
                Ok(lease) => Arc::new(lease),
                Err(error) => {
                    retry.after(error).await?;
                    continue;
                }
            },
        };
        if lease.holder() != Some(release.holder.as_str()) {
            return Ok(());
        }
        match put(shared, release, &lease, &mut retry).await {
            // Another program wrote the lease, for example an annotation. This acquisition may still hold it: read it
            // again.
            Err(error) if error.is_conflict() => {}
            ended => return ended,
        }
    }
}

/// `lease` given back, with a note if the request of its episode was seen: it is the one called `seen`, or known.
pub(super) fn freed(shared: &Shared, lease: &LeaseRecord, fingerprint: &str, seen: Option<&str>) -> LeaseRecord {
    let request = lease.episode().map(|episode| names::request_name(fingerprint, &lease.metadata.uid, episode));
    let seen = request.is_some_and(|name| seen == Some(&name) || shared.requests.has(&name));
    lease.freed(seen, shared.context.clock.now())
}

/// Frees this version of the lease.
async fn put(shared: &Shared, release: &Release, lease: &LeaseRecord, retry: &mut Retry<'_>) -> Result<(), CallError> {
    let deadline = retry.deadline;
    let freed = freed(shared, lease, &release.fingerprint, release.seen.as_deref());
    let mut unanswered = 0;
    loop {
        // Every retry is the identical PUT: if an unanswered one has committed, the next one conflicts with it.
        match shared.calls.replace_lease(&freed, deadline).await {
            Ok(lease) => {
                shared.leases.learn(lease);
                return Ok(());
            }
            Err(error) => {
                unanswered += u32::from(error.is_ambiguous());
                if unanswered > UNANSWERED_MAX {
                    return Err(error);
                }
                retry.after(error).await?;
            }
        }
    }
}

struct Retry<'a> {
    shared: &'a Shared,
    backoff: Backoff,
    deadline: Duration,
}

impl Retry<'_> {
    /// Waits until the call that ended in `error` may be made again; gives the error back if it may not.
    async fn after(&mut self, error: CallError) -> Result<(), CallError> {
        let context = &self.shared.context;
        let delay = self.backoff.next(&*context.entropy, error.retry_after());
        let again = error.is_throttled() || error.is_ambiguous();
        if !again || context.clock.monotonic() + delay >= self.deadline {
            return Err(error);
        }
        context.clock.sleep(delay).await;
        Ok(())
    }
}
