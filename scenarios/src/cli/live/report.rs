//! Turns the judgement of a live run into a report.
use crate::{
    cli::{campaign_report::blank, failures::kind_of, program::quoted},
    live::{
        faults::FaultPlan,
        judge::{Figures, Judgement},
        run::Aftermath,
    },
};
use model::{oracle::Finding, verdict::Verdict};
use reports::report::{Failure, FaultCount, InvariantCount, Live, NotJudged, Percentiles, RunReport, ScenarioReport};
use std::{path::Path, time::Duration};

/// Strategy of a live run, in reports.
const STRATEGY: &str = "real-time";
const TRANSPORT: &str = "live";
/// Invariants without which a live run has shown nothing.
const REQUIRED: [&str; 4] =
    ["one_active_request", "occurrences_exact", "nothing_unprocessed_is_accepted", "every_signal_ends"];

/// A report before there is anything to judge.
pub(super) fn unfinished(took: Duration) -> RunReport {
    RunReport { verdict: Verdict::Inconclusive, complete: false, ..blank("live", took) }
}

/// The report of a judgement. `history` is its file, if it was kept.
pub(super) fn report(judged: &Judgement, aftermath: &Aftermath, history: Option<&Path>, took: Duration) -> RunReport {
    let Judgement { header, findings, figures, .. } = judged;
    let seconds = took.as_secs_f64();
    RunReport {
        verdict: judged.verdict,
        runs: 1,
        runs_per_second: if seconds > 0.0 { 1.0 / seconds } else { 0.0 },
        api_calls: figures.api_calls,
        scenarios: vec![scenario(judged, took)],
        failures: findings.iter().filter_map(|finding| failure(judged, finding, history)).collect(),
        unmet: unmet(judged, aftermath),
        complete: judged.ended,
        interrupted: !judged.ended,
        planned_runs: Some(1),
        started: Some(header.started.clone()),
        live: Some(live(judged, aftermath, history)),
        ..blank("live", took)
    }
}

fn scenario(judged: &Judgement, took: Duration) -> ScenarioReport {
    let invariant = |finding: &Finding| InvariantCount {
        name: finding.invariant.to_owned(),
        checked: finding.checked,
        violations: finding.violated,
        undecided: finding.undecided,
    };
    let fault = |(name, delivered): (&String, &u64)| FaultCount {
        name: name.clone(),
        class: String::new(),
        delivered: *delivered,
    };
    ScenarioReport {
        name: judged.header.scenario.clone(),
        protocol: judged.header.protocol.clone(),
        transport: TRANSPORT.to_owned(),
        strategy: STRATEGY.to_owned(),
        runs: 1,
        wall_seconds: took.as_secs_f64(),
        verdict: judged.verdict,
        invariants: judged.findings.iter().map(invariant).collect(),
        faults: judged.figures.faults.iter().map(fault).collect(),
        bounds: Vec::new(),
        slack: None,
    }
}

fn failure(judged: &Judgement, finding: &Finding, history: Option<&Path>) -> Option<Failure> {
    let violation = finding.violations.first()?;
    let header = &judged.header;
    let file = history.and_then(Path::to_str).map(str::to_owned);
    let again = file
        .as_deref()
        .map_or_else(|| "lockstep live".to_owned(), |file| format!("lockstep live --judge {}", quoted(file)));
    Some(Failure {
        scenario: header.scenario.clone(),
        protocol: header.protocol.clone(),
        transport: TRANSPORT.to_owned(),
        strategy: STRATEGY.to_owned(),
        sentence: violation.sentence.clone(),
        seed: header.seed.to_string(),
        file,
        replay: again,
        replicas: header.replicas as u64,
        signals: judged.figures.signals,
        api_calls: judged.figures.api_calls,
        ..Failure::new(finding.invariant, kind_of(finding.invariant))
    })
}

/// Requirements that were not met. Only a run with an end can miss one.
fn unmet(judged: &Judgement, aftermath: &Aftermath) -> Vec<String> {
    let mut unmet = aftermath.trouble.clone();
    if !judged.ended {
        return unmet;
    }
    let asked = judged.header.faults.iter().filter(|name| FaultPlan::names().any(|(known, _)| known == *name));
    let missed = asked.filter(|name| !judged.figures.faults.contains_key(*name));
    unmet.extend(missed.map(|name| format!("the fault `{name}` never took effect")));
    let idle = REQUIRED.iter().filter(|id| !judged.findings.iter().any(|finding| finding.invariant == **id));
    unmet.extend(idle.map(|id| format!("the invariant `{id}` was never checked")));
    unmet
}

fn live(judged: &Judgement, aftermath: &Aftermath, history: Option<&Path>) -> Live {
    let figures: &Figures = &judged.figures;
    let [p50, p95, p99] = figures.latency.map(|micros| micros as f64 / 1_000.0);
    let not_judged = judged.not_judged.iter();
    let not_judged =
        not_judged.map(|not| NotJudged { invariant: not.invariant.to_owned(), because: not.because.clone() });
    Live {
        signals: figures.signals,
        accepted: figures.accepted,
        failed: figures.failed,
        lost: figures.lost,
        fingerprints: figures.fingerprints,
        requests: figures.requests,
        commits: figures.commits,
        sending_seconds: figures.sending as f64 / 1e6,
        latency_ms: Percentiles { p50, p95, p99 },
        not_judged: not_judged.collect(),
        gaps: judged.gaps.clone(),
        left: aftermath.left.clone(),
        history: history.map(|path| path.display().to_string()),
    }
}
