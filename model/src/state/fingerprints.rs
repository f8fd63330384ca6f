//! Fingerprints: the signals of each, and what was counted for them.
use crate::observation::SignalId;
use std::{collections::BTreeMap, ops::Bound, sync::Arc};

/// The signals of one fingerprint, and what was counted for them.
#[derive(Default)]
pub(crate) struct Fingerprint {
    /// Firing signals, in the order in which they were sent.
    pub(crate) firing: Vec<SignalId>,
    /// Number of firing signals that were accepted; deliveries with one key are one signal.
    pub(crate) accepted: u64,
    /// Number of firing signals that may be counted, now or later, without being accepted: unanswered, lost, or
    /// answered 5xx.
    pub(crate) ambiguous: u64,
    /// Signals of resolved alerts that are not answered yet.
    pub(crate) resolved_open: Vec<SignalId>,
    /// Sum of the occurrence counts of all its requests, deleted ones included, less what external clients added.
    pub(crate) counted: i64,
    /// The last commit that counted signals.
    pub(crate) last_raise: Option<usize>,
    /// Its requests in the order of their creation, as indexes for
    /// [`Requests::record`](super::requests::Requests::record).
    pub(crate) records: Vec<usize>,
}

/// All fingerprints by name.
#[derive(Default)]
pub(super) struct Fingerprints(BTreeMap<Arc<str>, Fingerprint>);

impl Fingerprints {
    pub(super) fn entry(&mut self, fingerprint: &Arc<str>) -> &mut Fingerprint {
        self.0.entry(Arc::clone(fingerprint)).or_default()
    }

    pub(super) fn get(&self, fingerprint: &str) -> Option<&Fingerprint> {
        self.0.get(fingerprint)
    }

    pub(super) fn get_mut(&mut self, fingerprint: &str) -> Option<&mut Fingerprint> {
        self.0.get_mut(fingerprint)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Fingerprint)> {
        self.0.iter().map(|(name, fingerprint)| (&**name, fingerprint))
    }

    /// Fingerprints that begin with these digits.
    pub(super) fn beginning_with<'a>(&'a self, digits: &'a str) -> impl Iterator<Item = (&'a str, &'a Fingerprint)> {
        self.0
            .range::<str, _>((Bound::Included(digits), Bound::Unbounded))
            .take_while(move |(name, _)| name.starts_with(digits))
            .map(|(name, fingerprint)| (&**name, fingerprint))
    }
}
