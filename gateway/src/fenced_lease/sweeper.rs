//! Deletes leases that fence nothing any more, and frees those that this replica took and lost sight of.
//!
//! A lease is lost sight of when giving it back failed for too long, or when an unanswered CREATE or PUT committed after it had
//! been given up. It has expired for everybody then; freed, it no longer looks as if somebody were at work.
//!
//! An idle lease costs little, and it must outlive every request made under it: only one that has stood untouched for five
//! minutes, longer than any call to the API server lives, and of whose fingerprint one consistent LIST shows no request, is
//! deleted, and only the version that was known before that LIST.
use super::{
    Once,
    backoff::up_to,
    call::CALL_TIMEOUT,
    lease::Stance,
    leases::Observed,
    release::{self, Release},
};
use std::{sync::Arc, time::Duration};

const PERIOD: Duration = Duration::from_secs(60);
const PERIOD_JITTER: Duration = Duration::from_secs(10);
/// How long a lease must have stood untouched.
pub(super) const IDLE: Duration = Duration::from_secs(5 * 60);

/// How often this replica looks for leases that it lost sight of: well within a lease's life.
const LOOK: Duration = Duration::from_secs(8);

/// Frees, for ever, what this replica took and lost sight of.
pub(super) async fn reclaim(once: Arc<Once>) {
    let mine = format!("{}_", once.writer);
    loop {
        once.context.clock.sleep(LOOK).await;
        let now = once.context.clock.monotonic();
        for Observed { lease, since } in once.leases.all() {
            let holder = lease.holder().filter(|holder| holder.starts_with(&mine));
            if let (Some(holder), Stance::Expired, Some(fingerprint)) =
                (holder, lease.stance(since, now), lease.fingerprint())
            {
                let (holder, fingerprint) = (holder.to_owned(), fingerprint.to_owned());
                release::run(once.clone(), Release { fingerprint, holder, lease: Some(lease), seen: None }).await;
            }
        }
    }
}

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
