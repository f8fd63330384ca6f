//! Spans: until when a replica may work on each signal of a fingerprint.
//!
//! A replica works on a signal until it answers it; if the connection broke, until the process ends. A signal that is
//! answered 5xx at its own deadline may stay in the write that is being prepared: signals are counted together, and a
//! batch ends with the last answer to its members. All members of a batch wait at one moment. So work on such a signal
//! ends with the last answer to a signal that was sent to the same replica before the 5xx.
use super::{Answer, Fingerprint, Signal, State};
use crate::observation::{Actor, Issued, Micros};
use std::collections::BTreeMap;

/// Time of an end that is not known, or that never comes.
const NEVER: Micros = Micros::MAX;

/// The signals of one fingerprint, by the replica that they were sent to.
pub(crate) struct Spans<'a> {
    state: &'a State,
    /// For each signal when it was sent, and the latest end of those that were sent until then.
    sent: BTreeMap<Option<u8>, Vec<(Micros, Micros)>>,
}

impl<'a> Spans<'a> {
    pub(crate) fn new(facts: &Fingerprint, state: &'a State) -> Self {
        let mut sent: BTreeMap<Option<u8>, Vec<(Micros, Micros)>> = BTreeMap::new();
        // Signals are in the order in which they were sent.
        for signal in facts.firing.iter().filter_map(|&id| state.signal(id)) {
            let spans = sent.entry(signal.to).or_default();
            let latest = spans.last().map_or(0, |&(_, latest)| latest);
            spans.push((signal.sent.at, latest.max(end(signal, state))));
        }
        Self { state, sent }
    }

    /// Whether a client may have been working on the signal when it sent a write: the signal was sent to it before, and
    /// was not over. What is not known restricts nothing.
    pub(crate) fn was_handling(&self, signal: &Signal, client: Actor, issued: Option<Issued>) -> bool {
        let there = match (signal.to, client) {
            (Some(to), Actor::Replica { index, .. }) => to == index,
            (Some(_), _) => false,
            (None, _) => true,
        };
        let then = |issued: Issued| signal.sent.at <= issued.last && issued.first <= self.until(signal);
        there && issued.is_none_or(then)
    }

    /// Until when a replica may work on the signal.
    fn until(&self, signal: &Signal) -> Micros {
        let Some((failed, Answer::Failed)) = signal.answer else { return end(signal, self.state) };
        let together = self.sent.iter().filter(|(to, _)| to.is_none() || signal.to.is_none() || **to == signal.to);
        let latest = together.filter_map(|(_, spans)| {
            let before = spans.partition_point(|&(sent, _)| sent <= failed.at);
            before.checked_sub(1).map(|last| spans[last].1)
        });
        latest.max().unwrap_or(failed.at)
    }
}

/// The answer to the signal, or, if its connection broke, the crash at that moment or else the next one.
fn end(signal: &Signal, state: &State) -> Micros {
    match (signal.answer, signal.to) {
        (Some((moment, answer)), _) if answer != Answer::Lost => moment.at,
        (Some((lost, _)), Some(replica)) => state.next_crash(replica, lost.at).unwrap_or(NEVER),
        _ => NEVER,
    }
}
