//! `lockstep run`: the main job.
use super::{Format, Outcome, output, progress};
use crate::{
    campaign::{self, Budget, Plan, Progress},
    catalogue::{CATALOGUE, find, unknown},
    protocol_name::{ProtocolName, SHIPPED},
    replay::preset,
    runner::{Overrides, Subject, Transport},
    scenario::Scenario,
};
use anyhow::bail;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// Runs per unit of a scenario's weight when the whole catalogue is run: a budget that ends within a minute.
const RUNS_PER_WEIGHT: u64 = 14;
/// Runs of each scenario that is named.
const RUNS_OF_ONE: u64 = 2_000;
/// How many runs of the direct transport take as long as one over the network.
const NETWORK_COST: u64 = 200;

/// Replays thousands of interleavings of the catalogue against the gateway.
///
/// Without a scenario: the whole catalogue, within a minute. Examples: lockstep run · lockstep run burst pair --runs 10000 ·
/// lockstep run --protocol shipped-lease · lockstep run burst --faults hostile --for 10m --report out
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios, by name; `lockstep list` shows them.
    scenarios: Vec<String>,
    /// Runs of each scenario.
    #[arg(long, conflicts_with = "time", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Wall time to spend, e.g. 30s, 10m, 1h.
    #[arg(long = "for", id = "time", value_parser = duration)]
    time: Option<Duration>,
    /// From which every run's seed comes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How interleavings are chosen.
    #[arg(long, default_value = "random", value_parser = ["random"])]
    strategy: String,
    /// The protocol that handles signals.
    #[arg(long, default_value = SHIPPED)]
    protocol: String,
    /// A preset of faults instead of the scenarios' own: none, calm, stormy, hostile. Of the whole catalogue, those scenarios are left
    /// out whose promises need their own faults; they run when named.
    #[arg(long)]
    faults: Option<String>,
    /// How many replicas instead of the scenarios' own.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16))]
    replicas: Option<u8>,
    /// How replicas reach the API server.
    #[arg(long, default_value = "direct")]
    transport: String,
    /// Threads; as many as there are processors by default.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: Option<u8>,
    /// Of 100 runs, how many are run twice and compared, event by event.
    #[arg(long, default_value_t = 1, value_name = "PCT", value_parser = clap::value_parser!(u64).range(0..=100))]
    doublecheck: u64,
    /// Stop at the first violation.
    #[arg(long)]
    fail_fast: bool,
    /// How to print the report.
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
    /// A directory for the report in every format; replay files go there too (to lockstep-report otherwise).
    #[arg(long)]
    report: Option<PathBuf>,
}

#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn execute(args: Args) -> anyhow::Result<Outcome> {
    let subjects = subjects(&args)?;
    let budget = Budget {
        plan: plan(&args, &subjects),
        time: args.time,
        seed: args.seed,
        jobs: args.jobs.map_or_else(processors, usize::from),
        fail_fast: args.fail_fast,
        doublecheck: args.doublecheck,
    };
    let progress = std::sync::Arc::new(Progress::default());
    interruptible(&progress)?;
    let (total, done) = (budget.plan.total(), AtomicBool::new(false));
    let began = std::time::Instant::now();
    let tallies = std::thread::scope(|scope| {
        scope.spawn(|| progress::show(&progress, total, &done));
        let tallies = campaign::run(&subjects, &budget, &progress);
        done.store(true, Relaxed);
        tallies
    });
    let mut report = output::report(&subjects, &tallies, &args.strategy, began.elapsed());
    let directory = args.report.clone().unwrap_or_else(|| PathBuf::from("lockstep-report"));
    report.failures = output::failures(&subjects, &tallies, &directory)?;
    report.interrupted = progress.stop.load(Relaxed) && !args.fail_fast;
    let finished =
        !report.interrupted && args.time.is_none() && args.runs.is_none_or(|runs| runs >= 100) && !args.fail_fast;
    let own = finished && args.protocol == SHIPPED && args.faults.is_none();
    report.unmet = output::unmet(&subjects, &tallies, own, own && args.scenarios.is_empty());
    output::write(&report, args.format, args.report.as_deref())
}

fn subjects(args: &Args) -> anyhow::Result<Vec<Subject>> {
    let protocol: ProtocolName = args.protocol.parse().map_err(anyhow::Error::msg)?;
    let transport: Transport = args.transport.parse().map_err(anyhow::Error::msg)?;
    let faults = args.faults.as_deref().map(preset).transpose()?;
    let overrides = Overrides { faults, replicas: args.replicas.map(usize::from) };
    let mut scenarios: Vec<&Scenario> = Vec::new();
    for name in &args.scenarios {
        match find(name) {
            Some(scenario) => scenarios.push(scenario),
            None => bail!("{}", unknown(name)),
        }
    }
    if scenarios.is_empty() {
        let (left, taken): (Vec<&Scenario>, Vec<&Scenario>) =
            CATALOGUE.iter().partition(|scenario| args.faults.is_some() && scenario.needs_its_own_faults());
        if !left.is_empty() {
            let names: Vec<_> = left.iter().map(|scenario| &*scenario.name).collect();
            eprintln!("lockstep: left out, as their promises need their own faults: {}", names.join(", "));
        }
        scenarios.extend(taken);
    }
    Ok(scenarios.into_iter().map(|scenario| Subject::new(scenario.clone(), protocol, transport, overrides)).collect())
}

fn plan(args: &Args, subjects: &[Subject]) -> Plan {
    let weights = subjects.iter().map(|subject| u64::from(subject.scenario.weight));
    let network = subjects.iter().any(|subject| subject.transport == Transport::Network);
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

pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// Ctrl-C ends the campaign; what was done by then is reported.
pub(super) fn interruptible(progress: &std::sync::Arc<Progress>) -> anyhow::Result<()> {
    let progress = std::sync::Arc::clone(progress);
    ctrlc::set_handler(move || progress.stop.store(true, Relaxed))?;
    Ok(())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is not a duration: try 30s, 10m or 1h"))?;
    match unit {
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(60 * number)),
        "h" => Ok(Duration::from_secs(3_600 * number)),
        _ => Err(format!("`{text}` has no unit: try 30s, 10m or 1h")),
    }
}
