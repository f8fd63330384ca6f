//! Frees leases whose holders are gone, and deletes leases that no longer fence anything.
//!
//! A holder is gone when its process has ended, or when it forgot the lease: giving it back failed for too long, or an
//! unanswered CREATE or PUT committed after the writer had given it up. The lease has expired for every replica by
//! then, so that no writer waits for it; once freed, it no longer looks in use. A replica frees what it forgot itself
//! within seconds, and what others left within two minutes.
//!
//! An idle lease costs little, and it must outlive every request created under it, also one that is created beside the
//! holder. So a lease is deleted only if it has been free and unchanged for five minutes, longer than any call to the
//! API server lasts, and if one consistent LIST shows no request of its fingerprint; and only the version that was
//! known before that LIST is deleted.
use super::{
    backoff::up_to,
    call::CALL_TIMEOUT,
    lease::{LeaseRecord, LockState},
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
                release::run(
                    shared.clone(),
                    Release { fingerprint, holder, lease: Some(lease), seen: None, since: None },
                )
                .await;
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
    let (state, idle) = (lease.lock_state(*since, now), now >= *since + IDLE);
    match (state, lease.episode().and(lease.fingerprint())) {
        // A foreign lease, which this protocol must not write or delete. The watch does not show it, so its cached
        // version would go stale.
        (LockState::Free | LockState::Expired, None) if idle => {
            shared.leases.forget(&lease.metadata.name, &lease.metadata.uid);
        }
        (LockState::Expired, Some(fingerprint)) => free(shared, lease, fingerprint).await,
        (LockState::Free, Some(fingerprint)) if idle => delete(shared, lease, fingerprint).await,
        _ => {}
    }
}

/// Frees a lease whose holder has not written for longer than it lasts: this very version, as the holder would have.
async fn free(shared: &Shared, lease: &LeaseRecord, fingerprint: &str) {
    let now = shared.context.clock.monotonic();
    match shared.calls.replace_lease(&release::freed(shared, lease, fingerprint, None), now + CALL_TIMEOUT).await {
        Ok(freed) => {
            shared.leases.learn(freed);
            shared.context.metrics.lock_reclaims.inc();
        }
        Err(error) => tracing::debug!(lease = lease.metadata.name, %error, "not freed"),
    }
}

/// Deletes a lease that has been free for long, if there is no request of its fingerprint.
async fn delete(shared: &Shared, lease: &LeaseRecord, fingerprint: &str) {
    if shared.requests.any(fingerprint) {
        return;
    }
    let (name, uid) = (&lease.metadata.name, &lease.metadata.uid);
    match shared.list_of(fingerprint, shared.context.clock.monotonic() + CALL_TIMEOUT).await {
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
