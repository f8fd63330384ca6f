//! The signals that one write counts, and their answers.
use crate::{
    protocol::{Accepted, Refusal},
    signals::{Signal, delivery_key::DeliveryKey},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
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

    /// Whether any member's delivery has a key.
    pub(super) fn has_keys(&self) -> bool {
        self.members.iter().any(|member| member.signal.delivery_key.is_some())
    }

    /// The keys of its deliveries, each once, with its occurrence's place in the batch.
    pub(super) fn keys(&self) -> Vec<(DeliveryKey, u32)> {
        let mut places = Places::default();
        self.members.iter().for_each(|member| _ = places.of(member));
        places.keyed.into_iter().collect()
    }

    /// How many occurrences it is: members with one key are one.
    pub(super) fn occurrences(&self) -> u32 {
        let mut places = Places::default();
        self.members.iter().for_each(|member| _ = places.of(member));
        places.next
    }

    /// Answers every member in order; `accepted` is given the place of each one's occurrence in the batch, from 0.
    pub(super) fn accept(&mut self, accepted: impl Fn(u32) -> Accepted) {
        let mut places = Places::default();
        for member in self.members.drain(..) {
            let place = places.of(&member);
            member.send(Ok(accepted(place)));
        }
    }

    /// Answers the members whose deliveries were counted before, as `counted` says; gives their number.
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

/// Numbers occurrences from 0: each member is one, but for those with a key that came before.
#[derive(Default)]
struct Places {
    keyed: BTreeMap<DeliveryKey, u32>,
    next: u32,
}

impl Places {
    fn of(&mut self, member: &Waiting) -> u32 {
        let place = self.next;
        if let Some(key) = &member.signal.delivery_key {
            let known = *self.keyed.entry(key.clone()).or_insert(place);
            if known != place {
                return known;
            }
        }
        self.next += 1;
        place
    }
}
