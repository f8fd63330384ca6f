//! The report as one HTML file. It needs no network, has a light and a dark style, and can be printed. Everything in it
//! can be read without a script; with one, a reader steps through each run.
//!
//! Everything is computed here; the templates only arrange it.
mod campaign;
mod escape;
mod lanes;
mod odds;
mod run;
mod spans;
mod verdicts;
mod versions;

use crate::{
    causes::{self, Cause},
    figures::{counted, duration, grouped, rate},
    report::{Failure, FailureKind, FaultNeed, RunReport, Smallest},
    summary,
    table::Table,
    tables,
    timeline::{Entry, Timeline},
};
use askama::Template;
use campaign::Campaign;
use model::Verdict;
use run::Run;
use verdicts::class;

/// The report as a page.
///
/// # Panics
/// Never: the template is checked when this crate is built, and writing to memory does not fail.
pub fn render(report: &RunReport) -> String {
    Page::of(report).render().expect("writing to memory does not fail")
}

/// A text with its markup characters escaped.
pub(crate) fn escaped(text: &str) -> String {
    escape::Escaped(text).to_string()
}

/// One timeline as an HTML table; its colours are the page's.
pub fn swim_lanes(timeline: &Timeline, label: &str) -> String {
    lanes::draw(timeline, label, "")
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
    /// Element of the headings below a cause: its own heading is the page's if there is one cause.
    sub: &'static str,
    facts: Vec<(&'static str, String)>,
    campaign: Option<Campaign<'a>>,
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
    drawing: Option<String>,
    neighbour: Option<(&'a str, String)>,
    /// The run as it was found.
    as_found: Option<Run<'a>>,
    /// The runs to step through: the smallest one, the one that holds, the one as it was found.
    runs: Vec<String>,
    trace: Option<&'a str>,
}

/// The smallest run that fails in the same way.
struct Small<'a> {
    facts: String,
    drawing: Option<String>,
    odds: Option<(String, String)>,
    faults: Vec<String>,
    rules: &'a [String],
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
        let campaign = Campaign::of(report, &causes);
        let cases = report.failures.iter().filter(|failure| failure.kind == FailureKind::Fidelity);
        let stories: Vec<Story<'a>> = causes
            .into_iter()
            .chain(cases.map(Cause::of_case))
            .enumerate()
            .map(|(index, cause)| Story::of(&cause, report, index))
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
            sub: if sentence.is_some() { "h2" } else { "h3" },
            facts: facts(report),
            campaign,
            failures: stories,
            invariants: summary::invariants(report).into_iter().map(invariant_row).collect(),
            faults: summary::faults(report).into_iter().map(|(name, n)| (name, grouped(n))).collect(),
            tables: tables::of_verb(report),
        }
    }
}

impl<'a> Story<'a> {
    fn of(cause: &Cause<'a>, report: &'a RunReport, index: usize) -> Self {
        let failure = cause.smallest;
        let rule = model::ALL.iter().find(|invariant| invariant.id == failure.invariant);
        let facts = [
            counted(failure.replicas, "replica"),
            counted(failure.signals, "signal"),
            counted(failure.api_calls, "API call"),
            counted(failure.choices, "choice"),
        ];
        let first = (report.runs > 1).then(|| format!("first in run {}", grouped(failure.first_run)));
        let id = |name: &str| format!("cause-{}-{name}", index + 1);
        let smallest = failure.smallest.as_ref();
        let found = report.to_paste(&failure.replay);
        let again = smallest.map_or_else(|| found.clone(), |smallest| report.to_paste(&smallest.replay));
        let draw = |timeline: Option<&Timeline>, name: &str, label: &str| {
            timeline.map(|it| run::drawing(it, &id(name), label))
        };
        let small = smallest.and_then(|smallest| smallest.timeline.as_ref());
        let holds = failure.neighbour.as_ref();
        // A run that is as small as it can be is not drawn twice.
        let found_timeline = failure.timeline.as_ref().filter(|found| small.is_none_or(|small| !same(small, found)));
        let as_found = found_timeline.map(|timeline| {
            let title = if small.is_some() { "the run as it was found" } else { "the run" };
            Run::of(timeline, id("found"), title, index == 0 && small.is_none())
        });
        let others = [
            small.map(|small| Run::of(small, id("fails"), "the smallest run that fails", index == 0)),
            holds.map(|holds| Run::of(&holds.timeline, id("holds"), "the run that holds", false)),
        ];
        let runs = others.iter().flatten().chain(&as_found);
        Self {
            failure,
            title: smallest.map_or(&*failure.sentence, |smallest| &*smallest.because),
            follows: cause.follows(),
            elsewhere: cause.others.iter().map(|other| &*other.scenario).collect(),
            rule: rule.map_or("", |invariant| invariant.sentence),
            facts: facts.into_iter().chain(first).collect::<Vec<_>>().join(" · "),
            found: (found != again).then_some(found),
            again,
            smallest: smallest.map(|smallest| Small::of(smallest, draw(small, "fails", &smallest.because))),
            drawing: draw(found_timeline, "found", &failure.sentence),
            neighbour: holds
                .and_then(|holds| Some((&*holds.difference, draw(Some(&holds.timeline), "holds", &holds.difference)?))),
            runs: runs.map(Run::to_string).collect(),
            as_found,
            trace: failure.trace.as_deref(),
        }
    }
}

/// Whether two runs have the same steps.
fn same(one: &Timeline, other: &Timeline) -> bool {
    let step = |entry: &Entry| (entry.at_us, entry.lane, entry.text.clone());
    one.entries.iter().map(step).eq(other.entries.iter().map(step))
}

impl<'a> Small<'a> {
    fn of(smallest: &'a Smallest, drawing: Option<String>) -> Self {
        let need = |fault: &FaultNeed| {
            let verdict = if fault.needed { "needed: the run holds without it" } else { "not needed" };
            format!("{}: {verdict}", fault.fault)
        };
        Self {
            facts: smallest.size(),
            drawing,
            odds: odds::draw(smallest),
            faults: smallest.faults.iter().map(need).collect(),
            rules: &smallest.rules,
        }
    }
}

/// Figures of the campaign; those that a verb does not have are left out.
fn facts(report: &RunReport) -> Vec<(&'static str, String)> {
    // The size of a single run is stated where it is drawn.
    if report.runs == 0 || report.runs == 1 && !report.failures.is_empty() {
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
