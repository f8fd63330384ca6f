//! Memory of a campaign over the number of its runs, one process for each number.
use crate::{
    fit,
    plot::{self, Curve},
    program,
    samples::{counted, shown},
};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{fmt::Write, path::Path};

/// The cheapest scenario of the catalogue.
pub const SCENARIO: &str = "same-replica";

/// One campaign.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Peak {
    /// Number of runs.
    pub runs: u64,
    /// Largest memory in bytes.
    pub bytes: u64,
    /// Wall seconds.
    pub seconds: f64,
}

/// Runs a campaign of one thread for each number of runs.
///
/// # Errors
/// If one fails, or the system does not say how much memory a process has.
pub fn measure(program: &Path, numbers: &[u64]) -> anyhow::Result<Vec<Peak>> {
    let mut peaks = Vec::new();
    for &runs in numbers {
        let number = runs.to_string();
        let words = ["run", SCENARIO, "--runs", &number, "--jobs", "1", "--doublecheck", "0", "--format", "json"];
        let took = program::run(program, &program::lockstep(&words), &program::HELD)?;
        let bytes = took.memory.context("this system does not say how much memory a process has")?;
        eprintln!("memory: {runs} runs in {} s, {} MiB", took.wall.as_secs(), bytes >> 20);
        peaks.push(Peak { runs, bytes, seconds: took.wall.as_secs_f64() });
    }
    Ok(peaks)
}

fn points(peaks: &[Peak]) -> Vec<(f64, f64)> {
    peaks.iter().map(|peak| (peak.runs as f64, mebibytes(peak.bytes))).collect()
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The peaks as a table.
pub fn markdown(peaks: &[Peak]) -> String {
    let mut text = format!("| runs of `{SCENARIO}`, one thread | largest memory, MiB | wall, s |\n|--:|--:|--:|\n");
    for Peak { runs, bytes, seconds } in peaks {
        let (runs, memory, seconds) = (counted(*runs), shown(mebibytes(*bytes)), shown(*seconds));
        _ = writeln!(text, "| {runs} | {memory} | {seconds} |");
    }
    _ = writeln!(text, "\nExponent of the memory over all of them: {:.3}.", fit::exponent(&points(peaks)));
    text
}

/// The peaks as a plot.
pub fn plot(peaks: &[Peak]) -> String {
    let curve = Curve { name: SCENARIO.to_owned(), points: points(peaks) };
    plot::curves("Largest memory of a campaign", ("runs", "MiB"), &[curve])
}
