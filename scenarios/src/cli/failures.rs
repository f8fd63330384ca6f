//! Violations as failures of a report, each with a replay file, a command and a timeline.
use super::{campaign_report::signals, folder::Folder, options::ShrinkOptions, program::quoted, smallest};
use crate::{
    campaign::{FirstViolation, Tally, before, in_order, replay_of},
    checks::{EXPECTATION, PANICS, REPEATS, kind},
    replay::{Decisions, Replay},
    runner::{Prepared, Run, Subject},
};
use model::Kind;
use reports::report::{Choice, Failure, FailureKind};
use sim::engine::Detail;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Replay files of a campaign's violations, written when they are found.
pub(super) struct ReplayFiles<'a> {
    folder: &'a Folder,
    subjects: &'a [Subject],
    /// By subject and invariant; None for one that could not be written.
    files: Mutex<BTreeMap<(usize, &'static str), Option<PathBuf>>>,
}

impl<'a> ReplayFiles<'a> {
    pub(super) fn new(folder: &'a Folder, subjects: &'a [Subject]) -> Self {
        Self { folder, subjects, files: Mutex::default() }
    }

    /// Writes the replay file of a violation of the subject with this index.
    pub(super) fn write(&self, subject: usize, first: &FirstViolation) {
        let Subject { scenario, protocol, .. } = &self.subjects[subject];
        let invariant = first.violation.invariant;
        let name = format!("{}-{protocol}-{invariant}.replay", scenario.name);
        let written = self.folder.write(&name, &replay_of(&self.subjects[subject], first).to_text());
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert((subject, invariant), written);
    }

    /// The replay file of a violation, if it was written.
    fn of(&self, subject: usize, invariant: &'static str) -> Option<String> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        // A path that is not text cannot be printed as it is: the replay string repeats the run too.
        files.get(&(subject, invariant))?.as_ref()?.to_str().map(str::to_owned)
    }
}

/// The failures of a campaign that is under way, without timelines.
pub(super) fn so_far(tallies: &[Tally], strategy: &str, files: &ReplayFiles<'_>) -> Vec<Failure> {
    let subjects = files.subjects.iter().zip(tallies).enumerate();
    let failures = subjects.flat_map(|(index, (subject, tally))| {
        let violations = tally.violations.values();
        violations.map(move |first| {
            of_campaign_run(subject, first, tally, strategy, files.of(index, first.violation.invariant))
        })
    });
    failures.collect()
}

/// The failures of a campaign that is over. Each violation runs again; the smallest of each invariant gets a timeline,
/// since a replay shows the others.
pub(super) fn of_campaign(
    tallies: &[Tally],
    strategy: &str,
    files: &ReplayFiles<'_>,
    shrink: ShrinkOptions,
) -> Vec<Failure> {
    let mut failures = so_far(tallies, strategy, files);
    let drawn = smallest(&failures);
    let violations = files
        .subjects
        .iter()
        .zip(tallies)
        .flat_map(|(subject, tally)| tally.violations.values().map(move |first| (subject, first)));
    for (index, (subject, first)) in violations.enumerate() {
        let replay = replay_of(subject, first);
        let subject = first.subject(subject);
        let again = Prepared::new(subject.clone(), Detail::Chain).run(replay.choices(), drawn.contains(&index));
        let failure = &mut failures[index];
        match again {
            Ok(again) if again.hashes().chain == first.chain => {
                let replicas = subject.scenario.cluster.replicas;
                let timeline = again.timeline.as_ref();
                failure.timeline = timeline.map(|timeline| timeline.timeline(replicas, &first.violation.evidence));
            }
            _ => {
                failure.kind = FailureKind::NotDeterministic;
                failure.sentence = "The run did not repeat itself.".to_owned();
            }
        }
        if !drawn.contains(&index) {
            failure.choice_sequence.clear();
        }
    }
    if !shrink.no_shrink {
        make_smaller(&mut failures, tallies, files, &drawn, shrink.shrink_for.unwrap_or(smallest::ALL));
    }
    failures
}

/// Makes failures smaller and explains them, as far as the time allows: those that are drawn first.
#[expect(clippy::disallowed_methods, reason = "the limit is wall time, and the report says if it ended the search")]
fn make_smaller(
    failures: &mut [Failure],
    tallies: &[Tally],
    files: &ReplayFiles<'_>,
    drawn: &BTreeSet<usize>,
    time: Duration,
) {
    let began = Instant::now();
    let subjects = files.subjects.iter().zip(tallies);
    let found: Vec<(&Subject, &FirstViolation)> =
        subjects.flat_map(|(subject, tally)| tally.violations.values().map(move |first| (subject, first))).collect();
    let mut order: Vec<usize> = (0..failures.len()).filter(|&index| failures[index].explained_by.is_none()).collect();
    order.sort_by_key(|index| !drawn.contains(index));
    for index in order {
        let left = time.saturating_sub(began.elapsed());
        if left.is_zero() || failures[index].kind == FailureKind::NotDeterministic {
            continue;
        }
        let replay = replay_of(found[index].0, found[index].1);
        let name = format!("{}-{}-{}.smallest.replay", replay.scenario, replay.protocol, failures[index].invariant);
        // A run that cannot be steered, as over the network, is reported as it was found.
        let Ok(small) = smallest::of(&replay, (time / 2).min(left), |text| files.folder.write(&name, text)) else {
            continue;
        };
        failures[index].smallest = Some(small.smallest);
        failures[index].neighbour = small.neighbour;
    }
    smallest::fold(failures);
}

/// Indexes of the failures with the fewest choices of their invariant.
fn smallest(failures: &[Failure]) -> BTreeSet<usize> {
    let mut smallest: BTreeMap<&str, u64> = BTreeMap::new();
    for failure in failures {
        let choices = smallest.entry(&failure.invariant).or_insert(failure.choices);
        *choices = failure.choices.min(*choices);
    }
    let is_smallest = |failure: &Failure| smallest.get(&*failure.invariant) == Some(&failure.choices);
    failures.iter().enumerate().filter(|(_, failure)| is_smallest(failure)).map(|(index, _)| index).collect()
}

fn of_campaign_run(
    subject: &Subject,
    first: &FirstViolation,
    tally: &Tally,
    strategy: &str,
    file: Option<String>,
) -> Failure {
    let replay = replay_of(subject, first);
    let invariant = first.violation.invariant;
    let occurrences = tally.checks.iter().find(|(name, _)| *name == invariant).map_or(0, |(_, checks)| checks.runs);
    let string = replay_string(&replay, first.seed);
    let again = file.as_deref().map(quoted).or_else(|| string.clone()).unwrap_or_default();
    let explained = first.with.iter().find(|other| **other != EXPECTATION).filter(|_| invariant == EXPECTATION);
    Failure {
        strategy: strategy.to_owned(),
        sentence: first.violation.sentence.clone(),
        seed: if first.seed == 0 { String::new() } else { first.seed.to_string() },
        replay: format!("lockstep replay {again}"),
        replay_string: string,
        file,
        first_run: first.run + 1,
        choices: first.choices.len() as u64,
        api_calls: first.api_calls,
        occurrences,
        explained_by: explained.map(|&invariant| invariant.to_owned()),
        broke_first: first.broke_first.map(str::to_owned),
        trace: Some(format!("{:016x}", first.chain)),
        choice_sequence: sequence(&replay.decisions),
        // The row of the report that it belongs to.
        scenario: subject.scenario.name.to_string(),
        ..blank(&first.subject(subject), invariant)
    }
}

/// The run as one string: its seed if it has one, and otherwise the choices that are not in order.
fn replay_string(replay: &Replay, seed: u64) -> Option<String> {
    let decisions = if seed == 0 { replay.decisions.clone() } else { Decisions::Seed(seed) };
    Replay { decisions, ..replay.clone() }.to_line()
}

/// The violations of one replayed run.
pub(super) fn of_replay(subject: &Subject, replay: &Replay, given: &str, run: &Run) -> Vec<Failure> {
    let replicas = subject.scenario.cluster.replicas;
    let order = in_order(run.violations());
    let violations = run.violations().map(|violation| Failure {
        sentence: violation.sentence.clone(),
        seed: match &replay.decisions {
            Decisions::Seed(seed) => seed.to_string(),
            Decisions::Choices(_) | Decisions::Placed(_) | Decisions::Still(_) | Decisions::Guided(_) => String::new(),
        },
        replay: format!("lockstep replay {}", quoted(given)),
        replay_string: replay.to_line(),
        choices: run.outcome.choices.len() as u64,
        api_calls: run.outcome.api_calls,
        explained_by: explanation(violation.invariant, &order),
        broke_first: before(&order, violation.invariant).map(str::to_owned),
        trace: Some(format!("{:016x}", run.hashes().chain)),
        choice_sequence: sequence(&Decisions::Choices(run.outcome.choices.clone())),
        timeline: run.timeline.as_ref().map(|timeline| timeline.timeline(replicas, &violation.evidence)),
        ..blank(subject, violation.invariant)
    });
    violations.collect()
}

/// What is the same in all runs of a subject that violate an invariant.
fn blank(subject: &Subject, invariant: &str) -> Failure {
    Failure {
        scenario: subject.scenario.name.to_string(),
        protocol: subject.protocol.to_string(),
        transport: subject.transport.to_string(),
        strategy: "replay".to_owned(),
        replicas: subject.scenario.cluster.replicas as u64,
        signals: signals(subject),
        ..Failure::new(invariant, kind_of(invariant))
    }
}

/// The first invariant that the run violated, if `invariant` is only the scenario's expectation.
fn explanation(invariant: &str, order: &[&'static str]) -> Option<String> {
    let explanation = order.iter().find(|other| **other != EXPECTATION).filter(|_| invariant == EXPECTATION);
    explanation.map(|&first| first.to_owned())
}

pub(super) fn kind_of(invariant: &str) -> FailureKind {
    match kind(invariant) {
        _ if invariant == REPEATS => FailureKind::NotDeterministic,
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
