//! The signals that one write counts, and their answers.
use crate::{
    protocol::{Accepted, Refusal},
    signals::{Signal, delivery_key::DeliveryKey},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// A signal whose sender waits for an answer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) signal: Arc<Signal>,
    /// Deadline of the answer, on the monotonic clock.
    pub(super) deadline: Duration,
    pub(super) answer: oneshot::Sender<Result<Accepted, Refusal>>,
    /// The span in which its sender waits.
    pub(super) span: tracing::Span,
}

impl Waiting {
    fn is_open(&self, now: Duration) -> bool {
        now < self.deadline && !self.answer.is_closed()
    }

    fn send(self, answer: Result<Accepted, Refusal>) {
        // Without a receiver the client disconnected or timed out; whether the signal is counted does not depend on it.
        drop(self.answer.send(answer));
    }
}

/// Signals of one fingerprint, in the order of arrival.
///
/// Members leave only by being answered, and only between writes: a patch that counts k signals does so until it is
/// resolved.
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
    /// Removes the members whose senders no longer wait. Not to be called while a write is unresolved.
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

    /// Whether any sender still waits.
    pub(super) fn is_open(&self, now: Duration) -> bool {
        self.members.iter().any(|member| member.is_open(now))
    }

    /// When the last member's deadline passes; zero for an empty batch.
    pub(super) fn last_deadline(&self) -> Duration {
        self.members.iter().map(|member| member.deadline).max().unwrap_or_default()
    }

    /// The signal that a new request is created from.
    pub(super) fn first_signal(&self) -> Option<Arc<Signal>> {
        self.members.first().map(|member| member.signal.clone())
    }

    /// Whether any member's delivery has a key.
    pub(super) fn has_keys(&self) -> bool {
        self.members.iter().any(|member| member.signal.delivery_key.is_some())
    }

    /// The distinct keys of its deliveries, each with the index of its occurrence in the batch.
    pub(super) fn keys(&self) -> Vec<(DeliveryKey, u32)> {
        let mut indexes = OccurrenceIndexes::default();
        self.members.iter().for_each(|member| _ = indexes.of(member));
        indexes.keyed.into_iter().collect()
    }

    /// How many occurrences the batch has: members with the same key are one occurrence.
    pub(super) fn occurrences(&self) -> u32 {
        let mut indexes = OccurrenceIndexes::default();
        self.members.iter().for_each(|member| _ = indexes.of(member));
        indexes.next
    }

    /// Answers every member in order; `accepted` makes the answer from the index of the member's occurrence, from 0.
    pub(super) fn accept(&mut self, accepted: impl Fn(u32) -> Accepted) {
        let mut indexes = OccurrenceIndexes::default();
        for member in self.members.drain(..) {
            let index = indexes.of(&member);
            member.send(Ok(accepted(index)));
        }
    }

    /// Answers the members whose keys `counted` knows; gives their number.
    pub(super) fn accept_counted(&mut self, counted: impl Fn(&DeliveryKey) -> Option<Accepted>) -> u64 {
        let known = |member: &Waiting| member.signal.delivery_key.as_ref().and_then(&counted);
        let mut answered = 0;
        for member in self.members.extract_if(.., |member| known(member).is_some()) {
            answered += 1;
            if let Some(accepted) = known(&member) {
                member.send(Ok(accepted));
            }
        }
        answered
    }

    /// Refuses every member.
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        for member in self.members.drain(..) {
            member.send(Err(refusal.clone()));
        }
    }
}

/// Numbers occurrences from 0: every member is a new one, except those whose key came before.
#[derive(Default)]
struct OccurrenceIndexes {
    keyed: BTreeMap<DeliveryKey, u32>,
    next: u32,
}

impl OccurrenceIndexes {
    fn of(&mut self, member: &Waiting) -> u32 {
        let index = self.next;
        if let Some(key) = &member.signal.delivery_key {
            let known = *self.keyed.entry(key.clone()).or_insert(index);
            if known != index {
                return known;
            }
        }
        self.next += 1;
        index
    }
}
