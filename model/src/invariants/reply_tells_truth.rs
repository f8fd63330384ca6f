//! `reply_tells_truth`: the count in a reply is one that a commit stored for this very signal.
//!
//! A commit may count a batch: it then stores a range of occurrence numbers, and each signal of the batch is answered
//! with a different one. A `created` reply has no number; it stands for one of those that the request's first count
//! stored. Deliveries with one idempotency key are one signal and get the same count. The name of a request that was
//! deleted may be used again: a reply may be about any request of its name that stored what it says.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    matching::Places,
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
        let Some(index) = reply.counted_by(state).next() else { return reply.untrue(state, summary) };
        // Deliveries with one key are one signal and get the same count.
        let has = |index| self.replies.get(&index).is_some_and(|replies| replies.have(&reply, state));
        if reply.counted_by(state).any(has) {
            return;
        }
        let earlier = self.replies.entry(index).or_default().add(&reply, state.record(index));
        if let Some(earlier) = earlier
            && !self.attributed_anew(&reply, state)
        {
            reply.repeated(earlier, summary);
        }
    }
}

impl ReplyTellsTruth {
    /// Attributes all replies about requests of this name anew: whether each can have an occurrence of its own. A name
    /// may be used again, so a reply does not say which of its requests it is about.
    fn attributed_anew(&mut self, reply: &Claim<'_>, state: &State) -> bool {
        let records: Vec<usize> = state.named(reply.name).map(|(index, _)| index).collect();
        if records.len() < 2 {
            return false;
        }
        let known = records.iter().filter_map(|index| self.replies.get(index)).flat_map(Replies::claims);
        let claims: Vec<Replied> = known.chain([reply.replied()]).collect();
        let mut owners: BTreeMap<(usize, u32), usize> = BTreeMap::new();
        let mut wants = Vec::with_capacity(claims.len());
        for &(id, count, _) in &claims {
            let of = Claim { id, count, ..*reply };
            let mut wanted = Vec::new();
            for index in of.counted_by(state) {
                // `created` is any of the first occurrences; more of them than there are replies make no difference.
                let first = state.record(index).counts.first().map_or(0, |counted| counted.after);
                let last = first.min(u32::try_from(claims.len()).unwrap_or(u32::MAX));
                for occurrence in count.map_or(1..=last, |count| count..=count) {
                    let next = owners.len();
                    wanted.push(*owners.entry((index, occurrence)).or_insert(next));
                }
            }
            wants.push(wanted);
        }
        let mut places = Places::new(vec![1; owners.len()]);
        if !(0..claims.len()).all(|claim| places.place(claim, &wants)) {
            return false;
        }
        records.iter().for_each(|index| drop(self.replies.remove(index)));
        for ((record, occurrence), owner) in owners {
            let Some(&claim) = places.of(owner).first() else { continue };
            let ((id, count, answered), replies) = (claims[claim], self.replies.entry(record).or_default());
            match count {
                Some(_) => drop(replies.counts.insert(occurrence, (id, answered))),
                None => replies.created.push((id, answered)),
            }
        }
        true
    }
}

impl Replies {
    /// Whether another delivery of this signal got the same reply.
    fn have(&self, reply: &Claim<'_>, state: &State) -> bool {
        let same = |(earlier, _): &(SignalId, usize)| state.are_one(*earlier, reply.id);
        match reply.count {
            Some(count) => self.counts.get(&count).is_some_and(same),
            None => self.created.iter().any(same),
        }
    }

    /// Adds a reply; gives the one that contradicts it, and does not add it then.
    fn add(&mut self, reply: &Claim<'_>, record: &Record) -> Option<(SignalId, usize)> {
        let (id, count, answered) = reply.replied();
        match count {
            Some(count) if self.counts.contains_key(&count) => return self.counts.get(&count).copied(),
            Some(count) => drop(self.counts.insert(count, (id, answered))),
            None => self.created.push((id, answered)),
        }
        let earlier = self.overfull(record)?;
        match count {
            Some(count) => drop(self.counts.remove(&count)),
            None => drop(self.created.pop()),
        }
        Some(earlier)
    }

    fn claims(&self) -> impl Iterator<Item = Replied> + '_ {
        let numbered = self.counts.iter().map(|(&count, &(id, answered))| (id, Some(count), answered));
        numbered.chain(self.created.iter().map(|&(id, answered)| (id, None, answered)))
    }

    /// The first `created` reply, if there are more replies than occurrences that the first count stored.
    fn overfull(&self, record: &Record) -> Option<(SignalId, usize)> {
        let first = record.counts.first()?.after;
        let numbered = self.counts.range(..=first).count();
        let room = usize::try_from(first).unwrap_or(usize::MAX);
        (numbered + self.created.len() > room).then(|| self.created.first().copied()).flatten()
    }
}

/// A signal, the count in its reply unless that says `created`, and the index of the answer.
type Replied = (SignalId, Option<u32>, usize);

#[derive(Clone, Copy)]
struct Claim<'a> {
    id: SignalId,
    name: &'a str,
    count: Option<u32>,
    step: &'a Step<'a>,
}

impl Claim<'_> {
    fn replied(&self) -> Replied {
        (self.id, self.count, self.step.now.index)
    }

    /// The requests of that name that stored the claimed count in a commit after the signal was sent, the latest first.
    fn counted_by<'s>(&'s self, state: &'s State) -> impl Iterator<Item = usize> + 's {
        let sent = state.first_sent(self.id);
        let fits = move |record: &Record, sent| match self.count {
            Some(count) => record.counts.iter().rev().any(|counted| counted.covers(count) && counted.now > sent),
            None => record.counts.first().is_some_and(|counted| counted.before == 0 && counted.now > sent),
        };
        let named = state.named(self.name).rev();
        named.filter(move |(_, record)| sent.is_some_and(|sent| fits(record, sent))).map(|(index, _)| index)
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
