//! `lockstep replay`: the same run again, byte for byte.
use super::Outcome;
use crate::{
    replay::{Decisions, Replay},
    runner::{Prepared, Run},
};
use anyhow::Context;
use model::verdict::Verdict;
use reports::exit_code;
use sim::engine::Detail;
use std::path::{Path, PathBuf};

/// Runs one recorded run again, and prints what happened in it.
///
/// Examples: lockstep replay lockstep-report/burst-none-one_active_request.replay ·
/// lockstep replay burst:shipped-lease:direct:-:-:random:42 --html race.html
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A replay file, or scenario:protocol:transport:faults:replicas:strategy:decisions (`-` for the scenario's own), where
    /// strategy and decisions are `random` and a seed, or `placed` and choices like 12=1,31=3.
    replay: String,
    /// Writes the story as a page.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Prints every event, not only the verdict and the timeline.
    #[arg(long)]
    step: bool,
}

pub(super) fn execute(args: Args) -> anyhow::Result<Outcome> {
    let path = Path::new(&args.replay);
    let text = if path.exists() || path.components().count() > 1 || args.replay.ends_with(".replay") {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
    } else {
        args.replay.clone()
    };
    let replay: Replay = text.parse().with_context(|| format!("cannot replay {}", args.replay))?;
    let subject = replay.subject()?;
    let run = Prepared::new(subject.clone(), Detail::Chain).run(replay.choices(), true)?;
    if let Some(why) = &run.outcome.mismatch {
        eprintln!("lockstep: this replay no longer fits: {why}. It was recorded with another version; search again.");
        return Ok(Outcome(exit_code::NOT_DETERMINISTIC));
    }
    let chain = run.hashes().chain;
    if replay.chain.is_some_and(|recorded| recorded != chain) {
        eprintln!(
            "lockstep: the run differs from the recorded one: chain {chain:016x}, recorded {:016x}.",
            replay.chain.unwrap_or(0)
        );
        return Ok(Outcome(exit_code::NOT_DETERMINISTIC));
    }
    let report = super::output::replay_report(&subject, &replay, &args.replay, &run);
    if args.step {
        let lines = Prepared::new(subject, Detail::Lines).run(replay.choices(), false)?.outcome.trace.into_lines();
        lines.iter().for_each(|line| println!("{line}"));
    }
    print!("{}", summary(&replay, &run));
    println!("{}", reports::text::render(&report).trim_end());
    if let Some(html) = &args.html {
        std::fs::write(html, reports::html::render(&report))
            .with_context(|| format!("cannot write {}", html.display()))?;
    }
    Ok(Outcome(exit_code(&report)))
}

fn summary(replay: &Replay, run: &Run) -> String {
    let decisions = match &replay.decisions {
        Decisions::Seed(seed) => format!("seed {seed}"),
        Decisions::Choices(choices) => format!("{} recorded choices", choices.len()),
        Decisions::Placed(picks) => format!("{} placed choices", picks.len()),
    };
    let verdict = if run.verdict == Verdict::Violated { "violated" } else { "held" };
    format!(
        "{} · {} · {} · {decisions}: {verdict}; {} events, chain {:016x}\n",
        replay.scenario,
        replay.protocol,
        replay.transport,
        run.outcome.trace.events(),
        run.hashes().chain
    )
}
