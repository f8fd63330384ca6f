//! Signals as their senders see them.
use crate::workload::Payload;
use model::observation::Reply;
use sim::engine::DeliveryId;

/// The signals of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signals {
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) delivery: DeliveryId,
}

/// How a delivery ended for its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// Every signal was accepted or ignored.
    Accepted,
    /// At least one signal was rejected with a 4xx: the sender does not retry.
    Rejected,
    /// The answer was a 5xx, or the connection broke: the sender retries.
    Retry,
}

impl DeliveryOutcome {
    /// The outcome of a delivery with these replies.
    pub(super) fn of(replies: &[Reply]) -> Self {
        let any = |is: fn(&Reply) -> bool| replies.iter().any(is);
        if any(|reply| matches!(reply, Reply::ServerError { .. } | Reply::Lost)) {
            DeliveryOutcome::Retry
        } else if any(|reply| matches!(reply, Reply::ClientError { .. })) {
            DeliveryOutcome::Rejected
        } else {
            DeliveryOutcome::Accepted
        }
    }
}

/// One signal and its answer, kept for a scenario's own expectations.
#[derive(Debug, Clone)]
pub struct SentSignal {
    /// Payload that the signal was delivered in.
    pub payload: Payload,
    /// Index of the signal's alert in the payload.
    pub alert: usize,
    /// Time of sending, in microseconds of simulated time.
    pub sent_at: u64,
    /// Time of the answer, in microseconds of simulated time.
    pub answered_at: u64,
    /// The answer, once it has arrived.
    pub reply: Option<Reply>,
    /// HTTP status of the delivery, if it was answered.
    pub status: Option<u16>,
    /// Index of the replica that the delivery went to.
    pub replica: Option<usize>,
    /// Whether the alert is resolved.
    pub resolved: bool,
}
