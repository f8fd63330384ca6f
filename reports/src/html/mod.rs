//! The report as one HTML file. It needs neither a network nor a script, has a light and a dark style, and can be
//! printed.
//!
//! Everything is computed here; the template only arranges it.
mod escape;
mod lanes;
mod odds;
mod spans;

use crate::{
    causes::{self, Cause},
    figures::{counted, duration, grouped, moment, rate},
    report::{Failure, FailureKind, FaultNeed, RunReport, Smallest},
    summary,
    tables::{self, Table},
    timeline::Timeline,
};
use askama::Template;
use model::Verdict;

/// The report as a page.
///
/// # Panics
/// Never: the template is checked when this crate is built, and writing to memory does not fail.
pub fn render(report: &RunReport) -> String {
    Page::of(report).render().expect("writing to memory does not fail")
}

/// One timeline as an HTML table; its colours are the page's.
pub fn swim_lanes(timeline: &Timeline, label: &str) -> String {
    lanes::draw(timeline, label)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a RunReport,
    title: String,
    verdict: &'static str,
    verdict_class: &'static str,
    headline: String,
    /// Sentence of the failure, if there is exactly one cause.
    sentence: Option<&'a str>,
    facts: Vec<(&'static str, String)>,
    failures: Vec<Story<'a>>,
    invariants: Vec<InvariantRow>,
    faults: Vec<(&'a str, String)>,
    tables: Vec<Table>,
}

struct Story<'a> {
    failure: &'a Failure,
    /// Reason for the failure, if it is known; else what happened.
    title: &'a str,
    /// The failures that follow from this one, in words.
    follows: Vec<String>,
    /// Names of other scenarios with the same failure.
    elsewhere: Vec<&'a str>,
    rule: &'static str,
    facts: String,
    /// Command that replays the run that is drawn first.
    again: String,
    /// Command that replays the run as it was found, if another one is drawn first.
    found: Option<String>,
    smallest: Option<Small<'a>>,
    evidence: Vec<Step<'a>>,
    steps: Vec<Step<'a>>,
    drawing: Option<String>,
    neighbour: Option<(&'a str, String)>,
}

/// The smallest run that fails in the same way.
struct Small<'a> {
    facts: String,
    drawing: Option<String>,
    odds: Option<(String, String)>,
    faults: Vec<String>,
    rules: &'a [String],
}

struct Step<'a> {
    /// Its number among the evidence, if it is evidence.
    number: Option<usize>,
    at: String,
    ordinal: u64,
    lane: &'a str,
    text: &'a str,
    by: String,
}

struct InvariantRow {
    name: String,
    kind: &'static str,
    rule: &'static str,
    checked: String,
    violations: String,
    verdict: &'static str,
    class: &'static str,
}

impl<'a> Page<'a> {
    fn of(report: &'a RunReport) -> Self {
        let headline = summary::headline(report);
        let causes = causes::of(report);
        let cases = report.failures.iter().filter(|failure| failure.kind == FailureKind::Fidelity);
        let stories: Vec<Story<'a>> = causes
            .into_iter()
            .map(|cause| Story::of(&cause, report))
            .chain(cases.map(|case| Story::of(&Cause::of_case(case), report)))
            .collect();
        let sentence = match &*stories {
            [only] => Some(only.title),
            _ => None,
        };
        Self {
            report,
            title: format!("{} · lockstep {}", summary::verdict_word(report.verdict), report.command),
            verdict: summary::verdict_word(report.verdict),
            verdict_class: class(report.verdict),
            headline,
            sentence,
            facts: facts(report),
            failures: stories,
            invariants: summary::invariants(report).into_iter().map(invariant_row).collect(),
            faults: summary::faults(report).into_iter().map(|(name, n)| (name, grouped(n))).collect(),
            tables: tables::of_verb(report).into_iter().chain(tables::scenarios(report)).collect(),
        }
    }
}

impl<'a> Story<'a> {
    fn of(cause: &Cause<'a>, report: &'a RunReport) -> Self {
        let failure = cause.smallest;
        let rule = model::ALL.iter().find(|invariant| invariant.id == failure.invariant);
        let facts = [
            counted(failure.replicas, "replica"),
            counted(failure.signals, "signal"),
            counted(failure.api_calls, "API call"),
            counted(failure.choices, "choice"),
        ];
        let first = (report.runs > 1).then(|| format!("first in run {}", grouped(failure.first_run)));
        let steps =
            |critical_only: bool| failure.timeline.as_ref().map_or_else(Vec::new, |it| steps(it, critical_only));
        let smallest = failure.smallest.as_ref();
        let found = report.to_paste(&failure.replay);
        let again = smallest.map_or_else(|| found.clone(), |smallest| report.to_paste(&smallest.replay));
        Self {
            failure,
            title: smallest.map_or(&*failure.sentence, |smallest| &*smallest.because),
            follows: cause.follows(),
            elsewhere: cause.others.iter().map(|other| &*other.scenario).collect(),
            rule: rule.map_or("", |invariant| invariant.sentence),
            facts: facts.into_iter().chain(first).collect::<Vec<_>>().join(" · "),
            found: (found != again).then_some(found),
            again,
            smallest: smallest.map(Small::of),
            evidence: steps(true),
            steps: steps(false),
            drawing: failure.timeline.as_ref().map(|timeline| lanes::draw(timeline, &failure.sentence)),
            neighbour: failure
                .neighbour
                .as_ref()
                .map(|neighbour| (&*neighbour.difference, lanes::draw(&neighbour.timeline, &neighbour.difference))),
        }
    }
}

impl<'a> Small<'a> {
    fn of(smallest: &'a Smallest) -> Self {
        let need = |fault: &FaultNeed| {
            let verdict = if fault.needed { "needed: the run holds without it" } else { "not needed" };
            format!("{}: {verdict}", fault.fault)
        };
        Self {
            facts: smallest.size(),
            drawing: smallest.timeline.as_ref().map(|timeline| lanes::draw(timeline, &smallest.because)),
            odds: odds::draw(smallest),
            faults: smallest.faults.iter().map(need).collect(),
            rules: &smallest.rules,
        }
    }
}

fn steps(timeline: &Timeline, critical_only: bool) -> Vec<Step<'_>> {
    let mut evidence = 0;
    let mut steps = Vec::new();
    for entry in &timeline.entries {
        evidence += usize::from(entry.critical);
        if critical_only && !entry.critical {
            continue;
        }
        steps.push(Step {
            number: entry.critical.then_some(evidence),
            at: moment(entry.at_us),
            ordinal: entry.ordinal,
            lane: timeline.lanes.get(entry.lane).map_or("", |lane| &lane.name),
            text: &entry.text,
            by: entry.replica.map_or_else(String::new, |replica| format!("replica {replica}")),
        });
    }
    steps
}

const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "held",
        Verdict::Violated => "violated",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Figures of the campaign; those that a verb does not have are left out.
fn facts(report: &RunReport) -> Vec<(&'static str, String)> {
    if report.runs == 0 {
        return Vec::new();
    }
    let many = report.distinct_interleavings > 1;
    let timed = report.wall_seconds > 0.0;
    let facts = [
        ("runs", Some(grouped(report.runs))),
        ("distinct interleavings", many.then(|| grouped(report.distinct_interleavings))),
        ("simulated time", Some(duration(report.simulated_seconds))),
        ("wall time", timed.then(|| duration(report.wall_seconds))),
        ("runs per second", timed.then(|| rate(report.runs_per_second))),
        ("API calls", Some(grouped(report.api_calls))),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn invariant_row(count: crate::report::InvariantCount) -> InvariantRow {
    let known = model::ALL.iter().find(|invariant| invariant.id == count.name);
    let verdict = count.verdict();
    InvariantRow {
        kind: known.map_or("", |invariant| match invariant.kind {
            model::Kind::Safety => "safety",
            model::Kind::Liveness => "liveness",
        }),
        rule: known.map_or("", |invariant| invariant.sentence),
        checked: grouped(count.checked),
        violations: grouped(count.violations),
        verdict: match (verdict, count.checked) {
            (Verdict::Held, _) => "held",
            (Verdict::Violated, _) => "violated",
            (Verdict::Inconclusive, 0) => "never checked",
            (Verdict::Inconclusive, _) => "undecided",
        },
        class: class(verdict),
        name: count.name,
    }
}
