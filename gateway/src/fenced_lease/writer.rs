//! The one writer of a fingerprint in this replica: takes batch after batch and works until each is answered.
//!
//! It belongs to no HTTP request, so a client that disconnects cancels nothing. Each round looks at what is known,
//! takes one step and decides again on what that step showed. That is also how an ambiguous create or acquisition is
//! resolved: the next round reads the object, and finds its own mark on it or does not.
use super::{
    batch::Waiting,
    begin::begin,
    count::count,
    release,
    request::{RequestRecord, RequestState},
    shared::Shared,
    step::Step,
    writer_state::WriterState,
};
use coalescer::Leadership;
use std::sync::Arc;
use tracing::{Instrument, trace_span};

/// Signals counted by one write.
const BATCH_MAX: usize = 100;
/// Rounds in a row without a pause.
const ROUNDS_AT_ONCE: u32 = 3;

/// Serves the queue of one fingerprint until it is empty.
pub(super) async fn run(shared: Arc<Shared>, mut leadership: Leadership<Waiting>) {
    let mut writer = WriterState::new(shared, leadership.key().to_owned());
    while let Some(members) = leadership.take(BATCH_MAX) {
        // One batch belongs to many traces: to that of its first member, and by links to all.
        let first = members.first().and_then(|member| member.span.id());
        let batch = trace_span!(parent: first, "batch", signals = members.len());
        members.iter().for_each(|member| _ = batch.follows_from(&member.span));
        writer.start(members.into());
        serve(&mut writer).instrument(batch).await;
        writer.end_lock_wait();
        give_back(&mut writer);
    }
}

async fn serve(writer: &mut WriterState) {
    let mut rounds = 0;
    loop {
        writer.batch.prune(writer.now());
        if writer.batch.is_empty() {
            return;
        }
        rounds += 1;
        let pause = match step(writer).await {
            Step::Done => return,
            Step::Refuse(refusal) => return writer.batch.refuse(&refusal),
            Step::Again if rounds % ROUNDS_AT_ONCE != 0 => continue,
            Step::Again => writer.pause("the object keeps changing", None).await,
            Step::Retry { why, retry_after } => writer.pause(&why, retry_after).await,
            Step::Await { until } => {
                writer.await_change(until).await;
                Ok(())
            }
        };
        if let Err(refusal) = pause {
            return writer.batch.refuse(&refusal);
        }
    }
}

async fn step(writer: &mut WriterState) -> Step {
    let wall = writer.shared.context.clock.now();
    match writer.shared.requests.classify(&writer.fingerprint, wall) {
        RequestState::CountOn(request) => count(writer, request).await,
        RequestState::Terminating(request) if std::mem::take(&mut writer.reread) => look_again(writer, &request).await,
        RequestState::Terminating(_) => Step::Await { until: None },
        RequestState::Clear => begin(writer).await,
    }
}

/// Reads a request that the cache shows as being deleted.
async fn look_again(writer: &mut WriterState, known: &RequestRecord) -> Step {
    match writer.read_request(&known.metadata.name).await {
        Ok(Some(_)) => Step::Await { until: None },
        Ok(None) => Step::Again,
        Err(error) => Step::retry(&error),
    }
}

/// Gives the lease back after the answers, in a task of its own: no sender waits for it.
fn give_back(writer: &mut WriterState) {
    let Some(release) = writer.hold.end(&writer.fingerprint) else { return };
    writer.shared.context.tasks.spawn(release::run(writer.shared.clone(), release));
}
