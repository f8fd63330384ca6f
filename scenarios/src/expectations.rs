//! Expectations: what a scenario itself demands of the end of a run, besides the invariants.
//!
//! Most expectations follow from the scenario's own faults: a redelivery, for example, counts once more. Where a preset
//! adds faults, they are judged in every run in which none of those struck. That every alert is accepted in the end is
//! judged in every run, if its sender retries.
use crate::{
    checks::{EXPECTATION, finding},
    observe::{Probe, SentSignal},
    scenario::{Expect, Scenario},
    workload::Payload,
};
use model::{Verdict, observation::Reply, oracle::Finding};
use serde_json::Value;
use sim::{Delivered, Fault, FaultKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// Judges a scenario's expectations; the violation is the first one that is not met.
pub fn judge(
    scenario: &Scenario,
    stored: &[Arc<Value>],
    signals: &[SentSignal],
    (served, probes): (&BTreeSet<usize>, &[Probe]),
    (at, as_expected): (u64, bool),
) -> Finding {
    let replicas = scenario.cluster.replicas;
    let due = |expect: &&Expect| as_expected || **expect == Expect::AllAccepted && scenario.every_sender_retries();
    let mut due = scenario.expect.iter().filter(due).peekable();
    if due.peek().is_none() && !scenario.expect.is_empty() {
        return Finding { checked: 0, verdict: Verdict::Inconclusive, ..finding(EXPECTATION, at, None) };
    }
    let seen = (served, probes);
    finding(EXPECTATION, at, due.find_map(|expect| unmet(expect, replicas, stored, signals, seen)))
}

/// Whether nothing happened in a run but what the scenario does on its own, whatever the order.
pub fn only_own_faults(scenario: &Scenario, delivered: &Delivered) -> bool {
    let own = scenario.own_faults();
    delivered.iter().all(|(fault, times)| {
        let order = matches!(fault, Fault::Kind(FaultKind::Reorder | FaultKind::WatchLag));
        let most: u64 = own.iter().filter(|(known, _)| *known == fault).map(|(_, most)| most).sum();
        order || times <= most
    })
}

fn unmet(
    expect: &Expect,
    replicas: usize,
    stored: &[Arc<Value>],
    signals: &[SentSignal],
    (served, probes): (&BTreeSet<usize>, &[Probe]),
) -> Option<String> {
    match expect {
        Expect::Requests(expected) => (stored.len() != *expected)
            .then(|| format!("Expected {} at the end, found {}.", requests(*expected), stored.len())),
        Expect::AllAccepted => all_accepted(signals),
        Expect::AllRefused(status) => signals.iter().filter(|signal| !signal.resolved).find_map(|signal| {
            (signal.status != Some(*status)).then(|| {
                format!("Expected status {status} for every signal of {:?}, found {}.", signal.payload, answer(signal))
            })
        }),
        Expect::EveryReplicaServes => (0..replicas)
            .find(|replica| !served.contains(replica))
            .map(|replica| format!("Expected every replica to answer a delivery; replica {replica} answered none.")),
        Expect::AlwaysReady => probes.iter().find(|probe| probe.status != Some(200)).map(|probe| {
            format!("Expected replica {} to be ready at all times, found {}.", probe.replica, said(probe))
        }),
        Expect::UnreadyFor(reason) => unready_for(reason, replicas, probes),
        Expect::AnsweredWithin(payload, limit) => {
            slow(*limit, signals.iter().filter(|signal| signal.payload == *payload))
        }
        Expect::EachWithin(limit) => {
            slow(*limit, signals.iter().filter(|signal| matches!(signal.payload, Payload::Distinct(_))))
        }
        Expect::Counted(payload, expected) => miscounted(*payload, *expected, stored),
        Expect::FirstAcceptWithin(limit) => first_accept(*limit, signals),
    }
}

fn unready_for(reason: &str, replicas: usize, probes: &[Probe]) -> Option<String> {
    if !probes.iter().any(|probe| probe.status == Some(503) && probe.body.contains(reason)) {
        return Some(format!("Expected a replica that is not ready because it {reason}, found none."));
    }
    let last = |replica: usize| probes.iter().rev().find(move |probe| probe.replica == replica);
    let unready = (0..replicas).filter_map(last).find(|probe| probe.status != Some(200))?;
    Some(format!("Expected replica {} to be ready in the end, found {}.", unready.replica, said(unready)))
}

fn said(probe: &Probe) -> String {
    probe.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}: {}", probe.body))
}

fn requests(count: usize) -> String {
    format!("{count} RemediationRequest{}", if count == 1 { "" } else { "s" })
}

fn answer(signal: &SentSignal) -> String {
    signal.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"))
}

fn accepted(reply: Option<&Reply>) -> bool {
    matches!(reply, Some(Reply::Created { .. } | Reply::Duplicate { .. }))
}

fn all_accepted(signals: &[SentSignal]) -> Option<String> {
    let firing = signals.iter().filter(|signal| !signal.resolved);
    let last: BTreeMap<(Payload, usize), &SentSignal> =
        firing.map(|signal| ((signal.payload, signal.alert), signal)).collect();
    last.into_iter().find_map(|((payload, alert), last)| {
        (!accepted(last.reply.as_ref())).then(|| {
            format!(
                "Expected the last delivery of alert {alert} of {payload:?} to be accepted, found {}.",
                answer(last)
            )
        })
    })
}

fn slow<'a>(limit: Duration, mut signals: impl Iterator<Item = &'a SentSignal>) -> Option<String> {
    signals.find_map(|signal| {
        let payload = signal.payload;
        let took = Duration::from_micros(signal.answered_at.saturating_sub(signal.sent_at));
        let late =
            || format!("Expected an answer to a signal of {payload:?} within {limit:?}, found it after {took:?}.");
        let absent = || format!("Expected an answer to a signal of {payload:?} within {limit:?}, found none.");
        match signal.reply {
            None => Some(absent()),
            Some(_) if took > limit => Some(late()),
            Some(_) => None,
        }
    })
}

fn first_accept(limit: Duration, signals: &[SentSignal]) -> Option<String> {
    let mut times: BTreeMap<(Payload, usize), (u64, u64)> = BTreeMap::new();
    for signal in signals.iter().filter(|signal| !signal.resolved) {
        let (sent, accepted_at) = times.entry((signal.payload, signal.alert)).or_insert((signal.sent_at, u64::MAX));
        *sent = signal.sent_at.min(*sent);
        if accepted(signal.reply.as_ref()) {
            *accepted_at = signal.answered_at.min(*accepted_at);
        }
    }
    times.into_iter().find_map(|((payload, alert), (sent, accepted_at))| {
        let took = Duration::from_micros(accepted_at.saturating_sub(sent));
        let found = if accepted_at == u64::MAX { "never".to_owned() } else { format!("only after {took:?}") };
        let what = format!("alert {alert} of {payload:?}");
        (took > limit)
            .then(|| format!("Expected {what} to be accepted {limit:?} after its first delivery, found it {found}."))
    })
}

fn miscounted(payload: Payload, expected: u32, stored: &[Arc<Value>]) -> Option<String> {
    let fingerprint = &payload.alerts()[0].fingerprint;
    let sum: u64 = stored
        .iter()
        .filter(|object| object["spec"]["signalFingerprint"] == **fingerprint)
        .filter_map(|object| object["status"]["deduplication"]["occurrenceCount"].as_u64())
        .sum();
    (sum != u64::from(expected)).then(|| format!("Expected {expected} counted signals of {payload:?}, found {sum}."))
}
