//! RemediationRequests: every one that ever was, and every commit that changed its count.
use super::{Moment, State};
use crate::observation::{Actor, Change, Micros, Request};
use std::sync::Arc;

/// Whether a request takes counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Any phase that is not terminal, an unknown one too.
    Active,
    /// Terminal, and no new request may be made: ManualReviewRequired.
    Suppressing,
    /// Terminal, and no new request may be made before that moment of true time.
    SuppressingUntil(i64),
    /// Terminal.
    Over,
}

impl Standing {
    pub(crate) fn of(request: &Request) -> Self {
        if !matches!(&*request.phase, "Completed" | "Failed" | "TimedOut" | "Skipped" | "Cancelled") {
            Self::Active
        } else if request.manual_review_required {
            Self::Suppressing
        } else if let Some(until) = request.next_allowed_execution {
            Self::SuppressingUntil(until)
        } else {
            Self::Over
        }
    }

    /// Whether it takes counts at `at`, give or take `tolerance`.
    pub(crate) fn takes_counts(self, at: Micros, tolerance: Micros) -> bool {
        match self {
            Self::Active | Self::Suppressing => true,
            Self::SuppressingUntil(until) => i128::from(until) + i128::from(tolerance) > i128::from(at),
            Self::Over => false,
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
}

impl Counted {
    /// Whether it counted occurrence number `count`. Several commits of a request do only if its count once went down.
    pub(crate) const fn covers(&self, count: u32) -> bool {
        self.before < count && count <= self.after
    }

    /// What it adds to the count of signals: what an outsider counts is nobody's signal; what anybody takes away was one.
    pub(crate) fn signals(&self) -> i64 {
        let change = i64::from(self.after) - i64::from(self.before);
        if self.actor == Actor::Outsider { change.min(0) } else { change }
    }
}

/// One RemediationRequest, by uid.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) latest: Arc<Request>,
    pub(crate) deleted: bool,
    /// Every commit that changed the count, in order.
    pub(crate) counts: Vec<Counted>,
}

impl State {
    /// Returns the object as it was before, and whether signals were counted on it.
    pub(super) fn request_committed(
        &mut self,
        now: Moment,
        actor: Actor,
        change: Change,
        request: &Arc<Request>,
    ) -> (Option<Arc<Request>>, bool) {
        let facts = self.fingerprints.entry(Arc::clone(&request.fingerprint)).or_default();
        let known = self.by_uid.get(&request.uid).copied();
        let place = known.unwrap_or_else(|| {
            let place = self.records.len();
            let latest = Arc::clone(request);
            self.records.push(Record { latest, deleted: false, counts: Vec::new() });
            self.by_uid.insert(Arc::clone(&request.uid), place);
            self.by_name.entry(Arc::clone(&request.name)).or_default().push(place);
            facts.records.push(place);
            place
        });
        let record = &mut self.records[place];
        let previous = known.map(|_| std::mem::replace(&mut record.latest, Arc::clone(request)));
        if change == Change::Deleted {
            record.deleted = true;
            return (previous, false);
        }
        let before = previous.as_ref().and_then(|request| request.occurrence_count).unwrap_or(0);
        let after = request.occurrence_count.unwrap_or(0);
        if before == after {
            return (previous, false);
        }
        let counted = Counted { now, actor, before, after, request: Arc::clone(request) };
        let signals = counted.signals();
        record.counts.push(counted);
        facts.counted += signals;
        if signals > 0 {
            facts.last_raise = Some(now.index);
        }
        (previous, signals > 0)
    }
}
