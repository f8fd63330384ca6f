//! How a round of a writer ends.
use super::call_error::CallError;
use crate::protocol::Refusal;
use std::time::Duration;

/// What the writer does after a round.
#[derive(Debug)]
pub(super) enum Step {
    /// Every member of the batch is answered: take the next batch.
    Done,
    /// The round learnt something: start the next one.
    Again,
    /// The API server could not do it now: start the next round after a pause.
    Retry { why: String, retry_after: Option<Duration> },
    /// Another writer must act first: start the next round when something changes, or at this moment.
    Await { until: Option<Duration> },
    /// It cannot be done: refuse the batch.
    Refuse(Refusal),
}

impl Step {
    /// After a call that may be made again.
    pub(super) fn retry(error: &CallError) -> Self {
        Self::Retry { why: error.to_string(), retry_after: error.retry_after() }
    }

    /// After a call that the API server refused for good.
    pub(super) fn refused(error: &CallError) -> Self {
        Self::Refuse(Refusal::Refused(error.to_string()))
    }

    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self::Refuse(Refusal::Unavailable(why.into()))
    }
}
