//! `lockstep run`: the main job.
use super::{
    campaign_report::{self, RUNS_ENOUGH},
    confidence,
    corpus::{self, Verified},
    extent::{Ended, Extent},
    failures::{self, ReplayFiles},
    folder::Folder,
    options::{ReportOptions, ShrinkOptions, duration, threads},
    outcome::Outcome,
    output,
    part::{self, Settings},
    print, shard, values,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::{self, Budget, Plan, Progress, Shard, Sums, Tally, plan::RUNS_PER_WEIGHT},
    catalogue::CATALOGUE,
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Subject, Transport},
    scenario::Scenario,
    strategies::StrategyName,
    worlds,
};
use reports::report::RunReport;
use sim::Faults;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Wall time for these runs, which leaves two of the promised 45 seconds for the report.
const TIME_OF_ALL: Duration = Duration::from_secs(43);
/// Runs of each scenario that is named.
const RUNS_OF_ONE: u64 = 2_000;
/// Percentage of the runs of the whole catalogue that draw a world.
const SHARE_OF_WORLDS: u8 = 50;
/// Number of runs over the direct transport that take as long as one over the network.
const NETWORK_COST: u64 = 200;

/// Runs thousands of interleavings of the scenarios against the gateway.
///
/// Without a scenario it runs the whole catalogue, for at most 45 seconds: every scenario once, then all of them in
/// proportion; half of the runs are in worlds that are drawn at random. If the time ends first, the report says how
/// many of the planned runs were made; it is inconclusive if a scenario had less than a tenth of its runs. Ctrl-C and
/// SIGTERM end a run with a report. The report counts distinct interleavings exactly up to 4,096 per scenario; beyond
/// that the number is an estimate with a standard error of 0.8 %.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep run                                           the whole catalogue
  lockstep run burst pair --runs 10000                   two scenarios
  lockstep run pair --protocol none                      a protocol with a known race
  lockstep run --worlds 100 --for 10m                    only worlds that are drawn at random
  lockstep run burst --faults hostile --for 10m --report out")]
pub(super) struct Args {
    /// Names of scenarios; `lockstep list` shows them.
    #[arg(value_name = "SCENARIO", value_parser = values::scenario(), hide_possible_values = true)]
    scenarios: Vec<&'static Scenario>,
    /// Runs of each scenario.
    #[arg(long, value_name = "N", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Wall-clock time to spend, such as 30s, 10m or 1h30m, instead of a number of runs.
    #[arg(long = "for", id = "time", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Base seed; each run derives its own seed from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Strategy that picks the runs.
    #[arg(long, value_name = "STRATEGY", default_value = "random", value_parser = values::strategy())]
    strategy: StrategyName,
    /// Protocol that handles the signals.
    #[arg(long, value_name = "NAME", default_value = SHIPPED, value_parser = values::protocol())]
    #[arg(hide_possible_values = true)]
    protocol: ProtocolName,
    /// Preset of faults that is added to the scenarios' own; `none` takes those away. Skips scenarios that only hold
    /// under their own faults, unless you name them.
    #[arg(long, value_name = "PRESET", value_parser = values::preset())]
    faults: Option<Faults>,
    /// Number of replicas, instead of the scenarios' own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    replicas: Option<u8>,
    /// Transport between the replicas and the API server.
    #[arg(long, value_enum, value_name = "TRANSPORT", default_value = "direct")]
    transport: Transport,
    /// Percentage of the runs whose world is drawn at random: its cluster, its script and its faults. Only over the
    /// direct transport and with the strategy `random`. By default half of the runs of the whole catalogue, and none
    /// beside scenarios that are named.
    #[arg(long, value_name = "PCT", value_parser = clap::value_parser!(u8).range(0..=100))]
    worlds: Option<u8>,
    /// Number of threads; one per processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Percentage of runs that are run twice and compared event by event.
    #[arg(long, default_value_t = 1, value_name = "PCT", value_parser = clap::value_parser!(u64).range(0..=100))]
    doublecheck: u64,
    /// Stops at the first violation.
    #[arg(long)]
    fail_fast: bool,
    /// Part of the runs to make, as I/N with I from 0; `/N` takes I from JOB_COMPLETION_INDEX.
    #[arg(long, value_name = "I/N", value_parser = shard::parse)]
    shard: Option<Shard>,
    /// Folder of failing runs to replay first; `lockstep-corpus` if there is one.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Rewrites stale entries of the corpus for which a failing run was found nearby.
    #[arg(long)]
    rewrite_corpus: bool,
    #[command(flatten)]
    shrink: ShrinkOptions,
    #[command(flatten)]
    options: ReportOptions,
}

impl Args {
    fn overrides(&self) -> Overrides {
        Overrides { faults: self.faults, replicas: self.replicas.map(usize::from) }
    }
}

/// A run that is under way, or over.
struct Job<'a> {
    args: &'a Args,
    corpus: &'a Verified,
    subjects: &'a [Subject],
    extent: &'a Extent,
    progress: &'a Progress,
    files: &'a ReplayFiles<'a>,
    began: Instant,
    started: String,
}

#[expect(clippy::disallowed_methods, reason = "the time is a budget, and the report says it; no run sees it")]
pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let (began, started) = (Instant::now(), campaign_report::now());
    let folder = Folder::open(&args.options)?;
    let first_part = args.shard.is_none_or(|shard| shard.index == 0);
    let entries = if first_part { corpus::for_run(args.corpus.as_deref())? } else { Vec::new() };
    let corpus = corpus::verify(&entries, args.rewrite_corpus)?;
    let subjects = subjects(args);
    let extent = extent(args, &subjects);
    let budget = Budget {
        plan: extent.plan.clone(),
        deadline: extent.limit().and_then(|limit| began.checked_add(limit)),
        seed: args.seed,
        strategy: args.strategy,
        jobs: threads(args.jobs),
        fail_fast: args.fail_fast,
        doublecheck: args.doublecheck,
    };
    let (progress, files) = (Arc::new(Progress::default()), ReplayFiles::new(&folder, &subjects));
    let found = |subject: usize, first: &campaign::FirstViolation| files.write(subject, first);
    let sums = Sums::new(subjects.len(), &found);
    let (subjects, extent, progress_so_far) = (&subjects, &extent, &progress);
    let job = Job { args, corpus: &corpus, subjects, extent, progress: progress_so_far, files: &files, began, started };
    let checkpoint = || folder.write_report(&job.checkpoint(&sums.so_far()));
    let goal = Goal { runs: budget.plan.total(), time: extent.limit() };
    with_progress(&progress, goal, &checkpoint, || {
        campaign::run_into(&sums, subjects, &budget, &progress);
    })?;
    checkpoint();
    Ok(output::write(&job.report(&sums.so_far()), &args.options, &folder))
}

impl Job<'_> {
    /// The report of a run that has not ended.
    fn checkpoint(&self, tallies: &[Tally]) -> RunReport {
        let mut report = self.sums(tallies, Ended::NotYet);
        report.failures = failures::so_far(tallies, self.args.strategy.text(), self.files);
        self.corpus.add_to(&mut report);
        report
    }

    /// The report at the end.
    fn report(&self, tallies: &[Tally]) -> RunReport {
        let mut report = self.sums(tallies, self.extent.ended(tallies, self.progress));
        report.failures = failures::of_campaign(tallies, self.args.strategy.text(), self.files, self.args.shrink);
        report.confidence = confidence::of(self.subjects, tallies, self.args.strategy);
        campaign_report::judge(&mut report, &self.settings(), &self.extent.plan, (self.subjects, tallies));
        self.corpus.add_to(&mut report);
        report
    }

    fn settings(&self) -> Settings {
        let args = self.args;
        let enough = args.runs.is_none_or(|runs| runs >= RUNS_ENOUGH);
        let judged = enough && !args.fail_fast && args.protocol == ProtocolName::FencedLease;
        Settings {
            seed: args.seed,
            overrides: args.overrides(),
            doublecheck: args.doublecheck,
            judged,
            whole_catalogue: judged && args.scenarios.is_empty(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
    fn sums(&self, tallies: &[Tally], ended: Ended) -> RunReport {
        let took = Instant::now() - self.began;
        let strategy = self.args.strategy.text();
        let mut report = campaign_report::report("run", (self.subjects, tallies), strategy, took);
        report.started = Some(self.started.clone());
        self.extent.describe(&mut report, tallies, ended);
        report.part = self.args.shard.map(|_| part::of(&self.settings(), self.extent, tallies));
        report
    }
}

fn subjects(args: &Args) -> Vec<Subject> {
    let overrides = args.overrides();
    let subject = |scenario: &&Scenario| Subject::new((*scenario).clone(), args.protocol, args.transport, overrides);
    if !args.scenarios.is_empty() {
        let named = args.scenarios.iter().enumerate();
        let first = |(index, scenario): &(usize, &&Scenario)| {
            !args.scenarios[..*index].iter().any(|other| other.name == scenario.name)
        };
        let named: Vec<Subject> = named.filter(first).map(|(_, scenario)| subject(scenario)).collect();
        return with_worlds(args, named);
    }
    let (skipped, taken): (Vec<&Scenario>, Vec<&Scenario>) =
        CATALOGUE.iter().partition(|scenario| args.faults.is_some() && scenario.needs_its_own_faults());
    if !skipped.is_empty() {
        let names: Vec<_> = skipped.iter().map(|scenario| &*scenario.name).collect();
        print::note(&format!("skipped, since they only hold under their own faults: {}", names.join(", ")));
    }
    with_worlds(args, taken.iter().map(subject).collect())
}

/// These subjects and worlds that are drawn at random, with their share.
fn with_worlds(args: &Args, mut subjects: Vec<Subject>) -> Vec<Subject> {
    let possible = args.transport == Transport::Direct && args.strategy == StrategyName::Random;
    if args.worlds.is_some_and(|share| share > 0) && !possible {
        print::note("no worlds are drawn: they need --transport direct and --strategy random");
    }
    let usual = if args.scenarios.is_empty() { SHARE_OF_WORLDS } else { 0 };
    let share = u32::from(args.worlds.unwrap_or(usual));
    if share == 0 || !possible {
        return subjects;
    }
    if share == 100 {
        subjects.clear();
    }
    let others: u32 = subjects.iter().map(|subject| subject.scenario.weight).sum();
    let weight = if others == 0 { 1_000 } else { (others * share).div_ceil(100 - share) };
    let any = Scenario { weight, ..worlds::ANY };
    subjects.push(Subject::new(any, args.protocol, args.transport, args.overrides()));
    subjects
}

fn extent(args: &Args, subjects: &[Subject]) -> Extent {
    let weights = subjects.iter().map(|subject| u64::from(subject.scenario.weight));
    let network = args.transport == Transport::Network;
    let extent = match (args.runs, args.time) {
        (Some(runs), _) => Extent::runs(Plan::each(subjects.len(), runs)),
        (None, Some(time)) => Extent::time(Plan::new(weights.collect(), None), time),
        (None, None) if !args.scenarios.is_empty() => {
            Extent::runs(Plan::each(subjects.len(), if network { RUNS_OF_ONE / NETWORK_COST } else { RUNS_OF_ONE }))
        }
        (None, None) if network => Extent::within(
            Plan::new(weights.map(|weight| (RUNS_PER_WEIGHT * weight / NETWORK_COST).max(1)).collect(), Some(1)),
            TIME_OF_ALL,
        ),
        (None, None) => Extent::within(Plan::of_catalogue(weights), TIME_OF_ALL),
    };
    match args.shard {
        Some(Shard { index, of }) => extent.part(index, of),
        None => extent,
    }
}
