//! Turns a campaign's counts into a report.
use super::{part::Settings, program};
use crate::{
    campaign::{Plan, Tally},
    code,
    runner::Subject,
};
use model::verdict::Verdict;
use reports::report::{FaultCount, InvariantCount, RunReport, SCHEMA, ScenarioReport};
use std::time::Duration;

/// Conformance cases that the simulated server did not pass when this program was built.
const GAPS: &str = include_str!("../../../tests/conformance/not_yet.txt");

/// Runs from which a missing fault or check is a failure rather than chance.
pub(super) const RUNS_ENOUGH: u64 = 100;

/// The report of a campaign, without its failures.
pub(super) fn report(
    command: &str,
    (subjects, tallies): (&[Subject], &[Tally]),
    strategy: &str,
    wall: Duration,
) -> RunReport {
    let runs: u64 = tallies.iter().map(|tally| tally.runs).sum();
    let scenarios: Vec<ScenarioReport> =
        subjects.iter().zip(tallies).map(|(subject, tally)| scenario(subject, tally, strategy)).collect();
    RunReport {
        verdict: scenarios.iter().map(|scenario| scenario.verdict).fold(Verdict::Held, Verdict::and),
        runs,
        distinct_interleavings: tallies.iter().map(|tally| tally.interleavings.distinct()).sum(),
        // The sum of no floats is -0.
        simulated_seconds: tallies.iter().map(|tally| tally.simulated.as_secs_f64()).sum::<f64>() + 0.0,
        runs_per_second: runs as f64 / wall.as_secs_f64().max(1e-9),
        api_calls: tallies.iter().map(|tally| tally.api_calls).sum(),
        scenarios,
        not_modelled: not_modelled(),
        ..blank(command, wall)
    }
}

/// Behaviour of a real cluster that is not simulated, although a reader could expect it.
fn not_modelled() -> Vec<String> {
    let gaps = conformance::gaps_in(GAPS).unwrap_or_default();
    conformance::fidelity::not_modelled(&gaps).into_iter().map(str::to_owned).collect()
}

/// The report of a verb before anything was run.
pub(super) fn blank(command: &str, wall: Duration) -> RunReport {
    RunReport {
        schema: SCHEMA,
        command: command.to_owned(),
        version: format!("{}+{}", env!("CARGO_PKG_VERSION"), code::ID),
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
        complete: true,
        interrupted: false,
        planned_runs: None,
        time_limit_seconds: None,
        started: None,
        part: None,
        program: Some(program::name()),
        corpus: None,
        frontier: None,
        scope: None,
        confidence: None,
        mutants: None,
        protocols: None,
        cases: None,
        passed: None,
        live: None,
        score: None,
        strategies: None,
    }
}

fn scenario(subject: &Subject, tally: &Tally, strategy: &str) -> ScenarioReport {
    ScenarioReport {
        name: subject.scenario.name.to_string(),
        protocol: subject.protocol.to_string(),
        transport: subject.transport.to_string(),
        strategy: strategy.to_owned(),
        runs: tally.runs,
        wall_seconds: tally.wall.as_secs_f64(),
        verdict: tally.verdict(),
        invariants: tally
            .checks
            .iter()
            // An invariant that no scenario of the catalogue checks is an unmet requirement: see `unmet`.
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

/// Adds the requirements that were not met: runs that could not begin, faults that a scenario is about and that never
/// took effect, and invariants that were never checked. Only a whole campaign is judged by what it lacks.
pub(super) fn judge(
    report: &mut RunReport,
    settings: &Settings,
    plan: &Plan,
    (subjects, tallies): (&[Subject], &[Tally]),
) {
    let whole = report.complete && plan.part_of() == (0, 1);
    let mut unmet = Vec::new();
    for (index, (subject, tally)) in subjects.iter().zip(tallies).enumerate() {
        let name = &subject.scenario.name;
        unmet.extend(tally.broken.iter().map(|reason| format!("{name}: a run could not begin: {reason}")));
        let enough = tally.runs >= RUNS_ENOUGH || plan.runs_of(index) == Some(tally.runs);
        if !(settings.judged && whole && enough && tally.runs > 0) {
            continue;
        }
        for kind in subject.scenario.required_faults() {
            if tally.delivered.of(kind) == 0 {
                unmet.push(format!("{name}: the fault `{}` never took effect", kind.name()));
            }
        }
    }
    if settings.whole_catalogue && whole {
        for invariant in model::ALL {
            let checks =
                |tally: &Tally| tally.checks.iter().any(|(name, checks)| *name == invariant.id && checks.checked > 0);
            if !tallies.iter().any(checks) {
                unmet.push(format!("the invariant `{}` was never checked", invariant.id));
            }
        }
    }
    report.unmet = unmet;
}

/// The present moment, as reports have it.
#[expect(clippy::disallowed_methods, reason = "the report says when the command was started; no run sees it")]
pub(super) fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}

/// Number of signals that a scenario's script sends.
pub(super) fn signals(subject: &Subject) -> u64 {
    subject.scenario.signals()
}
