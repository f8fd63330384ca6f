//! `lockstep merge`: one report of a campaign that several machines ran in parts.
//!
//! The tallies of all parts are added up and judged by the code that judges one machine's campaign, so the merged
//! report is the report of the campaign in one piece. Violations run again: this writes their replay files and draws
//! their timelines.
use super::{
    campaign_report, certificate,
    corpus::{self, Verified},
    extent::Extent,
    failures::{self, ReplayFiles},
    folder::Folder,
    options::{ReportOptions, ShrinkOptions},
    outcome::Outcome,
    output, part, print,
};
use crate::{
    campaign::{self, FirstViolation, Tally},
    checks::REPEATS,
    replay::Replay,
    runner::{Prepared, Subject},
    worlds,
};
use anyhow::{Context, bail};
use model::oracle::Violation;
use reports::{
    part::Part,
    report::{Failure, RunReport, SCHEMA},
};
use sim::engine::Detail;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Makes one report of the parts of a campaign that several machines ran with `run --shard` or `exhaust --shard`.
///
/// It takes the report folder of every part. The result is that of the same campaign without shards, apart from times.
/// If a part is missing, the result is inconclusive (6), unless a violation was found. All parts must be made by this
/// version of lockstep, with the same settings.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep run --shard 0/2 --report part-0               on one machine
  lockstep run --shard 1/2 --report part-1               on another one
  lockstep merge part-0 part-1 --report merged")]
pub(super) struct Args {
    /// Report folders of the parts, or their report.json files.
    #[arg(value_name = "FOLDER|FILE", required = true)]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    shrink: ShrinkOptions,
    #[command(flatten)]
    options: ReportOptions,
}

/// A report of one part.
struct Read {
    path: PathBuf,
    report: RunReport,
    part: Part,
}

/// The parts that were read so far. Their sums are added up one after the other: those of a thousand parts would take
/// gigabytes.
#[derive(Default)]
struct Parts {
    /// The first as it was read, the others without their rows.
    read: Vec<Read>,
    tallies: Vec<Tally>,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let mut parts = Parts::default();
    args.parts.iter().try_for_each(|path| parts.add(read(path)?))?;
    let missing = parts.missing();
    spare_parts(args, &parts.read)?;
    let folder = Folder::open(&args.options)?;
    if !missing.is_empty() {
        let of = parts.read[0].part.of;
        let numbers = missing.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        print::note(&format!(
            "missing of the {of} parts, numbered from 0: {numbers}; their runs are not in the result"
        ));
    }
    let report = merged(parts, missing.is_empty(), &folder, args.shrink)?;
    Ok(output::write(&report, &args.options, &folder))
}

fn read(given: &Path) -> anyhow::Result<Read> {
    let path = if given.is_dir() { given.join("report.json") } else { given.to_owned() };
    let shown = path.display();
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {shown}"))?;
    let mut report = reports::json::parse(&text)
        .with_context(|| format!("{shown} is not a report of lockstep, or is cut off (nothing was merged)"))?;
    if report.schema != SCHEMA {
        bail!("{shown} has schema {}, and this version of lockstep reads {SCHEMA}", report.schema);
    }
    let part = report.part.take().with_context(|| {
        format!("{shown} is not a part of a campaign: `lockstep run --shard I/N` makes parts (nothing was merged)")
    })?;
    if part.sums.len() != report.scenarios.len() || part.index >= part.of || part.shares.len() != part.sums.len() {
        bail!("{shown} contradicts itself: it was changed after lockstep wrote it (nothing was merged)");
    }
    Ok(Read { path, report, part })
}

impl Parts {
    /// Adds a part, if it is of the same campaign as the others and this program can judge it.
    fn add(&mut self, mut read: Read) -> anyhow::Result<()> {
        self.check(&read)?;
        self.tallies.resize_with(read.report.scenarios.len(), Tally::default);
        let sums = std::mem::take(&mut read.part.sums);
        for ((tally, row), sums) in self.tallies.iter_mut().zip(&read.report.scenarios).zip(&sums) {
            let sums = part::tally(row, sums).with_context(|| format!("{}: {}", read.path.display(), row.name))?;
            tally.merge(sums);
        }
        if !self.read.is_empty() {
            read.report.scenarios.clear();
            read.report.confidence = None;
        }
        self.read.push(read);
        Ok(())
    }

    fn check(&self, read: &Read) -> anyhow::Result<()> {
        let Some(first) = self.read.first() else {
            if read.part.code != crate::code::ID {
                bail!("{}: another version of lockstep made it; merge with that version", read.path.display());
            }
            return Ok(());
        };
        let names = |report: &RunReport| {
            let rows = report.scenarios.iter();
            rows.map(|row| [&row.name, &row.protocol, &row.transport, &row.strategy].map(String::clone)).collect()
        };
        let (mine, theirs): (Vec<_>, Vec<_>) = (names(&first.report), names(&read.report));
        let difference = first.part.difference(&read.part).or((mine != theirs).then_some("scenarios or protocol"));
        let path = read.path.display();
        if let Some(setting) = difference {
            let other = first.path.display();
            bail!("{path} is not of the same campaign as {other}: different {setting} (nothing was merged)");
        }
        if let Some(other) = self.read.iter().find(|other| other.part.index == read.part.index) {
            bail!("{path} and {} are both part {} (nothing was merged)", other.path.display(), read.part.index);
        }
        Ok(())
    }

    /// Numbers of the parts that are missing.
    fn missing(&self) -> Vec<u64> {
        let known: BTreeSet<u64> = self.read.iter().map(|read| read.part.index).collect();
        (0..self.read[0].part.of).filter(|index| !known.contains(index)).collect()
    }
}

/// Refuses a report folder that has one of the parts: opening it would remove that part's report.
fn spare_parts(args: &Args, parts: &[Read]) -> anyhow::Result<()> {
    let Some(folder) = args.options.report.as_deref().and_then(|folder| folder.canonicalize().ok()) else {
        return Ok(());
    };
    let inside = |read: &&Read| read.path.canonicalize().is_ok_and(|path| path.parent() == Some(&*folder));
    match parts.iter().find(inside) {
        Some(read) => bail!("--report {}: it has a part in it; set another folder", read.path.display()),
        None => Ok(()),
    }
}

fn merged(parts: Parts, all: bool, folder: &Folder, shrink: ShrinkOptions) -> anyhow::Result<RunReport> {
    let Parts { read: parts, mut tallies } = parts;
    let Read { report: first, part: of_first, .. } = &parts[0];
    let settings = part::settings(of_first)?;
    let subjects: Vec<Subject> =
        first.scenarios.iter().map(|row| part::subject(row, settings.overrides)).collect::<anyhow::Result<_>>()?;
    let (extent, files) = (Extent::of_part(of_first), ReplayFiles::new(folder, &subjects));
    for (subject, failure) in first_failures(&parts) {
        let first = violation(&subjects[subject], failure)
            .with_context(|| format!("the violation of {} in {}", failure.invariant, failure.scenario))?;
        files.write(subject, &first);
        tallies[subject].violations.insert(first.violation.invariant, first);
    }
    let strategy = first.scenarios.first().map_or("random", |row| &*row.strategy);
    let longest = parts.iter().map(|read| read.report.wall_seconds).fold(0.0, f64::max);
    let wall = Duration::try_from_secs_f64(longest).unwrap_or_default();
    let mut report = campaign_report::report(&first.command, (&subjects, &tallies), strategy, wall);
    report.started = parts.iter().filter_map(|read| read.report.started.clone()).min();
    let complete = all && parts.iter().all(|read| read.report.complete);
    if strategy == certificate::STRATEGY {
        let reports: Vec<&RunReport> = parts.iter().map(|read| &read.report).collect();
        report.complete = complete;
        certificate::merge(&mut report, &reports, all, (&subjects, &tallies))?;
        report.failures = failures::of_campaign(&tallies, strategy, &files, shrink);
        return Ok(report);
    }
    extent.describe(&mut report, &tallies, extent.ended_in_parts(&tallies, complete));
    report.failures = failures::of_campaign(&tallies, strategy, &files, shrink);
    let of_corpus = parts.iter().find_map(|read| Verified::of(&read.report));
    of_corpus.iter().for_each(|corpus| corpus.add_to(&mut report));
    campaign_report::judge(&mut report, &settings, &extent.plan, (&subjects, &tallies));
    Ok(report)
}

/// Of each row and invariant, the failure with the lowest run number.
fn first_failures(parts: &[Read]) -> impl Iterator<Item = (usize, &Failure)> {
    let mut first: BTreeMap<(usize, &str), &Failure> = BTreeMap::new();
    for read in parts {
        for failure in &read.report.failures {
            let row = parts[0].report.scenarios.iter().position(|row| row.name == failure.scenario);
            let Some(row) = row.filter(|_| failure.strategy != corpus::STRATEGY) else { continue };
            let known = first.entry((row, &failure.invariant)).or_insert(failure);
            if failure.first_run < known.first_run {
                *known = failure;
            }
        }
    }
    first.into_iter().map(|((row, _), failure)| (row, failure))
}

/// The violation of a failure, from its run, which is made again.
fn violation(subject: &Subject, failure: &Failure) -> anyhow::Result<FirstViolation> {
    let string = failure.replay_string.as_ref().context("it has no replay string")?;
    let replay: Replay = string.parse().with_context(|| format!("cannot replay {string}"))?;
    let invariant = part::invariant(&failure.invariant)?;
    let world = worlds::seed(&replay.scenario);
    let subject = world.map_or_else(|| subject.clone(), |world| subject.in_world(world));
    let run = Prepared::new(subject, Detail::Chain).run(replay.choices(), false)?;
    let chain = run.hashes().chain;
    let again = run.violations().find(|violation| violation.invariant == invariant).cloned();
    // Another hash than the run's marks a violation that did not repeat itself.
    let chain = if again.is_some() || invariant == REPEATS { chain } else { !chain };
    let order = campaign::in_order(run.violations());
    let recorded = || Violation { invariant, at: 0, sentence: failure.sentence.clone(), evidence: Vec::new() };
    Ok(FirstViolation {
        world,
        run: failure.first_run.saturating_sub(1),
        seed: failure.seed.parse().unwrap_or(0),
        broke_first: campaign::before(&order, invariant),
        with: order.into_iter().filter(|other| *other != invariant).collect(),
        violation: again.unwrap_or_else(recorded),
        choices: run.outcome.choices.clone(),
        chain,
        api_calls: run.outcome.api_calls,
    })
}
