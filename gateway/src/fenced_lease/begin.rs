//! Begins an episode: acquires the lease, then creates the request whose name the lease fences.
//!
//! Safety does not rest on holding the lease. The lease keeps writers from racing and remembers the episode. That no
//! two requests of one fingerprint are active rests on three things: the request's name, every change of the episode
//! being a compare-and-set of the lease, and a quorum read of the previous episode's request before each such change.
use super::{
    call_error::CallError,
    count::count,
    episode::issue_until,
    lease::LeaseRecord,
    names,
    plan::{Plan, plan},
    request::{ACQUISITION, LOCK_NAMESPACE, RequestState},
    step::Step,
    writer_state::WriterState,
};
use crate::api;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tracing::{Instrument, trace_span};

/// Counts the batch on the request that takes it, and creates that request first if there is none.
pub(super) async fn begin(writer: &mut WriterState) -> Step {
    writer.lock_needed = writer.lock_needed.or(Some(writer.now()));
    match plan(writer).await {
        Err(step) => step,
        Ok(Plan::Count(request)) => count(writer, request).await,
        Ok(Plan::Create { lease, episode, issue_until }) => create(writer, &lease, episode, issue_until).await,
        Ok(Plan::CreateBeside { lease, episode, issue_until }) => {
            // Its creator shows in the request's annotation, as if it had acquired the lease.
            writer.hold.name_with(|| writer.shared.name_acquisition());
            writer.shared.context.metrics.creates_beside_holder.inc();
            create_unless_shown(writer, &lease, episode, issue_until).await
        }
        Ok(Plan::Acquire { base, episode }) => {
            match acquire(writer, base.as_deref(), episode).instrument(trace_span!("lock")).await {
                Ok(lease) => create_unless_shown(writer, &lease, episode, writer.hold.issue_until()).await,
                Err(step) => step,
            }
        }
    }
}

/// Creates the request, unless the watch showed another one while the lease was being written or read.
async fn create_unless_shown(
    writer: &mut WriterState,
    lease: &LeaseRecord,
    episode: u64,
    issue_until: Duration,
) -> Step {
    match writer.shared.requests.classify(&writer.fingerprint, writer.shared.context.clock.now()) {
        RequestState::Clear => create(writer, lease, episode, issue_until).await,
        RequestState::CountOn(_) | RequestState::Terminating(_) => Step::Again,
    }
}

/// Writes the lease in this writer's name: a new one, or over the very version `base`. `Err` ends the round.
async fn acquire(writer: &mut WriterState, base: Option<&LeaseRecord>, episode: u64) -> Result<Arc<LeaseRecord>, Step> {
    let shared = writer.shared.clone();
    let holder = writer.hold.name_with(|| shared.name_acquisition()).to_owned();
    let (now, deadline) = (shared.context.clock.now(), writer.batch.last_deadline());
    let sent = writer.now();
    shared.context.metrics.lock_acquisition_attempts.inc();
    let answer = match base {
        None => {
            let lease = LeaseRecord::first(&writer.fingerprint, episode, &holder, now);
            shared.calls.create_lease(&lease, deadline).await
        }
        Some(base) => {
            shared.calls.replace_lease(&base.taken(&writer.fingerprint, episode, &holder, now), deadline).await
        }
    };
    match answer {
        Ok(lease) => {
            if base.and_then(LeaseRecord::holder).is_some_and(|previous| previous != holder) {
                shared.context.metrics.lock_takeovers.inc();
            }
            let lease = Arc::new(lease);
            shared.leases.learn(lease.clone());
            let now = writer.now();
            writer.hold.acquired(lease.clone(), issue_until(sent), now);
            shared.context.metrics.lock_acquisition_success.inc();
            writer.end_lock_wait();
            writer.lease_vanished = false;
            Ok(lease)
        }
        Err(error) => Err(not_acquired(writer, &error, base.is_some())),
    }
}

fn not_acquired(writer: &mut WriterState, error: &CallError, replacing: bool) -> Step {
    writer.reread = true;
    // A conflict is answered by the read that follows. Any other refusal may be that of a second copy.
    if !error.was_not_sent() && !error.is_conflict() {
        writer.hold.mark_unanswered();
    }
    // If the read that follows does not find the lease that refused the CREATE, another program deleted it while in
    // use.
    writer.lease_vanished |= !replacing && error.is_already_exists();
    // A PUT that loses against a create is 422, not 409. The conflict may also be with an earlier write of this very
    // acquisition: the next round reads the lease and sees its holder.
    if error.is_conflict() || (replacing && error.is_invalid()) {
        writer.shared.context.metrics.lock_conflicts.inc();
        writer.note_contention();
        return Step::Again;
    }
    writer.lock_error(error)
}

/// Creates the request of `episode`, and counts the batch on it.
///
/// Every attempt is issued before `issue_until`, a moment on the monotonic clock. After it, another replica may have
/// given the episode up: the next round reads the lease again.
async fn create(writer: &mut WriterState, lease: &LeaseRecord, episode: u64, issue_until: Duration) -> Step {
    if writer.now() >= issue_until {
        writer.reread = true;
        return Step::Again;
    }
    let Some(signal) = writer.batch.first_signal() else { return Step::Again };
    let shared = writer.shared.clone();
    let name = names::request_name(&writer.fingerprint, &lease.metadata.uid, episode);
    let mut request = api::new_request(&signal, &name, &shared.context.namespace);
    let annotations = request.metadata.annotations.get_or_insert_default();
    annotations.insert(LOCK_NAMESPACE.to_owned(), shared.context.lock_namespace.clone());
    annotations.extend(writer.hold.acquisition().map(|holder| (ACQUISITION.to_owned(), holder.to_owned())));
    let body = serde_json::to_vec(&request).expect("a request has only string keys");
    match shared.calls.create_request(Bytes::from(body), issue_until, writer.batch.last_deadline()).await {
        Ok(request) => {
            writer.hold.saw(&name);
            let request = Arc::new(request);
            shared.requests.learn(request.clone());
            count(writer, request).await
        }
        // The next round reads the request of this episode, and sees whether it is this one.
        Err(error) if error.is_already_exists() => {
            writer.hold.saw(&name);
            Step::Again
        }
        Err(error) if error.is_ambiguous() || error.is_throttled() || error.is_conflict() => Step::retry(&error),
        Err(error) => Step::refused(&error),
    }
}
