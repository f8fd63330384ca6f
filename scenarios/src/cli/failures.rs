//! Violations as failures of a report, each with a replay file, a command and a timeline.
use super::campaign_report::signals;
use crate::{
    campaign::{FirstViolation, Tally, replay_of},
    checks::{EXPECTATION, PANICS, REPEATS, kind},
    replay::{Decisions, Replay},
    runner::{Prepared, Run, Subject},
};
use anyhow::Context;
use model::Kind;
use reports::report::{Choice, Failure, FailureKind};
use sim::engine::Detail;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Runs each violation again, writes it to a replay file in `directory`, and returns it with its timeline.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn of_campaign(
    subjects: &[Subject],
    tallies: &[Tally],
    strategy: &str,
    directory: &Path,
) -> anyhow::Result<Vec<Failure>> {
    let mut failures = Vec::new();
    for (subject, tally) in subjects.iter().zip(tallies) {
        for first in tally.violations.values() {
            let occurrences = tally.checks.iter().find(|(name, _)| *name == first.violation.invariant);
            let occurrences = occurrences.map_or(0, |(_, checks)| checks.runs);
            failures.push(of_campaign_run(subject, first, (occurrences, strategy), directory)?);
        }
    }
    keep_smallest_stories(&mut failures);
    Ok(failures)
}

/// Drops the timelines of all but the smallest failure of an invariant: a replay shows the others.
fn keep_smallest_stories(failures: &mut [Failure]) {
    let mut smallest: BTreeMap<String, u64> = BTreeMap::new();
    for failure in &*failures {
        let choices = smallest.entry(failure.invariant.clone()).or_insert(failure.choices);
        *choices = failure.choices.min(*choices);
    }
    for failure in failures {
        if smallest.get(&failure.invariant).is_some_and(|&choices| failure.choices > choices) {
            failure.timeline = None;
            failure.choice_sequence.clear();
        }
    }
}

fn of_campaign_run(
    subject: &Subject,
    first: &FirstViolation,
    (occurrences, strategy): (u64, &str),
    directory: &Path,
) -> anyhow::Result<Failure> {
    let replay = replay_of(subject, first);
    let invariant = first.violation.invariant;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let file: PathBuf = directory.join(format!("{}-{}-{invariant}.replay", subject.scenario.name, subject.protocol));
    std::fs::write(&file, replay.to_text()).with_context(|| format!("cannot write {}", file.display()))?;
    let confirmed = Prepared::new(subject.clone(), Detail::Chain).run(replay.choices(), true)?;
    let same = confirmed.hashes().chain == first.chain;
    let sentence = if same { first.violation.sentence.clone() } else { "The run did not repeat itself.".to_owned() };
    let failure = failure(subject, (invariant, first.violation.evidence.as_slice()), &confirmed);
    Ok(Failure {
        strategy: strategy.to_owned(),
        kind: failure_kind(invariant, same),
        sentence,
        seed: first.seed.to_string(),
        replay: format!("lockstep replay {}", file.display()),
        file: Some(file.display().to_string()),
        first_run: first.run + 1,
        choices: first.choices.len() as u64,
        api_calls: first.api_calls,
        occurrences,
        choice_sequence: sequence(&replay.decisions),
        ..failure
    })
}

/// The violations of one replayed run.
pub(super) fn of_replay(subject: &Subject, replay: &Replay, given: &str, run: &Run) -> Vec<Failure> {
    let violations = run.violations().map(|violation| Failure {
        sentence: violation.sentence.clone(),
        seed: match &replay.decisions {
            Decisions::Seed(seed) => seed.to_string(),
            Decisions::Choices(_) | Decisions::Placed(_) => String::new(),
        },
        replay: format!("lockstep replay {given}"),
        ..failure(subject, (violation.invariant, violation.evidence.as_slice()), run)
    });
    violations.collect()
}

/// What a run says about one of its violations.
fn failure(subject: &Subject, (invariant, evidence): (&str, &[usize]), run: &Run) -> Failure {
    let replicas = subject.scenario.cluster.replicas;
    Failure {
        scenario: subject.scenario.name.to_string(),
        protocol: subject.protocol.to_string(),
        transport: subject.transport.to_string(),
        strategy: "replay".to_owned(),
        invariant: invariant.to_owned(),
        kind: failure_kind(invariant, true),
        sentence: String::new(),
        seed: String::new(),
        file: None,
        replay: String::new(),
        first_run: 1,
        choices: run.outcome.choices.len() as u64,
        replicas: replicas as u64,
        signals: signals(subject),
        api_calls: run.outcome.api_calls,
        occurrences: 1,
        explained_by: explanation(invariant, run),
        choice_sequence: sequence(&Decisions::Choices(run.outcome.choices.clone())),
        timeline: run.timeline.as_ref().map(|timeline| timeline.timeline(replicas, evidence)),
        neighbour: None,
    }
}

/// The first invariant that the run violated, if `invariant` is only the scenario's expectation.
fn explanation(invariant: &str, run: &Run) -> Option<String> {
    let mut violated = run.violations().map(|violation| violation.invariant);
    let explanation = violated.find(|other| *other != EXPECTATION).filter(|_| invariant == EXPECTATION);
    explanation.map(str::to_owned)
}

fn failure_kind(invariant: &str, same: bool) -> FailureKind {
    match kind(invariant) {
        _ if !same || invariant == REPEATS => FailureKind::NotDeterministic,
        _ if invariant == PANICS => FailureKind::Panic,
        Kind::Liveness => FailureKind::Liveness,
        Kind::Safety => FailureKind::Safety,
    }
}

fn sequence(decisions: &Decisions) -> Vec<Choice> {
    let Decisions::Choices(choices) = decisions else { return Vec::new() };
    choices
        .iter()
        .enumerate()
        .filter(|(_, choice)| choice.picked > 0)
        .map(|(index, choice)| Choice {
            index: index as u64,
            label: choice.label.to_string(),
            value: u64::from(choice.picked),
            of: u64::from(choice.of),
            meaning: choice.meaning.to_string(),
        })
        .collect()
}
