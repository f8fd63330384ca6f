//! States that a search has reached, each with the least that reaching it has cost.
use super::{scope::Cost, sums::locked};
use sim::engine::{Moment, PARTS};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Mutex,
};

/// Number of parts, each behind a lock of its own.
const LOCKS: usize = 32;

/// The states that were reached so far.
#[derive(Debug)]
pub(super) struct States {
    reached: Vec<Mutex<BTreeMap<u64, Vec<Cost>>>>,
    /// For each part of a state, the different states without it.
    without: Option<Mutex<[BTreeSet<u64>; PARTS.len()]>>,
}

impl States {
    /// No states yet. On request it is counted how many there would be without each part.
    pub(super) fn new(count_parts: bool) -> Self {
        Self { reached: (0..LOCKS).map(|_| Mutex::default()).collect(), without: count_parts.then(Mutex::default) }
    }

    /// Notes that the state of a moment was reached at this cost; false if it was reached before at no higher cost, so
    /// that what follows is known.
    pub(super) fn reach(&self, moment: &Moment<'_>, cost: Cost) -> bool {
        let reached = self.reach_state(moment.state, cost);
        if reached && let Some(without) = &self.without {
            for (left_out, states) in locked(without).iter_mut().enumerate() {
                let mut parts = moment.parts;
                parts[left_out] = 0;
                let mut hasher = DefaultHasher::new();
                parts.hash(&mut hasher);
                states.insert(hasher.finish());
            }
        }
        reached
    }

    fn reach_state(&self, state: u64, cost: Cost) -> bool {
        let mut part = locked(&self.reached[state as usize % LOCKS]);
        let known = part.entry(state).or_default();
        if known.iter().any(|known| known.within(cost)) {
            return false;
        }
        known.retain(|known| !cost.within(*known));
        known.push(cost);
        true
    }

    /// Number of states.
    pub(super) fn count(&self) -> u64 {
        self.reached.iter().map(|part| locked(part).len() as u64).sum()
    }

    /// Number of states if one part were left out, by its name.
    pub(super) fn without(&self) -> Vec<(&'static str, u64)> {
        let Some(without) = &self.without else { return Vec::new() };
        PARTS.into_iter().zip(locked(without).iter().map(|states| states.len() as u64)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_reached_again_if_it_costs_less() {
        let states = States::new(false);
        let cost = |preemptions, faults| Cost { faults, preemptions };
        assert!(states.reach_state(7, cost(1, 0)));
        assert!([(1, 0), (2, 0), (1, 1)].iter().all(|&(more, faults)| !states.reach_state(7, cost(more, faults))));
        assert!(states.reach_state(7, cost(0, 1)), "one fault fewer preemptions");
        assert!(states.reach_state(7, cost(0, 0)) && !states.reach_state(7, cost(0, 1)));
        assert!(states.reach_state(39, cost(2, 2)));
        assert_eq!(states.count(), 2);
    }
}
