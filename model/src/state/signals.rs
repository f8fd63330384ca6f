//! Signals: which were sent, how they were answered, and which of them repeat another.
use super::{
    fingerprints::{Fingerprint, Fingerprints},
    moment::Moment,
};
use crate::observation::{Reply, SignalId};
use std::{collections::BTreeMap, sync::Arc};

/// Kind of answer that a signal got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 2xx: created or duplicate.
    Accepted,
    /// 200, nothing stored.
    Ignored,
    /// 4xx.
    Refused,
    /// 5xx.
    Failed,
    /// No answer: the connection broke, or the sender stopped waiting.
    Lost,
}

impl From<&Reply> for Answer {
    fn from(reply: &Reply) -> Self {
        match reply {
            Reply::Created { .. } | Reply::Duplicate { .. } => Self::Accepted,
            Reply::Ignored => Self::Ignored,
            Reply::ClientError { .. } => Self::Refused,
            Reply::ServerError { .. } => Self::Failed,
            Reply::Lost => Self::Lost,
        }
    }
}

/// What is known of one signal so far.
#[derive(Debug)]
pub(crate) struct Signal {
    pub(crate) sent: Moment,
    pub(crate) fingerprint: Arc<str>,
    pub(crate) resolved: bool,
    pub(crate) retried: bool,
    /// The first signal of its chain of redeliveries: the signal itself, unless it repeats another.
    pub(crate) chain: SignalId,
    /// Whether the whole chain counts once.
    pub(crate) keyed: bool,
    pub(crate) answer: Option<(Moment, Answer)>,
}

/// What is known so far of a chain of redeliveries that counts once.
#[derive(Debug, Clone, Copy, Default)]
struct Keyed {
    accepted: bool,
    /// Number of deliveries that have no answer, or a 5xx.
    ambiguous: u64,
}

impl Keyed {
    /// What it adds to its fingerprint: accepted signals, and ambiguous ones.
    fn weight(self) -> (u64, u64) {
        (u64::from(self.accepted), u64::from(!self.accepted && self.ambiguous > 0))
    }
}

/// All signals, and the chains of those with a key.
#[derive(Default)]
pub(super) struct Signals {
    signals: BTreeMap<SignalId, Signal>,
    /// Chains of redeliveries with one key, by their first signal.
    keyed: BTreeMap<SignalId, Keyed>,
    accepted: u64,
}

impl Signals {
    pub(super) fn get(&self, id: SignalId) -> Option<&Signal> {
        self.signals.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SignalId, &Signal)> {
        self.signals.iter().map(|(id, signal)| (*id, signal))
    }

    /// Number of firing signals that were accepted, over all fingerprints.
    pub(super) const fn accepted(&self) -> u64 {
        self.accepted
    }

    pub(super) fn sent(
        &mut self,
        now: Moment,
        id: SignalId,
        fingerprint: &Arc<str>,
        (resolved, retried, keyed): (bool, bool, bool),
        repeats: Option<SignalId>,
        fingerprints: &mut Fingerprints,
    ) {
        let chain = repeats.map_or(id, |earlier| self.signals.get(&earlier).map_or(earlier, |signal| signal.chain));
        let facts = fingerprints.entry(fingerprint);
        if resolved {
            facts.resolved_open.push(id);
        } else {
            facts.firing.push(id);
            if keyed {
                self.weigh(chain, facts, |keyed| keyed.ambiguous += 1);
            } else {
                facts.ambiguous += 1;
            }
        }
        let fingerprint = Arc::clone(fingerprint);
        self.signals.insert(id, Signal { sent: now, fingerprint, resolved, retried, chain, keyed, answer: None });
    }

    pub(super) fn answered(&mut self, now: Moment, id: SignalId, reply: &Reply, fingerprints: &mut Fingerprints) {
        let Some(signal) = self.signals.get_mut(&id) else { return };
        let answer = Answer::from(reply);
        signal.answer = Some((now, answer));
        let Some(facts) = fingerprints.get_mut(&signal.fingerprint) else { return };
        if signal.resolved {
            facts.resolved_open.retain(|&open| open != id);
            return;
        }
        if signal.keyed {
            let chain = signal.chain;
            self.accepted += u64::from(answer == Answer::Accepted);
            return self.weigh(chain, facts, |keyed| {
                keyed.accepted |= answer == Answer::Accepted;
                keyed.ambiguous -= u64::from(!matches!(answer, Answer::Failed | Answer::Lost));
            });
        }
        match answer {
            Answer::Accepted => {
                facts.accepted += 1;
                facts.ambiguous -= 1;
                self.accepted += 1;
            }
            Answer::Ignored | Answer::Refused => facts.ambiguous -= 1,
            Answer::Failed | Answer::Lost => {}
        }
    }

    /// Updates a chain with a key, and what it adds to its fingerprint.
    fn weigh(&mut self, chain: SignalId, facts: &mut Fingerprint, change: impl FnOnce(&mut Keyed)) {
        let keyed = self.keyed.entry(chain).or_default();
        let before = keyed.weight();
        change(keyed);
        let after = keyed.weight();
        facts.accepted = facts.accepted - before.0 + after.0;
        facts.ambiguous = facts.ambiguous - before.1 + after.1;
    }

    /// Whether two deliveries count as one signal, since they share a key.
    pub(super) fn are_one(&self, one: SignalId, other: SignalId) -> bool {
        let (one, other) = (self.get(one), self.get(other));
        one.zip(other).is_some_and(|(one, other)| one.keyed && other.keyed && one.chain == other.chain)
    }

    /// When the signal was first sent: a delivery with a key may have been counted before it was repeated.
    pub(super) fn first_sent(&self, id: SignalId) -> Option<Moment> {
        let signal = self.get(id)?;
        let first = if signal.keyed { self.get(signal.chain) } else { None };
        Some(first.unwrap_or(signal).sent)
    }

    /// The chains of redeliveries among these signals that were not accepted and whose sender still waits, because it
    /// retries or has no answer yet. With each, the time of its first signal.
    pub(super) fn waiting(&self, signals: &[SignalId]) -> Vec<(SignalId, Moment)> {
        let mut chains = BTreeMap::new();
        for signal in signals.iter().filter_map(|&id| self.get(id)) {
            let (sent, accepted, waits) = chains.entry(signal.chain).or_insert((signal.sent, false, false));
            *sent = signal.sent.min(*sent);
            *accepted |= matches!(signal.answer, Some((_, Answer::Accepted)));
            *waits |= signal.retried || signal.answer.is_none();
        }
        chains
            .into_iter()
            .filter(|(_, (_, accepted, waits))| *waits && !accepted)
            .map(|(id, (sent, ..))| (id, sent))
            .collect()
    }
}
