//! `lockstep determinism`: each seed twice, in two processes; the first event that differs is named.
use super::Outcome;
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

/// Runs each seed twice, in two processes, and compares everything that happened.
///
/// Example: lockstep determinism --seeds 0..200
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The seeds, as A..B.
    #[arg(long, default_value = "0..50", value_parser = seeds)]
    seeds: Range<u64>,
    /// Prints the traces' hashes of these seeds: what the two processes are asked for.
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
        _ => Err(format!("`{text}` is not a range of seeds: try 0..200")),
    }
}

/// What each seed is tried on: a scenario of the catalogue with its own faults and with all of them, and the comparison's protocols.
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
            println!("{seed} {index} {name} {} {:016x}", run.outcome.trace.events(), run.hashes().chain);
        }
    }
    Ok(Outcome(exit_code::HELD))
}

fn trace(seed: u64, index: usize) -> anyhow::Result<Outcome> {
    let Some(subject) = subjects(seed).into_iter().nth(index) else { bail!("seed {seed} has no subject {index}") };
    let run = Prepared::new(subject, Detail::Lines).run(Choices::new(Random::new(seed)), false)?;
    run.outcome.trace.into_lines().iter().for_each(|line| println!("{line}"));
    Ok(Outcome(exit_code::HELD))
}

fn ask(arguments: &[String]) -> anyhow::Result<Vec<String>> {
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
        let other = scope.spawn(|| ask(&arguments));
        (ask(&arguments), other.join())
    });
    let (first, second) = (first?, second.map_err(|_| anyhow::anyhow!("a thread panicked"))??);
    let differing: Vec<(&String, &String)> = first.iter().zip(&second).filter(|(a, b)| a != b).collect();
    println!(
        "{} runs of {} seeds, each in two processes: {} differences",
        first.len(),
        seeds.end - seeds.start,
        differing.len()
    );
    let Some((line, _)) = differing.first() else {
        if first.len() != second.len() {
            bail!("the two processes did not do the same number of runs");
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
    let (first, second) = (ask(&arguments)?, ask(&arguments)?);
    match first.iter().zip(&second).position(|(a, b)| a != b) {
        Some(at) => {
            println!("seed {seed}, subject {index}: event {at} differs. The events before it:");
            first[at.saturating_sub(BEFORE)..at].iter().for_each(|line| println!("    {line}"));
            println!("  one {}\n  two {}", first[at], second[at]);
        }
        None => println!("seed {seed}, subject {index}: bodies differ, or the difference did not come again"),
    }
    Ok(())
}
