//! The report as SARIF 2.1.0, which code scanning services and editors show. Defined by OASIS, "Static Analysis Results
//! Interchange Format", section numbers below.
//!
//! - A rule (3.49) is an invariant. A result (3.27) is a failure that no other one explains, or a mutant that survived.
//! - Its location is the replay file, since that is what a reader opens; the scenario is the logical location.
//! - The story of a race is a code flow (3.36) with a thread flow per lane, numbered by the order of the steps.
//! - What was required and did not happen is a notification (3.58) of the invocation, which holds the exit code.
use crate::{
    causes,
    exit_code::{HELD, exit_code},
    focus::focus,
    report::{Failure, Mutant, RunReport, portable},
    timeline::Timeline,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Largest number of steps in a code flow.
const STEPS: usize = 60;

/// Identity of the schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The report as one JSON object with a newline at its end.
///
/// # Panics
/// Never: the log is plain data.
pub fn render(report: &RunReport) -> String {
    let failures: Vec<&Failure> =
        report.failures.iter().filter(|failure| causes::explanation(report, failure).is_none()).collect();
    let survivors: Vec<&Mutant> = report.mutants.iter().flatten().filter(|mutant| mutant.survived()).collect();
    let rules: BTreeSet<&str> = failures
        .iter()
        .map(|failure| &*failure.invariant)
        .chain(survivors.iter().map(|mutant| &*mutant.invariant))
        .collect();
    let results: Vec<Value> = failures
        .iter()
        .map(|failure| of_failure(report, failure))
        .chain(survivors.iter().map(|mutant| of_survivor(mutant)))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "lockstep",
                "version": report.version,
                "rules": rules.into_iter().map(rule).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": format!("lockstep/{}/", report.command) },
            "invocations": [invocation(report)],
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).expect("a log is plain data");
    text.push('\n');
    text
}

/// An invariant. Failures of other kinds, such as `as_recorded`, have a name only.
fn rule(id: &str) -> Value {
    match model::ALL.iter().find(|invariant| invariant.id == id) {
        Some(invariant) => json!({ "id": id, "shortDescription": { "text": invariant.sentence } }),
        None => json!({ "id": id }),
    }
}

fn invocation(report: &RunReport) -> Value {
    let notifications: Vec<Value> =
        report.unmet.iter().map(|unmet| json!({ "level": "warning", "message": { "text": unmet } })).collect();
    let code = exit_code(report);
    let mut invocation = json!({
        // The program did its work if it says so itself: a violation is a result, not a failed execution.
        "executionSuccessful": report.complete && !report.interrupted,
        "exitCode": code,
        "toolExecutionNotifications": notifications,
    });
    if code != HELD {
        invocation["exitCodeDescription"] = json!(crate::summary::headline(report));
    }
    if let Some(started) = &report.started {
        invocation["startTimeUtc"] = json!(started);
    }
    invocation
}

fn of_failure(report: &RunReport, failure: &Failure) -> Value {
    let mut message = failure.sentence.clone();
    if let Some(smallest) = failure.smallest.as_ref().filter(|smallest| !smallest.because.is_empty()) {
        message += &format!("\n{}", smallest.because);
    }
    for expectation in causes::explained_by(report, failure) {
        message += &format!("\nThe scenario's expectation fails too: {}", expectation.sentence);
    }
    message += &format!("\n{}", failure.portable_replay());
    let name = format!("{}/{}/{}", failure.scenario, failure.protocol, failure.transport);
    let mut location = json!({ "logicalLocations": [{ "name": failure.scenario, "fullyQualifiedName": name }] });
    if let Some(file) = &failure.file {
        location["physicalLocation"] = json!({ "artifactLocation": { "uri": uri(file) } });
    }
    let mut result = json!({
        "ruleId": failure.invariant,
        "level": "error",
        "message": { "text": message },
        "locations": [location],
        "partialFingerprints": { "cause/v1": format!("{}/{name}", failure.invariant) },
        "occurrenceCount": failure.occurrences.max(1),
    });
    let small = failure.smallest.as_ref().and_then(|smallest| smallest.timeline.as_ref());
    if let Some(timeline) = small.or(failure.timeline.as_ref()) {
        result["codeFlows"] = json!([code_flow(timeline)]);
    }
    result
}

fn of_survivor(mutant: &Mutant) -> Value {
    json!({
        "ruleId": mutant.invariant,
        "level": "error",
        "message": { "text": format!("{} survived: {} did not catch it", mutant.name, mutant.invariant) },
        "locations": [{ "logicalLocations": [{ "name": mutant.name }] }],
        "partialFingerprints": { "cause/v1": format!("{}/{}", mutant.invariant, mutant.name) },
    })
}

/// The steps near the evidence, a thread flow per lane that has any.
fn code_flow(timeline: &Timeline) -> Value {
    let shown = focus(timeline, STEPS);
    let flows: Vec<Value> = (0..timeline.lanes.len())
        .filter_map(|lane| {
            let steps: Vec<Value> = shown
                .iter()
                .filter(|&&index| timeline.entries[index].lane == lane)
                .map(|&index| step(timeline, index))
                .collect();
            (!steps.is_empty()).then(|| json!({ "id": timeline.lanes[lane].name, "locations": steps }))
        })
        .collect();
    json!({ "threadFlows": flows })
}

fn step(timeline: &Timeline, index: usize) -> Value {
    let entry = &timeline.entries[index];
    let decides = entry.critical || timeline.pair.contains(&index);
    let text = format!("{:.3} s {}: {}", entry.at_us as f64 / 1e6, timeline.lanes[entry.lane].name, entry.text);
    json!({
        "executionOrder": index + 1,
        "importance": if decides { "essential" } else { "important" },
        "location": { "message": { "text": text } },
    })
}

/// The path as a relative reference (RFC 3986).
fn uri(file: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let bytes = portable(file).bytes().map(|byte| if byte == b'\\' { b'/' } else { byte });
    bytes.map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_relative_references() {
        for (path, reference) in [
            ("lockstep-report/pair.replay", "lockstep-report/pair.replay"),
            ("my reports/50%.replay", "my%20reports/50%25.replay"),
            ("/somewhere/pair.replay", "pair.replay"),
            ("C:\\somewhere\\pair.replay", "pair.replay"),
            ("reports\\pair.replay", "reports/pair.replay"),
        ] {
            assert_eq!(uri(path), reference);
        }
    }
}
