//! The files of results: one for each part, as JSON.
use crate::live::latency::{
    Part,
    results::{FORMAT, Machine, Measured, Results},
};
use anyhow::{Context, bail};
use std::path::Path;

/// The moment, as results have it.
#[expect(clippy::disallowed_methods, reason = "results say when they were found")]
pub(super) fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}

/// Writes the results of a part.
pub(super) fn write(directory: &Path, part: Part, started: String, measured: Measured) -> anyhow::Result<()> {
    let results = Results {
        lockstep_latency: FORMAT,
        part: part.name().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        machine: machine(),
        measured,
    };
    let file = directory.join(format!("{part}.json"));
    let cannot = || format!("cannot write {}", file.display());
    std::fs::create_dir_all(directory).with_context(cannot)?;
    std::fs::write(&file, serde_json::to_string_pretty(&results)? + "\n").with_context(cannot)
}

/// Reads what is in a directory, in the order of the parts.
pub(super) fn read(directory: &Path) -> anyhow::Result<Vec<Results>> {
    let mut all = Vec::new();
    for part in Part::ALL {
        let file = directory.join(format!("{part}.json"));
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let results: Results =
            serde_json::from_str(&text).with_context(|| format!("{} has no results", file.display()))?;
        if results.lockstep_latency != FORMAT {
            bail!("{} was written by another version: measure it again", file.display());
        }
        all.push(results);
    }
    if all.is_empty() {
        bail!("there are no results in {}: measure some, or name their directory with --results", directory.display());
    }
    Ok(all)
}

fn machine() -> Machine {
    let of = |file: &str, key: &str| {
        let text = std::fs::read_to_string(file).ok()?;
        Some(text.lines().find_map(|line| line.strip_prefix(key))?.trim_start_matches([':', '\t', ' ']).to_owned())
    };
    let memory = of("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    Machine {
        processors: std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get),
        model: of("/proc/cpuinfo", "model name").unwrap_or_default(),
        memory: memory.map_or(0, |kib| kib.div_ceil(1 << 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_results_are_read_back() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(read(directory.path()).is_err());
        for part in [Part::Lock, Part::Signals] {
            write(directory.path(), part, now(), Measured::default()).expect("written");
        }
        let parts: Vec<String> =
            read(directory.path()).expect("results").into_iter().map(|results| results.part).collect();
        assert_eq!(parts, ["signals", "lock"]);
    }
}
