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
    /// The replica that it was sent to, if that is known.
    pub(crate) to: Option<u8>,
    /// Whether its delivery carries no other signal.
    pub(crate) alone: bool,
    pub(crate) answer: Option<(Moment, Answer)>,
}

/// What is known of a signal when it is sent.
pub(super) struct Flags {
    pub(super) resolved: bool,
    pub(super) retried: bool,
    pub(super) keyed: bool,
    pub(super) to: Option<u8>,
    pub(super) alone: bool,
}

/// What is known so far of a chain of redeliveries that counts once.
#[derive(Debug, Clone, Copy, Default)]
struct Keyed {
    accepted: bool,
    /// Number of deliveries.
    deliveries: u64,
    /// Number of deliveries that have no answer, or a 5xx.
    ambiguous: u64,
    /// How often a client that is not a replica has removed the list of keys since the first delivery: after each time
    /// one more delivery counts.
    forgotten: u64,
}

impl Keyed {
    /// What it adds to its fingerprint: accepted signals, and ambiguous ones.
    fn weight(self) -> (u64, u64) {
        let (accepted, pending) = (u64::from(self.accepted), u64::from(!self.accepted && self.ambiguous > 0));
        (accepted, (pending + self.forgotten).min(self.deliveries - accepted))
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
        Flags { resolved, retried, keyed, to, alone }: Flags,
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
                self.weigh(chain, facts, |keyed| {
                    keyed.deliveries += 1;
                    keyed.ambiguous += 1;
                });
            } else {
                facts.ambiguous += 1;
            }
        }
        let fingerprint = Arc::clone(fingerprint);
        let signal = Signal { sent: now, fingerprint, resolved, retried, chain, keyed, to, alone, answer: None };
        self.signals.insert(id, signal);
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

    /// A client that is not a replica has removed the list of keys of a fingerprint, or part of it.
    pub(super) fn forgotten(&mut self, fingerprint: &Arc<str>, fingerprints: &mut Fingerprints) {
        let of = |chain: &SignalId| self.signals.get(chain).is_some_and(|signal| signal.fingerprint == *fingerprint);
        let chains: Vec<SignalId> = self.keyed.keys().copied().filter(of).collect();
        let facts = fingerprints.entry(fingerprint);
        chains.into_iter().for_each(|chain| self.weigh(chain, facts, |keyed| keyed.forgotten += 1));
    }

    /// How often that happened since the first delivery with this key, of a chain with a key.
    pub(super) fn times_forgotten(&self, chain: SignalId) -> u64 {
        self.keyed.get(&chain).map_or(0, |keyed| keyed.forgotten)
    }

    /// Whether that happened after the first delivery with the signal's key.
    pub(super) fn is_forgotten(&self, id: SignalId) -> bool {
        let keyed = self.get(id).and_then(|signal| self.keyed.get(&signal.chain));
        keyed.is_some_and(|keyed| keyed.forgotten > 0)
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
