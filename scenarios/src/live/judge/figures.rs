//! Numbers of a live run, for people.
use crate::live::history::{Fact, History, Object};
use model::observation::{Change, Micros, Reply, SignalId};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of a live run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Signals sent, redeliveries included.
    pub signals: u64,
    /// Signals accepted.
    pub accepted: u64,
    /// Signals that were answered 5xx.
    pub failed: u64,
    /// Signals that were refused: 4xx.
    pub refused: u64,
    /// Signals without an answer.
    pub lost: u64,
    /// Fingerprints with a signal.
    pub fingerprints: u64,
    /// RemediationRequests created.
    pub requests: u64,
    /// Commits of RemediationRequests and Leases.
    pub commits: u64,
    /// API calls of the gateways, watches left out.
    pub api_calls: u64,
    /// Microseconds until half, 95 % and 99 % of the accepted signals were answered.
    pub latency: [Micros; 3],
    /// Microseconds from the first to the last signal.
    pub sending: Micros,
    /// Microseconds of the whole run.
    pub lasted: Micros,
    /// Faults that took effect.
    pub faults: BTreeMap<String, u64>,
}

impl Figures {
    pub(super) fn of(history: &History) -> Self {
        let (mut figures, mut sent, mut times) = (Self::default(), BTreeMap::new(), Vec::new());
        let mut fingerprints = BTreeSet::new();
        let (mut first, mut last) = (Micros::MAX, 0);
        for fact in &history.facts {
            match fact {
                Fact::Sent { at, signal, fingerprint, .. } => {
                    figures.signals += 1;
                    fingerprints.insert(fingerprint);
                    sent.insert(*signal, *at);
                    first = first.min(*at);
                    last = last.max(*at);
                }
                Fact::Answered { at, signal, reply } => figures.answered((*at, *signal, reply), &sent, &mut times),
                Fact::Committed { change, object, .. } => {
                    figures.commits += 1;
                    let created = *change == Change::Created && matches!(object, Object::Request(_));
                    figures.requests += u64::from(created);
                }
                Fact::Called(_) => figures.api_calls += 1,
                Fact::Fault { name, .. } => *figures.faults.entry(name.to_string()).or_default() += 1,
                Fact::Ended { at } => figures.lasted = *at,
                _ => {}
            }
        }
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(0);
        let (fingerprints, sending) = (fingerprints.len() as u64, last.saturating_sub(first));
        Self { fingerprints, sending, latency: [at(50), at(95), at(99)], ..figures }
    }

    fn answered(
        &mut self,
        (at, signal, reply): (Micros, SignalId, &Reply),
        sent: &BTreeMap<SignalId, Micros>,
        times: &mut Vec<Micros>,
    ) {
        match reply {
            Reply::Created { .. } | Reply::Duplicate { .. } => {
                self.accepted += 1;
                times.extend(sent.get(&signal).map(|sent| at.saturating_sub(*sent)));
            }
            Reply::ServerError { .. } => self.failed += 1,
            Reply::Lost => self.lost += 1,
            Reply::ClientError { .. } => self.refused += 1,
            Reply::Ignored => {}
        }
    }
}
