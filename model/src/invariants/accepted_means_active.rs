//! `accepted_means_active`: an accepted signal stands on a request that somebody still works on.
//!
//! Judged at the answer, against the commit that counted the signal: the first one that lifted the named request's count to
//! the count in the reply. A request that ends *after* that commit is no breach. A member of a 207 names no request: then
//! its fingerprint must have counted at least as many signals as were accepted.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Observation, Reply, SignalId},
    settings::Settings,
    state::{Counted, Signal, Standing, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "accepted_means_active",
    "a 2xx names a RemediationRequest that was active, or suppressing new ones, at the commit that counted the signal",
    || Box::new(AcceptedMeansActive),
);

struct AcceptedMeansActive;

impl Check for AcceptedMeansActive {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, tally: &mut Tally) {
        let Observation::SignalAnswered { signal: id, reply, .. } = step.observation else { return };
        let (name, count) = match reply {
            Reply::Created { name } => (name, Some(1)),
            Reply::Duplicate { name, count } => (name, *count),
            Reply::Ignored | Reply::ClientError { .. } | Reply::ServerError { .. } | Reply::Lost => return,
        };
        // What a resolved alert is answered is `resolved_creates_nothing`'s to judge.
        let Some(signal) = state.signal(*id).filter(|signal| !signal.resolved) else { return };
        tally.checked();
        let answer = Accepted { id: *id, reply, signal, step };
        match name {
            None => answer.judge_nameless(state, tally),
            Some(name) => answer.judge_named(name, count, state, settings, tally),
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
    fn judge_nameless(&self, state: &State, tally: &mut Tally) {
        let Some(facts) = state.fingerprint(&self.signal.fingerprint) else { return };
        if facts.counted >= i64::try_from(facts.accepted).unwrap_or(i64::MAX) {
            return;
        }
        tally.violate(self.step.now.at, || {
            let sentence = format!(
                "{} {} at {}, as the {} accepted of {}, when its requests counted {} of them.",
                wording::Signal(self.id),
                wording::Answered(self.reply),
                wording::Seconds(self.step.now.at),
                wording::Ordinal(facts.accepted),
                wording::Fingerprint(&self.signal.fingerprint),
                facts.counted,
            );
            (wording::sentence(&sentence), self.evidence(facts.last_raise))
        });
    }

    fn judge_named(&self, name: &str, count: Option<u32>, state: &State, settings: &Settings, tally: &mut Tally) {
        let counts_it = |counted: &Counted| match count {
            Some(count) => counted.covers(count),
            // Without a count in the reply, any commit since it was sent may be the one.
            None => counted.after > counted.before && counted.now > self.signal.sent,
        };
        let mut covering = None;
        for commit in state.named(name).flat_map(|(_, record)| record.counts.iter().rev()).filter(|it| counts_it(it)) {
            if Standing::of(&commit.request).takes_counts(commit.now.at, settings.suppression_tolerance) {
                return;
            }
            covering = Some(commit);
        }
        let known = state.named(name).next().is_some();
        tally.violate(self.step.now.at, || {
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
                wording::Signal(self.id),
                wording::Answered(self.reply),
                wording::Seconds(self.step.now.at),
            );
            (wording::sentence(&sentence), self.evidence(commit.map(|commit| commit.now.index)))
        });
    }

    fn evidence(&self, commit: Option<usize>) -> Vec<usize> {
        [self.signal.sent.index, self.step.now.index].into_iter().chain(commit).collect()
    }
}
