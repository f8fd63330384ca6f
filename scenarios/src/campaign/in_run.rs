//! Mutants in the runs that `lockstep run` makes by default: how many of them it takes until one violates anything.
//!
//! No scenario is named, and no invariant: it is what a person sees who changed the protocol by mistake.
use super::{
    mutants::Hunted,
    plan::{Plan, Turn},
    progress::Progress,
    random::run_seed,
};
use crate::{
    catalogue::CATALOGUE,
    protocol_name::ProtocolName,
    runner::{Overrides, Prepared, Subject, Transport},
};
use sim::engine::{Choices, Detail, Random};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Plays these mutants in the default plan, from each of so many seeds.
pub fn hunt(which: &[usize], seeds: u64, jobs: usize, progress: &Progress) -> Vec<Hunted> {
    let plan = Plan::of_catalogue(CATALOGUE.iter().map(|scenario| u64::from(scenario.weight)));
    let tries: Mutex<Vec<(usize, u64, Option<u64>)>> = Mutex::default();
    let (next, all) = (AtomicU64::new(0), seeds.saturating_mul(which.len() as u64));
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                let mut prepared = prepared();
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= all {
                        return;
                    }
                    let (position, seed) = ((number % which.len() as u64) as usize, number / which.len() as u64);
                    let Some(runs) = first(which[position], seed, &plan, &mut prepared, progress) else { return };
                    tries.lock().unwrap_or_else(PoisonError::into_inner).push((position, seed, runs));
                }
            });
        }
    });
    let tries = tries.into_inner().unwrap_or_else(PoisonError::into_inner);
    let hunted = which.iter().enumerate().map(|(position, &index)| {
        let of: Vec<Option<u64>> = tries.iter().filter(|(of, ..)| *of == position).map(|(.., runs)| *runs).collect();
        let mut runs_to_find: Vec<u64> = of.iter().flatten().copied().collect();
        runs_to_find.sort_unstable();
        let missed = (of.len() - runs_to_find.len()) as u64;
        Hunted { index, missed, unfinished: seeds - of.len() as u64, runs_to_find, replay: None }
    });
    hunted.collect()
}

fn prepared() -> Vec<Prepared> {
    let subject = |scenario: &&crate::scenario::Scenario| {
        Subject::new((*scenario).clone(), ProtocolName::FencedLease, Transport::Direct, Overrides::default())
    };
    CATALOGUE.iter().map(|scenario| Prepared::new(subject(scenario), Detail::Chain)).collect()
}

/// The number of the first run that violates anything, from 1: `Some(None)` if none does, None if it was stopped.
fn first(mutant: usize, seed: u64, plan: &Plan, prepared: &mut [Prepared], progress: &Progress) -> Option<Option<u64>> {
    let mut number = 0;
    while let Some(Turn { subject, run }) = plan.turn(number) {
        if progress.stop.load(Relaxed) {
            return None;
        }
        number += 1;
        let prepared = &mut prepared[subject];
        prepared.subject.protocol = ProtocolName::Mutant(mutant);
        let seed = run_seed(seed, &prepared.subject.scenario.name, run);
        // A gateway that does not become ready is noticed, too.
        let Ok(done) = prepared.run(Choices::new(Random::new(seed)), false) else { return Some(Some(number)) };
        progress.count(&done);
        if done.violations().next().is_some() {
            progress.violated.fetch_add(1, Relaxed);
            return Some(Some(number));
        }
    }
    Some(None)
}
