//! Options that several verbs share.
use clap::{Args, ValueEnum};
use reports::text::Detail;
use std::{path::PathBuf, time::Duration};

/// Format of a report on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people.
    Pretty,
    /// One JSON object.
    Json,
    /// JUnit XML, for CI servers.
    Junit,
    /// Workflow commands of GitHub Actions, and a summary where GITHUB_STEP_SUMMARY says.
    Github,
    /// SARIF, for code scanning services and editors.
    Sarif,
}

/// Whether failures are made smaller and explained.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ShrinkOptions {
    /// Reports failures as they were found, without a search for the smallest run that fails in the same way.
    #[arg(long)]
    pub(super) no_shrink: bool,
    /// Longest wall time for making failures smaller and explaining them, half of it for each. The report marks what it
    /// ends too early [default: 10s, with mutants 30s].
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "no_shrink")]
    pub(super) shrink_for: Option<Duration>,
}

impl ShrinkOptions {
    /// Failures as they were found.
    pub(super) const NONE: Self = Self { no_shrink: true, shrink_for: None };
}

/// How and where a report is written.
#[derive(Debug, Args)]
pub(super) struct ReportOptions {
    /// Format of the report on standard output.
    #[arg(long, value_enum, default_value = "pretty", value_name = "FORMAT")]
    pub(super) format: Format,
    /// Writes report.json, report.html, report.xml (JUnit), report.sarif and report.txt to this directory, while the
    /// command runs and at its end, with the replay files. Without it, they are in lockstep-report if something was
    /// violated.
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
    /// Shows every scenario, fault and invariant, whole timelines, and what is not modelled.
    #[arg(long, short)]
    pub(super) verbose: bool,
}

impl ReportOptions {
    /// How much a text report says.
    pub(super) const fn detail(&self) -> Detail {
        if self.verbose { Detail::Full } else { Detail::Short }
    }
}

/// Number of threads: as asked for, or one per processor.
pub(super) fn threads(jobs: Option<u8>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    jobs.map_or_else(processors, usize::from)
}

/// Reads a duration such as `30s`, `10m`, `1h` or `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; write numbers with s, m or h, such as 30s, 10m or 1h30m");
    let (mut seconds, mut rest, mut largest) = (0_u64, text, u64::MAX);
    while !rest.is_empty() {
        let (number, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
        let unit_seconds = match unit.chars().next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            _ => return Err(wrong()),
        };
        // The largest unit first, each once.
        if unit_seconds >= largest {
            return Err(wrong());
        }
        largest = unit_seconds;
        let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_seconds));
        seconds = number.and_then(|number| seconds.checked_add(number)).ok_or_else(wrong)?;
        rest = &unit[1..];
    }
    if text.is_empty() { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("10m10s", 610), ("1h30m", 5_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "10", "m", "-1s", "10s10m", "5s5s", "1.5h", "10m10", "1h 30m", "9999999999999999999h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
