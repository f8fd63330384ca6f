//! The order of the facts: one sequence of observations, in which no effect comes before its cause.
//!
//! Commits have a true order, their versions. When each took effect is known only within bounds: not before its call
//! reached the proxy, not after the watch reported it. It is placed at the *earliest* moment that both bounds and the
//! order of versions allow. So it comes after the signal that caused it, and before the answers that depend on it. A
//! takeover that was due cannot look early: its call was sent when its replica saw the lease expire.
//!
//! Without proxies there is no lower bound. A commit is then placed where the watch reported it, and the answers are
//! moved back by more than the watch was ever behind lockstep's own writes.
use super::writers::{Writer, Writers};
use crate::live::history::{Call, Client, Fact, History, Object};
use model::observation::{Actor, Change, Micros, Observation};
use std::{collections::BTreeMap, sync::Arc};

/// Least time by which answers are moved back without proxies.
const LEAST_LAG: Micros = 1_000_000;

/// The observations in order, and what makes them unreliable.
pub(super) struct Ordered {
    pub(super) observations: Vec<Observation>,
    pub(super) gaps: Vec<String>,
}

/// A commit that a watch reported.
struct Commit<'a> {
    revision: u64,
    change: Change,
    object: &'a Object,
    seen: Micros,
}

/// Orders the facts of a history.
pub(super) fn order(history: &History) -> Ordered {
    let proxied = history.header.proxied;
    let commits = commits(&history.facts);
    let calls = history.facts.iter().filter_map(|fact| if let Fact::Called(call) = fact { Some(call) } else { None });
    let mut writers = Writers::of(calls, proxied);
    let mut gaps = unreported(history, &writers, &commits);
    let lag = if proxied { 0 } else { lag(&writers, &commits) };
    let mut placed: Vec<(Micros, u8, Observation)> = Vec::new();
    let mut unknown = 0_u64;
    let writer = |commit: &Commit<'_>| {
        let Commit { revision, change, object, seen } = *commit;
        let found = writers.writer(revision, change, object, seen);
        unknown += u64::from(found.is_none());
        found.unwrap_or(Writer { actor: Actor::External, from: 0 })
    };
    let writers: Vec<Writer> = commits.iter().map(writer).collect();
    for ((commit, writer), at) in commits.iter().zip(&writers).zip(moments(&commits, &writers, proxied)) {
        placed.push((at, 2, committed(at, commit, writer.actor)));
    }
    if unknown > 0 {
        gaps.push(format!("{unknown} commits have no known writer: another client writes to the gateways' objects"));
    }
    placed.extend(history.facts.iter().filter_map(|fact| observation(fact, lag)));
    placed.sort_by_key(|(at, class, _)| (*at, *class));
    Ordered { observations: placed.into_iter().map(|(_, _, observation)| observation).collect(), gaps }
}

/// Every commit once, by version.
fn commits(facts: &[Fact]) -> Vec<Commit<'_>> {
    let mut commits: BTreeMap<(u64, &str), Commit<'_>> = BTreeMap::new();
    for fact in facts {
        if let Fact::Committed { at, revision, change, object } = fact {
            let commit = || Commit { revision: *revision, change: *change, object, seen: *at };
            commits.entry((*revision, object.name())).or_insert_with(commit);
        }
    }
    commits.into_values().collect()
}

/// Writes that the watch never reported, although their clients have the versions.
fn unreported(history: &History, writers: &Writers<'_>, commits: &[Commit<'_>]) -> Vec<String> {
    if !history.facts.iter().any(|fact| matches!(fact, Fact::Ended { .. })) {
        return Vec::new();
    }
    let reported = |revision: u64| commits.binary_search_by_key(&revision, |commit| commit.revision).is_ok();
    let missing = writers.known().find(|(revision, _)| !reported(*revision));
    let gap = missing.map(|(revision, call)| {
        format!("the watch never reported {} at version {revision}, which {:?} wrote", call.name, call.by)
    });
    gap.into_iter().collect()
}

/// By how much the answers are moved back: twice the most that the watch was behind.
fn lag(writers: &Writers<'_>, commits: &[Commit<'_>]) -> Micros {
    let behind = writers.known().filter_map(|(revision, call)| {
        let at = commits.binary_search_by_key(&revision, |commit| commit.revision).ok()?;
        Some(commits[at].seen.saturating_sub(call.to))
    });
    2 * behind.max().unwrap_or(0) + LEAST_LAG
}

/// When each commit took effect, as far as is known. The moments never decrease.
fn moments(commits: &[Commit<'_>], writers: &[Writer], proxied: bool) -> Vec<Micros> {
    let mut latest: Vec<Micros> = commits.iter().map(|commit| commit.seen).collect();
    for at in (1..latest.len()).rev() {
        latest[at - 1] = latest[at - 1].min(latest[at]);
    }
    if !proxied {
        return latest;
    }
    let mut earliest = 0;
    let place = |(writer, latest): (&Writer, Micros)| {
        earliest = writer.from.max(earliest);
        earliest.min(latest)
    };
    writers.iter().zip(latest).map(place).collect()
}

fn committed(at: Micros, commit: &Commit<'_>, actor: Actor) -> Observation {
    let &Commit { revision, change, object, .. } = commit;
    match object {
        Object::Request(request) => {
            Observation::RequestCommitted { at, revision, actor, change, request: Arc::clone(request), issued: None }
        }
        Object::Lease(lease) => Observation::LeaseCommitted { at, revision, actor, change, lease: Arc::clone(lease) },
    }
}

/// The observation that a fact is by itself, with its time, and its place among those of the same time.
fn observation(fact: &Fact, lag: Micros) -> Option<(Micros, u8, Observation)> {
    Some(match fact {
        Fact::Sent { at, signal, fingerprint, resolved, retried, repeats, keyed, .. } => {
            let fingerprint = Arc::clone(fingerprint);
            let (signal, resolved, retried, repeats, keyed) = (*signal, *resolved, *retried, *repeats, *keyed);
            // A cluster does not say which process wrote a count, and no fact how many alerts a delivery carried.
            let (to, alone) = (None, false);
            let sent =
                Observation::SignalSent { at: *at, signal, fingerprint, resolved, retried, repeats, keyed, to, alone };
            (*at, 1, sent)
        }
        Fact::Answered { at, signal, reply } => {
            let at = at + lag;
            (at, 3, Observation::SignalAnswered { at, signal: *signal, reply: reply.clone() })
        }
        Fact::Called(Call { from, by: Client::Replica { index, incarnation }, .. }) => {
            let actor = Actor::Replica { index: *index, incarnation: *incarnation };
            (*from, 1, Observation::ApiCalled { at: *from, actor })
        }
        Fact::Ready { at, replica } => (*at, 0, Observation::Ready { at: *at, index: *replica }),
        Fact::Crashed { at, replica } => (*at, 0, Observation::Crashed { at: *at, index: *replica }),
        Fact::FaultsStopped { at } => (*at, 0, Observation::FaultsStopped { at: *at }),
        Fact::SignalsStopped { at } => (at + lag, 4, Observation::SignalsStopped { at: at + lag }),
        Fact::Ended { at } => (at + lag, 5, Observation::Ended { at: at + lag }),
        Fact::Committed { .. }
        | Fact::Called(_)
        | Fact::Watched { .. }
        | Fact::Started { .. }
        | Fact::Continued { .. }
        | Fact::Fault { .. }
        | Fact::Panicked { .. }
        | Fact::Gap { .. } => return None,
    })
}
