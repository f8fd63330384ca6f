//! Sums of a campaign that is under way: its threads add to them every second, so that what was done by then can be
//! reported at any moment. A violation is handed on as soon as it is found.
use super::tally::{FirstViolation, Tally};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Interval at which a thread adds what it did.
const INTERVAL: Duration = Duration::from_secs(1);

/// Receives a violation: the index of its subject, and the run.
type Found<'a> = &'a (dyn Fn(usize, &FirstViolation) + Sync);

/// One tally per subject, and what receives violations.
pub struct Sums<'a> {
    tallies: Mutex<Vec<Tally>>,
    /// Lowest run number that was handed on, by subject and invariant.
    first: Mutex<BTreeMap<(usize, &'static str), u64>>,
    found: Found<'a>,
}

impl<'a> Sums<'a> {
    /// Sums of no runs. `found` is called for the first violation of each subject and invariant, and again for one with
    /// a lower run number.
    pub fn new(subjects: usize, found: Found<'a>) -> Self {
        Self { tallies: Mutex::new(vec![Tally::default(); subjects]), first: Mutex::default(), found }
    }

    /// The sums so far: without the last second of each thread.
    pub fn so_far(&self) -> Vec<Tally> {
        locked(&self.tallies).clone()
    }

    /// The sums of a campaign that is over.
    pub fn into_tallies(self) -> Vec<Tally> {
        self.tallies.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands on the violations of one run, which `tally` contains.
    pub(crate) fn hand_on(&self, subject: usize, run: u64, tally: &Tally) {
        for violation in tally.violations.values().filter(|violation| violation.run == run) {
            let mut first = locked(&self.first);
            let known = first.entry((subject, violation.violation.invariant)).or_insert(u64::MAX);
            if run < *known {
                *known = run;
                // Under the lock: of two files of one name, the one of the lower run must be written last.
                (self.found)(subject, violation);
            }
        }
    }
}

/// What one thread did and has not added yet.
pub(crate) struct Share<'a> {
    sums: &'a Sums<'a>,
    tallies: Vec<Tally>,
    added: Instant,
}

impl<'a> Share<'a> {
    #[expect(clippy::disallowed_methods, reason = "only says when sums are added; no run sees it")]
    pub(crate) fn new(sums: &'a Sums<'a>) -> Self {
        let subjects = locked(&sums.tallies).len();
        Self { sums, tallies: vec![Tally::default(); subjects], added: Instant::now() }
    }

    /// The tally of a subject.
    pub(crate) fn of(&mut self, subject: usize) -> &mut Tally {
        &mut self.tallies[subject]
    }

    /// Hands on the violations of a run of this subject.
    pub(crate) fn hand_on(&self, subject: usize, run: u64) {
        self.sums.hand_on(subject, run, &self.tallies[subject]);
    }

    /// Adds to the sums if the interval is over.
    #[expect(clippy::disallowed_methods, reason = "only says when sums are added; no run sees it")]
    pub(crate) fn add_now_and_then(&mut self) {
        if self.added.elapsed() >= INTERVAL {
            self.add();
            self.added = Instant::now();
        }
    }

    /// Adds to the sums.
    pub(crate) fn add(&mut self) {
        let mut sums = locked(&self.sums.tallies);
        sums.iter_mut().zip(&mut self.tallies).for_each(|(sum, mine)| sum.merge(std::mem::take(mine)));
    }
}

/// The content, also after a thread that held the lock has panicked.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
