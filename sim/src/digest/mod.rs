//! The digest of a run's state: two runs with the same digest continue alike, if the same choices follow.
//!
//! It rests on this. A program is a function of what it has received (answers, watch events, deliveries, each with the
//! simulated time) and of its start: its random numbers come from a seed, its timers from its clock. So the histories
//! of all programs, the commits, the positions of the caches and what is under way determine everything that follows,
//! without a look into the programs. What is kept of each:
//!
//! - of an actor, the sequence of what it received: inputs of one program never commute; nothing of a process that has
//!   ended, besides the calls that it has under way;
//! - of the script, the same, except that final answers after which it sent nothing are a set: each belongs to one
//!   sender, which ends with it;
//! - of the store, the sequence of all commits: an oracle may judge their order, also across objects;
//! - of everything else that an observer sees, each fact with the time and the number of commits before it.
//!
//! On request, what a program received is a set, and what it sent is a sequence. Then an assumption is added: that what
//! a program keeps of its inputs, besides what it sends, does not depend on their order.
//!
//! Hashes have 64 bits: that two of a million states have the same has a probability of 3 in 100 million.
mod canonical;

use crate::{
    choice::{Access, Effects, Parts},
    event::{ActorId, DeliveryId, Event},
    faults::{Fault, FaultKind},
};
use canonical::Canonical;
pub(crate) use canonical::mix;
use std::collections::{BTreeMap, BTreeSet};

/// Beginning of the keys of actors that are not replicas.
const OTHERS: u32 = 1 << 31;

/// Sums and chains that grow with a run.
#[derive(Debug, Default)]
pub(crate) struct StateDigest {
    names: Canonical,
    /// Key of each actor.
    keys: BTreeMap<ActorId, u32>,
    others: u32,
    /// Keys of processes that have ended.
    gone: BTreeSet<u32>,
    /// Hash of the content of the call that was sent last.
    last_sent: u64,
    /// What each actor has received, by key.
    received: BTreeMap<u32, u64>,
    /// What each actor has sent, by key, if what it received is a set.
    sent: Option<BTreeMap<u32, u64>>,
    commits: u64,
    committed: u64,
    facts: u64,
    script: Script,
    effects: Effects,
}

#[derive(Debug, Default)]
struct Script {
    received: u64,
    ended: u64,
    /// Answers since the last step: final ones, and others.
    last: Vec<(u64, bool)>,
    sent: bool,
}

impl StateDigest {
    /// A digest that compares what programs received in order, or as sets.
    pub(crate) fn new(as_sets: bool) -> Self {
        Self { sent: as_sets.then(BTreeMap::new), ..Self::default() }
    }

    /// Digest of what is seen from outside the programs: the commits, and all other facts.
    pub(crate) fn outside(&self) -> u64 {
        mix((self.commits, self.facts))
    }

    /// Key of an actor: a replica's start, or the number of the actor among the others.
    pub(crate) fn key(&mut self, actor: ActorId) -> u32 {
        let others = &mut self.others;
        *self.keys.entry(actor).or_insert_with(|| {
            *others += 1;
            OTHERS | (*others - 1)
        })
    }

    /// Hash of a text of the API, which does not depend on the order of writes of other objects.
    pub(crate) fn text(&self, text: &[u8]) -> u64 {
        self.names.hash(text)
    }

    /// An actor received something, at this time.
    pub(crate) fn receive(&mut self, actor: ActorId, at: u64, what: u64) {
        let key = self.key(actor);
        if self.gone.contains(&key) {
            return;
        }
        let history = self.received.entry(key).or_default();
        *history = match self.sent {
            None => mix((*history, at, what)),
            Some(_) => history.wrapping_add(mix((at, what))),
        };
    }

    /// An actor sent an API call; gives the hash of its content.
    pub(crate) fn send(&mut self, actor: ActorId, method: &http::Method, target: &str, body: &[u8]) -> u64 {
        let (key, content) = (self.key(actor), (self.text(target.as_bytes()), self.text(body)));
        let content = mix((method.as_str(), content));
        self.last_sent = content;
        if let Some(sent) = &mut self.sent {
            let history = sent.entry(key).or_default();
            *history = mix((*history, content));
        }
        content
    }

    /// Notes what a call that was sent does.
    pub(crate) fn sends(&mut self, access: Access) {
        self.effects.writes |= matches!(access, Access::Write | Access::Collection);
    }

    /// A process has ended: what it received and sent has no consequences but those that are under way.
    fn forget(&mut self, replica: usize) {
        let processes = self.keys.values().filter(|key| **key < OTHERS && **key >> 16 == replica as u32);
        self.gone.extend(processes);
        let gone = &self.gone;
        self.received.retain(|key, _| !gone.contains(key));
        self.sent.iter_mut().for_each(|sent| sent.retain(|key, _| !gone.contains(key)));
    }

    /// The script made a choice, or got an answer that is not final.
    pub(crate) fn script(&mut self, what: u64) {
        self.script.received = mix((self.script.received, what));
    }

    /// A delivery was answered. `end` is the hash of its answer.
    pub(crate) fn answered(&mut self, delivery: DeliveryId, at: u64, end: u64, is_final: bool) {
        self.script.last.push((mix((delivery, at, end)), is_final));
    }

    /// Everything that happened is an event.
    pub(crate) fn event(&mut self, at: u64, event: &Event) {
        match event {
            Event::Started { replica, incarnation, actor } => {
                self.keys.insert(*actor, (*replica as u32) << 16 | u32::from(*incarnation));
                self.fact(at, ("started", replica, incarnation));
            }
            Event::Committed(commit) => {
                let key = self.key(ActorId(commit.actor));
                let (object, version) = self.names.commit(commit, key);
                let content = serde_json::to_vec(&*commit.after).unwrap_or_default();
                let written = (key, object, version, commit.change as u8, self.names.hash(&content));
                self.commits = mix((self.commits, at, written));
                self.committed += 1;
            }
            Event::CallSent { actor, method, .. } => {
                let key = self.key(*actor);
                self.effects.sent = true;
                self.effects.creates |= *method == http::Method::POST;
                self.effects.reacts |= key >= OTHERS;
                self.script.sent |= key >= OTHERS;
                self.facts = self.facts.wrapping_add(mix(("call", key, at, self.last_sent)));
            }
            Event::DeliverySent { delivery, replica } => {
                (self.effects.sent, self.effects.reacts, self.script.sent) = (true, true, true);
                self.fact(at, ("sent", delivery, replica));
            }
            Event::DeliveryAnswered { delivery, status, .. } => {
                self.effects.script = true;
                if status.is_none() {
                    self.answered(*delivery, at, 0, false);
                }
                self.fact(at, ("answered", delivery, status));
            }
            // That a read is older than one before it says nothing about what follows.
            Event::Fault { fault: Fault::Kind(FaultKind::TimeTravel), .. } => {}
            Event::Fault { fault, .. } => self.facts = self.facts.wrapping_add(mix(fault)),
            Event::Crashed { replica } => {
                self.fact(at, ("crashed", replica));
                self.forget(*replica);
            }
            Event::Ready { replica } => self.fact(at, ("ready", replica)),
            Event::Paused { replica, until } => self.fact(at, ("paused", replica, until)),
            Event::FaultsStopped => self.fact(at, "faults stopped"),
            Event::CallDropped { .. }
            | Event::CallCommitted { .. }
            | Event::CallAnswered { .. }
            | Event::DeliveryArrived { .. }
            | Event::CacheAdvanced { .. }
            | Event::WatchOpened { .. }
            | Event::WatchDelivered { .. }
            | Event::WatchEnded { .. } => {}
        }
    }

    /// A collection was read or watched, which may move its cache.
    pub(crate) fn collection(&mut self, actor: ActorId, at: u64, ordinal: u32) {
        let key = self.key(actor);
        self.fact(at, ("collection", key, ordinal));
    }

    /// Something that an observer sees; its place among the commits matters, not its place among other facts.
    pub(crate) fn fact(&mut self, at: u64, what: impl std::hash::Hash) {
        self.facts = self.facts.wrapping_add(mix((self.committed, at, what)));
    }

    /// What happened since this was asked last.
    pub(crate) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Adds the answers that the script got since the last step to its history.
    fn hear(&mut self) {
        let sent = std::mem::take(&mut self.script.sent);
        for (answer, is_final) in std::mem::take(&mut self.script.last) {
            if is_final && !sent {
                self.script.ended = self.script.ended.wrapping_add(answer);
            } else {
                self.script(answer);
            }
        }
    }

    /// The parts of the state, at this time, with this under way.
    pub(crate) fn parts(&mut self, at: u64, under_way: u64) -> Parts {
        self.hear();
        let received = self.received.iter().fold(0_u64, |sum, one| sum.wrapping_add(mix(one)));
        let sent = self.sent.iter().flatten().fold(0_u64, |sum, one| sum.wrapping_add(mix(one)));
        let script = mix((self.script.received, self.script.ended));
        [at, under_way, received, sent, self.commits, self.facts, script]
    }
}
