//! The way to the DataStorage service.
use bytes::Bytes;
use futures::future::BoxFuture;

/// Carries one batch, as the body of a POST, to the service.
pub trait Transport: Send + Sync + 'static {
    /// Sends the batch once. Dropping the future gives up waiting.
    fn send(&self, batch: Bytes) -> BoxFuture<'_, Answer>;
}

/// The answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The service has it.
    Stored,
    /// The service will never take it as it is: a 4xx.
    Refused(u16),
    /// The service may take it later: a 5xx, or a 4xx that is about credentials or load.
    Failed(u16),
    /// The service was not reached; the reason.
    Unreachable(String),
}

impl Answer {
    /// The answer that a status means.
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Stored,
            401 | 403 | 404 | 408 | 425 | 429 | 500.. => Self::Failed(status),
            _ => Self::Refused(status),
        }
    }
}
