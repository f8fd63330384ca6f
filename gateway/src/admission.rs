//! How many requests are handled at a time, and that no fingerprint has all of them.
//!
//! Up to `most` anybody has a place. A quarter more is kept for fingerprints that hold few: what is beyond `most` goes only to
//! one that holds less than is still free. So a hundred requests of one fingerprint that waits, for a dead holder's lease say,
//! do not turn away the others' first. Whose request it is shows only when it was read and its target resolved: it is admitted
//! first and judged then.
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The places of one application.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    spare: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    requests: usize,
    /// Signals being handled, by the first digits of their fingerprint: enough to tell the busy ones.
    signals: BTreeMap<u64, usize>,
}

/// A request's place; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a Places);

/// A signal's share of the places; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    places: &'a Places,
    digits: u64,
}

impl Places {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, spare: (most / 4).max(1), taken: Mutex::default() }
    }

    /// A place for a request of whose fingerprint nothing is known yet.
    pub(crate) fn admit(&self) -> Option<Place<'_>> {
        let mut taken = self.lock();
        if taken.requests >= self.most + self.spare {
            return None;
        }
        taken.requests += 1;
        Some(Place(self))
    }

    /// A share for a signal of an admitted request; `None` when its fingerprint holds too many.
    pub(crate) fn share(&self, fingerprint: &str) -> Option<Share<'_>> {
        let digits = fingerprint.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
        let mut taken = self.lock();
        let free = (self.most + self.spare).saturating_sub(taken.requests);
        let crowded = taken.requests > self.most;
        let held = taken.signals.entry(digits).or_default();
        if crowded && *held > 0 && *held >= free {
            return None;
        }
        *held += 1;
        Some(Share { places: self, digits })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().requests -= 1;
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(held) = taken.signals.get_mut(&self.digits) {
            *held -= 1;
            if *held == 0 {
                taken.signals.remove(&self.digits);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(n: usize) -> String {
        format!("{n:064x}").chars().rev().collect()
    }

    #[test]
    fn busy_fingerprint_leaves_the_spare_places() {
        let places = Places::new(8);
        let hot = fingerprint(1);
        let admitted: Vec<_> = (0..8).map(|_| places.admit().expect("a place")).collect();
        let held: Vec<_> = (0..8).map(|_| places.share(&hot).expect("a share")).collect();
        let ninth = places.admit().expect("a spare place");
        assert!(places.share(&hot).is_none(), "the spare places are not for the hot one");
        let cold = places.share(&fingerprint(2)).expect("a share");
        let tenth = places.admit().expect("a spare place");
        assert!(places.share(&fingerprint(3)).is_some());
        assert!(places.admit().is_none(), "the places have an end");
        drop((ninth, tenth, cold));
        drop((held, admitted));
        assert!(places.lock().signals.is_empty(), "nothing is kept of fingerprints that are done");
        assert_eq!(places.lock().requests, 0);
    }

    #[test]
    fn lonely_fingerprint_may_have_all_places() {
        let places = Places::new(100);
        let _admitted: Vec<_> = (0..100).map(|_| places.admit().expect("a place")).collect();
        let shares: Vec<_> = (0..100).map_while(|_| places.share(&fingerprint(1))).collect();
        assert_eq!(shares.len(), 100);
    }
}
