//! `lockstep replay`: the same run again, byte for byte.
use super::{campaign_report, failures, outcome::Outcome, print};
use crate::{
    campaign::Tally,
    replay::{Decisions, Replay},
    runner::{Prepared, Run, Subject},
};
use anyhow::Context;
use model::verdict::Verdict;
use reports::{exit_code, report::RunReport, text::Detail as TextDetail};
use sim::engine::Detail;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Replays one run and prints what happened in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep replay lockstep-report/burst-none-one_active_request.replay
  lockstep replay burst:shipped-lease:direct:-:-:random:42 --html race.html
  lockstep replay pair:none:direct:-:-:random:1 --verbose")]
pub(super) struct Args {
    /// Replay file, or scenario:protocol:transport:faults:replicas:strategy:decisions.
    ///
    /// `-` stands for the scenario's own faults or replicas. Strategy and decisions are `random` and a seed, or
    /// `placed` and choices like 12=1,31=3.
    #[arg(value_name = "FILE|STRING")]
    replay: String,
    /// Writes the report as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Prints every event before the report.
    #[arg(long)]
    step: bool,
    /// Shows every fault and invariant, the whole timeline, and what is not modelled.
    #[arg(long, short)]
    verbose: bool,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let replay: Replay = text(&args.replay)?.parse().with_context(|| format!("cannot replay {}", args.replay))?;
    let subject = replay.subject()?;
    let run = Prepared::new(subject.clone(), Detail::Chain).run(replay.choices(), true)?;
    if let Some(why) = &run.outcome.mismatch {
        eprintln!(
            "lockstep: this replay no longer fits: {why}. Another version recorded it; search for the run again."
        );
        return Ok(Outcome(exit_code::NOT_DETERMINISTIC));
    }
    let chain = run.hashes().chain;
    if let Some(recorded) = replay.chain.filter(|&recorded| recorded != chain) {
        eprintln!(
            "lockstep: the run differs from the recorded one: trace hash {chain:016x}, recorded {recorded:016x}."
        );
        return Ok(Outcome(exit_code::NOT_DETERMINISTIC));
    }
    let report = report(&subject, &replay, &args.replay, &run);
    if args.step {
        let lines = Prepared::new(subject, Detail::Lines).run(replay.choices(), false)?.outcome.trace.into_lines();
        for line in &lines {
            print::line(line)?;
        }
    }
    print::line(&identity(&replay, &run))?;
    let detail = if args.verbose { TextDetail::Full } else { TextDetail::Short };
    print::line(reports::text::render(&report, detail).trim_end())?;
    if let Some(html) = &args.html {
        std::fs::write(html, reports::html::render(&report))
            .with_context(|| format!("cannot write {}", html.display()))?;
    }
    Ok(Outcome(exit_code(&report)))
}

/// The text of a replay: the argument itself, or the file that it names.
fn text(given: &str) -> anyhow::Result<String> {
    let path = Path::new(given);
    let is_file = path.exists() || path.components().count() > 1 || !given.contains(':');
    if is_file {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    } else {
        Ok(given.to_owned())
    }
}

/// The report of a replayed run. It has no wall-clock figures, so the same replay prints the same bytes.
fn report(subject: &Subject, replay: &Replay, given: &str, run: &Run) -> RunReport {
    let mut tally = Tally::default();
    tally.add(0, 0, run);
    let campaign = (std::slice::from_ref(subject), std::slice::from_ref(&tally));
    let mut report = campaign_report::report("replay", campaign, "replay", Duration::ZERO);
    report.runs_per_second = 0.0;
    report.failures = failures::of_replay(subject, replay, given, run);
    report
}

/// What was replayed, and the hash that two equal runs share.
fn identity(replay: &Replay, run: &Run) -> String {
    let decisions = match &replay.decisions {
        Decisions::Seed(seed) => format!("seed {seed}"),
        Decisions::Choices(choices) => format!("{} recorded choices", choices.len()),
        Decisions::Placed(picks) => format!("{} placed choices", picks.len()),
    };
    let verdict = if run.verdict == Verdict::Violated { "violated" } else { "held" };
    format!(
        "{} · {} · {} · {decisions}: {verdict}; {} events, trace hash {:016x}",
        replay.scenario,
        replay.protocol,
        replay.transport,
        run.outcome.trace.events(),
        run.hashes().chain
    )
}
