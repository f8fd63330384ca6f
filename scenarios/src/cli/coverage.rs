//! `lockstep coverage`: which branches of the protocol the runs of a campaign take.
use super::{
    campaign_report,
    extent::{Ended, Extent},
    failures::{self, ReplayFiles},
    folder::Folder,
    options::{ReportOptions, ShrinkOptions, duration, threads},
    outcome::Outcome,
    output, values,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::{
        self, Budget, Plan, Progress, Sums, Tally,
        cells::{Cell, LOCKS},
    },
    catalogue::CATALOGUE,
    coverage::{self, Counts, DECISIONS},
    gateway_faults,
    protocol_name::ProtocolName,
    runner::{Overrides, Subject, Transport},
    scenario::Scenario,
    strategies::StrategyName,
    worlds,
};
use model::verdict::Verdict;
use mutants::BRANCHES;
use reports::{
    coverage::{BranchCount, Coverage, DecisionCount, PairCount},
    report::RunReport,
};
use sim::Faults;
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

/// Runs a campaign with a copy of the protocol that counts its branches, and reports which were taken.
///
/// The copy is made of the gateway's sources by the build, and is the protocol as it is, apart from the counters. A
/// branch is a function, an arm, each side of an `if`, both results of a `?`, of a guard and of an operand of `&&` and
/// `||`, the body of a loop, and a closure. Without a scenario it makes the runs of the whole catalogue, once with the
/// scenarios' own faults and once with hostile ones, and exits with 5 if a branch is neither taken nor justified in
/// scenarios/src/coverage. With a scenario, it only reports. A fixed number of runs always gives the same counts.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep coverage                                      the whole catalogue, 20 runs of each scenario
  lockstep coverage --runs 200 --report coverage         more of them; report.json has every branch
  lockstep coverage --for 60s --faults hostile
  lockstep coverage holder-pause held-lock --runs 100    what two scenarios take")]
pub(super) struct Args {
    /// Names of scenarios; `lockstep list` shows them. The whole catalogue by default.
    #[arg(value_name = "SCENARIO", value_parser = values::scenario(), hide_possible_values = true)]
    scenarios: Vec<&'static Scenario>,
    /// Runs of each scenario, with each preset.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Wall-clock time to spend, such as 60s or 10m, instead of a number of runs. The counts depend on the machine.
    #[arg(long = "for", id = "time", value_name = "TIME", value_parser = duration, conflicts_with = "runs")]
    time: Option<Duration>,
    /// Preset of faults that is added to the scenarios' own, instead of none and hostile.
    #[arg(long, value_name = "PRESET", value_parser = values::preset())]
    faults: Option<Faults>,
    /// Also draws worlds at random, a run for each run of a scenario.
    #[arg(long)]
    worlds: bool,
    /// Base seed; each run derives its own seed from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of threads; one per processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    #[command(flatten)]
    options: ReportOptions,
}

#[expect(clippy::disallowed_methods, reason = "the time is a budget, and the report says it; no run sees it")]
pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let (began, started) = (Instant::now(), campaign_report::now());
    let folder = Folder::open(&args.options)?;
    let subjects = subjects(args);
    let extent = match args.time {
        Some(time) => Extent::time(Plan::new(vec![1; subjects.len()], None), time),
        None => Extent::runs(Plan::each(subjects.len(), args.runs)),
    };
    let budget = Budget {
        plan: extent.plan.clone(),
        deadline: extent.limit().and_then(|limit| began.checked_add(limit)),
        seed: args.seed,
        strategy: StrategyName::Random,
        jobs: threads(args.jobs),
        fail_fast: false,
        doublecheck: 0,
    };
    let (progress, files) = (Arc::new(Progress::default()), ReplayFiles::new(&folder, &subjects));
    let found = |subject: usize, first: &campaign::FirstViolation| files.write(subject, first);
    let sums = Sums::new(subjects.len(), &found);
    let report = |ended: Ended| {
        let tallies = sums.so_far();
        let mut report = campaign_report::report("coverage", (&subjects, &tallies), "random", began.elapsed());
        report.started = Some(started.clone());
        extent.describe(&mut report, &tallies, ended);
        report.failures = failures::so_far(&tallies, "random", &files);
        judge(&mut report, &tallies, args.scenarios.is_empty());
        report
    };
    let goal = Goal { runs: budget.plan.total(), time: extent.limit() };
    let checkpoint = || folder.write_report(&report(Ended::NotYet));
    with_progress(&progress, goal, &checkpoint, || campaign::run_into(&sums, &subjects, &budget, &progress))?;
    let tallies = sums.so_far();
    let mut report = report(extent.ended(&tallies, &progress));
    report.failures = failures::of_campaign(&tallies, "random", &files, ShrinkOptions::NONE);
    Ok(output::write(&report, &args.options, &folder))
}

/// The scenarios, each with the presets of faults that it holds under.
fn subjects(args: &Args) -> Vec<Subject> {
    let all = if args.scenarios.is_empty() { CATALOGUE } else { &args.scenarios };
    let presets = match args.faults {
        Some(faults) => vec![Some(faults)],
        None => vec![None, Some(Faults::HOSTILE)],
    };
    let subject = |scenario: &Scenario, faults: Option<Faults>| {
        let overrides = Overrides { faults, replicas: None };
        Subject::new(scenario.clone(), ProtocolName::Covered, Transport::Direct, overrides)
    };
    let mut subjects = Vec::new();
    let mut known = BTreeSet::new();
    for scenario in all.iter().filter(|scenario| known.insert(&*scenario.name)) {
        let possible = presets.iter().filter(|faults| faults.is_none() || !scenario.needs_its_own_faults());
        subjects.extend(possible.map(|faults| subject(scenario, *faults)));
    }
    if args.worlds {
        subjects.push(subject(&worlds::ANY, None));
    }
    subjects
}

/// Adds to a report what the runs took, and what is wrong with it. Only a whole catalogue must take every branch.
fn judge(report: &mut RunReport, tallies: &[Tally], whole: bool) {
    let mut counts = Counts::default();
    tallies.iter().for_each(|tally| counts.merge(tally.branches.clone()));
    report.coverage = Some(describe(&counts, tallies));
    report.unmet = coverage::unmet(&counts, whole && report.complete);
    if !report.unmet.is_empty() {
        report.verdict = report.verdict.and(Verdict::Inconclusive);
    }
}

fn describe(counts: &Counts, tallies: &[Tally]) -> Coverage {
    let branch = |(number, branch): (usize, &mutants::Branch)| BranchCount {
        file: branch.file.to_owned(),
        line: branch.line,
        function: branch.function.to_owned(),
        what: branch.what.to_owned(),
        times: counts.times(number),
        runs: counts.runs(number),
        scenarios: tallies.iter().filter(|tally| tally.branches.runs(number) > 0).count() as u64,
        because: coverage::reason(branch).map(coverage::Reason::words),
    };
    let decision = |(number, decision): (usize, &coverage::Decision)| DecisionCount {
        row: decision.row.to_owned(),
        runs: counts.decided(number),
    };
    Coverage {
        branches: BRANCHES.iter().enumerate().map(branch).collect(),
        decisions: DECISIONS.iter().enumerate().map(decision).collect(),
        pairs: pairs(tallies),
    }
}

/// Each fault of the gateway's environment, in each state of the lock and in each phase in which anything was struck.
fn pairs(tallies: &[Tally]) -> Vec<PairCount> {
    let cells = || tallies.iter().flat_map(|tally| &tally.cells);
    let phases: BTreeSet<&str> = cells().map(|(cell, _)| &*cell.phase).collect();
    let pair = |fault: &str, lock: &str, phase: &str| {
        let same = |cell: &Cell| (cell.fault, cell.lock, &*cell.phase) == (fault, lock, phase);
        let runs = cells().filter(|(cell, _)| same(cell)).map(|(_, runs)| runs).sum();
        PairCount { fault: fault.to_owned(), lock: lock.to_owned(), phase: phase.to_owned(), runs }
    };
    let rows = gateway_faults::ALL.iter().flat_map(|(fault, _)| LOCKS.map(|lock| (*fault, lock)));
    rows.flat_map(|(fault, lock)| phases.iter().map(|phase| pair(fault, lock, phase)).collect::<Vec<_>>()).collect()
}
