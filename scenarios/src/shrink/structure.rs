//! Passes over the scenario: fewer replicas, acts, signals, members of groups, kinds of faults, triggers;
//! shorter waits.
use super::{candidate::Candidate, trial::Hunt};
use crate::{
    edits::{Edit, Edits, Part},
    guide::Guide,
    scenario::Scenario,
    workload::{Act, Payload, Retry},
};
use sim::Faults;

/// Largest number of acts that are dropped one by one without trying halves first.
const FEW: usize = 6;

/// The smallest scenario that still fails, as far as these passes find it.
pub(super) fn reduce(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    for pass in [replicas, faults, acts, copies, triggers, members, waits] {
        best = pass(hunt, best);
    }
    best
}

/// A leap to a very small scenario, if that fails in order or by one of a few seeds: most runs need no more, and some
/// are too large for small steps.
pub(super) fn leap(hunt: &mut Hunt<'_>, edits: &Edits) -> Option<Candidate> {
    let acts = hunt.whole().scenario.acts.len();
    let everything: Vec<Part> = (1..=acts).map(Part::Copies).collect();
    [(1, 1), (1, 2), (2, 2), (3, 4)].into_iter().find_map(|(replicas, copies)| {
        let smaller = with(&with(edits, &[Part::Replicas], replicas), &everything, copies);
        hunt.leap(&with(&smaller, &[Part::Servers], 1))
    })
}

fn scenario(hunt: &Hunt<'_>, best: &Candidate) -> Scenario {
    best.edits.apply(&hunt.whole().scenario)
}

fn with(edits: &Edits, parts: &[Part], left: u32) -> Edits {
    parts.iter().fold(edits.clone(), |edits, &part| edits.and(Edit { part, left }))
}

/// The first of these numbers of a part that still fails.
fn first_of(hunt: &mut Hunt<'_>, best: Candidate, part: Part, numbers: impl IntoIterator<Item = u32>) -> Candidate {
    for left in numbers {
        if let Some(smaller) = hunt.search(&with(&best.edits, &[part], left), std::slice::from_ref(&best.guide)) {
            return smaller;
        }
    }
    best
}

/// Fewer replicas: those that remain take the steps of the others.
fn replicas(hunt: &mut Hunt<'_>, best: Candidate) -> Candidate {
    let now = scenario(hunt, &best).cluster.replicas;
    for left in 1..now {
        let guides: Vec<Guide> = std::iter::once(best.guide.clone())
            .chain((0..left).map(|to| {
                (left..now).fold(best.guide.clone(), |guide, from| {
                    guide.renamed(&format!("replica {from}"), &format!("replica {to}"))
                })
            }))
            .collect();
        if let Some(smaller) = hunt.search(&with(&best.edits, &[Part::Replicas], left as u32), &guides) {
            return smaller;
        }
    }
    best
}

fn faults(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    if scenario(hunt, &best).cluster.servers > 1 {
        best = first_of(hunt, best, Part::Servers, [1]);
    }
    let faults = scenario(hunt, &best).faults;
    if (Faults { name: "", ..faults }) == (Faults { name: "", clock_rates_ppm: faults.clock_rates_ppm, ..Faults::NONE })
    {
        return best;
    }
    let before = best.edits.clone();
    best = first_of(hunt, best, Part::Faults, [0]);
    if best.edits != before {
        return best;
    }
    for (part, present) in [
        (Part::CallFaults, faults.call_fault_per_mille > 0),
        (Part::WorldFaults, faults.world_fault_per_mille > 0),
        (Part::ServerFaults, faults.server_fault_per_mille + faults.lagging_cache_per_mille > 0),
        (Part::Clocks, faults.clock_skew),
        (Part::Redelivery, faults.redelivery_per_mille > 0),
        (Part::Interference, faults.interference_per_mille > 0),
    ] {
        if present {
            best = first_of(hunt, best, part, [0]);
        }
    }
    best
}

/// Numbers of the acts that are left.
fn left_acts(hunt: &Hunt<'_>, best: &Candidate) -> Vec<usize> {
    let dropped = |number: &usize| best.edits.iter().any(|edit| (edit.part, edit.left) == (Part::Act(*number), 0));
    (1..=hunt.whole().scenario.acts.len()).filter(|number| !dropped(number)).collect()
}

fn acts(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    loop {
        let left = left_acts(hunt, &best);
        if left.len() <= FEW {
            break;
        }
        let halves = left.split_at(left.len() / 2);
        let drop = |half: &[usize]| with(&best.edits, &half.iter().map(|&act| Part::Act(act)).collect::<Vec<_>>(), 0);
        let smaller = [halves.1, halves.0]
            .into_iter()
            .find_map(|half| hunt.search(&drop(half), std::slice::from_ref(&best.guide)));
        match smaller {
            Some(smaller) => best = smaller,
            None => break,
        }
    }
    for act in left_acts(hunt, &best).into_iter().rev() {
        best = first_of(hunt, best, Part::Act(act), [0]);
    }
    best
}

/// The acts that are left, as they are in the candidate, by number.
fn edited_acts(hunt: &Hunt<'_>, best: &Candidate) -> Vec<(usize, Act)> {
    left_acts(hunt, best).into_iter().zip(scenario(hunt, best).acts.iter().cloned()).collect()
}

/// Numbers below `now` that are worth a try, smallest first.
fn below(now: u32, least: u32) -> Vec<u32> {
    let mut numbers = vec![least, least + 1, least + 2, now / 2, now.saturating_sub(1)];
    numbers.retain(|number| (least..now).contains(number));
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn copies(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    for (number, act) in edited_acts(hunt, &best) {
        let now = match &act {
            Act::Deliver { copies, .. } | Act::DeliverTwins { copies, .. } => *copies,
            Act::DeliverEach { count, .. } => u32::from(*count),
            Act::Alertmanagers { alerts, .. } => u32::from(*alerts),
            Act::OrchestrateEvery { times, .. } | Act::EndMeanwhile { times, .. } | Act::CrashEvery { times, .. } => {
                *times
            }
            _ => continue,
        };
        best = first_of(hunt, best, Part::Copies(number), below(now, 1));
    }
    best
}

fn members(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    for (number, act) in edited_acts(hunt, &best) {
        match act {
            Act::Deliver { what: Payload::Group(now), .. } => {
                best = first_of(hunt, best, Part::Group(number), below(u32::from(now), 1));
            }
            Act::Deliver { what: Payload::GroupOfThree, .. } => best = first_of(hunt, best, Part::Group(number), [1]),
            Act::Deliver { retry: Retry::Keyed { again }, .. } => {
                best = first_of(hunt, best, Part::Again(number), below(again, 0));
            }
            Act::OrchestrateMeanwhile { phases, .. } => {
                best = first_of(hunt, best, Part::Phases(number), below(phases.len() as u32, 1));
            }
            _ => {}
        }
    }
    best
}

fn triggers(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    for number in (1..=hunt.whole().scenario.triggers.len()).rev() {
        best = first_of(hunt, best, Part::Trigger(number), [0]);
        if hunt.whole().scenario.triggers[number - 1].times > 1 {
            best = first_of(hunt, best, Part::Times(number), [1, 2]);
        }
    }
    best
}

fn waits(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    for (number, act) in edited_acts(hunt, &best) {
        let seconds = match act {
            Act::Wait(time) => time.as_secs() as u32,
            Act::Alertmanagers { lasts, .. } => lasts.as_secs() as u32,
            _ => continue,
        };
        best = first_of(hunt, best, Part::Seconds(number), below(seconds, 0));
    }
    best
}
