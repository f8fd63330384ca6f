//! `lockstep corpus`, and the corpus that `lockstep run` replays first.
use super::{campaign_report, failures, folder::atomic, options::duration, outcome::Outcome, print, replay, smallest};
use crate::{
    corpus::{self, Entry},
    replay::Replay,
    runner::Run,
};
use anyhow::Context;
use clap::Subcommand;
use model::verdict::Verdict;
use reports::report::{CorpusRow, Failure, RunReport};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Strategy of failures of the corpus in reports.
pub(super) const STRATEGY: &str = "corpus";

/// Keeps failing runs as small text files, which `lockstep run` replays first.
///
/// An entry names what is left of its scenario and which steps must come first, one a line. It stays when the mistake
/// is fixed, as a regression test.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep corpus add lockstep-report/burst-none-one_active_request.replay
  lockstep corpus list
  lockstep corpus verify --rewrite")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes failing runs smaller and adds them.
    Add {
        /// Replay files, or strings.
        #[arg(value_name = "FILE|STRING", required = true)]
        replays: Vec<String>,
        /// Folder of the corpus.
        #[arg(long, value_name = "DIR", default_value = corpus::FOLDER)]
        corpus: PathBuf,
        /// Wall-clock time for each, after which the search for a smaller run ends.
        #[arg(long = "for", value_name = "TIME", value_parser = duration, default_value = "5s")]
        time: Duration,
    },
    /// Lists the entries.
    List {
        /// Folder of the corpus.
        #[arg(long, value_name = "DIR", default_value = corpus::FOLDER)]
        corpus: PathBuf,
    },
    /// Replays the entries; exits as the worst of those that still fail.
    Verify {
        /// Folder of the corpus.
        #[arg(long, value_name = "DIR", default_value = corpus::FOLDER)]
        corpus: PathBuf,
        /// Rewrites stale entries for which a failing run was found nearby.
        #[arg(long)]
        rewrite: bool,
    },
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Add { replays, corpus, time } => {
            std::fs::create_dir_all(corpus).with_context(|| format!("--corpus: cannot make {}", corpus.display()))?;
            replays.iter().try_for_each(|given| add(given, corpus, *time))?;
            Ok(Outcome(reports::exit_code::HELD))
        }
        What::List { corpus } => {
            for Entry { path, replay } in read(corpus)? {
                let what = replay.map_or_else(|error| error.to_string(), |replay| replay.sentence.unwrap_or_default());
                print::line(&format!("{}\n    {what}", path.display()))?;
            }
            Ok(Outcome(reports::exit_code::HELD))
        }
        What::Verify { corpus, rewrite } => {
            let mut report = campaign_report::blank("corpus", Duration::ZERO);
            verify(&read(corpus)?, *rewrite)?.add_to(&mut report);
            for row in report.corpus.iter().flatten() {
                print::line(&format!("{:<14}{}{}", row.outcome, row.file, why(row)))?;
            }
            Ok(Outcome(reports::exit_code(&report)))
        }
    }
}

fn add(given: &str, folder: &Path, time: Duration) -> anyhow::Result<()> {
    let cannot = || format!("cannot add {given}");
    let replay: Replay = replay::text(given)?.parse().with_context(cannot)?;
    let small = smallest::of(&replay, time, |_| None).with_context(cannot)?;
    let entry = corpus::entry(&small.shrunk.replay);
    let path = folder.join(corpus::name(&entry));
    atomic::write(&path, entry.to_text().as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    print::line(&format!("added {}\n    {}", path.display(), small.smallest.because))
}

/// The entries of a folder.
///
/// # Errors
/// If it cannot be read.
fn read(folder: &Path) -> anyhow::Result<Vec<Entry>> {
    corpus::read(folder).with_context(|| format!("--corpus: cannot read {}", folder.display()))
}

/// The entries that `run` replays first: of the folder that was asked for, or of the usual one if there is one.
///
/// # Errors
/// If the folder cannot be read.
pub(super) fn for_run(asked: Option<&Path>) -> anyhow::Result<Vec<Entry>> {
    match asked {
        Some(folder) => read(folder),
        None if Path::new(corpus::FOLDER).is_dir() => read(Path::new(corpus::FOLDER)),
        None => Ok(Vec::new()),
    }
}

/// What became of the entries of a corpus.
#[derive(Debug, Clone, Default)]
pub(super) struct Verified {
    rows: Vec<CorpusRow>,
    failures: Vec<Failure>,
}

impl Verified {
    /// The entries of a report.
    pub(super) fn of(report: &RunReport) -> Option<Self> {
        let failures = report.failures.iter().filter(|failure| failure.strategy == STRATEGY).cloned();
        Some(Self { rows: report.corpus.clone()?, failures: failures.collect() })
    }

    /// Adds the entries to a report: one that fails is a violation.
    pub(super) fn add_to(&self, report: &mut RunReport) {
        if self.rows.is_empty() {
            return;
        }
        report.corpus = Some(self.rows.clone());
        if !self.failures.is_empty() {
            report.verdict = Verdict::Violated;
            report.failures.splice(0..0, self.failures.iter().cloned());
        }
    }
}

fn why(row: &CorpusRow) -> String {
    if row.why.is_empty() { String::new() } else { format!(": {}", row.why) }
}

/// Replays the entries of a corpus. Stale entries are noted, and rewritten if `rewrite` says so.
///
/// # Errors
/// If a run could not begin, or an entry cannot be rewritten.
pub(super) fn verify(entries: &[Entry], rewrite: bool) -> anyhow::Result<Verified> {
    let mut verified = Verified::default();
    for entry in entries {
        let file = entry.path.display().to_string();
        let outcome = corpus::check(entry).with_context(|| format!("cannot replay {file}"))?;
        let (outcome, why) = match outcome {
            corpus::Outcome::Fixed => ("fixed", String::new()),
            corpus::Outcome::StillFails(run) => {
                verified.failures.extend(entry.replay.iter().flat_map(|replay| failing(replay, &file, &run)));
                ("still fails", String::new())
            }
            corpus::Outcome::Stale(why) => {
                print::note(&format!("{file} is stale, and no run near it fails: {why}"));
                ("stale", why)
            }
            corpus::Outcome::Moved { why, anew, run } => {
                let written = if rewrite { "rewritten" } else { "--rewrite-corpus rewrites it" };
                print::note(&format!("{file} is stale, and a run near it fails ({written}): {why}"));
                if rewrite {
                    let text = corpus::entry(&anew).to_text();
                    atomic::write(&entry.path, text.as_bytes()).with_context(|| format!("cannot write {file}"))?;
                }
                verified.failures.extend(failing(&anew, &file, &run));
                ("fails nearby", why)
            }
        };
        verified.rows.push(CorpusRow { file, outcome: outcome.to_owned(), why });
    }
    Ok(verified)
}

/// The violation of an entry, as a failure of a report.
fn failing(replay: &Replay, file: &str, run: &Run) -> Vec<Failure> {
    let Ok(subject) = replay.subject() else { return Vec::new() };
    let mut failures = failures::of_replay(&subject, replay, file, run);
    failures.retain(|failure| replay.invariant.as_ref().is_none_or(|invariant| *invariant == failure.invariant));
    for failure in &mut failures {
        STRATEGY.clone_into(&mut failure.strategy);
        failure.file = Some(file.to_owned());
        failure.explained_by = None;
    }
    failures
}
