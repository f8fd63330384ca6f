//! Judges a history: orders its facts, names the writer of each commit, and asks the same oracle as every other run.
//!
//! A history gets the same judgement whenever it is judged. If commits may be missing from it, a violation that it
//! shows may be an artefact, so that nothing is decided.
mod bounds;
mod figures;
mod order;
mod writers;

pub use bounds::NotJudged;
pub use figures::Figures;

use super::history::{Fact, Header, History};
use crate::checks::{PANICS, finding};
use model::{
    observation::Observation,
    oracle::{Finding, Oracle},
    verdict::Verdict,
};

/// The judgement of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Header of the history.
    pub header: Header,
    /// One finding per invariant that was judged, and per check of the runner.
    pub findings: Vec<Finding>,
    /// The invariants that were not judged.
    pub not_judged: Vec<NotJudged>,
    /// Reasons for which nothing could be decided.
    pub gaps: Vec<String>,
    /// Whether the history has an end.
    pub ended: bool,
    /// Verdict over everything.
    pub verdict: Verdict,
    /// Numbers of the run.
    pub figures: Figures,
}

/// Judges a history.
pub fn judge(history: &History) -> Judgement {
    let ordered = order::order(history);
    let (invariants, mut not_judged) = bounds::judged(&history.header);
    let mut oracle = Oracle::new(&invariants, bounds::settings(&history.header));
    for observation in &ordered.observations {
        oracle.observe(observation);
    }
    let mut findings = oracle.finish();
    if history.header.proxied {
        findings.push(panicked(history));
    }
    let mut gaps = ordered.gaps;
    let recorded =
        history.facts.iter().filter_map(|fact| if let Fact::Gap { why, .. } = fact { Some(why) } else { None });
    gaps.extend(recorded.cloned());
    if !gaps.is_empty() {
        findings.iter_mut().for_each(undecide);
    }
    let ended = history.facts.iter().any(|fact| matches!(fact, Fact::Ended { .. }));
    // What never came into play did not hold.
    let idle = findings.extract_if(.., |finding| finding.checked + finding.undecided == 0);
    not_judged.extend(idle.map(|finding| NotJudged::idle(finding.invariant)));
    let verdict = verdict(&findings, ended && gaps.is_empty());
    let figures = Figures::of(history);
    Judgement { header: history.header.clone(), findings, not_judged, gaps, ended, verdict, figures }
}

/// The observations that a history is judged by, in their order: what the evidence of a violation refers to.
pub fn observations(history: &History) -> Vec<Observation> {
    order::order(history).observations
}

fn verdict(findings: &[Finding], is_whole: bool) -> Verdict {
    let least = if is_whole && !findings.is_empty() { Verdict::Held } else { Verdict::Inconclusive };
    findings.iter().map(|finding| finding.verdict).fold(least, Verdict::and)
}

/// Takes back what was decided.
fn undecide(finding: &mut Finding) {
    finding.undecided += finding.violated;
    finding.violated = 0;
    finding.violations.clear();
    finding.verdict = Verdict::Inconclusive;
}

fn panicked(history: &History) -> Finding {
    let panic = history.facts.iter().find_map(|fact| match fact {
        Fact::Panicked { at, line } => Some((*at, line)),
        _ => None,
    });
    let at = panic.map_or(0, |(at, _)| at);
    finding(PANICS, at, panic.map(|(_, line)| format!("A gateway panicked: {line}.")))
}

#[cfg(test)]
mod tests;
