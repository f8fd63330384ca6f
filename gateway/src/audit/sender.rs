//! Sends the events that wait, batch after batch.
use super::{
    event::Event,
    queue::Queue,
    transport::{Answer, Transport},
};
use crate::{
    clock::{SharedClock, within},
    config::Storage,
    entropy::SharedEntropy,
    metrics::{Metrics, ReasonLabels},
    warnings::Warnings,
};
use bytes::Bytes;
use futures::future::select;
use std::{pin::pin, sync::Arc, time::Duration};

/// Pause after the first failure; doubles up to the longest, plus up to half of it.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// The longest pause while the gateway shuts down.
const PAUSE_CLOSING: Duration = Duration::from_millis(200);

pub(super) struct Sender {
    pub(super) queue: Arc<Queue>,
    pub(super) transport: Box<dyn Transport>,
    pub(super) storage: Storage,
    pub(super) clock: SharedClock,
    pub(super) entropy: SharedEntropy,
    pub(super) metrics: Arc<Metrics>,
}

impl Sender {
    /// Sends for as long as the replica runs.
    pub(super) async fn run(self) {
        let warnings = Warnings::new(self.clock.clone());
        // A batch that is refused as a whole is sent in halves, until the event at fault is alone.
        let mut size = self.storage.batch_size;
        loop {
            self.queue.has(1).await;
            if size == self.storage.batch_size {
                let more = self.queue.has(size);
                within(&*self.clock, self.clock.monotonic() + self.storage.flush_interval, more).await;
            }
            let batch = self.queue.oldest(size);
            match self.store(&batch, &warnings).await {
                Ok(()) => {
                    self.metrics.audit_events_stored.inc_by(batch.len() as u64);
                    self.remove(batch.len());
                    size = (size * 2).min(self.storage.batch_size);
                }
                Err(Answer::Refused(_)) if batch.len() > 1 => size = batch.len() / 2,
                Err(answer) => {
                    let reason = if matches!(answer, Answer::Refused(_)) { "refused" } else { "retries_exhausted" };
                    if let Some(left_out) = warnings.due(reason) {
                        tracing::error!(?answer, reason, events = batch.len(), left_out, "audit events are lost");
                    }
                    let lost = self.metrics.audit_events_lost.get_or_create(&ReasonLabels { reason });
                    lost.inc_by(batch.len() as u64);
                    drop(lost);
                    self.remove(batch.len());
                }
            }
        }
    }

    fn remove(&self, count: usize) {
        self.queue.remove(count);
        self.metrics.audit_events_buffered.dec_by(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Sends one batch until it is stored; `Err` if it never will be.
    async fn store(&self, batch: &[Event], warnings: &Warnings) -> Result<(), Answer> {
        let body = Bytes::from(serde_json::to_vec(batch).expect("events have only string keys"));
        let (mut answers, mut pause) = (0, PAUSE_FIRST);
        loop {
            let deadline = self.clock.monotonic() + self.storage.timeout;
            let answer = within(&*self.clock, deadline, self.transport.send(body.clone())).await;
            let answer = answer.unwrap_or_else(|| Answer::Unreachable("no answer in time".to_owned()));
            match answer {
                Answer::Stored => return Ok(()),
                Answer::Refused(_) => return Err(answer),
                Answer::Failed(_) => answers += 1,
                Answer::Unreachable(_) => {}
            }
            self.metrics.audit_batches_failed.inc();
            if answers > self.storage.retries_max {
                return Err(answer);
            }
            if let Some(left_out) = warnings.due("failed") {
                tracing::warn!(?answer, waiting = self.queue.len(), left_out, "audit events cannot be stored yet");
            }
            self.pause(pause).await;
            pause = (pause * 2).min(PAUSE_LONGEST);
        }
    }

    /// Waits before the next try: shortly while the gateway shuts down.
    async fn pause(&self, pause: Duration) {
        let jitter = u32::try_from(self.entropy.next_u64() % 512).unwrap_or(0);
        let pause = pause + pause * jitter / 1024;
        if !self.queue.is_closed() {
            select(self.clock.sleep(pause), pin!(self.queue.closed())).await;
        }
        if self.queue.is_closed() {
            self.clock.sleep(pause.min(PAUSE_CLOSING)).await;
        }
    }
}
