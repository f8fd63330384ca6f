//! `resolved_creates_nothing`: a resolved alert does not start a remediation.
//!
//! Alertmanager sends `resolved` by default, so the usual sequence ends with one. Judged in two ways: by the answer,
//! and by commits that no firing signal can explain, because every firing signal of the fingerprint had its definite
//! answer before.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Actor, Change, Observation, Reply, Request, SignalId},
    settings::Settings,
    state::{State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "resolved_creates_nothing",
    "an alert with status resolved creates nothing and counts nothing",
    || Box::new(ResolvedCreatesNothing),
);

struct ResolvedCreatesNothing;

impl Check for ResolvedCreatesNothing {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        match step.observation {
            Observation::SignalAnswered { signal, reply, .. } => judge_answer(step, *signal, reply, state, summary),
            Observation::RequestCommitted { actor, change, request, .. }
                if actor.is_replica() && (step.raised || *change == Change::Created) =>
            {
                judge_commit(step, *actor, *change, request, state, summary);
            }
            _ => {}
        }
    }
}

fn judge_answer(step: &Step<'_>, id: SignalId, reply: &Reply, state: &State, summary: &mut Summary) {
    let Some(signal) = state.signal(id).filter(|signal| signal.resolved) else { return };
    summary.checked();
    if !matches!(reply, Reply::Created { .. } | Reply::Duplicate { .. }) {
        return;
    }
    summary.violate(step.now.at, || {
        let sentence = format!(
            "{} says that {} is resolved, and {} at {}.",
            display::Signal(id),
            display::Fingerprint(&signal.fingerprint),
            display::Answered(reply),
            display::Seconds(step.now.at),
        );
        (display::sentence(&sentence), vec![signal.sent.index, step.now.index])
    });
}

fn judge_commit(
    step: &Step<'_>,
    actor: Actor,
    change: Change,
    request: &Request,
    state: &State,
    summary: &mut Summary,
) {
    let Some(facts) = state.fingerprint(&request.fingerprint).filter(|facts| facts.ambiguous == 0) else { return };
    let Some(resolved) = facts.resolved_open.first().and_then(|&id| state.signal(id).map(|signal| (id, signal))) else {
        return;
    };
    summary.checked();
    summary.violate(step.now.at, || {
        let sentence = format!(
            "{} {} {} at {}, when no signal of {} was under way but {}, which says that it is resolved.",
            display::Client(actor),
            if change == Change::Created { "created" } else { "counted on" },
            request.name,
            display::Seconds(step.now.at),
            display::Fingerprint(&request.fingerprint),
            display::Signal(resolved.0),
        );
        (display::sentence(&sentence), vec![resolved.1.sent.index, step.now.index])
    });
}
