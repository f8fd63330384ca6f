//! Which signals may be handled at the same time: a cap on requests, and a fair share of it for each fingerprint.
//!
//! Up to `max` requests are admitted without a condition. A reserve of a quarter more is for fingerprints with few
//! signals in progress: beyond `max`, a signal is admitted only if its fingerprint has fewer in progress than requests
//! are still free. So a hundred requests of one fingerprint that waits, for example for a dead holder's lease, do not
//! turn away the first signals of others. A request's fingerprints are known only after its body was read and its
//! targets were resolved, so a request is admitted first, and its signals later.
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The admission control of one application.
#[derive(Debug)]
pub(crate) struct Admission {
    max: AtomicUsize,
    in_progress: Mutex<InProgress>,
}

#[derive(Debug, Default)]
struct InProgress {
    requests: usize,
    /// Number of signals by the first digits of their fingerprint, which suffice to distinguish busy fingerprints.
    signals: BTreeMap<u64, usize>,
}

/// The permit of a request; dropping it returns it.
#[derive(Debug)]
pub(crate) struct RequestPermit<'a>(&'a Admission);

/// The permit of a signal; dropping it returns it.
#[derive(Debug)]
pub(crate) struct SignalPermit<'a> {
    admission: &'a Admission,
    digits: u64,
}

impl Admission {
    /// Admission of `max` requests, and a reserve.
    pub(crate) fn new(max: usize) -> Self {
        Self { max: max.into(), in_progress: Mutex::default() }
    }

    /// Changes the cap; permits that were given stay.
    pub(crate) fn set_max(&self, max: usize) {
        self.max.store(max, Ordering::Relaxed);
    }

    /// The cap without and with the reserve.
    fn caps(&self) -> (usize, usize) {
        let max = self.max.load(Ordering::Relaxed);
        (max, max + (max / 4).max(1))
    }

    /// A permit for a request, whose fingerprints are not known yet; `None` if the cap is reached.
    pub(crate) fn admit_request(&self) -> Option<RequestPermit<'_>> {
        let mut in_progress = self.lock();
        if in_progress.requests >= self.caps().1 {
            return None;
        }
        in_progress.requests += 1;
        Some(RequestPermit(self))
    }

    /// A permit for a signal of an admitted request; `None` if too many of its fingerprint are in progress.
    pub(crate) fn admit_signal(&self, fingerprint: &str) -> Option<SignalPermit<'_>> {
        let digits = fingerprint.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
        let mut in_progress = self.lock();
        let (max, with_reserve) = self.caps();
        let free = with_reserve.saturating_sub(in_progress.requests);
        let uses_reserve = in_progress.requests > max;
        let signals = in_progress.signals.entry(digits).or_default();
        if uses_reserve && *signals > 0 && *signals >= free {
            return None;
        }
        *signals += 1;
        Some(SignalPermit { admission: self, digits })
    }

    fn lock(&self) -> MutexGuard<'_, InProgress> {
        self.in_progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RequestPermit<'_> {
    fn drop(&mut self) {
        self.0.lock().requests -= 1;
    }
}

impl Drop for SignalPermit<'_> {
    fn drop(&mut self) {
        let mut in_progress = self.admission.lock();
        if let Some(signals) = in_progress.signals.get_mut(&self.digits) {
            *signals -= 1;
            if *signals == 0 {
                in_progress.signals.remove(&self.digits);
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
    fn busy_fingerprint_leaves_the_reserve() {
        let admission = Admission::new(8);
        let hot = fingerprint(1);
        let requests: Vec<_> = (0..8).map(|_| admission.admit_request().expect("a permit")).collect();
        let signals: Vec<_> = (0..8).map(|_| admission.admit_signal(&hot).expect("a permit")).collect();
        let ninth = admission.admit_request().expect("a permit of the reserve");
        assert!(admission.admit_signal(&hot).is_none(), "the reserve is not for the hot fingerprint");
        let cold = admission.admit_signal(&fingerprint(2)).expect("a permit");
        let tenth = admission.admit_request().expect("a permit of the reserve");
        assert!(admission.admit_signal(&fingerprint(3)).is_some());
        assert!(admission.admit_request().is_none(), "the reserve is limited, too");
        drop((ninth, tenth, cold));
        drop((signals, requests));
        assert!(admission.lock().signals.is_empty(), "finished fingerprints leave nothing behind");
        assert_eq!(admission.lock().requests, 0);
    }

    #[test]
    fn only_fingerprint_may_have_every_permit() {
        let admission = Admission::new(100);
        let _requests: Vec<_> = (0..100).map(|_| admission.admit_request().expect("a permit")).collect();
        let signals: Vec<_> = (0..100).map_while(|_| admission.admit_signal(&fingerprint(1))).collect();
        assert_eq!(signals.len(), 100);
    }
}
