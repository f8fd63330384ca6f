//! `lockstep explain`: why a run fails, in a sentence, beside the nearest run that holds.
use super::{
    folder::atomic,
    options::duration,
    outcome::Outcome,
    paint, print, replay,
    smallest::{self, Small},
    width,
};
use crate::{replay::Replay, runner::Prepared};
use anyhow::Context;
use reports::{report::RunReport, text};
use std::{path::PathBuf, time::Duration};

/// Explains why a run fails.
///
/// It makes the run smaller, as `lockstep shrink` does, and looks for the nearest run that holds: two steps swapped, or
/// one fault undone. The two steps whose order decides are marked A and B. Runs that follow the failing one up to some
/// point and continue at random show where failing became likely. The exit code is the run's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep explain lockstep-report/burst-shipped-lease-one_active_request.replay
  lockstep explain pair:none:direct:-:-:random:1 --html race.html")]
pub(super) struct Args {
    /// Replay file, or string.
    #[arg(value_name = "FILE|STRING")]
    replay: String,
    /// Writes the explanation as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// File for the smaller run; `smallest.replay` by default.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Wall-clock time to spend.
    #[arg(long = "for", value_name = "TIME", value_parser = duration, default_value = "10s")]
    time: Duration,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from("smallest.replay"));
    for (option, file) in args.html.iter().map(|file| ("--html", file)).chain([("--output", &output)]) {
        let shown = file.display();
        atomic::try_out(file).with_context(|| format!("{option}: cannot write {shown}; set another file"))?;
    }
    let cannot = || format!("cannot explain {}", args.replay);
    let given: Replay = replay::text(&args.replay)?.parse().with_context(cannot)?;
    let mut write = Ok(());
    let small = smallest::of(&given, args.time, |text| {
        write = atomic::write(&output, text.as_bytes());
        write.is_ok().then(|| output.clone())
    });
    let small = small.with_context(cannot)?;
    if let Err(error) = write {
        print::note(&format!("cannot write {}: {error}", output.display()));
    }
    let report = report(small)?;
    print::line(paint::for_output(text::explanation(&report, width::of_output())).trim_end())?;
    if let Some(html) = &args.html {
        let shown = html.display();
        let page = reports::html::render(&report);
        atomic::write(html, page.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
    }
    Ok(Outcome(reports::exit_code(&report)))
}

/// The report of the smaller run, with its explanation at the failure that was asked for.
fn report(small: Small) -> anyhow::Result<RunReport> {
    let Small { smallest, neighbour, shrunk } = small;
    let run = Prepared::new(shrunk.subject.clone(), sim::engine::Detail::Chain).run(shrunk.replay.choices(), true)?;
    let given = smallest.file.clone().or_else(|| smallest.replay_string.clone()).unwrap_or_default();
    let mut report = replay::report(&shrunk.subject, &shrunk.replay, &given, &run);
    "explain".clone_into(&mut report.command);
    for failure in &mut report.failures {
        if Some(&failure.invariant) == shrunk.replay.invariant.as_ref() {
            failure.smallest = Some(smallest.clone());
            failure.neighbour.clone_from(&neighbour);
        }
    }
    smallest::fold(&mut report.failures);
    Ok(report)
}
