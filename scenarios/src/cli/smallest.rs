//! The smallest run of a failure, explained, as a report has it.
use super::program::quoted;
use crate::{
    checks::EXPECTATION,
    explain::{Explanation, explain},
    guide::{Course, Steered},
    replay::{Decisions, Replay},
    runner::Prepared,
    shrink::{Limits, Shrunk, shrink},
};
use reports::report::{Failure, Neighbour, Smallest};
use sim::engine::Detail;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Wall time for one failure, of which half may go into making it smaller.
pub(super) const EACH: Duration = Duration::from_secs(5);
/// Wall time for all failures of a command.
pub(super) const ALL: Duration = Duration::from_secs(10);

/// A failure that was made smaller and explained.
pub(super) struct Small {
    pub(super) smallest: Smallest,
    pub(super) neighbour: Option<Neighbour>,
    pub(super) shrunk: Shrunk,
}

/// Makes the run of a replay smaller, and explains it. `write` gets the text of the smaller replay and gives the
/// path of its file.
///
/// # Errors
/// When the run cannot be made smaller, or a run could not begin.
#[expect(clippy::disallowed_methods, reason = "the limit is wall time, and the result says if it ended the search")]
pub(super) fn of(
    replay: &Replay,
    time: Duration,
    write: impl FnOnce(&str) -> Option<PathBuf>,
) -> anyhow::Result<Small> {
    let deadline = |time: Duration| Instant::now().checked_add(time);
    let over = deadline(time);
    let shrunk = shrink(replay, &Limits { deadline: deadline(time.mul_f64(0.6)), ..Limits::default() })?;
    let explanation = explain(&shrunk, over, true)?;
    let file = write(&shrunk.replay.to_text()).and_then(|path| path.to_str().map(str::to_owned));
    let string = by_choices(&shrunk);
    let again = file.as_deref().map(quoted).or_else(|| string.clone()).unwrap_or_default();
    let also = shrunk.violations.iter().map(|violation| violation.invariant.to_owned());
    let mut smallest = Smallest {
        because: shrunk.replay.sentence.clone().unwrap_or_default(),
        replay: format!("lockstep replay {again}"),
        replay_string: string,
        file,
        replicas: shrunk.after.replicas,
        signals: shrunk.after.signals,
        calls_until_violation: shrunk.after.calls_until,
        api_calls: shrunk.after.api_calls,
        choices: shrunk.after.choices,
        deviations: shrunk.after.deviations,
        rules: rules(&shrunk.replay),
        stopped_early: shrunk.stopped_early,
        also: also.filter(|other| Some(other) != shrunk.replay.invariant.as_ref()).collect(),
        ..Smallest::default()
    };
    let neighbour = explanation.and_then(|explanation| explained(&mut smallest, explanation));
    Ok(Small { smallest, neighbour, shrunk })
}

/// Adds an explanation, and gives the passing neighbour.
fn explained(smallest: &mut Smallest, explanation: Explanation) -> Option<Neighbour> {
    smallest.because = explanation.sentence;
    smallest.pair =
        explanation.pair.into_iter().flat_map(|(one, other)| [one.to_string(), other.to_string()]).collect();
    smallest.timeline = Some(explanation.timeline);
    smallest.odds = explanation.odds;
    smallest.jump = explanation.jump;
    smallest.faults = explanation.faults;
    let difference = explanation.difference;
    explanation.passing.map(|timeline| Neighbour { difference, timeline })
}

/// Folds the failures that follow from another one: the smallest run of that violates them too.
pub(super) fn fold(failures: &mut [Failure]) {
    for index in 0..failures.len() {
        let Failure { scenario, protocol, transport, invariant, .. } = failures[index].clone();
        let explains = |other: &Failure| {
            let also = other.smallest.as_ref().is_some_and(|smallest| smallest.also.contains(&invariant));
            let same = (&other.scenario, &other.protocol, &other.transport) == (&scenario, &protocol, &transport);
            same && also && other.invariant != invariant && other.explained_by.is_none()
        };
        if failures[index].explained_by.is_none() && !explains_another(failures, index) {
            failures[index].explained_by =
                failures.iter().find(|other| explains(other)).map(|other| other.invariant.clone());
        }
    }
}

/// Whether another failure is folded under this one already.
fn explains_another(failures: &[Failure], index: usize) -> bool {
    let Failure { scenario, protocol, invariant, .. } = &failures[index];
    failures.iter().any(|other| {
        (&other.scenario, &other.protocol, other.explained_by.as_ref()) == (scenario, protocol, Some(invariant))
            && other.invariant != EXPECTATION
    })
}

/// What was taken out of the scenario, then the rules that are left.
pub(super) fn rules(replay: &Replay) -> Vec<String> {
    let edits = replay.edits.iter().map(|edit| format!("left: {edit}"));
    let rules = match &replay.decisions {
        Decisions::Guided(guide) => guide.rules(),
        _ => Vec::new(),
    };
    edits.chain(rules.iter().map(ToString::to_string)).collect()
}

/// The smaller run as one string.
fn by_choices(shrunk: &Shrunk) -> Option<String> {
    let Decisions::Guided(guide) = &shrunk.replay.decisions else { return None };
    let (choices, _) = Steered::choices(Course::Guide(guide.clone()));
    let run = Prepared::new(shrunk.subject.clone(), Detail::Chain).run(choices, false).ok()?;
    Replay { decisions: Decisions::Choices(run.outcome.choices), ..shrunk.replay.clone() }.to_line()
}
