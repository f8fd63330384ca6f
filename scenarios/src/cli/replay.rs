//! `lockstep replay`: the same run again, byte for byte.
use super::{campaign_report, failures, folder::atomic, outcome::Outcome, paint, print, width};
use crate::{
    campaign::Tally,
    code,
    replay::{Decisions, Replay, ReplayError},
    runner::{Prepared, Run, Subject},
};
use anyhow::{Context, bail};
use model::verdict::Verdict;
use reports::{
    exit_code,
    report::RunReport,
    text::{Detail as TextDetail, render_within},
};
use sim::engine::Detail;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Replays runs and prints what happened in them.
///
/// It exits as the run did; with several replays, as the worst of them. A replay that cannot be read, or that other
/// code recorded and that no longer fits, exits with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep replay lockstep-report/burst-none-one_active_request.replay
  lockstep replay lockstep-report/*.replay
  lockstep replay burst:shipped-lease:direct:-:-:random:42 --html race.html
  lockstep replay pair:none:direct:-:-:random:1 --verbose")]
pub(super) struct Args {
    /// Replay files, or scenario:protocol:transport:faults:replicas:strategy:decisions.
    ///
    /// `-` stands for the scenario's own faults or replicas. Strategy and decisions are `random` and a seed, or
    /// `placed` and choices like 12=1,31=3.
    #[arg(value_name = "FILE|STRING", required = true)]
    replays: Vec<String>,
    /// Writes the report of one replay as a page.
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
    if let Some(html) = &args.html {
        if args.replays.len() > 1 {
            bail!("--html takes the page of one replay, and there are {}", args.replays.len());
        }
        atomic::try_out(html)
            .with_context(|| format!("--html: cannot write {}; set another file (nothing was run)", html.display()))?;
    }
    let mut codes = Vec::new();
    for (index, given) in args.replays.iter().enumerate() {
        if index > 0 {
            say("");
        }
        let code = replay(args, given).unwrap_or_else(|error| {
            print::note(&format!("{error:#}"));
            exit_code::USAGE_OR_INTERNAL
        });
        codes.push(code);
    }
    Ok(Outcome(exit_code::worst(codes)))
}

/// Prints a line. If it cannot be printed, the exit code still says how the run ended.
fn say(text: &str) {
    if let Err(error) = print::line(text) {
        print::note(&format!("{error:#}"));
    }
}

/// Replays one run; returns its exit code.
fn replay(args: &Args, given: &str) -> anyhow::Result<u8> {
    let (replay, subject) = read(given)?;
    let run = Prepared::new(subject.clone(), Detail::Chain).run(replay.choices(), true)?;
    if let Some(why) = differs(&replay, &run) {
        return unrepeated(given, &replay, &why);
    }
    let report = report(&subject, &replay, given, &run);
    if args.step {
        let lines = Prepared::new(subject, Detail::Lines).run(replay.choices(), false)?.outcome.trace.into_lines();
        say(&lines.join("\n"));
    }
    say(&identity(&replay, &run));
    let detail = if args.verbose { TextDetail::Full } else { TextDetail::Short };
    say(paint::for_output(render_within(&report, detail, width::of_output())).trim_end());
    if let Some(html) = &args.html
        && let Err(error) = atomic::write(html, reports::html::render(&report).as_bytes())
    {
        print::note(&format!("cannot write {}: {error}", html.display()));
    }
    Ok(exit_code(&report))
}

/// The replay that an argument is or names, and what it runs.
///
/// # Errors
/// If it cannot be read, or does not fit this program.
pub(super) fn read(given: &str) -> anyhow::Result<(Replay, Subject)> {
    let cannot = || format!("cannot replay {given}");
    let replay: Replay = text(given)?.parse().with_context(cannot)?;
    let subject = replay.subject().with_context(cannot)?;
    Ok((replay, subject))
}

/// How the run differs from the one that was recorded, if it does.
fn differs(replay: &Replay, run: &Run) -> Option<String> {
    let chain = run.hashes().chain;
    let recorded = replay.chain.filter(|&recorded| recorded != chain);
    let other = recorded.map(|recorded| format!("its trace hash is {chain:016x}, and {recorded:016x} was recorded"));
    run.outcome.mismatch.clone().or(other)
}

/// The run was not the recorded one: either the code has changed since, or the run is not deterministic.
fn unrepeated(given: &str, replay: &Replay, why: &str) -> anyhow::Result<u8> {
    if replay.code.as_deref() == Some(code::ID) {
        print::note(&format!(
            "{given} did not repeat itself: {why}. This same code recorded it, so the run is not deterministic; \
             `lockstep determinism` names the first event that differs"
        ));
        return Ok(exit_code::NOT_DETERMINISTIC);
    }
    Err(ReplayError::OtherCode(why.to_owned())).with_context(|| format!("cannot replay {given}"))
}

/// The text of a replay: the argument itself, or the file that it names.
pub(super) fn text(given: &str) -> anyhow::Result<String> {
    let path = Path::new(given);
    if path.is_dir() {
        bail!("{given} is a directory; name the replay files in it, as in `lockstep replay {given}/*.replay`");
    }
    // The string of a smaller run has slashes too, as in pair/replicas=1:none:direct:-:-:random:1.
    let is_string = given.matches(':').count() >= 6 || given.contains(':') && path.components().count() == 1;
    let is_file = path.exists() || !is_string;
    if !is_file {
        return Ok(given.to_owned());
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {given}"))?;
    String::from_utf8(bytes).ok().with_context(|| format!("cannot replay {given}: not a replay, it is not text"))
}

/// The report of a replayed run. It has no wall-clock figures, so the same replay prints the same bytes.
pub(super) fn report(subject: &Subject, replay: &Replay, given: &str, run: &Run) -> RunReport {
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
        Decisions::Placed(picks) | Decisions::Still(picks) => format!("{} placed choices", picks.len()),
        Decisions::Guided(guide) => format!("a guide of {} rules", guide.len()),
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
