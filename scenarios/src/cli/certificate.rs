//! Certificates: what an exhaustive search has covered, and the certificate of several shards in one.
//!
//! A certificate names the code, the scope, its bounds, and what was found within them. It does not depend on the
//! division of the search: that of the merged shards is that of the search in one piece. The work that it took does,
//! since each shard has states of its own.
use super::{campaign_report, confidence};
use crate::{
    campaign::{
        Tally,
        exhaustive::{End, Explored, Row, Search},
        reduction::Reduction,
        scope::{NOT_ENUMERATED, enumerated},
    },
    runner::Subject,
};
use anyhow::bail;
use model::verdict::Verdict;
use reports::{
    report::{Confidence, RunReport},
    search::{Frontier, Scope},
};
use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// Most ends that a report lists.
const ENDS_KEPT: usize = 200_000;
/// Name of the strategy in reports.
pub(super) const STRATEGY: &str = "exhaustive";
/// Lines of a certificate that say what was found.
const FOUND: [&str; 3] = ["covered", "outcomes", "ends"];

/// The report of a search: what it covered, what it found, and the work that it took.
pub(super) fn report(subject: &[Subject], explored: &Explored, search: &Search, took: Duration) -> RunReport {
    let tallies = std::slice::from_ref(&explored.tally);
    let mut report = campaign_report::report("exhaust", (subject, tallies), STRATEGY, took);
    let row = |row: &Row| Frontier {
        preemptions: u64::from(row.bound.preemptions),
        faults: u64::from(row.bound.faults),
        schedules: row.schedules,
        complete: row.complete,
    };
    let frontier: Vec<Frontier> = explored.frontier.iter().map(row).collect();
    let faults = search.bound.faults > 0;
    let (ends, outcomes) = (texts(explored.ends.keys()), texts(explored.outcomes.iter()));
    let mut certificate = scope_of(&subject[0], search);
    certificate.extend(found(&frontier, ends.as_deref(), outcomes.as_deref()));
    report.scope = Some(Scope {
        enumerated: enumerated().into_iter().take(if faults { usize::MAX } else { 1 }).collect(),
        fixed: NOT_ENUMERATED.iter().map(|&what| what.to_owned()).collect(),
        shard: format!("{}/{}", search.shard.index, search.shard.of),
        certificate,
        work: work(explored, search),
        ends,
        outcomes,
    });
    report.frontier = Some(frontier);
    judge(&mut report, subject, tallies);
    report
}

/// A search that is not complete is inconclusive; says what its verdict is worth.
fn judge(report: &mut RunReport, subject: &[Subject], tallies: &[Tally]) {
    let rows = report.frontier.as_deref().unwrap_or_default();
    if report.verdict == Verdict::Held && rows.iter().any(|row| !row.complete) {
        report.verdict = Verdict::Inconclusive;
    }
    let complete = rows.iter().all(|row| row.complete);
    let of_one = |says: &str| confidence::of_search(&subject[0], &tallies[0], (says, complete));
    report.confidence = says(rows).map(|says| Confidence { scenarios: vec![of_one(&says)], says });
}

/// What the frontier says about all runs within it.
fn says(frontier: &[Frontier]) -> Option<String> {
    let within =
        |row: &Frontier| format!("{} and {}", counted(row.preemptions, "preemption"), counted(row.faults, "fault"));
    // Bounds within another complete one need no mention.
    let inside = |row: &Frontier, other: &Frontier| {
        row != other && row.preemptions <= other.preemptions && row.faults <= other.faults
    };
    let complete: Vec<&Frontier> = frontier.iter().filter(|row| row.complete).collect();
    let widest = complete.iter().filter(|row| !complete.iter().any(|other| inside(row, other)));
    let all: Vec<String> = widest.map(|row| within(row)).collect();
    let open = frontier.iter().find(|row| !row.complete).map(within);
    match (all.is_empty(), open) {
        (true, None) => None,
        (true, Some(open)) => Some(format!("no bound was searched to its end; the first, {open}, only in part")),
        (false, open) => {
            let mut says = format!(
                "a mistake that shows within {} in this scope would have been found, if the reduction is sound; one \
                 that needs more would not",
                all.join(", or ")
            );
            says.extend(open.map(|open| format!("; {open} were searched only in part")));
            Some(says)
        }
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The lines of a certificate that say what is to be searched.
fn scope_of(subject: &Subject, search: &Search) -> Vec<(String, String)> {
    let (scenario, bound) = (&subject.scenario, search.bound);
    let scope = format!("{scenario:?} {} {bound:?} {:?} {:?}", subject.protocol, enumerated(), search.reduction);
    let mut lines = vec![
        ("code".to_owned(), crate::code::ID.to_owned()),
        ("scope".to_owned(), format!("{:016x}", hash(&scope))),
        ("bounds".to_owned(), format!("{} preemptions, {} faults", bound.preemptions, bound.faults)),
    ];
    if search.reduction == Reduction::Converging {
        let assumption = "what a program keeps of its inputs does not depend on their order";
        lines.push(("assumption".to_owned(), assumption.to_owned()));
    }
    lines
}

/// The lines of a certificate that say what was found.
fn found(
    frontier: &[Frontier],
    ends: Option<&[String]>,
    outcomes: Option<&[String]>,
) -> impl Iterator<Item = (String, String)> {
    let count = |texts: Option<&[String]>| match texts {
        Some(texts) => format!("{} different ones, {:016x}", texts.len(), hash(&texts.concat())),
        None => format!("more than {ENDS_KEPT}"),
    };
    let complete = frontier.iter().filter(|row| row.complete);
    let covered: Vec<String> = complete.map(|row| format!("({}, {})", row.preemptions, row.faults)).collect();
    let values = [
        format!("all schedules within (preemptions, faults) {}", covered.join(", ")),
        format!("{} of commits, answers and verdicts", count(outcomes)),
        count(ends),
    ];
    FOUND.into_iter().map(str::to_owned).zip(values)
}

fn work(explored: &Explored, search: &Search) -> Vec<(String, String)> {
    let (schedules, met) = explored.frontier.last().map_or((0, 0), |row| (row.schedules, row.met));
    let mut work = vec![("schedules".to_owned(), format!("{schedules}, of which {met} ended at a known state"))];
    if search.reduction != Reduction::None {
        let postponed = format!("{} schedules, since another order of them ran", explored.postponed);
        work.extend([("states".to_owned(), explored.states.to_string()), ("left out".to_owned(), postponed)]);
    }
    for (part, states) in &explored.without {
        work.push((format!("states without {part}"), states.to_string()));
    }
    for (deviation, work_of) in explored.work.iter().filter(|_| search.count_parts) {
        let said = format!("{}, {} met a known state, {} at once", work_of.ran, work_of.met, work_of.met_at_once);
        work.push((format!("last deviation: {deviation}"), said));
    }
    work
}

/// Adds the certificates of several shards to the report of all of them.
///
/// # Errors
/// If they are not of one search.
pub(super) fn merge(
    report: &mut RunReport,
    parts: &[&RunReport],
    all: bool,
    (subjects, tallies): (&[Subject], &[Tally]),
) -> anyhow::Result<()> {
    let scopes: Vec<&Scope> = parts.iter().filter_map(|part| part.scope.as_ref()).collect();
    let (Some(first), true) = (scopes.first(), scopes.len() == parts.len()) else {
        bail!("some parts are of an exhaustive search and others are not (nothing was merged)");
    };
    let mut certificate = of_search(first);
    if scopes.iter().any(|scope| of_search(scope) != certificate) {
        bail!("the parts are of searches of different scopes (nothing was merged)");
    }
    let frontier = merged_frontier(parts, all);
    let ends = united(scopes.iter().map(|scope| scope.ends.as_ref()));
    let outcomes = united(scopes.iter().map(|scope| scope.outcomes.as_ref()));
    certificate.extend(found(&frontier, ends.as_deref(), outcomes.as_deref()));
    let schedules = frontier.last().map_or(0, |row| row.schedules);
    report.scope = Some(Scope {
        shard: format!("{} merged", parts.len()),
        certificate,
        work: vec![("schedules".to_owned(), format!("{schedules} in all shards"))],
        ends,
        outcomes,
        ..(*first).clone()
    });
    report.frontier = Some(frontier);
    judge(report, subjects, tallies);
    Ok(())
}

/// The lines of a certificate that say what was to be searched.
fn of_search(scope: &Scope) -> Vec<(String, String)> {
    scope.certificate.iter().filter(|(name, _)| !FOUND.contains(&&**name)).cloned().collect()
}

/// The bounds that all parts reached, with the sums of their schedules.
fn merged_frontier(parts: &[&RunReport], all: bool) -> Vec<Frontier> {
    let rows = |part: &&RunReport| part.frontier.clone().unwrap_or_default();
    let mut merged: Vec<Frontier> = parts.first().map_or_else(Vec::new, rows);
    for row in &mut merged {
        let same = |other: &Frontier| (other.preemptions, other.faults) == (row.preemptions, row.faults);
        let found: Vec<Frontier> = parts.iter().flat_map(rows).filter(same).collect();
        row.schedules = found.iter().map(|row| row.schedules).sum();
        row.complete = all && found.len() == parts.len() && found.iter().all(|row| row.complete);
    }
    merged
}

fn united<'a>(parts: impl Iterator<Item = Option<&'a Vec<String>>>) -> Option<Vec<String>> {
    let mut all = BTreeSet::new();
    for part in parts {
        all.extend(part?.iter().cloned());
    }
    (all.len() <= ENDS_KEPT).then(|| all.into_iter().collect())
}

/// The ends as texts; None if they are too many.
fn texts<'a>(ends: impl ExactSizeIterator<Item = &'a End>) -> Option<Vec<String>> {
    (ends.len() <= ENDS_KEPT).then(|| ends.map(|(state, violated)| format!("{state:016x}{violated:016x}")).collect())
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(preemptions: u64, faults: u64, complete: bool) -> Frontier {
        Frontier { preemptions, faults, schedules: 7, complete }
    }

    #[test]
    fn the_widest_complete_bounds_are_named() {
        let rows = [row(0, 0, true), row(1, 0, true), row(0, 1, true), row(2, 0, true), row(1, 1, false)];
        let says = says(&rows).expect("something");
        assert!(says.contains("0 preemptions and 1 fault, or 2 preemptions and 0 faults"), "{says}");
        assert!(says.ends_with("1 preemption and 1 fault were searched only in part"), "{says}");
    }

    #[test]
    fn a_bound_is_complete_if_every_part_has_searched_it() {
        let blank = || campaign_report::blank("exhaust", Duration::ZERO);
        let of = |rows: &[Frontier]| RunReport { frontier: Some(rows.to_vec()), ..blank() };
        let (one, other) = (of(&[row(0, 0, true), row(1, 0, true)]), of(&[row(0, 0, true), row(1, 0, false)]));
        let complete = |parts: &[&RunReport], all| {
            merged_frontier(parts, all).iter().map(|row| (row.schedules, row.complete)).collect::<Vec<_>>()
        };
        assert_eq!(complete(&[&one, &one], true), [(14, true), (14, true)]);
        assert_eq!(complete(&[&one, &other], true), [(14, true), (14, false)]);
        assert_eq!(complete(&[&one, &one], false), [(14, false), (14, false)]);
    }
}
