//! Audit events for the DataStorage service: what was stored, what could not be, and which configuration was taken.
//!
//! An event is recorded after the commit that it reports, and never delays an answer. Events wait in a buffer that is
//! bounded by their number and by the size of their payloads; one that finds no room is lost, and counted as lost. A
//! task sends them in batches (`sender`); readiness does not depend on the service. The existing gateway gives a batch
//! up after some tries. Here only the service's answers count as tries, so that events outlast an outage of the service
//! as long as there is room.
mod event;
#[cfg(feature = "bin")]
pub mod http;
mod queue;
mod sender;
mod transport;

pub use transport::{Answer, Transport};

use crate::{
    access::Caller,
    clock::SharedClock,
    config::Storage,
    entropy::SharedEntropy,
    metrics::{Metrics, ReasonLabels},
    protocol::{Accepted, Disposition, Refusal},
    signals::Signal,
    tasks::Spawner,
};
use event::{Event, Kind};
use queue::Queue;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// The audit of one replica. Until [`Audit::start`] it records nothing.
pub struct Audit {
    clock: SharedClock,
    metrics: Arc<Metrics>,
    queue: OnceLock<Arc<Queue>>,
}

impl Audit {
    /// An audit that records nothing yet.
    pub fn new(clock: SharedClock, metrics: Arc<Metrics>) -> Self {
        Self { clock, metrics, queue: OnceLock::new() }
    }

    /// Records from now on, and sends to `transport` on a task of `tasks`. Only the first call has an effect.
    pub fn start(&self, storage: Storage, transport: impl Transport, entropy: SharedEntropy, tasks: &Spawner) {
        let queue = Arc::new(Queue::new(storage.buffer_size));
        if self.queue.set(queue.clone()).is_ok() {
            let sender = sender::Sender {
                queue,
                transport: Box::new(transport),
                storage,
                clock: self.clock.clone(),
                entropy,
                metrics: self.metrics.clone(),
            };
            tasks.spawn(sender.run());
        }
    }

    /// Records that a signal was stored.
    pub(crate) fn stored(&self, signal: &Arc<Signal>, accepted: &Accepted, caller: Option<&Caller>) {
        let kinds: &[Kind] = match accepted.disposition {
            Disposition::Created => &[Kind::Received, Kind::Created],
            Disposition::Duplicate => &[Kind::Deduplicated],
        };
        for kind in kinds {
            self.record(|now| Event::of_signal(*kind, signal.clone(), Some(accepted.clone()), caller.cloned(), now));
        }
    }

    /// Records that a signal could not be stored.
    pub(crate) fn failed(&self, signal: &Arc<Signal>, refusal: &Refusal) {
        self.record(|now| Event::of_failure(signal.clone(), refusal, now));
    }

    /// Records whether a changed configuration was taken; `Err` has the reason why not.
    pub(crate) fn reloaded(&self, result: Result<(), String>) {
        self.record(|now| Event::of_reload(result, now));
    }

    fn record(&self, event: impl FnOnce(jiff::Timestamp) -> Event) {
        let Some(queue) = self.queue.get() else { return };
        if queue.push(event(self.clock.now())) {
            self.metrics.audit_events_buffered.inc();
        } else {
            self.metrics.audit_events_lost.get_or_create(&ReasonLabels { reason: "buffer_full" }).inc();
        }
    }

    /// Sends what is buffered without waiting for more, until nothing is left or `time` has passed. What is left then
    /// is lost, and counted.
    pub async fn flush(&self, time: Duration) {
        let Some(queue) = self.queue.get() else { return };
        queue.close();
        let deadline = self.clock.monotonic() + time;
        if crate::clock::within(&*self.clock, deadline, queue.emptied()).await.is_none() {
            let left = queue.len();
            tracing::error!(left, "audit events were not stored before the end of the shutdown");
            let lost = self.metrics.audit_events_lost.get_or_create(&ReasonLabels { reason: "shutdown" });
            lost.inc_by(u64::try_from(left).unwrap_or(u64::MAX));
        }
    }
}
