//! What a scenario expects beside the invariants, judged at the end of a run.
use crate::{
    observe::Told,
    runner::{EXPECTATION, finding},
    scenario::{Expect, Scenario},
    workload::Payload,
};
use model::{observation::Reply, oracle::Finding};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// Judges a scenario's expectations; the first that is not met is the breach.
pub fn judge(scenario: &Scenario, stored: &[Arc<Value>], told: &[Told], served: &BTreeSet<usize>, at: u64) -> Finding {
    let replicas = scenario.cluster.replicas;
    let breach = scenario.expect.iter().find_map(|expect| unmet(expect, replicas, stored, told, served));
    finding(EXPECTATION, at, breach)
}

fn unmet(
    expect: &Expect,
    replicas: usize,
    stored: &[Arc<Value>],
    told: &[Told],
    served: &BTreeSet<usize>,
) -> Option<String> {
    match expect {
        Expect::Requests(expected) => (stored.len() != *expected)
            .then(|| format!("{} RemediationRequests exist at the end, {expected} were expected.", stored.len())),
        Expect::AllAccepted => all_accepted(told),
        Expect::AllRefused(status) => told.iter().filter(|told| !told.resolved).find_map(|told| {
            (told.status != Some(*status)).then(|| {
                format!("A signal of {:?} was answered {:?}; {status} was expected.", told.payload, told.status)
            })
        }),
        Expect::EveryReplicaServes => (0..replicas)
            .find(|replica| !served.contains(replica))
            .map(|replica| format!("Replica {replica} answered nothing.")),
        Expect::AnsweredWithin(payload, limit) => slow(*payload, *limit, told),
        Expect::EachWithin(limit) => {
            let distinct = told.iter().filter(|told| matches!(told.payload, Payload::Distinct(_)));
            distinct.map(|told| told.payload).find_map(|payload| slow(payload, *limit, told))
        }
        Expect::Counted(payload, expected) => miscounted(*payload, *expected, stored),
    }
}

fn accepted(reply: Option<&Reply>) -> bool {
    matches!(reply, Some(Reply::Created { .. } | Reply::Duplicate { .. }))
}

fn all_accepted(told: &[Told]) -> Option<String> {
    let wanted: BTreeSet<(Payload, usize)> =
        told.iter().filter(|told| !told.resolved).map(|told| (told.payload, told.alert)).collect();
    wanted.into_iter().find_map(|(payload, alert)| {
        let last = told.iter().rev().find(|told| (told.payload, told.alert) == (payload, alert))?;
        (!accepted(last.reply.as_ref()))
            .then(|| format!("The last delivery of alert {alert} of {payload:?} was answered {:?}.", last.reply))
    })
}

fn slow(payload: Payload, limit: Duration, told: &[Told]) -> Option<String> {
    told.iter().filter(|told| told.payload == payload).find_map(|told| {
        let took = Duration::from_micros(told.answered_at.saturating_sub(told.sent_at));
        (took > limit || told.reply.is_none())
            .then(|| format!("A signal of {payload:?} was answered after {took:?}; {limit:?} are allowed."))
    })
}

fn miscounted(payload: Payload, expected: u32, stored: &[Arc<Value>]) -> Option<String> {
    let fingerprint = &payload.alerts()[0].fingerprint;
    let sum: u64 = stored
        .iter()
        .filter(|object| object["spec"]["signalFingerprint"] == **fingerprint)
        .filter_map(|object| object["status"]["deduplication"]["occurrenceCount"].as_u64())
        .sum();
    (sum != u64::from(expected)).then(|| format!("{sum} signals of {payload:?} are counted; {expected} were expected."))
}
