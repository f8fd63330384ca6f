//! States that a search has reached, each with the least that reaching it has cost.
use super::{scope::Cost, sums::locked};
use std::{collections::BTreeMap, sync::Mutex};

/// Number of parts, each behind a lock of its own.
const PARTS: usize = 32;

/// The states that were reached so far.
#[derive(Debug)]
pub(super) struct States(Vec<Mutex<BTreeMap<u64, Vec<Cost>>>>);

impl Default for States {
    fn default() -> Self {
        Self((0..PARTS).map(|_| Mutex::default()).collect())
    }
}

impl States {
    /// Notes that a state was reached at this cost; false if it was reached before at no higher cost, so that what
    /// follows is known.
    pub(super) fn reach(&self, state: u64, cost: Cost) -> bool {
        let mut part = locked(&self.0[state as usize % PARTS]);
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
        self.0.iter().map(|part| locked(part).len() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_reached_again_if_it_costs_less() {
        let states = States::default();
        let cost = |preemptions, faults| Cost { faults, preemptions };
        assert!(states.reach(7, cost(1, 0)));
        assert!(!states.reach(7, cost(1, 0)) && !states.reach(7, cost(2, 0)) && !states.reach(7, cost(1, 1)));
        assert!(states.reach(7, cost(0, 1)), "one fault fewer preemptions");
        assert!(states.reach(7, cost(0, 0)) && !states.reach(7, cost(0, 1)));
        assert!(states.reach(39, cost(2, 2)));
        assert_eq!(states.count(), 2);
    }
}
