//! The report as JUnit XML: a test suite per scenario, a test case per invariant, protocol, transport and strategy.
//!
//! The dialects differ. This is what the schemas of Ant and of Jenkins' xUnit plugin both allow: one result per case,
//! no attributes on `testsuites`, and every attribute that one of them requires.
//!
//! - A violated invariant is a `<failure>`, with the command that replays it on any machine. An expectation that
//!   another invariant explains is `<skipped>`, as the first screen folds it.
//! - A check that was not made or not decided is an `<error>`, not a pass; a scenario that a time budget did not reach
//!   is `<skipped>`.
//! - An invariant that a live run did not judge is a `<skipped>` case of the suite `not judged`.
//! - A mutant is a case of the suite `mutants`, and a requirement that was not met a failed case of `required`.
//! - A report that is inconclusive as a whole, since a search did not finish, has an `<error>` of its own.
mod xml;

use crate::{
    causes,
    report::{Failure, InvariantCount, Mutant, RunReport, ScenarioReport},
    summary,
};
use model::Verdict;
use std::{collections::BTreeMap, fmt::Write};
use xml::{attribute, text};

/// Moment of reports that have none.
const UNKNOWN: &str = "1970-01-01T00:00:00";

/// Element of a case that was not run, or that another one explains.
const SKIPPED: &str = "skipped";

/// One test case.
struct Case {
    name: String,
    class: String,
    seconds: f64,
    result: Option<Result>,
}

/// What a case shows instead of a pass.
struct Result {
    element: &'static str,
    kind: String,
    message: String,
    body: String,
}

/// The report as one XML document.
pub fn render(report: &RunReport) -> String {
    let mut suites: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for scenario in &report.scenarios {
        suites.entry(&scenario.name).or_default().extend(cases(report, scenario));
    }
    let has_row = |failure: &Failure| report.scenarios.iter().any(|scenario| belongs(failure, scenario));
    for failure in report.failures.iter().filter(|failure| !has_row(failure)) {
        let case =
            Case { seconds: 0.0, ..case(report, &failure.scenario, &failure.invariant, Some(failed(report, failure))) };
        suites.entry(&failure.scenario).or_default().push(case);
    }
    let mut document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    let mut id = 0;
    for (name, cases) in suites {
        suite(&mut document, report, (id, name), &cases);
        id += 1;
    }
    let mutants: Vec<Case> = report.mutants.iter().flatten().map(|row| mutant(report, row)).collect();
    let not_judged = report.live.iter().flat_map(|live| &live.not_judged);
    let skipped = |because: &str| Some(result(SKIPPED, "not judged", because));
    let not_judged: Vec<Case> =
        not_judged.map(|not| case(report, "not judged", &not.invariant, skipped(&not.because))).collect();
    let mut required: Vec<Case> = report.unmet.iter().map(|unmet| requirement(report, unmet)).collect();
    let shown = document.contains("<failure ") || document.contains("<error ");
    if report.verdict == Verdict::Inconclusive && !shown && report.unmet.is_empty() {
        let message = summary::headline(report);
        required.push(case(report, "required", "verdict", Some(result("error", "inconclusive", &message))));
    }
    for (name, cases) in [("mutants", mutants), ("not judged", not_judged), ("required", required)] {
        if !cases.is_empty() {
            suite(&mut document, report, (id, name), &cases);
            id += 1;
        }
    }
    document + "</testsuites>\n"
}

fn suite(document: &mut String, report: &RunReport, (id, name): (usize, &str), cases: &[Case]) {
    let count = |element: &str| {
        cases.iter().filter(|case| case.result.as_ref().is_some_and(|result| result.element == element)).count()
    };
    let started = report.started.as_deref().map_or(UNKNOWN, |started| started.trim_end_matches('Z'));
    let _ = writeln!(
        document,
        "  <testsuite id=\"{id}\" name=\"{}\" package=\"{}\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" \
         failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        attribute(name),
        attribute(&package(report)),
        attribute(started),
        cases.len(),
        count("failure"),
        count("error"),
        count(SKIPPED),
        cases.iter().map(|case| case.seconds).sum::<f64>() + 0.0,
    );
    let properties = [("verdict", summary::verdict_word(report.verdict)), ("version", &report.version)];
    document.push_str("    <properties>\n");
    for (name, value) in properties {
        let _ = writeln!(document, "      <property name=\"{}\" value=\"{}\"/>", attribute(name), attribute(value));
    }
    document.push_str("    </properties>\n");
    cases.iter().for_each(|case| write(document, case));
    document.push_str("    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n");
}

fn write(document: &mut String, case: &Case) {
    let Case { name, class, seconds, result } = case;
    let (name, class) = (attribute(name), attribute(class));
    let _ = write!(document, "    <testcase name=\"{name}\" classname=\"{class}\" time=\"{seconds:.3}\"");
    let Some(Result { element, kind, message, body }) = result else {
        document.push_str("/>\n");
        return;
    };
    // Ant's schema allows no type of a skipped case.
    let kind = if *element == SKIPPED { String::new() } else { format!(" type=\"{}\"", attribute(kind)) };
    let (message, body) = (attribute(message), text(body));
    let _ = writeln!(document, ">\n      <{element}{kind} message=\"{message}\">{body}</{element}>\n    </testcase>");
}

fn package(report: &RunReport) -> String {
    format!("lockstep.{}", report.command)
}

fn case(report: &RunReport, scenario: &str, name: &str, result: Option<Result>) -> Case {
    Case { name: name.to_owned(), class: format!("{}.{scenario}", package(report)), seconds: 0.0, result }
}

/// The cases of a scenario: one per invariant. A run checks all of them, so they share its time evenly.
fn cases(report: &RunReport, scenario: &ScenarioReport) -> Vec<Case> {
    let ScenarioReport { name, protocol, transport, strategy, .. } = scenario;
    let how = format!(" [{protocol}, {transport}, {strategy}]");
    let mut cases: Vec<Case> = Vec::new();
    let failures: Vec<&Failure> = report.failures.iter().filter(|failure| belongs(failure, scenario)).collect();
    for count in &scenario.invariants {
        let failure = failures.iter().find(|failure| failure.invariant == count.name);
        let result = failure.map_or_else(|| undecided(count), |failure| Some(failed(report, failure)));
        cases.push(case(report, name, &(count.name.clone() + &how), result));
    }
    let counted = |failure: &&&Failure| scenario.invariants.iter().any(|count| count.name == failure.invariant);
    for failure in failures.iter().filter(|failure| !counted(failure)) {
        cases.push(case(report, name, &(failure.invariant.clone() + &how), Some(failed(report, failure))));
    }
    let shown = cases.iter().any(|case| case.result.is_some());
    if cases.is_empty() || !shown && scenario.verdict != Verdict::Held {
        cases.push(case(report, name, &format!("runs{how}"), unlike_held(report, scenario)));
    }
    let seconds = scenario.wall_seconds / cases.len() as f64;
    cases.iter_mut().for_each(|case| case.seconds = seconds);
    cases
}

/// Why a scenario did not hold, where no invariant says so.
fn unlike_held(report: &RunReport, scenario: &ScenarioReport) -> Option<Result> {
    match scenario.verdict {
        Verdict::Held => None,
        Verdict::Violated => Some(result("failure", "violated", "an invariant was violated")),
        Verdict::Inconclusive if scenario.runs == 0 && report.verdict == Verdict::Held => {
            Some(result(SKIPPED, "not run", "the time did not reach this scenario"))
        }
        Verdict::Inconclusive if scenario.runs == 0 => Some(result("error", "inconclusive", "no run was made")),
        Verdict::Inconclusive => Some(result("error", "inconclusive", "a run could not be decided")),
    }
}

fn undecided(count: &InvariantCount) -> Option<Result> {
    match count.verdict() {
        Verdict::Held => None,
        Verdict::Violated => Some(result("failure", &count.name, "the invariant was violated")),
        Verdict::Inconclusive => {
            Some(result("error", "inconclusive", "the check was never made or could not be decided"))
        }
    }
}

fn failed(report: &RunReport, failure: &Failure) -> Result {
    if let Some(explanation) = causes::explanation(report, failure) {
        let message = format!("fails because {} does: {}", explanation.invariant, failure.sentence);
        return result(SKIPPED, "explained", &message);
    }
    let mut body = format!("{}\n", failure.sentence);
    for expectation in causes::explained_by(report, failure) {
        body += &format!("The scenario's expectation fails too: {}\n", expectation.sentence);
    }
    body += &format!("again   {}\n", failure.portable_replay());
    Result { body, ..result("failure", &failure.invariant, &failure.sentence) }
}

fn mutant(report: &RunReport, mutant: &Mutant) -> Case {
    let result = match (mutant.survived(), mutant.unfinished) {
        (true, _) => Some(result("failure", "survived", &format!("{} did not catch it", mutant.invariant))),
        (false, true) => Some(result("error", "inconclusive", "the search for it was stopped")),
        (false, false) => None,
    };
    case(report, "mutants", &mutant.name, result)
}

fn requirement(report: &RunReport, unmet: &str) -> Case {
    case(report, "required", unmet, Some(result("failure", "unmet", unmet)))
}

fn result(element: &'static str, kind: &str, message: &str) -> Result {
    Result { element, kind: kind.to_owned(), message: message.to_owned(), body: String::new() }
}

fn belongs(failure: &Failure, scenario: &ScenarioReport) -> bool {
    failure.scenario == scenario.name
        && failure.protocol == scenario.protocol
        && failure.transport == scenario.transport
        && failure.strategy == scenario.strategy
}
