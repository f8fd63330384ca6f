//! Trials: tries the kinds of calls that a signal needs, without storing anything.
//!
//! Creates and updates are dry runs, and reads are of objects that do not exist. That needs no more rights than signals
//! do, and the API server checks everything but its storage. Only where calls were not answered, or with a 5xx, a lease
//! of this pod's name is written and deleted, because a dry run would not notice a full disk. A trial is made only when
//! a probe asks whether this replica is ready, and only of kinds without recent evidence: a replica that stores signals
//! makes none. Rounds of trials are limited: one a minute while they succeed, one in two to eight seconds while they
//! fail.
use super::{backoff::up_to, call::CALL_TIMEOUT, evidence::CallKind, lease::LeaseRecord, names, shared::Shared};
use crate::{
    api,
    clock::within,
    signals::{Signal, Target},
};
use futures::future::join_all;
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// How old evidence may become before it is doubtful.
const FRESH: Duration = Duration::from_secs(60);
/// How long the question may wait for the trials. A probe waits for two seconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tries the kinds of calls that are in doubt, if a round may begin; waits for the results for a moment.
pub(super) async fn refresh(shared: &Arc<Shared>) {
    let clock = &shared.context.clock;
    let now = clock.monotonic();
    let doubtful = shared.evidence().doubtful(now.saturating_sub(FRESH));
    if doubtful.is_empty() || !shared.trials.begin(now) {
        return;
    }
    let (done, ended) = oneshot::channel::<()>();
    let trying = shared.clone();
    // A task of its own: a probe that gives up must not leave a round under way for ever.
    shared.context.tasks.spawn(async move {
        round(&trying, doubtful).await;
        let now = trying.context.clock.monotonic();
        let failed = !trying.evidence().doubtful(now.saturating_sub(FRESH)).is_empty();
        trying.trials.end(now, failed, |most| up_to(&*trying.context.entropy, most));
        // Dropping the sender wakes the receiver, if the question was not answered without the results.
        drop(done);
    });
    _ = within(&**clock, now + PATIENCE, ended).await;
}

/// Tries these kinds. Where calls were not answered, a dry run shows nothing unless the storage works.
async fn round(shared: &Shared, mut kinds: Vec<CallKind>) {
    let unanswered = |kind: &CallKind| shared.evidence().is_unanswered(*kind);
    if kinds.iter().any(unanswered) && !storage_works(shared).await {
        kinds.retain(|kind| !unanswered(kind));
    }
    join_all(kinds.into_iter().map(|kind| attempt(shared, kind))).await;
}

/// Writes a lease and deletes it. It has no label, so that no replica takes it for a lock.
async fn storage_works(shared: &Shared) -> bool {
    let deadline = shared.context.clock.monotonic() + CALL_TIMEOUT;
    let mut lease = LeaseRecord::default();
    lease.metadata.name = format!("gw-trial-{}", shared.context.pod);
    let created = shared.calls.create_lease(&lease, deadline).await;
    let written = match created {
        // A trial of this pod ended between the two writes.
        Err(error) if error.is_already_exists() => shared.calls.get_lease(&lease.metadata.name, deadline).await,
        created => created,
    };
    match written {
        Ok(written) => shared.calls.delete_lease(&written, deadline).await.is_ok(),
        Err(_) => false,
    }
}

/// Tries one kind of call; the call itself notes what it shows.
async fn attempt(shared: &Shared, kind: CallKind) {
    let context = &shared.context;
    let (wall, fingerprint) = (context.clock.now(), "0".repeat(64));
    let lease = LeaseRecord::first(&fingerprint, 1, "trial", wall);
    let request = names::request_name(&fingerprint, "00000000", 1);
    let body = match kind {
        CallKind::CreateLease => lease.body(),
        CallKind::ReplaceLease => LeaseRecord::absent(lease.clone()).body(),
        CallKind::CreateRequest => {
            let request = api::new_request(&signal(&fingerprint, wall), &request, &context.namespace);
            serde_json::to_vec(&request).expect("a request has only string keys")
        }
        CallKind::PatchStatus => b"{}".to_vec(),
        _ => Vec::new(),
    };
    let name = match kind {
        CallKind::GetRequest | CallKind::PatchStatus => &request,
        _ => &lease.metadata.name,
    };
    shared.calls.attempt(kind, name, body.into(), context.clock.monotonic() + CALL_TIMEOUT).await;
}

/// A signal that is never stored.
fn signal(fingerprint: &str, now: Timestamp) -> Signal {
    Signal {
        fingerprint: fingerprint.to_owned(),
        name: "ReadinessTrial".to_owned(),
        severity: "info".to_owned(),
        source: "prometheus",
        target: Target {
            kind: "Deployment".to_owned(),
            name: "trial".to_owned(),
            namespace: "trial".to_owned(),
            api_version: None,
        },
        cluster_id: None,
        firing_time: now,
        received_time: now,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        payload: "{}".into(),
        delivery_key: None,
        notification_key: None,
    }
}
