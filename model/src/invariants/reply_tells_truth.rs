//! `reply_tells_truth`: the count in a reply is one that a commit stored for this very signal.
//!
//! A commit may count a batch: it then stores a range of occurrence numbers, and each signal of the batch is answered
//! with a different one. A `created` reply has no number; it stands for one of those that the request's first count
//! stored. Deliveries with one idempotency key are one signal and get the same count.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Observation, Reply, SignalId},
    settings::Settings,
    state::{Record, State, Step},
};
use std::collections::BTreeMap;

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "reply_tells_truth",
    "the count in a reply is one that a commit stored for that signal, and no two replies of a request share a count",
    || Box::new(ReplyTellsTruth { replies: BTreeMap::new() }),
);

struct ReplyTellsTruth {
    /// Replies about each request, by its index in the state's records.
    replies: BTreeMap<usize, Replies>,
}

/// The replies about one request: each count or `created`, with the signal and the answer's index.
#[derive(Default)]
struct Replies {
    counts: BTreeMap<u32, (SignalId, usize)>,
    created: Vec<(SignalId, usize)>,
}

impl Check for ReplyTellsTruth {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Observation::SignalAnswered { signal, reply, .. } = step.observation else { return };
        let (name, count) = match reply {
            Reply::Created { name: Some(name) } => (name, None),
            Reply::Duplicate { name: Some(name), count: Some(count) } => (name, Some(*count)),
            _ => return,
        };
        summary.checked();
        let reply = Claim { id: *signal, name, count, step };
        let Some((index, record)) = reply.counted_by(state) else { return reply.untrue(state, summary) };
        let replies = self.replies.entry(index).or_default();
        let earlier = match count {
            Some(count) => replies.counts.insert(count, (*signal, step.now.index)),
            None if replies.created.iter().any(|(earlier, _)| state.are_one(*earlier, *signal)) => None,
            None => {
                replies.created.push((*signal, step.now.index));
                None
            }
        };
        // Deliveries with one key are one signal and get the same count.
        let earlier = earlier.filter(|(earlier, _)| !state.are_one(*earlier, *signal));
        if let Some(earlier) = earlier.or_else(|| replies.overfull(record)) {
            reply.repeated(earlier, summary);
        }
    }
}

impl Replies {
    /// The first `created` reply, if there are more replies than occurrences that the first count stored.
    fn overfull(&self, record: &Record) -> Option<(SignalId, usize)> {
        let first = record.counts.first()?.after;
        let numbered = self.counts.range(..=first).count();
        let room = usize::try_from(first).unwrap_or(usize::MAX);
        (numbered + self.created.len() > room).then(|| self.created.first().copied()).flatten()
    }
}

struct Claim<'a> {
    id: SignalId,
    name: &'a str,
    count: Option<u32>,
    step: &'a Step<'a>,
}

impl Claim<'_> {
    /// The request of that name that stored the claimed count in a commit after the signal was sent.
    fn counted_by<'s>(&self, state: &'s State) -> Option<(usize, &'s Record)> {
        let sent = state.first_sent(self.id)?;
        state.named(self.name).rev().find(|(_, record)| match self.count {
            Some(count) => record.counts.iter().rev().any(|counted| counted.covers(count) && counted.now > sent),
            None => record.counts.first().is_some_and(|counted| counted.before == 0 && counted.now > sent),
        })
    }

    fn untrue(&self, state: &State, summary: &mut Summary) {
        summary.violate(self.step.now.at, || {
            let sent = state.signal(self.id).map(|signal| signal.sent);
            let last = state.named(self.name).filter_map(|(_, record)| record.counts.last()).next_back();
            let stored = match (last, sent) {
                (None, _) => "but no signal was ever counted on it".to_owned(),
                (Some(last), Some(sent)) if last.now < sent => {
                    format!(
                        "but its count was {} already when the signal was sent, and no signal was counted since",
                        last.after
                    )
                }
                (Some(last), _) => {
                    format!("but no commit since the signal was sent stored that; its count is {}", last.after)
                }
            };
            let claim = match self.count {
                Some(count) => format!("was answered as occurrence {count} of {}", self.name),
                None => format!("was answered as the creator of {}", self.name),
            };
            let sentence = format!("{} {claim}, {stored}.", display::Signal(self.id));
            let evidence = sent.map(|sent| sent.index).into_iter().chain([self.step.now.index]);
            (display::sentence(&sentence), evidence.chain(last.map(|last| last.now.index)).collect())
        });
    }

    fn repeated(&self, (earlier, answered): (SignalId, usize), summary: &mut Summary) {
        summary.violate(self.step.now.at, || {
            let what = match self.count {
                Some(count) => format!("occurrence {count} of {}", self.name),
                None => format!("the creator of {}", self.name),
            };
            if earlier == self.id {
                let sentence = format!(
                    "{} was answered as the creator of {}, but other replies have all occurrences of its first count.",
                    display::Signal(self.id),
                    self.name
                );
                return (display::sentence(&sentence), vec![answered]);
            }
            let sentence = format!(
                "{} and {} were both answered as {what}: one commit cannot have counted both.",
                display::Signal(earlier),
                display::Signal(self.id),
            );
            (display::sentence(&sentence), vec![answered, self.step.now.index])
        });
    }
}
