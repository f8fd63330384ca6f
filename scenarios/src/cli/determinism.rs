//! `lockstep determinism`: runs each seed twice, in two processes, and names the first event that differs.
use super::{outcome::Outcome, print, signals};
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
    io::{self, BufRead, BufReader, Write},
    ops::Range,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// Runs each seed twice, in two processes, and compares all events.
///
/// Ctrl-C and SIGTERM end it with a count of what was compared by then; it exits with 6 then, unless a run differed.
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

/// Prints a line per run until it is done, or nobody reads any more, or it is interrupted.
fn child(seeds: Range<u64>) -> anyhow::Result<Outcome> {
    let stop = Arc::new(AtomicBool::new(false));
    let interrupted = Arc::clone(&stop);
    signals::at_the_first(move || interrupted.store(true, Relaxed))?;
    let mut output = io::stdout().lock();
    for seed in seeds {
        for (index, subject) in subjects(seed).into_iter().enumerate() {
            if stop.load(Relaxed) {
                return Ok(Outcome(exit_code::INCONCLUSIVE));
            }
            let name = subject.scenario.name.to_string();
            let run = Prepared::new(subject, Detail::Lines).run(Choices::new(Random::new(seed)), false)?;
            let (events, chain) = (run.outcome.trace.events(), run.hashes().chain);
            writeln!(output, "{seed} {index} {name} {events} {chain:016x}").and_then(|()| output.flush())?;
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

/// Two child processes, which a signal ends.
#[derive(Default)]
struct Children {
    running: Mutex<Vec<Child>>,
    interrupted: AtomicBool,
}

impl Children {
    /// Starts one more, and returns its output.
    fn start(&self, arguments: &[String]) -> anyhow::Result<impl BufRead + Send + use<>> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut child = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("a child without an output")?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(child);
        if self.interrupted.load(Relaxed) {
            self.interrupt();
        }
        Ok(BufReader::new(output))
    }

    /// Ends all of them.
    fn interrupt(&self) {
        self.interrupted.store(true, Relaxed);
        for child in self.running.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            // One that has ended already cannot be killed.
            let _ = child.kill();
        }
    }

    /// How they ended, after their output did.
    fn wait(&self) -> io::Result<Vec<ExitStatus>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().map(Child::wait).collect()
    }
}

/// Whole lines; a killed process leaves a part of one.
fn whole_lines(mut output: impl BufRead) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    while output.read_line(&mut line).is_ok() && line.ends_with('\n') {
        lines.push(line.trim_end().to_owned());
        line.clear();
    }
    lines
}

fn parent(seeds: Range<u64>) -> anyhow::Result<Outcome> {
    let range = format!("{}..{}", seeds.start, seeds.end);
    let arguments = ["determinism", "--child", "--seeds", &range].map(str::to_owned);
    let children = Arc::new(Children::default());
    let interrupted = Arc::clone(&children);
    signals::at_the_first(move || interrupted.interrupt())?;
    let (one, two) = (children.start(&arguments)?, children.start(&arguments)?);
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| whole_lines(two));
        (whole_lines(one), other.join())
    });
    let second = second.map_err(|_| anyhow::anyhow!("a thread panicked"))?;
    let ended = children.wait()?;
    // A terminal interrupts the children too, perhaps before this process.
    let stopped = |status: &ExitStatus| status.code() == Some(i32::from(exit_code::INCONCLUSIVE));
    let interrupted = children.interrupted.load(Relaxed) || ended.iter().any(stopped);
    if let Some(failed) = ended.iter().find(|status| !status.success()).filter(|_| !interrupted) {
        bail!("a second process of this program failed: {failed}");
    }
    judge((&first, &second), &seeds, interrupted)
}

/// Compares the lines of two processes that ran these seeds.
fn judge((first, second): (&[String], &[String]), seeds: &Range<u64>, interrupted: bool) -> anyhow::Result<Outcome> {
    let compared = first.len().min(second.len());
    let mut differing = first.iter().zip(second).filter(|(a, b)| a != b).map(|(line, _)| line).peekable();
    let line = differing.peek().map(|line| (*line).clone());
    let (seeds, differences) = (seeds.end - seeds.start, differing.count());
    let stopped = if interrupted { ", stopped early" } else { "" };
    print::line(&format!(
        "{compared} runs of {seeds} seeds, each in two processes{stopped}: {differences} differences"
    ))?;
    match line {
        Some(line) => {
            name_first_difference(&line)?;
            Ok(Outcome(exit_code::NOT_DETERMINISTIC))
        }
        None if interrupted => Ok(Outcome(exit_code::INCONCLUSIVE)),
        None if first.len() != second.len() => bail!("the two processes made different numbers of runs"),
        None => Ok(Outcome(exit_code::HELD)),
    }
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
