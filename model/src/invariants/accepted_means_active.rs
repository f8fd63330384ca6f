//! `accepted_means_active`: an accepted signal belongs to a request that is still being worked on.
//!
//! Judged at the answer, against the commit that counted the signal: the first one that raised the named request's
//! count to the count in the reply. A request that ends *after* that commit is not a violation. A member of a 207 does
//! not name a request: then its fingerprint must have counted at least as many signals as were accepted.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Observation, Reply, SignalId},
    settings::Settings,
    state::{Counted, RequestState, Signal, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "accepted_means_active",
    "a 2xx names a RemediationRequest that was active, or suppressing new ones, at the commit that counted the signal",
    || Box::new(AcceptedMeansActive),
);

struct AcceptedMeansActive;

impl Check for AcceptedMeansActive {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary) {
        let Observation::SignalAnswered { signal: id, reply, .. } = step.observation else { return };
        let (name, count) = match reply {
            Reply::Created { name } => (name, Some(1)),
            Reply::Duplicate { name, count } => (name, *count),
            Reply::Ignored | Reply::ClientError { .. } | Reply::ServerError { .. } | Reply::Lost => return,
        };
        // `resolved_creates_nothing` judges the answers to resolved alerts.
        let Some(signal) = state.signal(*id).filter(|signal| !signal.resolved) else { return };
        summary.checked();
        let answer = Accepted { id: *id, reply, signal, step };
        match name {
            None => answer.judge_nameless(state, summary),
            Some(name) => answer.judge_named(name, count, state, settings, summary),
        }
    }
}

struct Accepted<'a> {
    id: SignalId,
    reply: &'a Reply,
    signal: &'a Signal,
    step: &'a Step<'a>,
}

impl Accepted<'_> {
    fn judge_nameless(&self, state: &State, summary: &mut Summary) {
        let Some(facts) = state.fingerprint(&self.signal.fingerprint) else { return };
        if facts.counted >= i64::try_from(facts.accepted).unwrap_or(i64::MAX) {
            return;
        }
        summary.violate(self.step.now.at, || {
            let sentence = format!(
                "{} {} at {}, as the {} accepted of {}, when its requests had counted {} of them.",
                display::Signal(self.id),
                display::Answered(self.reply),
                display::Seconds(self.step.now.at),
                display::Ordinal(facts.accepted),
                display::Fingerprint(&self.signal.fingerprint),
                facts.counted,
            );
            (display::sentence(&sentence), self.evidence(facts.last_raise))
        });
    }

    fn judge_named(&self, name: &str, count: Option<u32>, state: &State, settings: &Settings, summary: &mut Summary) {
        let counts_it = |counted: &Counted| match count {
            Some(count) => counted.covers(count),
            // Without a count in the reply, any commit since the signal was sent may be the one.
            None => counted.after > counted.before && counted.now > self.signal.sent,
        };
        let mut covering = None;
        for commit in state.named(name).flat_map(|(_, record)| record.counts.iter().rev()).filter(|it| counts_it(it)) {
            if RequestState::of(&commit.request).takes_counts(commit.now.at, settings.suppression_tolerance) {
                return;
            }
            covering = Some(commit);
        }
        let known = state.named(name).next().is_some();
        summary.violate(self.step.now.at, || {
            let (what, commit) = match covering {
                Some(commit) => {
                    (format!("which was {} at the commit that counted it", commit.request.phase), Some(commit))
                }
                None if known => {
                    ("which had not counted it: no commit before the answer covers that count".to_owned(), None)
                }
                None => ("which never existed".to_owned(), None),
            };
            let sentence = format!(
                "{} {} on {name} at {}, {what}.",
                display::Signal(self.id),
                display::Answered(self.reply),
                display::Seconds(self.step.now.at),
            );
            (display::sentence(&sentence), self.evidence(commit.map(|commit| commit.now.index)))
        });
    }

    fn evidence(&self, commit: Option<usize>) -> Vec<usize> {
        [self.signal.sent.index, self.step.now.index].into_iter().chain(commit).collect()
    }
}
