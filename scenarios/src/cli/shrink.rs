//! `lockstep shrink`: the smallest run found that still fails in the same way.
use super::{failures, folder::atomic, options::duration, outcome::Outcome, print, replay};
use crate::{
    campaign::known_failures,
    replay::Replay,
    shrink::{Limits, Shrunk, Size, shrink},
};
use anyhow::{Context, bail};
use model::oracle::Violation;
use reports::exit_code;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Most runs that look for a known failure.
const RUNS_TO_FIND: u64 = 4_000;

/// Makes a failing run smaller: fewer replicas, acts, signals, faults and triggers, then fewer departures from order.
///
/// The smaller run violates the same invariant for the same fingerprint. It is written to a file, which has what was
/// taken out of the scenario and which steps must come first, one a line; `lockstep replay` plays it. The exit code is
/// the run's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep shrink lockstep-report/burst-shipped-lease-one_active_request.replay
  lockstep shrink pair:none:direct:-:-:random:1 --output race.replay
  lockstep shrink --table                                sizes before and after, of every known failure")]
pub(super) struct Args {
    /// Replay file, or string.
    #[arg(value_name = "FILE|STRING", required_unless_present = "table")]
    replay: Option<String>,
    /// File for the smaller run; `smallest.replay` by default.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Wall-clock time after which the search for a smaller run ends.
    #[arg(long = "for", value_name = "TIME", value_parser = duration, default_value = "5s")]
    time: Duration,
    /// Shrinks what each mutant and each baseline is known to do wrong, and prints the sizes before and after.
    #[arg(long, conflicts_with_all = ["replay", "output"])]
    table: bool,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    match &args.replay {
        Some(given) => one(args, given),
        None => table(args),
    }
}

#[expect(clippy::disallowed_methods, reason = "the limit is wall time, and the result says if it ended the search")]
fn limits(args: &Args) -> Limits {
    Limits { deadline: Instant::now().checked_add(args.time), ..Limits::default() }
}

fn one(args: &Args, given: &str) -> anyhow::Result<Outcome> {
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from("smallest.replay"));
    let shown = output.display();
    atomic::try_out(&output).with_context(|| format!("--output: cannot write {shown}; set another file"))?;
    let cannot = || format!("cannot shrink {given}");
    let replay: Replay = replay::text(given)?.parse().with_context(cannot)?;
    let shrunk = shrink(&replay, &limits(args)).with_context(cannot)?;
    let mut text = format!("{}\n\n", shrunk.replay.sentence.as_deref().unwrap_or_default());
    let header =
        ["", "replicas", "signals", "acts", "triggers", "faults", "deviations", "choices", "API calls", "to violation"];
    let rows = [row("before", &shrunk.before), row("after", &shrunk.after)];
    text += &aligned(&header, &rows);
    text += &format!("\n{}", ended(&shrunk));
    text += &described(&shrunk.replay);
    print::line(&format!("{text}\nagain   lockstep replay {shown}"))?;
    atomic::write(&output, shrunk.replay.to_text().as_bytes()).with_context(|| format!("cannot write {shown}"))?;
    let code = |violation: &Violation| exit_code::of_kind(failures::kind_of(violation.invariant));
    Ok(Outcome(exit_code::worst(shrunk.violations.iter().map(code))))
}

/// End of the search, in words.
fn ended(shrunk: &Shrunk) -> String {
    let how = if shrunk.stopped_early { "; stopped early, a smaller run may exist" } else { "" };
    format!("{} runs{how}\n", shrunk.runs)
}

/// What was taken out, and the rules that are left.
fn described(replay: &Replay) -> String {
    let edits = replay.edits.iter().map(|edit| format!("edit    {edit}\n"));
    let rules = match &replay.decisions {
        crate::replay::Decisions::Guided(guide) => guide.rules(),
        _ => Vec::new(),
    };
    let rules: Vec<String> = rules.iter().map(|rule| format!("rule    {rule}\n")).collect();
    let none = if rules.is_empty() { "rule    none: it fails in order and without faults\n" } else { "" };
    edits.chain(rules).chain([none.to_owned()]).collect()
}

fn row(name: &str, size: &Size) -> Vec<String> {
    let Size { replicas, signals, acts, triggers, faults, deviations, api_calls, choices, calls_until } = size;
    let figures = [replicas, signals, acts, triggers, faults, deviations, choices, api_calls, calls_until];
    std::iter::once(name.to_owned()).chain(figures.map(ToString::to_string)).collect()
}

fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let widest = |column: usize| {
        std::iter::once(&header).chain(rows).map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(widest).collect();
    let line = |row: &Vec<String>| {
        let cell = |(column, (cell, &width)): (usize, (&String, &usize))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        row.iter().zip(&widths).enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    std::iter::once(&header).chain(rows).map(line).collect()
}

#[expect(clippy::disallowed_methods, reason = "the table says how long it took; no run sees it")]
fn table(args: &Args) -> anyhow::Result<Outcome> {
    let header = [
        "protocol · scenario · invariant",
        "replicas",
        "signals",
        "faults",
        "triggers",
        "deviations",
        "choices",
        "API calls",
        "to violation",
        "runs",
        "seconds",
    ];
    let (mut rows, mut missed) = (Vec::new(), Vec::new());
    for known in known_failures::all()? {
        let scenario = &known.subject.scenario.name;
        let name = format!("{} · {scenario} · {}", known.subject.protocol, known.invariant);
        let Some(replay) = known.find(RUNS_TO_FIND) else {
            missed.push(format!("{name}: not found in {RUNS_TO_FIND} runs"));
            continue;
        };
        let began = Instant::now();
        match shrink(&replay, &limits(args)) {
            Ok(Shrunk { before, after, runs, stopped_early, .. }) => {
                let pair = |was: u64, is: u64| format!("{was} → {is}");
                let early = if stopped_early { " (early)" } else { "" };
                rows.push(vec![
                    name,
                    pair(before.replicas, after.replicas),
                    pair(before.signals, after.signals),
                    pair(before.faults, after.faults),
                    pair(before.triggers, after.triggers),
                    pair(before.deviations, after.deviations),
                    pair(before.choices, after.choices),
                    pair(before.api_calls, after.api_calls),
                    pair(before.calls_until, after.calls_until),
                    format!("{runs}{early}"),
                    format!("{:.1}", began.elapsed().as_secs_f64()),
                ]);
            }
            Err(error) => missed.push(format!("{name}: {error}")),
        }
    }
    print::line(aligned(&header, &rows).trim_end())?;
    if !missed.is_empty() {
        bail!("{} known failures were not made smaller:\n{}", missed.len(), missed.join("\n"));
    }
    Ok(Outcome(exit_code::HELD))
}
