//! RemediationRequests: every one that ever existed, and every commit that changed its count.
use super::{fingerprints::Fingerprints, moment::Moment};
use crate::observation::{Actor, Change, Issued, Micros, Request};
use std::{collections::BTreeMap, sync::Arc};

/// Whether a request takes counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestState {
    /// Any phase that is not terminal, an unknown phase included.
    Active,
    /// Terminal with ManualReviewRequired: no new request may be made.
    Suppressing,
    /// Terminal, and no new request may be made before this moment of simulated time.
    SuppressingUntil(i64),
    /// Terminal, and a new request may be made.
    Ended,
}

impl RequestState {
    pub(crate) fn of(request: &Request) -> Self {
        if !matches!(&*request.phase, "Completed" | "Failed" | "TimedOut" | "Skipped" | "Cancelled") {
            Self::Active
        } else if request.manual_review_required {
            Self::Suppressing
        } else if let Some(until) = request.next_allowed_execution {
            Self::SuppressingUntil(until)
        } else {
            Self::Ended
        }
    }

    /// Whether it takes counts at `at`, within `tolerance`.
    pub(crate) fn takes_counts(self, at: Micros, tolerance: Micros) -> bool {
        match self {
            Self::Active | Self::Suppressing => true,
            Self::SuppressingUntil(until) => i128::from(until) + i128::from(tolerance) > i128::from(at),
            Self::Ended => false,
        }
    }
}

/// A commit that changed a request's occurrence count: it counted the occurrences `before + 1` to `after`.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    pub(crate) now: Moment,
    pub(crate) actor: Actor,
    pub(crate) before: u32,
    pub(crate) after: u32,
    pub(crate) request: Arc<Request>,
    /// When the write was sent, if that is known.
    pub(crate) issued: Option<Issued>,
}

impl Counted {
    /// Whether it counted occurrence number `count`. Two commits of a request cover one number only if the count went
    /// down in between.
    pub(crate) const fn covers(&self, count: u32) -> bool {
        self.before < count && count <= self.after
    }

    /// Number of signals that it counted. An external client's increase counts no signal; any decrease removes signals.
    pub(crate) fn signals(&self) -> i64 {
        let change = i64::from(self.after) - i64::from(self.before);
        if self.actor == Actor::External { change.min(0) } else { change }
    }
}

/// One RemediationRequest, identified by uid.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) latest: Arc<Request>,
    pub(crate) deleted: bool,
    /// Whether a replica created it.
    pub(crate) by_replica: bool,
    /// Whether a commit left it in a terminal phase.
    pub(crate) ended: bool,
    /// Every commit that changed the count, in order.
    pub(crate) counts: Vec<Counted>,
}

/// All RemediationRequests, by uid and by name.
#[derive(Default)]
pub(crate) struct Requests {
    records: Vec<Record>,
    by_uid: BTreeMap<Arc<str>, usize>,
    by_name: BTreeMap<Arc<str>, Vec<usize>>,
}

impl Requests {
    /// The requests that ever had this name, since a name may be used again.
    pub(super) fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = (usize, &Record)> {
        self.by_name.get(name).into_iter().flatten().map(|&index| (index, &self.records[index]))
    }

    /// Whether the request that was created last of these has no list of keys from the one before it, which had one:
    /// such a list is handed on from a replica's request to a replica's request only.
    pub(super) fn hands_on_nothing(&self, records: &[usize]) -> bool {
        let [.., before, latest] = records else { return false };
        let (before, latest) = (&self.records[*before], &self.records[*latest]);
        before.latest.deliveries != 0 && !(before.by_replica && latest.by_replica)
    }

    pub(crate) fn record(&self, index: usize) -> &Record {
        &self.records[index]
    }

    /// Returns the object as it was before, and whether the commit counted signals.
    pub(super) fn committed(
        &mut self,
        now: Moment,
        (actor, change, issued): (Actor, Change, Option<Issued>),
        request: &Arc<Request>,
        fingerprints: &mut Fingerprints,
    ) -> (Option<Arc<Request>>, bool) {
        let facts = fingerprints.entry(&request.fingerprint);
        let known = self.by_uid.get(&request.uid).copied();
        let index = known.unwrap_or_else(|| {
            let index = self.records.len();
            let latest = Arc::clone(request);
            let by_replica = actor.is_replica();
            self.records.push(Record { latest, deleted: false, by_replica, ended: false, counts: Vec::new() });
            self.by_uid.insert(Arc::clone(&request.uid), index);
            self.by_name.entry(Arc::clone(&request.name)).or_default().push(index);
            facts.records.push(index);
            index
        });
        let record = &mut self.records[index];
        let previous = known.map(|_| std::mem::replace(&mut record.latest, Arc::clone(request)));
        record.ended |= RequestState::of(request) != RequestState::Active;
        if change == Change::Deleted {
            record.deleted = true;
            return (previous, false);
        }
        let before = previous.as_ref().and_then(|request| request.occurrence_count).unwrap_or(0);
        let after = request.occurrence_count.unwrap_or(0);
        if before == after {
            return (previous, false);
        }
        let counted = Counted { now, actor, before, after, request: Arc::clone(request), issued };
        let signals = counted.signals();
        record.counts.push(counted);
        facts.counted += signals;
        if signals > 0 {
            facts.last_raise = Some(now.index);
        }
        (previous, signals > 0)
    }
}
