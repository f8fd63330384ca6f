//! Deletes leases that fence nothing any more.
//!
//! An idle lease costs little, and it must outlive every request made under it: only one that has stood untouched for five
//! minutes, longer than any call to the API server lives, and of whose fingerprint one consistent LIST shows no request, is
//! deleted, and only the version that was known before that LIST.
use super::{Once, backoff::up_to, call::CALL_TIMEOUT, lease::Stance, leases::Observed};
use std::{sync::Arc, time::Duration};

const PERIOD: Duration = Duration::from_secs(60);
const PERIOD_JITTER: Duration = Duration::from_secs(10);
/// How long a lease must have stood untouched.
pub(super) const IDLE: Duration = Duration::from_secs(5 * 60);

/// Sweeps, for ever.
pub(super) async fn run(once: Arc<Once>) {
    loop {
        once.context.clock.sleep(PERIOD + up_to(&*once.context.entropy, PERIOD_JITTER)).await;
        for observed in once.leases.all() {
            sweep(&once, &observed).await;
        }
    }
}

async fn sweep(once: &Once, Observed { lease, since }: &Observed) {
    let now = once.context.clock.monotonic();
    let takable = matches!(lease.stance(*since, now), Stance::Free | Stance::Expired);
    if !takable || now < *since + IDLE {
        return;
    }
    let (name, uid) = (&lease.metadata.name, &lease.metadata.uid);
    let (Some(_), Some(fingerprint)) = (lease.episode(), lease.fingerprint()) else {
        // Not this protocol's to delete, and outside the watch: what is known of it would only grow old.
        return once.leases.forget(name, uid);
    };
    if once.requests.any(fingerprint) {
        return;
    }
    match once.list_of(fingerprint, now + CALL_TIMEOUT).await {
        Ok(requests) if requests.is_empty() => {}
        Ok(requests) => return requests.into_iter().for_each(|request| once.requests.learn(Arc::new(request))),
        Err(error) => return tracing::debug!(lease = name, %error, "not swept"),
    }
    match once.calls.delete_lease(lease, once.context.clock.monotonic() + CALL_TIMEOUT).await {
        Ok(()) => once.leases.forget(name, uid),
        Err(error) if error.is_not_found() => once.leases.forget(name, uid),
        Err(error) => tracing::debug!(lease = name, %error, "not swept"),
    }
}
