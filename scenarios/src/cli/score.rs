//! `lockstep mutants --generated`: which of the mutants that operators make are caught by some run of the catalogue.
//!
//! It takes an hour. With `--report`, each result is kept in the folder as soon as it is known, and the same command
//! continues from there, also after tests or reasons were written; other code, or another number of runs, begins anew.
use super::{
    campaign_report,
    folder::Folder,
    options::ReportOptions,
    outcome::Outcome,
    output, print,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::{
        Progress, Shard,
        score::{Extent, Reach, Verdict as Found, search, subjects},
    },
    code,
    protocol_name::ProtocolName,
    survivors,
};
use anyhow::{Context, bail};
use model::verdict::Verdict;
use mutants::{GENERATED, Generated, UNVIABLE};
use reports::{
    report::RunReport,
    score::{Catch, GeneratedMutant, Score},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

/// Runs of each scenario in the first pass.
const REACH_RUNS: u64 = 6;
/// Folder of the results within `--report`, and their file.
const KEPT: (&str, &str) = ("generated", "results.jsonl");

/// The part of `lockstep mutants`' command line that a search for generated mutants needs.
pub(super) struct Wanted<'a> {
    /// Text in the place or the change of each mutant, or its name.
    pub(super) filter: Option<&'a str>,
    /// Part of the mutants.
    pub(super) shard: Option<Shard>,
    /// Runs after which a mutant has survived.
    pub(super) runs: u64,
    /// Number of threads.
    pub(super) jobs: usize,
    /// Wall time after which no run begins.
    pub(super) time: Option<Duration>,
    /// How and where the report is written.
    pub(super) options: &'a ReportOptions,
}

/// One line of the file of results.
#[derive(Serialize, Deserialize)]
struct Kept {
    code: String,
    runs: u64,
    mutant: GeneratedMutant,
}

#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn execute(wanted: &Wanted<'_>) -> anyhow::Result<Outcome> {
    let (began, started) = (Instant::now(), campaign_report::now());
    let folder = Folder::only_if_asked(wanted.options)?;
    let which = selected(wanted)?;
    let extent = Extent { reach_runs: REACH_RUNS, runs: wanted.runs, jobs: wanted.jobs };
    let kept = folder.make(KEPT.0).map(|folder| folder.join(KEPT.1));
    let rows = Mutex::new(kept.as_deref().map(|file| read(file, wanted.runs)).unwrap_or_default());
    let file = kept.map(|file| appended(&file)).transpose()?.map(Mutex::new);
    let left: Vec<usize> = which.iter().copied().filter(|mutant| !locked(&rows).contains_key(mutant)).collect();
    if left.len() < which.len() {
        print::note(&format!("{} of {} results are kept from before", which.len() - left.len(), which.len()));
    }
    let progress = Arc::new(Progress::default());
    let over = || progress.stop.load(Relaxed) || wanted.time.is_some_and(|most| began.elapsed() >= most);
    let report = |ended: bool| {
        let mut report = report(&which, &locked(&rows), &progress, Instant::now() - began);
        report.started = Some(started.clone());
        conclude(&mut report, ended, wanted);
        report
    };
    let done = |mutant: usize, found: Found| {
        let row = row(mutant, Some(&found));
        if let Some(file) = &file {
            keep(file, Kept { code: code::ID.to_owned(), runs: wanted.runs, mutant: row.clone() });
        }
        locked(&rows).insert(mutant, row);
    };
    let subjects = subjects();
    let work = || -> anyhow::Result<()> {
        if left.is_empty() {
            return Ok(());
        }
        let reach = Reach::of(&subjects, extent, &progress).context("the protocol as it is does not run")?;
        if !over() {
            search(&left, (&subjects, &reach), extent, (&progress, &over), &done);
        }
        Ok(())
    };
    with_progress(&progress, Goal { runs: None, time: wanted.time }, &|| folder.write_report(&report(false)), work)??;
    Ok(output::write(&report(true), wanted.options, &folder))
}

/// The mutants that the command line names.
fn selected(wanted: &Wanted<'_>) -> anyhow::Result<Vec<usize>> {
    let named = |mutant: &usize| {
        let text = GENERATED[*mutant].to_string();
        let name = name(*mutant);
        wanted.filter.is_none_or(|filter| text.contains(filter) || name == filter)
    };
    let named: Vec<usize> = (0..GENERATED.len()).filter(named).collect();
    if let (true, Some(filter)) = (named.is_empty(), wanted.filter) {
        bail!("no generated mutant has `{filter}` in its place or its change; try the name of a file, such as `count`");
    }
    Ok(match wanted.shard {
        Some(shard) => named.into_iter().skip(shard.index).step_by(shard.of).collect(),
        None => named,
    })
}

fn name(mutant: usize) -> String {
    ProtocolName::Generated(u16::try_from(mutant).ok()).to_string()
}

/// The results that this code has kept, by mutant.
fn read(file: &Path, runs: u64) -> BTreeMap<usize, GeneratedMutant> {
    let text = fs::read_to_string(file).unwrap_or_default();
    // A line that was cut off when the command was killed does not parse.
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Kept>(line).ok());
    let ours = lines.filter(|kept| kept.code == code::ID && kept.runs == runs);
    let by_name: BTreeMap<String, usize> = (0..GENERATED.len()).map(|mutant| (name(mutant), mutant)).collect();
    let with_reason = |mutant: usize, kept: GeneratedMutant| {
        let of = &GENERATED[mutant];
        GeneratedMutant { because: if kept.result == Catch::Caught { None } else { because(of) }, ..kept }
    };
    let found = ours.filter_map(|kept| Some((*by_name.get(&kept.mutant.name)?, kept.mutant)));
    found.map(|(mutant, kept)| (mutant, with_reason(mutant, kept))).collect()
}

fn appended(file: &Path) -> anyhow::Result<File> {
    File::options().create(true).append(true).open(file).with_context(|| format!("cannot write {}", file.display()))
}

fn keep(file: &Mutex<File>, kept: Kept) {
    let line = serde_json::to_string(&kept).expect("a row has only strings and numbers");
    if let Err(error) = writeln!(locked(file), "{line}") {
        print::note(&format!("a result could not be kept: {error}"));
    }
}

/// Why a mutant that is not caught is not open.
fn because(of: &Generated) -> Option<String> {
    survivors::reason(of).and_then(survivors::Reason::words)
}

fn row(mutant: usize, found: Option<&Found>) -> GeneratedMutant {
    let of = &GENERATED[mutant];
    let blank = GeneratedMutant {
        name: name(mutant),
        file: of.file.to_owned(),
        function: of.function.to_owned(),
        change: of.change.to_owned(),
        result: Catch::Unfinished,
        runs: 0,
        by: None,
        scenario: None,
        replay: None,
        because: because(of),
    };
    match found {
        None => blank,
        Some(Found::NotReached) => GeneratedMutant { result: Catch::NotReached, ..blank },
        Some(Found::Survived { runs }) => GeneratedMutant { result: Catch::Survived, runs: *runs, ..blank },
        Some(Found::Caught { by, runs, replay }) => GeneratedMutant {
            result: Catch::Caught,
            runs: *runs,
            by: Some(by.clone()),
            scenario: Some(match &replay.faults {
                Some(faults) => format!("{} --faults {faults}", replay.scenario),
                None => replay.scenario.clone(),
            }),
            replay: replay.to_line().map(|line| format!("lockstep replay {line}")),
            because: None,
            ..blank
        },
    }
}

fn report(which: &[usize], rows: &BTreeMap<usize, GeneratedMutant>, progress: &Progress, took: Duration) -> RunReport {
    let mut report = campaign_report::report("mutants", (&[], &[]), "random", took);
    report.runs = progress.runs.load(Relaxed);
    report.api_calls = progress.api_calls.load(Relaxed);
    report.runs_per_second = report.runs as f64 / report.wall_seconds.max(1e-9);
    let mut unviable: BTreeMap<String, u64> = BTreeMap::new();
    for place in UNVIABLE {
        *unviable.entry(place.file.to_owned()).or_default() += 1;
    }
    let mutants = which.iter().map(|mutant| rows.get(mutant).cloned().unwrap_or_else(|| row(*mutant, None))).collect();
    report.score = Some(Score { mutants, unviable });
    report
}

/// What the results mean: a survivor without a reason is a requirement that was not met, and so is a reason that a run
/// refutes.
fn conclude(report: &mut RunReport, ended: bool, wanted: &Wanted<'_>) {
    let Some(score) = &report.score else { return };
    let unfinished = score.mutants.iter().any(|mutant| mutant.result == Catch::Unfinished);
    let described =
        |mutant: &GeneratedMutant| format!("{} ({}::{}: {})", mutant.name, mutant.file, mutant.function, mutant.change);
    let reason = |mutant: &GeneratedMutant| {
        let same =
            |of: &&Generated| (of.file, of.function, of.change) == (&*mutant.file, &*mutant.function, &*mutant.change);
        GENERATED.iter().find(same).and_then(survivors::reason)
    };
    let unlisted = score.not_caught().filter(|mutant| reason(mutant).is_none());
    let mut unmet: Vec<String> = unlisted.map(|mutant| format!("{} was not caught", described(mutant))).collect();
    let caught = score.mutants.iter().filter(|mutant| mutant.result == Catch::Caught);
    let wrong = caught.filter(|mutant| reason(mutant).is_some_and(survivors::Reason::is_refuted_by_a_run));
    unmet.extend(
        wrong.map(|mutant| format!("{} is caught: scenarios/src/survivors must not list it", described(mutant))),
    );
    if wanted.filter.is_none() && wanted.shard.is_none() {
        let stale = survivors::stale().into_iter();
        unmet.extend(stale.map(|entry| format!("no mutant is \"{entry}\": scenarios/src/survivors must not list it")));
    }
    report.complete = ended && !unfinished;
    report.interrupted = unfinished && ended;
    // A search that its time ended says nothing about the mutants that are left.
    report.verdict =
        if !unmet.is_empty() || unfinished && wanted.time.is_none() { Verdict::Inconclusive } else { Verdict::Held };
    if unfinished && wanted.time.is_some() && ended {
        report.complete = true;
        report.interrupted = false;
    }
    report.unmet = unmet;
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
