//! Deletes leases that no longer fence anything, and frees leases that this replica acquired and forgot.
//!
//! A lease is forgotten when giving it back failed for too long, or when an unanswered CREATE or PUT committed after
//! the writer had given it up. It has expired for every replica by then; once freed, it no longer looks in use.
//!
//! An idle lease costs little, and it must outlive every request created under it. So a lease is deleted only if it has
//! been unchanged for five minutes, longer than any call to the API server lasts, and if one consistent LIST shows no
//! request of its fingerprint; and only the version that was known before that LIST is deleted.
use super::{
    backoff::up_to,
    call::CALL_TIMEOUT,
    lease::LockState,
    leases::{IDLE, Observed},
    release::{self, Release},
    shared::Shared,
};
use std::{sync::Arc, time::Duration};

/// Pause between two sweeps.
const PERIOD: Duration = Duration::from_secs(60);
const PERIOD_JITTER: Duration = Duration::from_secs(10);
/// Pause between two searches for forgotten leases: well within a lease's duration.
const RECLAIM_PERIOD: Duration = Duration::from_secs(8);

/// Frees the leases that this replica acquired and forgot; never ends.
pub(super) async fn reclaim(shared: Arc<Shared>) {
    let mine = format!("{}_", shared.writer);
    loop {
        shared.context.clock.sleep(RECLAIM_PERIOD).await;
        let now = shared.context.clock.monotonic();
        for Observed { lease, since } in shared.leases.all() {
            let holder = lease.holder().filter(|holder| holder.starts_with(&mine));
            if let (Some(holder), LockState::Expired, Some(fingerprint)) =
                (holder, lease.lock_state(since, now), lease.fingerprint())
            {
                let (holder, fingerprint) = (holder.to_owned(), fingerprint.to_owned());
                release::run(shared.clone(), Release { fingerprint, holder, lease: Some(lease), seen: None }).await;
            }
        }
    }
}

/// Sweeps again and again; never ends.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        shared.context.clock.sleep(PERIOD + up_to(&*shared.context.entropy, PERIOD_JITTER)).await;
        for observed in shared.leases.all() {
            sweep(&shared, &observed).await;
        }
    }
}

async fn sweep(shared: &Shared, Observed { lease, since }: &Observed) {
    let now = shared.context.clock.monotonic();
    let takable = matches!(lease.lock_state(*since, now), LockState::Free | LockState::Expired);
    if !takable || now < *since + IDLE {
        return;
    }
    let (name, uid) = (&lease.metadata.name, &lease.metadata.uid);
    let (Some(_), Some(fingerprint)) = (lease.episode(), lease.fingerprint()) else {
        // A foreign lease, which this protocol must not delete. The watch does not show it, so its cached version would
        // go stale.
        return shared.leases.forget(name, uid);
    };
    if shared.requests.any(fingerprint) {
        return;
    }
    match shared.list_of(fingerprint, now + CALL_TIMEOUT).await {
        Ok(requests) if requests.is_empty() => {}
        Ok(requests) => return requests.into_iter().for_each(|request| shared.requests.learn(Arc::new(request))),
        Err(error) => return tracing::debug!(lease = name, %error, "not swept"),
    }
    match shared.calls.delete_lease(lease, shared.context.clock.monotonic() + CALL_TIMEOUT).await {
        Ok(()) => shared.leases.forget(name, uid),
        Err(error) if error.is_not_found() => shared.leases.forget(name, uid),
        Err(error) => tracing::debug!(lease = name, %error, "not swept"),
    }
}
