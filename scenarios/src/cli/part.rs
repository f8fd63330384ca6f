//! One machine's part of a campaign, as its report has it, and the sums that come back out of it.
use super::extent::Extent;
use crate::{
    campaign::{
        Tally,
        interleavings::Interleavings,
        tally::{Checks, Slack},
    },
    checks::{ENDS, EXPECTATION, PANICS, REPEATS, UNDISTURBED},
    gateway_faults, replay,
    runner::{Overrides, Subject},
    worlds,
};
use anyhow::{Context, bail};
use model::ALL;
use reports::{
    part::{Part, PartSums},
    report::ScenarioReport,
};
use sim::{Delivered, FaultKind};
use std::time::Duration;

/// The settings of a campaign, and how its requirements are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// Base seed.
    pub(super) seed: u64,
    /// Changes to the scenarios.
    pub(super) overrides: Overrides,
    /// Percentage of the runs that run twice.
    pub(super) doublecheck: u64,
    /// Whether faults that a scenario requires must have occurred.
    pub(super) judged: bool,
    /// Whether every invariant must have been checked.
    pub(super) whole_catalogue: bool,
}

/// The part of a campaign that these tallies sum up.
pub(super) fn of(settings: &Settings, extent: &Extent, tallies: &[Tally]) -> Part {
    let (shares, rounds) = extent.plan.shares();
    let (index, of) = extent.plan.part_of();
    Part {
        index,
        of,
        code: crate::code::ID.to_owned(),
        seed: settings.seed,
        faults: settings.overrides.faults.map(|faults| faults.name.to_owned()),
        replicas: settings.overrides.replicas.map(|replicas| replicas as u64),
        doublecheck: settings.doublecheck,
        shares: shares.to_vec(),
        rounds,
        limit: extent.as_limit(),
        judged: settings.judged,
        whole_catalogue: settings.whole_catalogue,
        sums: tallies.iter().map(sums).collect(),
    }
}

fn sums(tally: &Tally) -> PartSums {
    let violating = tally.checks.iter().filter(|(_, checks)| checks.runs > 0);
    PartSums {
        interleavings: tally.interleavings.to_text(),
        simulated_nanoseconds: u64::try_from(tally.simulated.as_nanos()).unwrap_or(u64::MAX),
        api_calls: tally.api_calls,
        violating_runs: violating.map(|(name, checks)| ((*name).to_owned(), checks.runs)).collect(),
        broken: tally.broken.clone(),
    }
}

/// The settings of the campaign that a part belongs to.
///
/// # Errors
/// If this program does not know its preset of faults.
pub(super) fn settings(part: &Part) -> anyhow::Result<Settings> {
    let faults = part.faults.as_deref().map(replay::preset).transpose()?;
    let replicas = part.replicas.map(usize::try_from).transpose()?;
    Ok(Settings {
        seed: part.seed,
        overrides: Overrides { faults, replicas },
        doublecheck: part.doublecheck,
        judged: part.judged,
        whole_catalogue: part.whole_catalogue,
    })
}

/// What was run, according to a row of the report.
///
/// # Errors
/// If this program does not have the scenario, the protocol or the transport.
pub(super) fn subject(row: &ScenarioReport, overrides: Overrides) -> anyhow::Result<Subject> {
    let ScenarioReport { name, protocol, transport, .. } = row;
    let of_worlds = (name == worlds::NAME).then_some(&worlds::ANY);
    let Some(scenario) = of_worlds.or_else(|| crate::catalogue::find(name)) else {
        bail!(crate::catalogue::unknown(name))
    };
    let protocol = protocol.parse().map_err(anyhow::Error::msg)?;
    let transport = transport.parse().map_err(anyhow::Error::msg)?;
    Ok(Subject::new(scenario.clone(), protocol, transport, overrides))
}

/// The tally that a row of a report was made of, without its violations.
///
/// # Errors
/// If the row or its sums name something that this program does not have.
pub(super) fn tally(row: &ScenarioReport, sums: &PartSums) -> anyhow::Result<Tally> {
    let mut checks = Vec::new();
    for counts in &row.invariants {
        let id = invariant(&counts.name)?;
        let runs = sums.violating_runs.get(id).copied().unwrap_or(0);
        let (checked, undecided, violated) = (counts.checked, counts.undecided, counts.violations);
        checks.push((id, Checks { checked, undecided, violated, runs }));
    }
    let mut delivered = Delivered::default();
    for fault in &row.faults {
        match FaultKind::ALL.iter().find(|kind| kind.name() == fault.name) {
            Some(&kind) => delivered.count_times(kind, fault.delivered),
            None => delivered.count_times(named_fault(&fault.name)?, fault.delivered),
        }
    }
    let slack = row.slack.map(|slack| Slack { sum: slack.sum, most: slack.most, runs: slack.runs });
    Ok(Tally {
        slack: slack.unwrap_or_default(),
        runs: row.runs,
        interleavings: Interleavings::from_text(&sums.interleavings).context("its interleavings cannot be read")?,
        simulated: Duration::from_nanos(sums.simulated_nanoseconds),
        wall: Duration::try_from_secs_f64(row.wall_seconds).unwrap_or_default(),
        api_calls: sums.api_calls,
        checks,
        delivered,
        broken: sums.broken.clone(),
        ..Tally::default()
    })
}

/// The invariant or check of this name, as the program has it.
///
/// # Errors
/// If there is none.
pub(super) fn invariant(name: &str) -> anyhow::Result<&'static str> {
    let known = ALL.iter().map(|invariant| invariant.id).chain([ENDS, EXPECTATION, PANICS, REPEATS, UNDISTURBED]);
    known.into_iter().find(|id| *id == name).with_context(|| format!("no invariant is named `{name}`"))
}

fn named_fault(name: &str) -> anyhow::Result<&'static str> {
    let known = gateway_faults::named().map(|(known, _)| known).find(|known| *known == name);
    known.with_context(|| format!("no fault is named `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CATALOGUE;
    use sim::Fault;

    /// A report that names a fault must be read again, or its part of a campaign is lost.
    #[test]
    fn every_fault_of_the_catalogue_is_read_back() {
        let own = CATALOGUE.iter().flat_map(|scenario| scenario.own_faults());
        let named = own.filter_map(|(fault, _)| if let Fault::Named(name) = fault { Some(name) } else { None });
        let known = named.inspect(|name| assert_eq!(named_fault(name).ok(), Some(*name))).count();
        assert!(known > 0);
    }
}
