//! The report as one HTML file. It needs neither a network nor a script, has a light and a dark style, and can be
//! printed.
//!
//! Everything is computed here; the template only arranges it.
mod lanes;
mod layout;
mod svg;

use crate::{
    causes,
    figures::{counted, duration, grouped, moment, rate},
    report::{Failure, RunReport},
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

/// One timeline as an SVG element; its colours are the page's.
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
    /// Sentences of the expectations that this failure explains.
    expectations: Vec<&'a str>,
    rule: &'static str,
    facts: String,
    /// Command that replays it.
    again: String,
    evidence: Vec<Step<'a>>,
    steps: Vec<Step<'a>>,
    drawing: Option<String>,
    neighbour: Option<(&'a str, String)>,
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
        let failures: Vec<&Failure> =
            report.failures.iter().filter(|failure| causes::explanation(report, failure).is_none()).collect();
        let sentence = match &*failures {
            [only] => Some(&*only.sentence),
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
            failures: failures.into_iter().map(|failure| Story::of(failure, report)).collect(),
            invariants: summary::invariants(report).into_iter().map(invariant_row).collect(),
            faults: summary::faults(report).into_iter().map(|(name, n)| (name, grouped(n))).collect(),
            tables: tables::of_verb(report).into_iter().chain(tables::scenarios(report)).collect(),
        }
    }
}

impl<'a> Story<'a> {
    fn of(failure: &'a Failure, report: &'a RunReport) -> Self {
        let explained = |other: &&Failure| {
            causes::explanation(report, other).is_some_and(|explanation| std::ptr::eq(explanation, failure))
        };
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
        Self {
            failure,
            expectations: report.failures.iter().filter(explained).map(|other| &*other.sentence).collect(),
            rule: rule.map_or("", |invariant| invariant.sentence),
            facts: facts.into_iter().chain(first).collect::<Vec<_>>().join(" · "),
            again: report.to_paste(&failure.replay),
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
