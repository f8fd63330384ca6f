//! `lockstep determinism`: runs each seed twice, in two processes, and names the first event that differs.
use super::{outcome::Outcome, print};
use crate::{
    catalogue::{CATALOGUE, bursts::BURST},
    protocol_name::ProtocolName,
    runner::{Overrides, Prepared, Subject, Transport},
    scenario::Scenario,
};
use anyhow::{Context, bail};
use reports::exit_code;
use sim::{
    Faults,
    engine::{Choices, Detail, Random},
};
use std::{
    ops::Range,
    process::{Command, Stdio},
};

/// Runs each seed twice, in two processes, and compares all events.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep determinism --seeds 0..200")]
pub(super) struct Args {
    /// Range of seeds, without its end.
    #[arg(long, value_name = "A..B", default_value = "0..50", value_parser = seeds)]
    seeds: Range<u64>,
    /// Prints the trace hashes of these seeds, as each of the two processes does.
    #[arg(long, hide = true)]
    child: bool,
    /// Prints the whole trace of one subject of one seed.
    #[arg(long, hide = true)]
    trace: Option<usize>,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let range = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    match range {
        Some(range) if range.start < range.end => Ok(range),
        _ => Err(format!("`{text}` is not a range of seeds; write A..B with A less than B, such as 0..200")),
    }
}

/// What each seed runs: a scenario of the catalogue with its own faults and with hostile ones, and a protocol in turn.
fn subjects(seed: u64) -> Vec<Subject> {
    let scenario: &Scenario = CATALOGUE[(seed % CATALOGUE.len() as u64) as usize];
    let hostile = Overrides { faults: Some(Faults::HOSTILE), replicas: None };
    let protocols: Vec<ProtocolName> = ProtocolName::all().collect();
    let other = protocols[(seed % protocols.len() as u64) as usize];
    vec![
        Subject::new(scenario.clone(), ProtocolName::FencedLease, Transport::Direct, Overrides::default()),
        Subject::new(scenario.clone(), ProtocolName::FencedLease, Transport::Direct, hostile),
        Subject::new(BURST, other, Transport::Direct, hostile),
    ]
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    match (args.child, args.trace) {
        (_, Some(index)) => trace(args.seeds.start, index),
        (true, None) => child(args.seeds.clone()),
        (false, None) => parent(args.seeds.clone()),
    }
}

fn child(seeds: Range<u64>) -> anyhow::Result<Outcome> {
    for seed in seeds {
        for (index, subject) in subjects(seed).into_iter().enumerate() {
            let name = subject.scenario.name.to_string();
            let run = Prepared::new(subject, Detail::Lines).run(Choices::new(Random::new(seed)), false)?;
            let (events, chain) = (run.outcome.trace.events(), run.hashes().chain);
            print::line(&format!("{seed} {index} {name} {events} {chain:016x}"))?;
        }
    }
    Ok(Outcome(exit_code::HELD))
}

fn trace(seed: u64, index: usize) -> anyhow::Result<Outcome> {
    let Some(subject) = subjects(seed).into_iter().nth(index) else { bail!("seed {seed} has no subject {index}") };
    let run = Prepared::new(subject, Detail::Lines).run(Choices::new(Random::new(seed)), false)?;
    for line in &run.outcome.trace.into_lines() {
        print::line(line)?;
    }
    Ok(Outcome(exit_code::HELD))
}

fn run_self(arguments: &[String]) -> anyhow::Result<Vec<String>> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("a second process of this program failed: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

fn parent(seeds: Range<u64>) -> anyhow::Result<Outcome> {
    let range = format!("{}..{}", seeds.start, seeds.end);
    let arguments = ["determinism", "--child", "--seeds", &range].map(str::to_owned);
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| run_self(&arguments));
        (run_self(&arguments), other.join())
    });
    let (first, second) = (first?, second.map_err(|_| anyhow::anyhow!("a thread panicked"))??);
    let differing: Vec<(&String, &String)> = first.iter().zip(&second).filter(|(a, b)| a != b).collect();
    let (runs, seeds) = (first.len(), seeds.end - seeds.start);
    let differences = differing.len();
    print::line(&format!("{runs} runs of {seeds} seeds, each in two processes: {differences} differences"))?;
    let Some((line, _)) = differing.first() else {
        if first.len() != second.len() {
            bail!("the two processes made different numbers of runs");
        }
        return Ok(Outcome(exit_code::HELD));
    };
    name_first_difference(line)?;
    Ok(Outcome(exit_code::NOT_DETERMINISTIC))
}

fn name_first_difference(line: &str) -> anyhow::Result<()> {
    const BEFORE: usize = 5;
    let mut words = line.split(' ');
    let (seed, index) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let range = format!("{seed}..{}", seed.parse::<u64>()? + 1);
    let arguments = ["determinism", "--seeds", &range, "--trace", index].map(str::to_owned);
    let (first, second) = (run_self(&arguments)?, run_self(&arguments)?);
    match first.iter().zip(&second).position(|(a, b)| a != b) {
        Some(at) => {
            print::line(&format!("seed {seed}, subject {index}: event {at} differs. The events before it:"))?;
            for line in &first[at.saturating_sub(BEFORE)..at] {
                print::line(&format!("    {line}"))?;
            }
            print::line(&format!("  one {}\n  two {}", first[at], second[at]))?;
        }
        None => {
            print::line(&format!("seed {seed}, subject {index}: the difference is in a body, or did not occur again"))?
        }
    }
    Ok(())
}
