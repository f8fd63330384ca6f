//! `resolved_creates_nothing`: the news that an alert is over starts no remediation.
//!
//! Alertmanager sends `resolved` by default, so the happy path ends with one. Judged twice: by the answer, and by commits
//! that can serve nobody else because every firing signal of the fingerprint has had a definite answer before.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Actor, Change, Observation, Reply, Request, SignalId},
    settings::Settings,
    state::{State, Step, is_replica},
};

pub(super) const INVARIANT: Invariant =
    Invariant::safety("resolved_creates_nothing", "an alert with status resolved creates and counts nothing", || {
        Box::new(ResolvedCreatesNothing)
    });

struct ResolvedCreatesNothing;

impl Check for ResolvedCreatesNothing {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        match step.observation {
            Observation::SignalAnswered { signal, reply, .. } => judge_answer(step, *signal, reply, state, tally),
            Observation::RequestCommitted { actor, change, request, .. }
                if is_replica(*actor) && (step.raised || *change == Change::Created) =>
            {
                judge_commit(step, *actor, *change, request, state, tally);
            }
            _ => {}
        }
    }
}

fn judge_answer(step: &Step<'_>, id: SignalId, reply: &Reply, state: &State, tally: &mut Tally) {
    let Some(signal) = state.signal(id).filter(|signal| signal.resolved) else { return };
    tally.checked();
    if !matches!(reply, Reply::Created { .. } | Reply::Duplicate { .. }) {
        return;
    }
    tally.violate(step.now.at, || {
        let sentence = format!(
            "{} says that {} is resolved, and {} at {}.",
            wording::Signal(id),
            wording::Fingerprint(&signal.fingerprint),
            wording::Answered(reply),
            wording::Seconds(step.now.at),
        );
        (wording::sentence(&sentence), vec![signal.sent.index, step.now.index])
    });
}

fn judge_commit(step: &Step<'_>, actor: Actor, change: Change, request: &Request, state: &State, tally: &mut Tally) {
    let Some(facts) = state.fingerprint(&request.fingerprint).filter(|facts| facts.ambiguous == 0) else { return };
    let Some(resolved) = facts.resolved_open.first().and_then(|&id| state.signal(id).map(|signal| (id, signal))) else {
        return;
    };
    tally.checked();
    tally.violate(step.now.at, || {
        let sentence = format!(
            "{} {} {} at {}, when nothing of {} was under way but {}, which says that it is resolved.",
            wording::Who(actor),
            if change == Change::Created { "created" } else { "counted on" },
            request.name,
            wording::Seconds(step.now.at),
            wording::Fingerprint(&request.fingerprint),
            wording::Signal(resolved.0),
        );
        (wording::sentence(&sentence), vec![resolved.1.sent.index, step.now.index])
    });
}
