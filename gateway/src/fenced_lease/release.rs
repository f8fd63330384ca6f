//! Giving a lease back: after the answer, on its own deadline, and only the version that this acquisition wrote.
use super::{Once, backoff::Backoff, call::CallError, lease::LeaseRecord, names};
use std::{sync::Arc, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(10);
/// How often the PUT may go unanswered; after that the lease expires by itself.
const UNANSWERED_MAX: u32 = 3;

/// What is given back.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) fingerprint: String,
    /// The acquisition.
    pub(super) holder: String,
    /// The version that it wrote; `None` when a write of it was not answered and may have committed.
    pub(super) lease: Option<Arc<LeaseRecord>>,
    /// The latest request that was seen under it.
    pub(super) seen: Option<String>,
}

/// Gives the lease back, or leaves it to expire.
pub(super) async fn run(once: Arc<Once>, release: Release) {
    if let Err(error) = free(&once, &release).await {
        let (lease, error) = (names::lease_name(&release.fingerprint), error.to_string());
        tracing::debug!(lease, error, "the lease was not given back and will expire");
    }
}

async fn free(once: &Once, release: &Release) -> Result<(), CallError> {
    let clock = &once.context.clock;
    let deadline = clock.monotonic() + TIMEOUT;
    let mut retry = Retry { once, backoff: Backoff::default(), deadline };
    let mut known = release.lease.clone();
    loop {
        let lease = match known.take() {
            Some(lease) => lease,
            None => match once.calls.get_lease(&names::lease_name(&release.fingerprint), deadline).await {
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
        match put(once, release, &lease, &mut retry).await {
            // Somebody wrote the lease, which may still be this acquisition's: an administrator's annotation frees nothing.
            Err(error) if error.is_conflict() => {}
            ended => return ended,
        }
    }
}

/// Frees this version of the lease.
async fn put(once: &Once, release: &Release, lease: &LeaseRecord, retry: &mut Retry<'_>) -> Result<(), CallError> {
    let deadline = retry.deadline;
    let request =
        lease.episode().map(|episode| names::request_name(&release.fingerprint, &lease.metadata.uid, episode));
    let seen = request.is_some_and(|name| release.seen.as_ref() == Some(&name) || once.requests.has(&name));
    let freed = lease.freed(seen, once.context.clock.now());
    let mut unanswered = 0;
    loop {
        // The identical PUT: one that committed unanswered makes this one a conflict with itself.
        match once.calls.replace_lease(&freed, deadline).await {
            Ok(lease) => {
                once.leases.learn(lease);
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
    once: &'a Once,
    backoff: Backoff,
    deadline: Duration,
}

impl Retry<'_> {
    /// Waits until the call that ended in `error` may be made again; gives the error back when it may not.
    async fn after(&mut self, error: CallError) -> Result<(), CallError> {
        let context = &self.once.context;
        let delay = self.backoff.next(&*context.entropy, error.retry_after());
        let again = error.is_throttled() || error.is_ambiguous();
        if !again || context.clock.monotonic() + delay >= self.deadline {
            return Err(error);
        }
        context.clock.sleep(delay).await;
        Ok(())
    }
}
