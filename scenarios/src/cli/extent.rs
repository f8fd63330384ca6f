//! How much a campaign is to run, and what its end means for the verdict.
//!
//! A campaign that was stopped is inconclusive, unless it found a violation: what was not run cannot hold. Only a time
//! that the user set is a budget like a number of runs, and may be used up at any point.
use crate::campaign::{Plan, Progress, Tally};
use model::verdict::Verdict;
use reports::{part, report::RunReport};
use std::{sync::atomic::Ordering::Relaxed, time::Duration};

/// Part of its planned runs that each scenario must have if the time ends first: one in so many.
const MINIMUM: u64 = 10;

/// Runs that a command makes, and what ends them.
pub(super) struct Extent {
    pub(super) plan: Plan,
    limit: Limit,
}

enum Limit {
    /// All runs of the plan.
    Runs,
    /// A time that the user set.
    Time(Duration),
    /// All runs of the plan, but not longer than this.
    Within(Duration),
}

/// End of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It is under way.
    NotYet,
    /// A signal stopped it.
    Interrupted,
    /// All planned runs were made, or it stopped by itself at a violation.
    AsPlanned,
    /// The time was over.
    InTime,
}

impl Extent {
    /// All runs of a plan.
    pub(super) const fn runs(plan: Plan) -> Self {
        Self { plan, limit: Limit::Runs }
    }

    /// A time that the user set.
    pub(super) const fn time(plan: Plan, time: Duration) -> Self {
        Self { plan, limit: Limit::Time(time) }
    }

    /// All runs of a plan, or as many as the time allows.
    pub(super) const fn within(plan: Plan, time: Duration) -> Self {
        Self { plan, limit: Limit::Within(time) }
    }

    /// The extent of a campaign of which a report covers one part.
    pub(super) fn of_part(part: &part::Part) -> Self {
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let limit = match part.limit {
            part::Limit::Runs => Limit::Runs,
            part::Limit::Time(seconds) => Limit::Time(time(seconds)),
            part::Limit::Within(seconds) => Limit::Within(time(seconds)),
        };
        Self { plan: Plan::new(part.shares.clone(), part.rounds), limit }
    }

    /// End of the campaign, for a report.
    pub(super) const fn as_limit(&self) -> part::Limit {
        match self.limit {
            Limit::Runs => part::Limit::Runs,
            Limit::Time(time) => part::Limit::Time(time.as_secs_f64()),
            Limit::Within(time) => part::Limit::Within(time.as_secs_f64()),
        }
    }

    /// How a campaign has ended whose parts ended by themselves, all of them or not.
    pub(super) fn ended_in_parts(&self, tallies: &[Tally], all: bool) -> Ended {
        let made: u64 = tallies.iter().map(|tally| tally.runs).sum();
        match self.limit() {
            _ if self.plan.total().is_some_and(|planned| made >= planned) => Ended::AsPlanned,
            _ if !all => Ended::Interrupted,
            Some(_) => Ended::InTime,
            None => Ended::AsPlanned,
        }
    }

    /// One machine's part of it.
    pub(super) fn part(self, index: usize, of: usize) -> Self {
        Self { plan: self.plan.part(index, of), ..self }
    }

    /// The time after which no run begins.
    pub(super) const fn limit(&self) -> Option<Duration> {
        match self.limit {
            Limit::Runs => None,
            Limit::Time(time) | Limit::Within(time) => Some(time),
        }
    }

    /// How a campaign that is over has ended.
    pub(super) fn ended(&self, tallies: &[Tally], progress: &Progress) -> Ended {
        let made: u64 = tallies.iter().map(|tally| tally.runs).sum();
        let all = self.plan.total().is_some_and(|planned| made >= planned);
        let broken = tallies.iter().any(|tally| tally.broken.is_some());
        match (progress.interrupted.load(Relaxed), progress.stop.load(Relaxed), self.limit()) {
            _ if all => Ended::AsPlanned,
            (true, ..) => Ended::Interrupted,
            (false, true, _) => Ended::AsPlanned,
            (false, false, Some(_)) => Ended::InTime,
            (false, false, None) if broken => Ended::AsPlanned,
            (false, false, None) => Ended::Interrupted,
        }
    }

    /// Adds to a report how much was planned, how much of it was made, and what that means.
    pub(super) fn describe(&self, report: &mut RunReport, tallies: &[Tally], ended: Ended) {
        report.complete = matches!(ended, Ended::AsPlanned | Ended::InTime);
        report.interrupted = ended == Ended::Interrupted;
        report.planned_runs = self.plan.total();
        report.time_limit_seconds = self.limit().map(|limit| limit.as_secs_f64());
        report.verdict = self.verdict(tallies, ended);
    }

    fn verdict(&self, tallies: &[Tally], ended: Ended) -> Verdict {
        let over =
            |tallies: &mut dyn Iterator<Item = &Tally>| tallies.map(Tally::verdict).fold(Verdict::Held, Verdict::and);
        let reached = over(&mut tallies.iter().filter(|tally| tally.runs > 0 || tally.broken.is_some()));
        let nothing = tallies.iter().all(|tally| tally.runs == 0);
        match (ended, &self.limit) {
            _ if reached == Verdict::Violated => Verdict::Violated,
            (Ended::NotYet | Ended::Interrupted, _) => Verdict::Inconclusive,
            _ if nothing => Verdict::Inconclusive,
            (Ended::AsPlanned, _) => over(&mut tallies.iter()),
            (Ended::InTime, Limit::Within(_)) if !self.has_minimum(tallies) => Verdict::Inconclusive,
            (Ended::InTime, _) => reached,
        }
    }

    /// Whether every subject has a tenth of its planned runs, and at least one.
    fn has_minimum(&self, tallies: &[Tally]) -> bool {
        let enough = |(subject, tally): (usize, &Tally)| {
            let planned = self.plan.runs_of(subject).unwrap_or(0);
            tally.runs >= planned.div_ceil(MINIMUM)
        };
        tallies.iter().enumerate().all(enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(1);

    fn made(runs: &[u64]) -> Vec<Tally> {
        runs.iter().map(|&runs| Tally { runs, ..Tally::default() }).collect()
    }

    fn plan() -> Plan {
        Plan::new(vec![100, 10], Some(1))
    }

    fn judged(extent: &Extent, runs: &[u64], interrupted: bool) -> (Ended, Verdict) {
        let (tallies, progress) = (made(runs), Progress::default());
        if interrupted {
            progress.interrupt();
        }
        let ended = extent.ended(&tallies, &progress);
        (ended, extent.verdict(&tallies, ended))
    }

    #[test]
    fn a_stopped_campaign_is_inconclusive() {
        let inconclusive = (Ended::Interrupted, Verdict::Inconclusive);
        assert_eq!(judged(&Extent::runs(plan()), &[99, 10], true), inconclusive);
        assert_eq!(judged(&Extent::time(plan(), TIME), &[99, 10], true), inconclusive);
        assert_eq!(judged(&Extent::within(plan(), TIME), &[99, 10], true), inconclusive);
        let all = (Ended::AsPlanned, Verdict::Held);
        assert_eq!(judged(&Extent::runs(plan()), &[100, 10], true), all, "the signal came too late");
    }

    #[test]
    fn the_users_time_is_a_budget() {
        let extent = Extent::time(Plan::new(vec![100, 10], None), TIME);
        assert_eq!(judged(&extent, &[1, 0], false), (Ended::InTime, Verdict::Held));
        assert_eq!(judged(&extent, &[0, 0], false), (Ended::InTime, Verdict::Inconclusive));
    }

    #[test]
    fn the_default_time_needs_a_tenth_of_each() {
        let extent = Extent::within(plan(), TIME);
        assert_eq!(judged(&extent, &[10, 1], false), (Ended::InTime, Verdict::Held));
        assert_eq!(judged(&extent, &[9, 1], false), (Ended::InTime, Verdict::Inconclusive));
        assert_eq!(judged(&extent, &[50, 0], false), (Ended::InTime, Verdict::Inconclusive));
        assert_eq!(judged(&extent, &[100, 10], false), (Ended::AsPlanned, Verdict::Held));
    }
}
