//! `lockstep run`: the main job.
use super::{
    campaign_report, failures,
    options::{ReportOptions, Strategy, duration, threads},
    outcome::Outcome,
    output, values,
    with_progress::with_progress,
};
use crate::{
    campaign::{self, Budget, Plan},
    catalogue::CATALOGUE,
    protocol_name::{ProtocolName, SHIPPED},
    runner::{Overrides, Subject, Transport},
    scenario::Scenario,
};
use sim::Faults;
use std::time::Duration;

/// Runs per unit of a scenario's weight when the whole catalogue is run: a budget that ends within a minute.
const RUNS_PER_WEIGHT: u64 = 14;
/// Runs of each scenario that is named.
const RUNS_OF_ONE: u64 = 2_000;
/// Number of runs over the direct transport that take as long as one over the network.
const NETWORK_COST: u64 = 200;
/// Runs from which a missing fault or check is a failure rather than chance.
const RUNS_ENOUGH: u64 = 100;

/// Runs thousands of interleavings of the scenarios against the gateway.
///
/// Without a scenario it runs the whole catalogue, in about a minute. The report counts distinct interleavings exactly
/// up to 4,096 per scenario; beyond that the number is an estimate with a standard error of 0.8 %.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep run                                           the whole catalogue
  lockstep run burst pair --runs 10000                   two scenarios
  lockstep run pair --protocol none                      a protocol with a known race
  lockstep run burst --faults hostile --for 10m --report out")]
pub(super) struct Args {
    /// Names of scenarios; `lockstep list` shows them.
    #[arg(value_name = "SCENARIO", value_parser = values::scenario(), hide_possible_values = true)]
    scenarios: Vec<&'static Scenario>,
    /// Runs of each scenario.
    #[arg(long, value_name = "N", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Wall-clock time to spend, such as 30s, 10m or 1h.
    #[arg(long = "for", id = "time", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Base seed; each run derives its own seed from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Strategy that picks the runs.
    #[arg(long, value_enum, value_name = "STRATEGY", default_value = "random")]
    strategy: Strategy,
    /// Protocol that handles the signals.
    #[arg(long, value_name = "NAME", default_value = SHIPPED, value_parser = values::protocol())]
    #[arg(hide_possible_values = true)]
    protocol: ProtocolName,
    /// Preset of faults that replaces the scenarios' own. Skips scenarios that only hold under their own faults, unless
    /// you name them.
    #[arg(long, value_name = "PRESET", value_parser = values::preset())]
    faults: Option<Faults>,
    /// Number of replicas, instead of the scenarios' own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    replicas: Option<u8>,
    /// Transport between the replicas and the API server.
    #[arg(long, value_enum, value_name = "TRANSPORT", default_value = "direct")]
    transport: Transport,
    /// Number of threads; one per processor by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Percentage of runs that are run twice and compared event by event.
    #[arg(long, default_value_t = 1, value_name = "PCT", value_parser = clap::value_parser!(u64).range(0..=100))]
    doublecheck: u64,
    /// Stops at the first violation.
    #[arg(long)]
    fail_fast: bool,
    #[command(flatten)]
    options: ReportOptions,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let subjects = subjects(args);
    let budget = Budget {
        plan: plan(args, &subjects),
        time: args.time,
        seed: args.seed,
        jobs: threads(args.jobs),
        fail_fast: args.fail_fast,
        doublecheck: args.doublecheck,
    };
    let done = with_progress(budget.plan.total(), |progress| campaign::run(&subjects, &budget, progress))?;
    let (tallies, strategy) = (&*done.result, args.strategy.name());
    let mut report = campaign_report::report("run", (&*subjects, tallies), strategy, done.took);
    report.failures = failures::of_campaign(&subjects, tallies, strategy, &args.options.replays())?;
    report.interrupted = done.stopped && !args.fail_fast;
    let enough = args.runs.is_none_or(|runs| runs >= RUNS_ENOUGH);
    let finished = !report.interrupted && args.time.is_none() && enough && !args.fail_fast;
    let own = finished && args.protocol == ProtocolName::FencedLease && args.faults.is_none();
    report.unmet = campaign_report::unmet(&subjects, tallies, own, own && args.scenarios.is_empty());
    output::write(&report, &args.options)
}

fn subjects(args: &Args) -> Vec<Subject> {
    let overrides = Overrides { faults: args.faults, replicas: args.replicas.map(usize::from) };
    let subject = |scenario: &&Scenario| Subject::new((*scenario).clone(), args.protocol, args.transport, overrides);
    if !args.scenarios.is_empty() {
        return args.scenarios.iter().map(subject).collect();
    }
    let (skipped, taken): (Vec<&Scenario>, Vec<&Scenario>) =
        CATALOGUE.iter().partition(|scenario| args.faults.is_some() && scenario.needs_its_own_faults());
    if !skipped.is_empty() {
        let names: Vec<_> = skipped.iter().map(|scenario| &*scenario.name).collect();
        eprintln!("lockstep: skipped, since they only hold under their own faults: {}", names.join(", "));
    }
    taken.iter().map(subject).collect()
}

fn plan(args: &Args, subjects: &[Subject]) -> Plan {
    let weights = subjects.iter().map(|subject| u64::from(subject.scenario.weight));
    let network = args.transport == Transport::Network;
    match (args.runs, args.time) {
        (Some(runs), _) => Plan::each(subjects.len(), runs),
        (None, Some(_)) => Plan::new(weights.collect(), None),
        (None, None) if !args.scenarios.is_empty() => {
            Plan::each(subjects.len(), if network { RUNS_OF_ONE / NETWORK_COST } else { RUNS_OF_ONE })
        }
        (None, None) if network => {
            Plan::new(weights.map(|weight| (RUNS_PER_WEIGHT * weight / NETWORK_COST).max(1)).collect(), Some(1))
        }
        (None, None) => Plan::new(weights.collect(), Some(RUNS_PER_WEIGHT)),
    }
}
