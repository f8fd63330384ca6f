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
    /// Workflow commands of GitHub Actions.
    Github,
}

/// Strategy that picks the runs of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Strategy {
    /// Every choice at random, from a seed per run.
    Random,
}

impl Strategy {
    /// Name in reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
        }
    }
}

/// How and where a report is written.
#[derive(Debug, Args)]
pub(super) struct ReportOptions {
    /// Format of the report on standard output.
    #[arg(long, value_enum, default_value = "pretty", value_name = "FORMAT")]
    pub(super) format: Format,
    /// Writes the report in every format to this directory, with the replay files (otherwise in lockstep-report).
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

    /// Directory for replay files.
    pub(super) fn replays(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(|| PathBuf::from("lockstep-report"))
    }
}

/// Number of threads: as asked for, or one per processor.
pub(super) fn threads(jobs: Option<u8>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    jobs.map_or_else(processors, usize::from)
}

/// Reads a duration such as `30s`, `10m` or `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; write a number and s, m or h, such as 30s, 10m or 1h");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3_600),
        _ => None,
    };
    seconds.map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_unit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
        for bad in ["10", "m", "10m10s", "-1s", "99999999999999999999s", "9999999999999999999h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
