//! The report as JUnit XML: a test suite per scenario, a test case per protocol, transport and strategy.
//!
//! An undecided check is an `<error>`, not a pass. A requirement that was not met is a failed test case of its own.
//! `<system-out>` has the command that replays a failure.
use crate::report::{Failure, RunReport, ScenarioReport};
use model::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

/// The report as one XML document.
///
/// # Panics
/// Never: writing to memory does not fail.
pub fn render(report: &RunReport) -> String {
    let mut suites: BTreeMap<&str, Vec<TestCase>> = BTreeMap::new();
    for scenario in &report.scenarios {
        suites.entry(&scenario.name).or_default().push(case(scenario, &failures_of(report, scenario)));
    }
    let has_case = |failure: &Failure| report.scenarios.iter().any(|scenario| belongs(failure, scenario));
    for failure in report.failures.iter().filter(|failure| !has_case(failure)) {
        let mut case = TestCase::new(&*failure.invariant, failed(&failure.invariant, &failure.sentence));
        case.set_classname(format!("lockstep.{}", failure.scenario)).set_system_out(story(&[failure]));
        suites.entry(&failure.scenario).or_default().push(case);
    }
    let mut document = Report::new(format!("lockstep {}", report.command));
    document.add_test_suites(suites.into_iter().map(|(name, cases)| suite(name, cases)));
    if !report.unmet.is_empty() {
        let cases = report.unmet.iter().map(|unmet| {
            let mut case = TestCase::new(unmet.as_str(), failed("unmet", unmet));
            case.set_classname("lockstep.required");
            case
        });
        document.add_test_suite(suite("required", cases.collect()));
    }
    document.to_string().expect("writing to memory does not fail")
}

fn suite(name: &str, cases: Vec<TestCase>) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.add_test_cases(cases);
    suite
}

fn case(scenario: &ScenarioReport, failures: &[&Failure]) -> TestCase {
    let status = match (scenario.verdict, failures) {
        (Verdict::Held, []) => TestCaseStatus::success(),
        (Verdict::Inconclusive, []) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("inconclusive").set_message("a check never ran or could not be decided");
            status
        }
        (_, []) => failed("violated", "an invariant was violated"),
        (_, [first, ..]) => failed(&first.invariant, &first.sentence),
    };
    let ScenarioReport { name, protocol, transport, strategy, .. } = scenario;
    let mut case = TestCase::new(format!("{protocol} / {transport} / {strategy}"), status);
    case.set_classname(format!("lockstep.{name}")).set_assertions(
        usize::try_from(scenario.invariants.iter().map(|count| count.checked).sum::<u64>()).unwrap_or(usize::MAX),
    );
    if !failures.is_empty() {
        case.set_system_out(story(failures));
    }
    case
}

fn failed(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message);
    status
}

fn story(failures: &[&Failure]) -> String {
    let mut text = String::new();
    for Failure { invariant, sentence, replay, .. } in failures {
        text += &format!("{invariant}: {sentence}\nreplay: {replay}\n");
    }
    text
}

fn failures_of<'a>(report: &'a RunReport, scenario: &ScenarioReport) -> Vec<&'a Failure> {
    report.failures.iter().filter(|failure| belongs(failure, scenario)).collect()
}

fn belongs(failure: &Failure, scenario: &ScenarioReport) -> bool {
    failure.scenario == scenario.name
        && failure.protocol == scenario.protocol
        && failure.transport == scenario.transport
        && failure.strategy == scenario.strategy
}
