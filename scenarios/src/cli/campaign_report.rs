//! Turns a campaign's counts into a report.
use super::{part::Settings, program};
use crate::{
    campaign::{Plan, Tally},
    code,
    runner::{Subject, widened},
    scenario::{Scenario, required_of},
    worlds,
};
use model::verdict::Verdict;
use reports::report::{FaultCount, InvariantCount, RunReport, SCHEMA, ScenarioReport, Slack};
use sim::Faults;
use std::time::Duration;

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
    conformance::fidelity::not_modelled().into_iter().map(str::to_owned).collect()
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
        coverage: None,
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
            .map(|(kind, delivered)| FaultCount {
                name: kind.name().to_owned(),
                class: kind.class().to_owned(),
                delivered,
            })
            .collect(),
        bounds: widened(&subject.scenario),
        slack: (tally.slack.runs > 0).then_some(Slack {
            sum: tally.slack.sum,
            most: tally.slack.most,
            runs: tally.slack.runs,
        }),
    }
}

/// Runs from which every fault that a preset adds, and every word of worlds, must have occurred.
const RUNS_OF_A_PRESET: u64 = 2_000;

/// Adds the requirements that were not met: runs that could not begin, faults that a scenario or a preset is about and
/// that never took effect, and invariants that were never checked although a scenario leads to them. Only a whole
/// campaign is judged by what it lacks.
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
        let in_worlds = *name == worlds::NAME;
        let enough = match in_worlds {
            true => tally.runs >= RUNS_OF_A_PRESET,
            false => tally.runs >= RUNS_ENOUGH || plan.runs_of(index) == Some(tally.runs),
        };
        if !(settings.judged && whole && enough && tally.runs > 0) {
            continue;
        }
        let own = Scenario { faults: subject.own_faults(), ..subject.scenario.clone() };
        let without_faults = subject.overrides.faults == Some(Faults::NONE);
        let required = match in_worlds {
            true if without_faults => Vec::new(),
            true => worlds::words().collect(),
            false => own.required_faults(),
        };
        for kind in required {
            if tally.delivered.of(kind) == 0 {
                unmet.push(format!("{name}: the fault `{}` never took effect", kind.name()));
            }
        }
        for id in own.required_checks() {
            if !checked(id, tally) {
                unmet.push(format!("{name}: the invariant `{id}` was never checked"));
            }
        }
    }
    if settings.judged && whole {
        unmet.extend(unmet_of_preset(settings, tallies));
    }
    if settings.whole_catalogue && whole {
        let idle = model::ALL.iter().filter(|invariant| !tallies.iter().any(|tally| checked(invariant.id, tally)));
        unmet.extend(idle.map(|invariant| format!("the invariant `{}` was never checked", invariant.id)));
    }
    report.unmet = unmet;
}

fn checked(invariant: &str, tally: &Tally) -> bool {
    tally.checks.iter().any(|(name, checks)| *name == invariant && checks.checked > 0)
}

/// Faults that a preset adds to all scenarios, and that occurred in none.
fn unmet_of_preset(settings: &Settings, tallies: &[Tally]) -> Vec<String> {
    let runs: u64 = tallies.iter().map(|tally| tally.runs).sum();
    let Some(preset) = settings.overrides.faults.filter(|_| runs >= RUNS_OF_A_PRESET) else { return Vec::new() };
    let absent =
        required_of(&preset).into_iter().filter(|kind| tallies.iter().all(|tally| tally.delivered.of(*kind) == 0));
    absent.map(|kind| format!("the fault `{}` of the preset {} never took effect", kind.name(), preset.name)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        campaign::tally::Checks,
        catalogue::find,
        protocol_name::SHIPPED,
        runner::{Overrides, Transport},
    };
    use sim::{Delivered, FaultKind};

    fn subject(scenario: &str, faults: Option<Faults>) -> Subject {
        let (scenario, protocol) = (find(scenario).expect("a scenario"), SHIPPED.parse().expect("a protocol"));
        Subject::new(scenario.clone(), protocol, Transport::Direct, Overrides { faults, replicas: None })
    }

    fn unmet(subject: &Subject, tally: &Tally) -> Vec<String> {
        let overrides = subject.overrides;
        let settings = Settings { seed: 1, overrides, doublecheck: 0, judged: true, whole_catalogue: false };
        let mut report = blank("run", Duration::ZERO);
        let plan = Plan::each(1, tally.runs);
        judge(&mut report, &settings, &plan, (std::slice::from_ref(subject), std::slice::from_ref(tally)));
        report.unmet
    }

    /// Runs in which everything was checked that the scenario requires, and every fault occurred.
    fn sufficient(subject: &Subject, runs: u64) -> Tally {
        let checks = Checks { checked: 1, ..Checks::default() };
        let mut delivered = Delivered::default();
        subject.scenario.required_faults().into_iter().for_each(|fault| delivered.count(fault));
        let required = subject.scenario.required_checks().into_iter();
        Tally { runs, delivered, checks: required.map(|id| (id, checks)).collect(), ..Tally::default() }
    }

    #[test]
    fn what_was_never_checked_is_named_under_any_preset() {
        for faults in [None].into_iter().chain(Faults::PRESETS.iter().copied().map(Some)) {
            let subject = subject("slow-deletion", faults);
            assert_eq!(unmet(&subject, &sufficient(&subject, 140)), Vec::<String>::new());
            for id in ["quiet_is_quiet", "one_holder", "terminating_takes_no_counts"] {
                let mut tally = sufficient(&subject, 140);
                tally.checks.retain(|(name, _)| *name != id);
                let named = vec![format!("slow-deletion: the invariant `{id}` was never checked")];
                assert_eq!(unmet(&subject, &tally), named, "{faults:?}");
            }
        }
    }

    #[test]
    fn what_never_struck_is_named_under_any_preset() {
        for faults in [None, Some(Faults::CALM), Some(Faults::HOSTILE)] {
            let subject = subject("interference", faults);
            let tally = Tally { delivered: Delivered::default(), ..sufficient(&subject, 140) };
            let named = unmet(&subject, &tally);
            assert!(
                named.contains(&"interference: the fault `lease-stolen` never took effect".to_owned()),
                "{named:?}"
            );
            assert!(named.contains(&"interference: the fault `429` never took effect".to_owned()), "{named:?}");
        }
        let subject = subject("interference", Some(Faults::NONE));
        let tally = Tally { delivered: Delivered::default(), ..sufficient(&subject, 140) };
        assert_eq!(unmet(&subject, &tally), Vec::<String>::new(), "nothing is required of faults that were taken away");
    }

    #[test]
    fn every_word_of_worlds_must_strike() {
        let protocol = SHIPPED.parse().expect("a protocol");
        let subject = Subject::new(worlds::ANY, protocol, Transport::Direct, Overrides::default());
        let mut tally = sufficient(&subject, RUNS_OF_A_PRESET);
        tally.delivered = Delivered::default();
        let others = worlds::words().filter(|word| *word != FaultKind::CutOff.into());
        others.for_each(|word| tally.delivered.count(word));
        assert_eq!(unmet(&subject, &tally), ["worlds: the fault `cut-off` never took effect"]);
        tally.runs -= 1;
        assert_eq!(unmet(&subject, &tally), Vec::<String>::new(), "a few runs may miss a word");
    }

    #[test]
    fn a_preset_must_strike() {
        let subject = subject("pair", Some(Faults::HOSTILE));
        let mut tally = sufficient(&subject, RUNS_OF_A_PRESET);
        assert_eq!(unmet(&subject, &tally), Vec::<String>::new());
        tally.delivered = Delivered::default();
        let kinds = required_of(&Faults::HOSTILE);
        for fault in &kinds {
            tally.delivered.count(*fault);
        }
        assert_eq!(unmet(&subject, &tally), Vec::<String>::new());
        let mut lacking = Delivered::default();
        kinds.iter().filter(|kind| **kind != FaultKind::TimeTravel.into()).for_each(|kind| lacking.count(*kind));
        tally.delivered = lacking;
        assert_eq!(unmet(&subject, &tally), ["the fault `time-travel` of the preset hostile never took effect"]);
    }
}
