//! Applies edits to a scenario, and drops the expectations that no longer follow from what is left.
use super::edit::{Edit, Part};
use crate::{
    scenario::{Expect, Scenario},
    workload::{Act, Payload, Retry},
};
use sim::Faults;
use std::{borrow::Cow, sync::Arc, time::Duration};

pub(super) fn apply(edits: &[Edit], original: &Scenario) -> Scenario {
    let left = |part: Part| edits.iter().find(|edit| edit.part == part).map(|edit| edit.left);
    let dropped = |part: Part| left(part) == Some(0);
    let mut scenario = original.clone();
    if let Some(replicas) = left(Part::Replicas) {
        scenario.cluster.replicas = (replicas as usize).clamp(1, original.cluster.replicas);
    }
    if let Some(servers) = left(Part::Servers) {
        scenario.cluster.servers = (servers as usize).clamp(1, original.cluster.servers);
    }
    let acts = (1..).zip(original.acts.iter()).filter(|&(number, _)| !dropped(Part::Act(number)));
    scenario.acts = acts.map(|(number, act)| smaller(act, number, &left)).collect();
    let triggers = (1..).zip(original.triggers.iter()).filter(|&(number, _)| !dropped(Part::Trigger(number)));
    let times = |(number, trigger): (usize, &sim::Trigger)| {
        let times = left(Part::Times(number)).unwrap_or(trigger.times).min(trigger.times);
        sim::Trigger { times, ..*trigger }
    };
    scenario.triggers = triggers.map(times).collect();
    scenario.faults = faults(original.faults, &dropped);
    scenario.expect = Cow::Owned(expectations(original, &scenario));
    scenario
}

fn faults(faults: Faults, dropped: &dyn Fn(Part) -> bool) -> Faults {
    if dropped(Part::Faults) {
        return Faults { clock_rates_ppm: faults.clock_rates_ppm, ..Faults::NONE };
    }
    let mut faults = faults;
    if dropped(Part::CallFaults) {
        (faults.call_fault_per_mille, faults.max_call_faults) = (0, 0);
    }
    if dropped(Part::WorldFaults) {
        (faults.world_fault_per_mille, faults.max_crashes, faults.max_pauses) = (0, 0, 0);
        (faults.max_watch_faults, faults.max_disconnects) = (0, 0);
    }
    if dropped(Part::ServerFaults) {
        (faults.server_fault_per_mille, faults.max_server_faults, faults.lagging_cache_per_mille) = (0, 0, 0);
    }
    faults.clock_skew &= !dropped(Part::Clocks);
    if dropped(Part::Redelivery) {
        faults.redelivery_per_mille = 0;
    }
    if dropped(Part::Interference) {
        (faults.interference_per_mille, faults.max_interferences) = (0, 0);
    }
    faults
}

/// The act with what is left of its parts; nothing grows.
fn smaller(act: &Act, number: usize, left: &dyn Fn(Part) -> Option<u32>) -> Act {
    let mut act = act.clone();
    let at_most = |part: Part, now: u32| left(part).unwrap_or(now).min(now);
    match &mut act {
        Act::Deliver { what, copies, retry, .. } => {
            *copies = at_most(Part::Copies(number), *copies);
            if let Some(members) = left(Part::Group(number)) {
                *what = fewer(*what, members);
            }
            if let Retry::Keyed { again } = retry {
                *again = at_most(Part::Again(number), *again);
            }
        }
        Act::DeliverTwins { copies, .. } => *copies = at_most(Part::Copies(number), *copies),
        Act::DeliverEach { count, .. } => *count = at_most(Part::Copies(number), u32::from(*count)) as u16,
        Act::Alertmanagers { alerts, lasts } => {
            *alerts = at_most(Part::Copies(number), u32::from(*alerts)) as u16;
            *lasts = wait(*lasts, left(Part::Seconds(number)));
        }
        Act::Wait(time) => *time = wait(*time, left(Part::Seconds(number))),
        Act::OrchestrateEvery { times, .. }
        | Act::EndMeanwhile { times, .. }
        | Act::CrashEvery { times, .. }
        | Act::Probe { times, .. } => {
            *times = at_most(Part::Copies(number), *times);
        }
        Act::OrchestrateMeanwhile { phases, .. } => {
            let kept = at_most(Part::Phases(number), phases.len() as u32) as usize;
            *phases = phases[phases.len() - kept..].to_vec().into();
        }
        _ => {}
    }
    act
}

fn wait(time: Duration, seconds: Option<u32>) -> Duration {
    seconds.map_or(time, |seconds| Duration::from_secs(u64::from(seconds)).min(time))
}

/// A group with fewer members.
fn fewer(what: Payload, members: u32) -> Payload {
    match what {
        Payload::Group(now) => Payload::Group(now.min(members as u16)),
        // Its first two members are about this Deployment.
        Payload::GroupOfThree if members <= 1 => Payload::Deployment,
        other => other,
    }
}

/// Signals of each fingerprint that a script delivers, redeliveries aside.
fn signals(scenario: &Scenario, fingerprint: &Arc<str>) -> u32 {
    let of = |what: &Payload| what.alerts().iter().filter(|alert| alert.fingerprint == *fingerprint).count() as u32;
    let sum = scenario.acts.iter().map(|act| match act {
        Act::Deliver { what, copies, .. } => of(what) * copies,
        Act::DeliverTwins { what, .. } => of(what),
        Act::DeliverEach { count, .. } => (0..*count).map(|number| of(&Payload::Distinct(number))).sum(),
        _ => 0,
    });
    sum.sum()
}

/// The expectations that follow from what is left: a number of requests from the same acts, a count from the signals.
fn expectations(original: &Scenario, edited: &Scenario) -> Vec<Expect> {
    let same_acts = original.acts.len() == edited.acts.len();
    let kept = original.expect.iter().filter_map(|expect| match expect {
        Expect::Requests(_) if !same_acts || original.payloads() != edited.payloads() => None,
        Expect::Requests(_)
            if original.acts.iter().zip(edited.acts.iter()).any(|(was, is)| phases(was) != phases(is)) =>
        {
            None
        }
        Expect::EveryReplicaServes => (edited.acts == original.acts).then(|| expect.clone()),
        Expect::Counted(what, count) => {
            let fingerprint = &what.alerts()[0].fingerprint;
            let fewer = signals(original, fingerprint) - signals(edited, fingerprint);
            let left = count.checked_sub(fewer).filter(|left| same_acts && *left > 0);
            left.map(|left| Expect::Counted(*what, left))
        }
        _ => Some(expect.clone()),
    });
    kept.collect()
}

/// Number of phases that the orchestrator writes.
fn phases(act: &Act) -> usize {
    match act {
        Act::OrchestrateMeanwhile { phases, .. } => phases.len(),
        Act::EndMeanwhile { times, .. } | Act::OrchestrateEvery { times, .. } => *times as usize,
        _ => 0,
    }
}
