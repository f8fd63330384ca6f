//! The smallest run of a failure, explained, as a report has it.
use super::program::quoted;
use crate::{
    campaign::{before, in_order},
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

/// Wall time for all failures of a command, half of it for each.
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
    let order = in_order(shrunk.violations.iter());
    let own = shrunk.replay.invariant.as_deref().unwrap_or_default();
    let also = order.iter().filter(|other| **other != own).map(|&other| other.to_owned()).collect();
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
        also,
        broke_first: before(&order, own).map(str::to_owned),
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

/// Folds the failures that follow from another one: the smallest run of that violates them too, and later; or their
/// own smallest run violates that first.
pub(super) fn fold(failures: &mut [Failure]) {
    let causes: Vec<Option<usize>> = (0..failures.len()).map(|index| cause(failures, index)).collect();
    for index in 0..failures.len() {
        let (mut root, mut seen) = (index, vec![index]);
        while let Some(next) = causes[root].filter(|next| !seen.contains(next)) {
            root = next;
            seen.push(next);
        }
        // Failures that follow from each other in a circle have their first one as their cause.
        let ends = causes[root].is_none() || Some(&root) == seen.iter().min();
        if root != index && ends {
            failures[index].explained_by = Some(failures[root].invariant.clone());
        }
    }
}

/// Index of the failure from which this one follows, if there is one.
fn cause(failures: &[Failure], index: usize) -> Option<usize> {
    let failure = &failures[index];
    let same = |other: &(usize, &Failure)| {
        let names = |one: &Failure| [&one.scenario, &one.protocol, &one.transport].map(String::clone);
        other.0 != index && other.1.invariant != EXPECTATION && names(other.1) == names(failure)
    };
    let others = || failures.iter().enumerate().filter(same);
    let named = failure.smallest.as_ref().and_then(|smallest| smallest.broke_first.as_ref());
    let named = named.or(failure.explained_by.as_ref());
    let by_own = others().find(|(_, other)| Some(&other.invariant) == named);
    let by_theirs = || {
        others().find(|(_, other)| {
            let smallest = other.smallest.as_ref();
            smallest.is_some_and(|smallest| {
                smallest.also.contains(&failure.invariant) && smallest.broke_first.as_ref() != Some(&failure.invariant)
            })
        })
    };
    by_own.or_else(by_theirs).map(|(other, _)| other)
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

#[cfg(test)]
mod tests {
    use super::{EXPECTATION, Failure, Smallest, fold};
    use reports::FailureKind;

    fn failure(invariant: &str, also: &[&str], broke_first: Option<&str>) -> Failure {
        let smallest = Smallest {
            also: also.iter().map(|&other| other.to_owned()).collect(),
            broke_first: broke_first.map(str::to_owned),
            ..Smallest::default()
        };
        Failure { smallest: Some(smallest), ..Failure::new(invariant, FailureKind::Safety) }
    }

    fn explained(mut failures: Vec<Failure>) -> Vec<Option<String>> {
        fold(&mut failures);
        failures.into_iter().map(|failure| failure.explained_by).collect()
    }

    #[test]
    fn failures_follow_from_what_broke_first() {
        // Catalogue order puts the consequence first.
        let late = failure("late", &["early"], Some("early"));
        let early = failure("early", &["late"], None);
        assert_eq!(explained(vec![late, early]), [Some("early".to_owned()), None]);
    }

    #[test]
    fn expectations_follow_to_the_cause() {
        let mut missed = Failure::new(EXPECTATION, FailureKind::Safety);
        missed.explained_by = Some("late".to_owned());
        let failures = vec![failure("late", &[], Some("early")), failure("early", &[EXPECTATION], None), missed];
        let early = || Some("early".to_owned());
        assert_eq!(explained(failures), [early(), None, early()]);
    }

    #[test]
    fn circles_have_one_cause() {
        let circle = vec![failure("a", &["b"], Some("b")), failure("b", &["a"], Some("a"))];
        assert_eq!(explained(circle), [None, Some("a".to_owned())]);
    }
}
