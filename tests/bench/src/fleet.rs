//! The plan of a fleet: what a million interleavings cost, what a second core adds, what a merge of many parts takes.
use crate::{
    lockstep, meter, program,
    samples::{counted, shown},
};
use anyhow::{Context, ensure};
use scenarios::{campaign::interleavings::Interleavings, catalogue, runner::Transport};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sim::engine::{Choices, Label, Odds, Random, Source};
use std::{fmt::Write, fs, path::Path};

/// Scenarios whose interleavings are counted: without faults, and with most of them.
const SCENARIOS: [&str; 3] = ["burst", "burst-stormy", "burst-hostile"];
/// Wall time of a part that is made.
const PART_TIME: &str = "2s";
/// Interleavings of each scenario of a part: beyond the number that is counted exactly.
const INTERLEAVINGS: u64 = 20_000;
/// Parts that are made; the others are copies of these under their own numbers.
const MADE: u64 = 4;

/// Runs of one scenario by one thread.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Yield {
    /// Name of the scenario.
    pub scenario: String,
    /// Runs.
    pub runs: u64,
    /// Different interleavings among them.
    pub interleavings: u64,
    /// Seconds of processor time.
    pub seconds: f64,
}

impl Yield {
    /// Core-hours for a million different interleavings, if more runs show new ones as often as these did.
    fn core_hours_per_million(&self) -> f64 {
        self.seconds / self.interleavings as f64 * 1e6 / 3600.0
    }
}

/// A merge of the parts of a campaign.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Merge {
    /// Number of parts.
    pub parts: u64,
    /// Bytes of all parts.
    pub bytes: u64,
    /// Wall seconds.
    pub seconds: f64,
    /// Largest memory in bytes, where the system says it.
    pub memory: Option<u64>,
}

/// The figures of the plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fleet {
    /// Date, in UTC.
    pub date: String,
    /// Processor and cores.
    pub machine: String,
    /// Cost of interleavings.
    pub yields: Vec<Yield>,
    /// Wall seconds of the same campaign with one thread and with two.
    pub threads: (f64, f64),
    /// The merge.
    pub merge: Merge,
}

/// Size of the measurement.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Runs of each scenario.
    pub runs: u64,
    /// Parts to merge.
    pub parts: u64,
}

/// Measures the figures of the plan.
///
/// # Errors
/// If a run does not hold, or a command fails.
pub fn measure(extent: Extent, program: &Path) -> anyhow::Result<Fleet> {
    let yields = SCENARIOS.iter().map(|name| yield_of(name, extent.runs)).collect::<anyhow::Result<Vec<_>>>()?;
    let seconds = |jobs: &str| {
        let runs = extent.runs.to_string();
        let words = ["run", "burst", "--runs", &runs, "--jobs", jobs, "--doublecheck", "0", "--format", "json"];
        anyhow::Ok(program::run(program, &program::lockstep(&words), &program::HELD)?.wall.as_secs_f64())
    };
    let threads = (seconds("1")?, seconds("2")?);
    let merge = merge(extent.parts, program)?;
    Ok(Fleet { date: meter::date(), machine: meter::machine(), yields, threads, merge })
}

fn yield_of(name: &str, runs: u64) -> anyhow::Result<Yield> {
    let scenario = catalogue::find(name).with_context(|| format!("no scenario is named {name}"))?;
    let prepared = lockstep::prepared(scenario.clone(), Transport::Direct);
    let mut interleavings = Interleavings::default();
    let (done, time) = meter::processor_time(|| {
        (0..runs).try_for_each(|seed| {
            let run = prepared.run(Choices::new(Random::new(seed)), false)?;
            interleavings.add(run.hashes().interleaving);
            anyhow::Ok(())
        })
    });
    done?;
    let scenario = name.to_owned();
    Ok(Yield { scenario, runs, interleavings: interleavings.distinct(), seconds: time.as_secs_f64() })
}

/// Makes some parts of a campaign over the whole catalogue, each with as many interleavings as hours of runs have,
/// copies them to so many, and merges all.
fn merge(parts: u64, program: &Path) -> anyhow::Result<Merge> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let path = |name: &str| folder.path().join(name);
    let made = (0..MADE.min(parts))
        .map(|part| made(part, parts, &path(&format!("made-{part}")), program))
        .collect::<anyhow::Result<Vec<Value>>>()?;
    let (mut words, mut bytes) = (vec!["merge".to_owned()], 0);
    for part in 0..parts {
        let mut report = made[usize::try_from(part % MADE)?].clone();
        report["part"]["index"] = part.into();
        let (file, text) = (path(&format!("part-{part}.json")), report.to_string());
        bytes += text.len() as u64;
        fs::write(&file, text).context("cannot write a part")?;
        words.push(file.display().to_string());
    }
    words.extend(["--report".to_owned(), path("merged").display().to_string()]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let took = program::run(program, &program::lockstep(&words), &program::HELD_OR_UNDECIDED)?;
    let text = fs::read_to_string(path("merged/report.json")).context("no merged report")?;
    let runs = runs_of(&serde_json::from_str(&text)?);
    let expected: u64 = (0..parts).map(|part| runs_of(&made[(part % MADE) as usize])).sum();
    ensure!(runs == expected, "the merged report has {runs} runs, and its parts have {expected}");
    Ok(Merge { parts, bytes, seconds: took.wall.as_secs_f64(), memory: took.memory })
}

fn runs_of(report: &Value) -> u64 {
    report["scenarios"].as_array().into_iter().flatten().filter_map(|row| row["runs"].as_u64()).sum()
}

/// The report of a real part, with other interleavings in it.
fn made(part: u64, of: u64, folder: &Path, program: &Path) -> anyhow::Result<Value> {
    let (report, shard) = (folder.display().to_string(), format!("{part}/{of}"));
    let words = ["run", "--for", PART_TIME, "--jobs", "1", "--shard", &shard, "--report", &report];
    program::run(program, &program::lockstep(&words), &program::HELD_OR_UNDECIDED)?;
    let text = fs::read_to_string(folder.join("report.json")).context("no report of a part")?;
    let mut report: Value = serde_json::from_str(&text)?;
    ensure!(report["part"]["index"] == part, "the part has another number");
    let mut numbers = Random::new(part);
    for sums in report["part"]["sums"].as_array_mut().into_iter().flatten() {
        let mut interleavings = Interleavings::default();
        (0..INTERLEAVINGS).for_each(|_| interleavings.add(number(&mut numbers)));
        sums["interleavings"] = interleavings.to_text().into();
    }
    Ok(report)
}

/// A number of 64 bits.
fn number(numbers: &mut Random) -> u64 {
    let mut half = || u64::from(numbers.pick(Label::Entropy, u32::MAX, Odds::Even));
    half() << 32 | half()
}

impl Fleet {
    /// What a second thread adds: 1 if two do twice as much.
    fn efficiency(&self) -> f64 {
        self.threads.0 / self.threads.1 / 2.0
    }

    /// The plan in Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("Measured {} on {}.\n\n", self.date, self.machine);
        text.push_str("| scenario | runs | different interleavings | runs/s on a core | core-hours per million ");
        text.push_str("| a million on 1,000 cores, s |\n|---|--:|--:|--:|--:|--:|\n");
        for row in &self.yields {
            let hours = row.core_hours_per_million();
            _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} | {} |",
                row.scenario,
                counted(row.runs),
                counted(row.interleavings),
                shown(row.runs as f64 / row.seconds),
                shown(hours),
                shown(hours * 3600.0 / 1000.0 / self.efficiency()),
            );
        }
        let Merge { parts, bytes, seconds, memory } = &self.merge;
        let memory = memory.map_or_else(|| "—".to_owned(), |bytes| shown(bytes as f64 / f64::from(1 << 20)));
        _ = writeln!(
            text,
            "\nTwo threads do {} times the work of one, so a core of a full machine counts as {}.\n\nMerging {} parts \
             ({} MiB) takes {} s and {memory} MiB of memory.",
            shown(self.threads.0 / self.threads.1),
            shown(self.efficiency()),
            counted(*parts),
            shown(*bytes as f64 / f64::from(1 << 20)),
            shown(*seconds),
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleavings_have_a_cost() {
        let row = yield_of("burst-stormy", 20).expect("runs");
        assert!(row.interleavings > 10 && row.seconds > 0.0, "{row:?}");
    }

    #[test]
    fn projection_follows_from_the_figures() {
        let yields = vec![Yield { scenario: "a".to_owned(), runs: 1000, interleavings: 500, seconds: 9.0 }];
        let merge = Merge { parts: 1000, bytes: 1 << 20, seconds: 2.0, memory: None };
        let fleet = Fleet { date: String::new(), machine: String::new(), yields, threads: (10.0, 5.0), merge };
        // 9 s for 500 are 18,000 s for a million: 5 hours, or 18 s on a thousand cores.
        assert!(fleet.markdown().contains("| `a` | 1,000 | 500 | 111 | 5.00 | 18.0 |"), "{}", fleet.markdown());
    }
}
