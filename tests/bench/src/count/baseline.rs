//! The committed baseline, and what a count is compared with it.
use super::{Profile, Workload};
use crate::samples::counted;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Write};

/// Functions with a smaller share of the instructions (in thousandths) are not kept.
const KEPT_PER_MILLE: u64 = 2;
/// Functions that a comparison lists.
const LISTED: usize = 15;

/// Counts of one repetition of each workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Growth in percent above which the comparison fails.
    pub tolerance_percent: f64,
    /// Workloads by name.
    pub workloads: BTreeMap<String, Counts>,
}

/// Counts of one workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All instructions of one repetition.
    pub instructions: u64,
    /// Instructions of the functions that have most of them.
    pub functions: BTreeMap<String, u64>,
}

impl From<&Profile> for Counts {
    fn from(profile: &Profile) -> Self {
        let kept = |cost: u64| cost * 1000 >= profile.instructions * KEPT_PER_MILLE;
        let functions = profile.functions.iter().filter(|(_, cost)| kept(**cost));
        Self {
            instructions: profile.instructions,
            functions: functions.map(|(name, cost)| (name.clone(), *cost)).collect(),
        }
    }
}

/// A count beside its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The workload.
    pub workload: Workload,
    /// Growth in percent; negative if there are fewer instructions now.
    pub growth_percent: f64,
    /// Whether the growth is within the tolerance.
    pub within: bool,
    /// The comparison in words, with the functions that differ most.
    pub text: String,
}

impl Baseline {
    /// A baseline of these counts.
    pub fn of(tolerance_percent: f64, profiles: &[(Workload, Profile)]) -> Self {
        let entry = |(workload, profile): &(Workload, Profile)| (workload.name().to_owned(), profile.into());
        Self { tolerance_percent, workloads: profiles.iter().map(entry).collect() }
    }

    /// Compares a count with this baseline. A workload without one is not within the tolerance.
    pub fn compare(&self, workload: Workload, now: &Profile) -> Comparison {
        let name = workload.name();
        let Some(before) = self.workloads.get(name) else {
            let text = format!("{name}: {} instructions, and no baseline", counted(now.instructions));
            return Comparison { workload, growth_percent: f64::INFINITY, within: false, text };
        };
        let growth = now.instructions as f64 - before.instructions as f64;
        let growth_percent = growth / before.instructions as f64 * 100.0;
        let within = growth_percent <= self.tolerance_percent;
        let mut text = format!(
            "{name}: {} instructions, baseline {}: {growth_percent:+.2} %, {} {} %",
            counted(now.instructions),
            counted(before.instructions),
            if within { "within" } else { "more than" },
            self.tolerance_percent,
        );
        if growth_percent.abs() > self.tolerance_percent {
            for (function, difference) in differences(before, now) {
                _ = write!(text, "\n  {difference:>+12}  {function}");
            }
        }
        Comparison { workload, growth_percent, within, text }
    }
}

/// The functions whose counts differ most, the largest difference first.
fn differences<'a>(before: &'a Counts, now: &'a Profile) -> Vec<(&'a str, i64)> {
    let of = |counts: &BTreeMap<String, u64>, name: &str| counts.get(name).copied().unwrap_or(0).cast_signed();
    // A function that the baseline does not have may have been there, below what is kept.
    let kept = before.instructions * KEPT_PER_MILLE / 1000;
    let new = now.functions.iter().filter(|(name, cost)| !before.functions.contains_key(*name) && **cost > kept);
    let names = before.functions.keys().chain(new.map(|(name, _)| name)).map(String::as_str);
    let mut found: Vec<_> = names.map(|name| (name, of(&now.functions, name) - of(&before.functions, name))).collect();
    found.retain(|(_, difference)| *difference != 0);
    found.sort_by_key(|(_, difference)| -difference.abs());
    found.truncate(LISTED);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(entries: &[(&str, u64)]) -> Profile {
        Profile {
            instructions: entries.iter().map(|(_, cost)| cost).sum(),
            functions: entries.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect(),
        }
    }

    fn baseline() -> Baseline {
        Baseline::of(3.0, &[(Workload::Burst, profile(&[("parse", 6000), ("copy", 4000)]))])
    }

    #[test]
    fn growth_above_the_tolerance_fails() {
        let growth = |copy: u64| baseline().compare(Workload::Burst, &profile(&[("parse", 6000), ("copy", copy)]));
        assert!(growth(4300).within && growth(4000).within && growth(1000).within);
        assert!(!growth(4301).within);
        assert!((growth(5000).growth_percent - 10.0).abs() < 1e-9);
    }

    #[test]
    fn functions_that_grew_are_named() {
        let now = profile(&[("parse", 6000), ("copy", 4100), ("hash", 900)]);
        let text = baseline().compare(Workload::Burst, &now).text;
        assert!(text.starts_with("burst: 11,000 instructions, baseline 10,000: +10.00 %, more than 3 %"), "{text}");
        let lines: Vec<_> = text.lines().skip(1).map(str::trim).collect();
        assert_eq!(lines, ["+900  hash", "+100  copy"]);
    }

    #[test]
    fn work_without_a_baseline_fails() {
        assert!(!baseline().compare(Workload::Search, &profile(&[("a", 1)])).within);
    }

    #[test]
    fn small_functions_are_not_kept() {
        let counts = Counts::from(&profile(&[("large", 9990), ("small", 10)]));
        assert_eq!(counts.functions.keys().collect::<Vec<_>>(), ["large"]);
    }
}
