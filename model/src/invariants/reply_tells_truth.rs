//! `reply_tells_truth`: the count in a reply is one that a commit stored for this very signal.
//!
//! A commit may count a batch: it then stores a range of occurrence numbers, and each signal of the batch is told another one
//! of them. A `created` reply carries no number; it stands for one of those that the request's first count stored. Deliveries
//! with one idempotency key are one signal, and are told one count.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Observation, Reply, SignalId},
    settings::Settings,
    state::{Record, State, Step},
};
use std::collections::BTreeMap;

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "reply_tells_truth",
    "the count in a reply is one that a commit stored for that signal, and no two replies of a request share one",
    || Box::new(ReplyTellsTruth { told: BTreeMap::new() }),
);

struct ReplyTellsTruth {
    /// What was told of each request, by its place in the state's records.
    told: BTreeMap<usize, Told>,
}

/// With each count, or each `created`, the answer that told it.
#[derive(Default)]
struct Told {
    counts: BTreeMap<u32, (SignalId, usize)>,
    created: Vec<(SignalId, usize)>,
}

impl Check for ReplyTellsTruth {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        let Observation::SignalAnswered { signal, reply, .. } = step.observation else { return };
        let (name, count) = match reply {
            Reply::Created { name: Some(name) } => (name, None),
            Reply::Duplicate { name: Some(name), count: Some(count) } => (name, Some(*count)),
            _ => return,
        };
        tally.checked();
        let reply = Claim { id: *signal, name, count, step };
        let Some((place, record)) = reply.counted_by(state) else { return reply.untrue(state, tally) };
        let told = self.told.entry(place).or_default();
        let earlier = match count {
            Some(count) => told.counts.insert(count, (*signal, step.now.index)),
            None if told.created.iter().any(|(earlier, _)| state.are_one(*earlier, *signal)) => None,
            None => {
                told.created.push((*signal, step.now.index));
                None
            }
        };
        // Deliveries with one key are one signal: they are told the same.
        let earlier = earlier.filter(|(earlier, _)| !state.are_one(*earlier, *signal));
        if let Some(earlier) = earlier.or_else(|| told.overfull(record)) {
            reply.told_twice(earlier, tally);
        }
    }
}

impl Told {
    /// The first `created` reply, if there are more replies than occurrences in what the first count stored.
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
    /// The request of that name of which some commit, after the signal was sent, stored the count that it was told.
    fn counted_by<'s>(&self, state: &'s State) -> Option<(usize, &'s Record)> {
        let sent = state.first_sent(self.id)?;
        state.named(self.name).rev().find(|(_, record)| match self.count {
            Some(count) => record.counts.iter().rev().any(|counted| counted.covers(count) && counted.now > sent),
            None => record.counts.first().is_some_and(|counted| counted.before == 0 && counted.now > sent),
        })
    }

    fn untrue(&self, state: &State, tally: &mut Tally) {
        tally.violate(self.step.now.at, || {
            let sent = state.signal(self.id).map(|signal| signal.sent);
            let last = state.named(self.name).filter_map(|(_, record)| record.counts.last()).next_back();
            let stored = match (last, sent) {
                (None, _) => "but nothing was ever counted on it".to_owned(),
                (Some(last), Some(sent)) if last.now < sent => {
                    format!(
                        "but its count was {} already when the signal was sent, and nothing was counted since",
                        last.after
                    )
                }
                (Some(last), _) => {
                    format!("but no commit since the signal was sent stored that; its count is {}", last.after)
                }
            };
            let told = match self.count {
                Some(count) => format!("was told that it is occurrence {count} of {}", self.name),
                None => format!("was told that it created {}", self.name),
            };
            let sentence = format!("{} {told}, {stored}.", wording::Signal(self.id));
            let evidence = sent.map(|sent| sent.index).into_iter().chain([self.step.now.index]);
            (wording::sentence(&sentence), evidence.chain(last.map(|last| last.now.index)).collect())
        });
    }

    fn told_twice(&self, (earlier, answered): (SignalId, usize), tally: &mut Tally) {
        tally.violate(self.step.now.at, || {
            let what = match self.count {
                Some(count) => format!("occurrence {count} of {}", self.name),
                None => format!("the one that created {}", self.name),
            };
            if earlier == self.id {
                let sentence = format!(
                    "{} was told that it created {}, but others were told every occurrence that its first count stored.",
                    wording::Signal(self.id),
                    self.name
                );
                return (wording::sentence(&sentence), vec![answered]);
            }
            let sentence = format!(
                "{} and {} were both told that they are {what}: one commit cannot have counted both.",
                wording::Signal(earlier),
                wording::Signal(self.id),
            );
            (wording::sentence(&sentence), vec![answered, self.step.now.index])
        });
    }
}
