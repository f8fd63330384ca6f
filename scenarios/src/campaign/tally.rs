//! Tallies: the sums of one subject's runs.
use super::{cells::Cell, discovery::Discovery, interleavings::Interleavings};
use crate::{
    coverage::Counts,
    replay::{Decisions, Replay},
    runner::{Hashes, Run, Subject},
};
use model::{
    oracle::{Finding, Violation},
    verdict::Verdict,
};
use sim::{Choice, Delivered};
use std::{collections::BTreeMap, time::Duration};

/// The violation of one invariant with the lowest run number.
#[derive(Debug, Clone)]
pub struct FirstViolation {
    /// Number of the run, from 0.
    pub run: u64,
    /// Seed of the run.
    pub seed: u64,
    /// Seed of the world that the run drew, if it drew one.
    pub world: Option<u64>,
    /// The violation.
    pub violation: Violation,
    /// Choices of the run.
    pub choices: Vec<Choice>,
    /// Chained hash of the run.
    pub chain: u64,
    /// API calls of the run.
    pub api_calls: u64,
    /// The other invariants that the run violated, in the order in which they broke.
    pub with: Vec<&'static str>,
    /// The first of them, if it broke before this one.
    pub broke_first: Option<&'static str>,
}

/// Counts of one invariant's checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Checks made.
    pub checked: u64,
    /// Checks that could not be decided.
    pub undecided: u64,
    /// Checks that found a violation.
    pub violated: u64,
    /// Runs with a violation.
    pub runs: u64,
}

/// How much could have gone wrong unnoticed in the runs, in occurrences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slack {
    /// Sum over the runs.
    pub sum: u64,
    /// Largest of one run.
    pub most: u64,
    /// Number of runs with any.
    pub runs: u64,
}

impl Slack {
    fn add_run(&mut self, findings: &[Finding]) {
        let slack: u64 = findings.iter().map(|finding| finding.slack).sum();
        self.sum += slack;
        self.most = self.most.max(slack);
        self.runs += u64::from(slack > 0);
    }

    fn merge(&mut self, other: Slack) {
        self.sum += other.sum;
        self.most = self.most.max(other.most);
        self.runs += other.runs;
    }
}

/// Sums of all runs of one subject.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Number of runs.
    pub runs: u64,
    /// Interleavings of the runs.
    pub interleavings: Interleavings,
    /// How often interleavings were seen.
    pub discovery: Discovery,
    /// Number of runs that reached each cell.
    pub cells: BTreeMap<Cell, u64>,
    /// Branches that the runs took, where the protocol counts them.
    pub branches: Counts,
    /// Simulated time.
    pub simulated: Duration,
    /// Wall time, of all threads together.
    pub wall: Duration,
    /// API calls.
    pub api_calls: u64,
    /// Checks by invariant, in the order of the findings.
    pub checks: Vec<(&'static str, Checks)>,
    /// Faults that took effect.
    pub delivered: Delivered,
    /// Room that the judges had.
    pub slack: Slack,
    /// First violation of each invariant.
    pub violations: BTreeMap<&'static str, FirstViolation>,
    /// Reason of the first run that could not begin.
    pub broken: Option<String>,
}

impl Tally {
    /// Verdict over all runs.
    pub fn verdict(&self) -> Verdict {
        if !self.violations.is_empty() {
            Verdict::Violated
        } else if self.runs == 0 || self.broken.is_some() || self.checks.iter().any(|(_, checks)| checks.undecided > 0)
        {
            Verdict::Inconclusive
        } else {
            Verdict::Held
        }
    }

    /// Adds one run.
    pub(crate) fn add(&mut self, index: u64, seed: u64, run: &Run) {
        let Hashes { interleaving, chain } = run.hashes();
        self.runs += 1;
        self.interleavings.add(interleaving);
        self.discovery.add(interleaving);
        self.simulated += run.outcome.simulated;
        self.api_calls += run.outcome.api_calls;
        self.delivered.add(&run.outcome.delivered);
        self.slack.add_run(&run.findings);
        for finding in &run.findings {
            let checks = self.checks_of(finding.invariant);
            checks.checked += finding.checked;
            checks.undecided += finding.undecided;
            checks.violated += finding.violated;
            checks.runs += u64::from(finding.violated > 0);
        }
        for violation in run.violations() {
            let known = self.violations.get(violation.invariant).map_or(u64::MAX, |known| known.run);
            if index < known {
                let order = in_order(run.violations());
                let first = FirstViolation {
                    run: index,
                    seed,
                    world: None,
                    broke_first: before(&order, violation.invariant),
                    with: order.into_iter().filter(|other| *other != violation.invariant).collect(),
                    violation: violation.clone(),
                    choices: run.outcome.choices.clone(),
                    chain,
                    api_calls: run.outcome.api_calls,
                };
                self.violations.insert(violation.invariant, first);
            }
        }
    }

    /// Notes that the run with this number drew a world.
    pub(crate) fn drew(&mut self, run: u64, world: u64) {
        let of_run = self.violations.values_mut().filter(|violation| violation.run == run);
        of_run.for_each(|violation| violation.world = Some(world));
    }

    /// Adds the sums of other runs.
    pub(crate) fn merge(&mut self, other: Tally) {
        self.runs += other.runs;
        self.interleavings.merge(other.interleavings);
        self.discovery.merge(other.discovery);
        other.cells.into_iter().for_each(|(cell, runs)| *self.cells.entry(cell).or_default() += runs);
        self.branches.merge(other.branches);
        self.simulated += other.simulated;
        self.wall += other.wall;
        self.api_calls += other.api_calls;
        self.delivered.add(&other.delivered);
        self.slack.merge(other.slack);
        for (name, theirs) in other.checks {
            let mine = self.checks_of(name);
            mine.checked += theirs.checked;
            mine.undecided += theirs.undecided;
            mine.violated += theirs.violated;
            mine.runs += theirs.runs;
        }
        for (name, violation) in other.violations {
            if self.violations.get(name).is_none_or(|known| violation.run < known.run) {
                self.violations.insert(name, violation);
            }
        }
        self.broken = self.broken.take().or(other.broken);
    }

    fn checks_of(&mut self, invariant: &'static str) -> &mut Checks {
        let known = self.checks.iter().position(|(name, _)| *name == invariant);
        let index = known.unwrap_or_else(|| {
            self.checks.push((invariant, Checks::default()));
            self.checks.len() - 1
        });
        &mut self.checks[index].1
    }
}

/// Invariants in the order in which a run violated them: by time, then by the last observation that proves it.
pub fn in_order<'a>(violations: impl Iterator<Item = &'a Violation>) -> Vec<&'static str> {
    let mut order: Vec<(u64, Option<usize>, &'static str)> =
        violations.map(|one| (one.at, one.evidence.last().copied(), one.invariant)).collect();
    order.sort_by_key(|&(at, last, _)| (at, last.unwrap_or(usize::MAX)));
    order.into_iter().map(|(.., invariant)| invariant).collect()
}

/// The first of these invariants, if it is not this one.
pub fn before(order: &[&'static str], invariant: &str) -> Option<&'static str> {
    order.first().copied().filter(|first| *first != invariant)
}

impl FirstViolation {
    /// What was run: the subject, or the world that was drawn in its place.
    pub fn subject(&self, subject: &Subject) -> Subject {
        self.world.map_or_else(|| subject.clone(), |world| subject.in_world(world))
    }
}

/// The replay of a violation.
pub fn replay_of(subject: &Subject, first: &FirstViolation) -> Replay {
    Replay {
        chain: Some(first.chain),
        code: Some(crate::code::ID.to_owned()),
        ..Replay::of(&first.subject(subject), first.violation.invariant, Decisions::Choices(first.choices.clone()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{FirstViolation, before, in_order};
    use model::oracle::Violation;

    /// A violation in this run, without choices.
    pub(crate) fn violation(run: u64) -> FirstViolation {
        let violation = Violation { invariant: "broken", at: 0, sentence: String::new(), evidence: Vec::new() };
        FirstViolation {
            run,
            seed: 0,
            world: None,
            violation,
            choices: Vec::new(),
            chain: 0,
            api_calls: 0,
            with: Vec::new(),
            broke_first: None,
        }
    }

    #[test]
    fn the_first_to_break_comes_first() {
        let broken = |invariant, at, evidence: &[usize]| Violation {
            invariant,
            at,
            sentence: String::new(),
            evidence: evidence.to_vec(),
        };
        let violations = [
            broken("at the end", 9, &[]),
            broken("later", 5, &[2, 8]),
            broken("first", 5, &[3, 7]),
            broken("z", 9, &[9]),
        ];
        let order = in_order(violations.iter());
        assert_eq!(order, ["first", "later", "z", "at the end"]);
        assert_eq!((before(&order, "first"), before(&order, "z")), (None, Some("first")));
    }
}
