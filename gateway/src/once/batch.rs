//! The signals that one write counts, and their answers.
use crate::{
    protocol::{Accepted, Refusal},
    signals::Signal,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// A signal whose sender waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) signal: Arc<Signal>,
    /// On the monotonic clock.
    pub(super) deadline: Duration,
    pub(super) answer: oneshot::Sender<Result<Accepted, Refusal>>,
}

impl Waiting {
    fn is_open(&self, now: Duration) -> bool {
        now < self.deadline && !self.answer.is_closed()
    }

    fn send(self, answer: Result<Accepted, Refusal>) {
        // A receiver that is gone hung up or ran out of time; the signal is counted or not all the same.
        drop(self.answer.send(answer));
    }
}

/// Signals of one fingerprint, in the order they came.
///
/// Members leave only by being answered, and only between writes: a patch of k stays a patch of k until it is settled.
#[derive(Debug, Default)]
pub(super) struct Batch {
    members: Vec<Waiting>,
}

impl From<Vec<Waiting>> for Batch {
    fn from(members: Vec<Waiting>) -> Self {
        Self { members }
    }
}

impl Batch {
    /// Lets those go whose senders no longer wait. Not while a write is unsettled.
    pub(super) fn prune(&mut self, now: Duration) {
        for gone in self.members.extract_if(.., |member| !member.is_open(now)) {
            gone.send(Err(Refusal::DeadlineExceeded));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether anybody still waits.
    pub(super) fn is_open(&self, now: Duration) -> bool {
        self.members.iter().any(|member| member.is_open(now))
    }

    /// When the last member stops waiting; the beginning of time when there is none.
    pub(super) fn last_deadline(&self) -> Duration {
        self.members.iter().map(|member| member.deadline).max().unwrap_or_default()
    }

    /// The signal that a new request is made of.
    pub(super) fn first_signal(&self) -> Option<Arc<Signal>> {
        self.members.first().map(|member| member.signal.clone())
    }

    /// Answers every member in order; `accepted` is given each one's place in the batch, from 0.
    pub(super) fn accept(&mut self, accepted: impl Fn(u32) -> Accepted) {
        for (place, member) in (0..).zip(self.members.drain(..)) {
            member.send(Ok(accepted(place)));
        }
    }

    /// Refuses every member.
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        for member in self.members.drain(..) {
            member.send(Err(refusal.clone()));
        }
    }
}
