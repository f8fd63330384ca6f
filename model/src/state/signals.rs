//! Signals: what was sent, what was answered, and which signals repeat which.
use super::{Moment, State};
use crate::observation::{Reply, SignalId};
use std::sync::Arc;

/// How a signal was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 2xx: created or duplicate.
    Accepted,
    /// 200, and nothing stored.
    Ignored,
    /// 4xx.
    Refused,
    /// 5xx.
    Failed,
    /// None: the connection ended, or the sender stopped waiting.
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

/// One signal so far.
#[derive(Debug)]
pub(crate) struct Signal {
    pub(crate) sent: Moment,
    pub(crate) fingerprint: Arc<str>,
    pub(crate) resolved: bool,
    pub(crate) retried: bool,
    /// The first signal of its chain of redeliveries: itself, unless it repeats another.
    pub(crate) chain: SignalId,
    /// Whether the whole chain counts once.
    pub(crate) keyed: bool,
    pub(crate) answer: Option<(Moment, Answer)>,
}

/// A chain of redeliveries that count once, as far as it has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Keyed {
    accepted: bool,
    /// Deliveries that are unanswered, or were answered 5xx or not at all.
    ambiguous: u64,
}

impl Keyed {
    /// What it adds to its fingerprint: accepted signals, and signals that may have been counted.
    fn weight(self) -> (u64, u64) {
        (u64::from(self.accepted), u64::from(!self.accepted && self.ambiguous > 0))
    }
}

impl State {
    pub(super) fn signal_sent(
        &mut self,
        now: Moment,
        id: SignalId,
        fingerprint: &Arc<str>,
        (resolved, retried, keyed): (bool, bool, bool),
        repeats: Option<SignalId>,
    ) {
        let chain = repeats.map_or(id, |earlier| self.signals.get(&earlier).map_or(earlier, |signal| signal.chain));
        let facts = self.fingerprints.entry(Arc::clone(fingerprint)).or_default();
        if resolved {
            facts.resolved_open.push(id);
        } else {
            facts.firing.push(id);
            if keyed {
                self.weigh(chain, fingerprint, |keyed| keyed.ambiguous += 1);
            } else {
                facts.ambiguous += 1;
            }
        }
        let fingerprint = Arc::clone(fingerprint);
        self.signals.insert(id, Signal { sent: now, fingerprint, resolved, retried, chain, keyed, answer: None });
    }

    pub(super) fn signal_answered(&mut self, now: Moment, id: SignalId, reply: &Reply) {
        let Some(signal) = self.signals.get_mut(&id) else { return };
        let answer = Answer::from(reply);
        signal.answer = Some((now, answer));
        let Some(facts) = self.fingerprints.get_mut(&signal.fingerprint) else { return };
        if signal.resolved {
            facts.resolved_open.retain(|&open| open != id);
            return;
        }
        if signal.keyed {
            let (chain, fingerprint) = (signal.chain, Arc::clone(&signal.fingerprint));
            self.accepted += u64::from(answer == Answer::Accepted);
            return self.weigh(chain, &fingerprint, |keyed| {
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

    /// Changes what is known of a keyed chain, and what its fingerprint owes to it.
    fn weigh(&mut self, chain: SignalId, fingerprint: &Arc<str>, change: impl FnOnce(&mut Keyed)) {
        let keyed = self.keyed.entry(chain).or_default();
        let before = keyed.weight();
        change(keyed);
        let after = keyed.weight();
        let facts = self.fingerprints.entry(Arc::clone(fingerprint)).or_default();
        facts.accepted = facts.accepted - before.0 + after.0;
        facts.ambiguous = facts.ambiguous - before.1 + after.1;
    }

    /// Whether two signals are one to whoever counts: deliveries with one key.
    pub(crate) fn are_one(&self, one: SignalId, other: SignalId) -> bool {
        let (one, other) = (self.signal(one), self.signal(other));
        one.zip(other).is_some_and(|(one, other)| one.keyed && other.keyed && one.chain == other.chain)
    }

    /// When what `id` is about was first sent: a delivery with a key may have been counted before it was sent again.
    pub(crate) fn first_sent(&self, id: SignalId) -> Option<Moment> {
        let signal = self.signal(id)?;
        let first = if signal.keyed { self.signal(signal.chain) } else { None };
        Some(first.unwrap_or(signal).sent)
    }

    /// Of the chains of redeliveries of these signals, those that nobody has accepted and somebody still waits for: the
    /// sender tries again, or has a signal unanswered. With each, when its first signal was sent.
    pub(crate) fn waiting(&self, signals: &[SignalId]) -> Vec<(SignalId, Moment)> {
        let mut chains = std::collections::BTreeMap::new();
        for signal in signals.iter().filter_map(|&id| self.signal(id)) {
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
