//! Output: a campaign's tallies as a report, the report to standard output and to files.
use super::{Format, Outcome};
use crate::{
    campaign::{FirstViolation, Tally, replay_of},
    checks::{PANICS, REPEATS, kind},
    replay::{Decisions, Replay},
    runner::{Prepared, Run, Subject},
};
use anyhow::Context;
use model::{invariants::Kind, verdict::Verdict};
use reports::{
    FailureKind,
    report::{Choice, Failure, FaultCount, InvariantCount, RunReport, SCHEMA, ScenarioReport},
};
use sim::trace::Detail;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// How the interleavings of a `run` are chosen.
const STRATEGY: &str = "random";
/// The cases that the simulated server does not pass yet, as this program was built.
const GAPS: &str = include_str!("../../../tests/conformance/not_yet.txt");

/// Makes the report of a `run`.
pub(super) fn report(subjects: &[Subject], tallies: &[Tally], strategy: &str, wall: Duration) -> RunReport {
    let runs: u64 = tallies.iter().map(|tally| tally.runs).sum();
    let scenarios: Vec<ScenarioReport> =
        subjects.iter().zip(tallies).map(|(subject, tally)| scenario(subject, tally, strategy)).collect();
    let verdicts: Vec<Verdict> = scenarios.iter().map(|scenario| scenario.verdict).collect();
    let verdict = if verdicts.contains(&Verdict::Violated) {
        Verdict::Violated
    } else if verdicts.contains(&Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else {
        Verdict::Held
    };
    RunReport {
        verdict,
        runs,
        distinct_interleavings: tallies.iter().map(|tally| tally.interleavings.distinct()).sum(),
        simulated_seconds: tallies.iter().map(|tally| tally.simulated.as_secs_f64()).sum(),
        runs_per_second: runs as f64 / wall.as_secs_f64().max(1e-9),
        api_calls: tallies.iter().map(|tally| tally.api_calls).sum(),
        scenarios,
        not_modelled: not_modelled(),
        ..blank("run", wall)
    }
}

/// What is not simulated and a reader could take for granted.
fn not_modelled() -> Vec<String> {
    let gaps = conformance::gaps_in(GAPS).unwrap_or_default();
    conformance::fidelity::not_modelled(&gaps).into_iter().map(str::to_owned).collect()
}

/// A report of a verb that has found and done nothing yet.
pub(super) fn blank(command: &str, wall: Duration) -> RunReport {
    RunReport {
        schema: SCHEMA,
        command: command.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: Verdict::Held,
        runs: 0,
        distinct_interleavings: 0,
        simulated_seconds: 0.0,
        wall_seconds: wall.as_secs_f64(),
        runs_per_second: 0.0,
        api_calls: 0,
        scenarios: Vec::new(),
        failures: Vec::new(),
        unmet: Vec::new(),
        not_modelled: Vec::new(),
        interrupted: false,
        frontier: None,
        scope: None,
        bugs: None,
        protocols: None,
        cases: None,
        passed: None,
    }
}

fn scenario(subject: &Subject, tally: &Tally, strategy: &str) -> ScenarioReport {
    ScenarioReport {
        name: subject.scenario.name.to_string(),
        protocol: subject.protocol.to_string(),
        transport: subject.transport.to_string(),
        strategy: strategy.to_owned(),
        runs: tally.runs,
        verdict: tally.verdict(),
        invariants: tally
            .checks
            .iter()
            // What a scenario never gives cause to check is missed, if at all, in the whole catalogue: see `unmet`.
            .filter(|(_, checks)| checks.checked + checks.undecided > 0)
            .map(|(name, checks)| InvariantCount {
                name: (*name).to_owned(),
                checked: checks.checked,
                violations: checks.violated,
                undecided: checks.undecided,
            })
            .collect(),
        faults: tally
            .delivered
            .iter()
            .filter(|&(_, delivered)| delivered > 0)
            .map(|(kind, delivered)| FaultCount { name: kind.name().to_owned(), delivered })
            .collect(),
    }
}

/// Runs each breach again, writes it to a replay file in `directory`, and reports it with its timeline.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn failures(subjects: &[Subject], tallies: &[Tally], directory: &Path) -> anyhow::Result<Vec<Failure>> {
    let mut failures = Vec::new();
    for (subject, tally) in subjects.iter().zip(tallies) {
        for breach in tally.violations.values() {
            let occurrences = tally.checks.iter().find(|(name, _)| *name == breach.violation.invariant);
            let occurrences = occurrences.map_or(0, |(_, checks)| checks.runs);
            failures.push(failure(subject, breach, occurrences, directory)?);
        }
    }
    keep_smallest_stories(&mut failures);
    Ok(failures)
}

/// Only the smallest failure of an invariant is drawn: the others are a replay away, and a hundred drawings are read by nobody.
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

fn failure(subject: &Subject, breach: &FirstViolation, occurrences: u64, directory: &Path) -> anyhow::Result<Failure> {
    let replay = replay_of(subject, breach);
    let invariant = breach.violation.invariant;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let file: PathBuf = directory.join(format!("{}-{}-{invariant}.replay", subject.scenario.name, subject.protocol));
    std::fs::write(&file, replay.to_text()).with_context(|| format!("cannot write {}", file.display()))?;
    let confirmed = Prepared::new(subject.clone(), Detail::Chain).run(replay.choices(), true)?;
    let same = confirmed.hashes().chain == breach.chain;
    let replicas = subject.scenario.cluster.replicas;
    let timeline = confirmed.timeline.map(|timeline| timeline.timeline(replicas, &breach.violation.evidence));
    Ok(Failure {
        scenario: subject.scenario.name.to_string(),
        protocol: subject.protocol.to_string(),
        transport: subject.transport.to_string(),
        strategy: STRATEGY.to_owned(),
        invariant: invariant.to_owned(),
        kind: failure_kind(invariant, same),
        sentence: if same { breach.violation.sentence.clone() } else { "The run did not repeat itself.".to_owned() },
        seed: breach.seed.to_string(),
        replay: format!("lockstep replay {}", file.display()),
        file: Some(file.display().to_string()),
        first_run: breach.run + 1,
        choices: breach.choices.len() as u64,
        replicas: replicas as u64,
        signals: signals(subject),
        api_calls: breach.api_calls,
        occurrences,
        choice_sequence: sequence(&replay.decisions),
        timeline,
        neighbour: None,
    })
}

fn failure_kind(invariant: &str, same: bool) -> FailureKind {
    match kind(invariant) {
        _ if !same || invariant == REPEATS => FailureKind::NotDeterministic,
        _ if invariant == PANICS => FailureKind::Panic,
        Kind::Liveness => FailureKind::Liveness,
        Kind::Safety => FailureKind::Safety,
    }
}

fn signals(subject: &Subject) -> u64 {
    let per_act = subject.scenario.acts.iter().map(|act| match act {
        crate::workload::Act::Deliver { what, copies, .. } => what.alerts().len() as u64 * u64::from(*copies),
        _ => 0,
    });
    per_act.sum()
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
        })
        .collect()
}

/// Faults that a scenario is about and invariants that must be checked somewhere, where they were not.
pub(super) fn unmet(subjects: &[Subject], tallies: &[Tally], faults: bool, whole_catalogue: bool) -> Vec<String> {
    let mut unmet = Vec::new();
    for (subject, tally) in subjects.iter().zip(tallies) {
        let name = &subject.scenario.name;
        unmet.extend(tally.broken.iter().map(|reason| format!("{name}: a run could not begin: {reason}")));
        for kind in subject.scenario.required_faults() {
            if faults && tally.runs > 0 && tally.delivered.of(kind) == 0 {
                unmet.push(format!("{name}: the fault `{}` never took effect", kind.name()));
            }
        }
    }
    if whole_catalogue {
        for invariant in model::invariants::ALL {
            let checked = tallies
                .iter()
                .flat_map(|tally| &tally.checks)
                .any(|(name, checks)| *name == invariant.id && checks.checked > 0);
            if !checked {
                unmet.push(format!("the invariant `{}` was never checked", invariant.id));
            }
        }
    }
    unmet
}

/// Writes the report where it was asked for.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(report: &RunReport, format: Format, directory: Option<&Path>) -> anyhow::Result<Outcome> {
    let text = match format {
        Format::Pretty => reports::text::render(report),
        Format::Json => reports::json::render(report),
        Format::Junit => reports::junit::render(report),
        Format::Github => reports::github::render(report),
    };
    println!("{}", text.trim_end());
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let files = [
            ("report.json", reports::json::render(report)),
            ("report.xml", reports::junit::render(report)),
            ("report.html", reports::html::render(report)),
            ("report.txt", reports::text::render(report)),
        ];
        for (name, text) in files {
            let path = directory.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(Outcome(reports::exit_code(report)))
}

/// Makes the report of a `replay`. It has no wall-clock figure: the same replay prints the same bytes.
pub(super) fn replay_report(subject: &Subject, replay: &Replay, given: &str, run: &Run) -> RunReport {
    let hashes = run.hashes();
    let mut tally = Tally::default();
    tally.add(0, 0, run);
    let mut report = report(std::slice::from_ref(subject), std::slice::from_ref(&tally), "replay", Duration::ZERO);
    report.command = "replay".to_owned();
    report.runs_per_second = 0.0;
    let replicas = subject.scenario.cluster.replicas;
    for (name, breach) in &tally.violations {
        let timeline = run.timeline.as_ref().map(|timeline| timeline.timeline(replicas, &breach.violation.evidence));
        report.failures.push(Failure {
            scenario: subject.scenario.name.to_string(),
            protocol: subject.protocol.to_string(),
            transport: subject.transport.to_string(),
            strategy: STRATEGY.to_owned(),
            invariant: (*name).to_owned(),
            kind: failure_kind(name, hashes.chain == breach.chain),
            sentence: breach.violation.sentence.clone(),
            seed: match &replay.decisions {
                Decisions::Seed(seed) => seed.to_string(),
                Decisions::Choices(_) | Decisions::Placed(_) => String::new(),
            },
            file: None,
            replay: format!("lockstep replay {given}"),
            first_run: 1,
            choices: run.outcome.choices.len() as u64,
            replicas: replicas as u64,
            signals: signals(subject),
            api_calls: run.outcome.api_calls,
            occurrences: 1,
            choice_sequence: sequence(&Decisions::Choices(run.outcome.choices.clone())),
            timeline,
            neighbour: None,
        });
    }
    report
}
