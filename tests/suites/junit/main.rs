//! Reports as JUnit XML are valid in the dialects of Ant and of Jenkins: `junit.xsd` is what both allow.
use reports::{RunReport, json, junit};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Errors of the validator; empty for a valid document.
fn errors(document: &str) -> String {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/junit/junit.xsd");
    let mut command = Command::new("xmllint");
    command.args(["--noout", "--nonet", "--schema"]).arg(schema).arg("-").stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("xmllint");
    child.stdin.take().expect("its input").write_all(document.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    if output.status.success() { String::new() } else { String::from_utf8_lossy(&output.stderr).into_owned() }
}

fn scenario(name: &str, protocol: &str, verdict: &str, invariants: Value) -> Value {
    json!({
        "name": name, "protocol": protocol, "transport": "direct", "strategy": "random", "runs": 12,
        "wall_seconds": 1.5, "verdict": verdict, "invariants": invariants, "faults": [],
    })
}

fn failure(invariant: &str, explained_by: Option<&str>) -> Value {
    json!({
        "scenario": "pair", "protocol": "none", "transport": "direct", "strategy": "random", "invariant": invariant,
        "kind": "safety", "sentence": "2 requests <for> \"one\" & the same\u{1b}[0m:\nsee\r\nbelow \u{0}", "seed": "1",
        "file": "/somewhere/pair.replay", "replay": "lockstep replay /somewhere/pair.replay",
        "replay_string": "pair:none:direct:-:-:random:1", "first_run": 1, "choices": 3, "replicas": 2, "signals": 2,
        "api_calls": 9, "explained_by": explained_by,
    })
}

fn report(change: impl FnOnce(&mut Value)) -> RunReport {
    let checked = |name: &str, checked: u64, violations: u64, undecided: u64| {
        json!({
            "name": name, "checked": checked, "violations": violations, "undecided": undecided,
        })
    };
    let broken = json!([
        checked("one_active_request", 9, 2, 0),
        checked("occurrences_exact", 9, 1, 0),
        checked("scenario_expectation", 3, 3, 0),
        checked("one_holder", 0, 0, 3),
        checked("quiet_is_quiet", 7, 0, 0),
    ]);
    let mut report = json!({
        "schema": 1, "command": "run", "version": "1.0", "verdict": "violated", "runs": 36,
        "distinct_interleavings": 3, "simulated_seconds": 1.0, "wall_seconds": 3.0, "runs_per_second": 12.0,
        "api_calls": 100, "started": "2026-11-30T09:15:00Z",
        "scenarios": [
            scenario("pair", "none", "violated", broken),
            scenario("pair", "shipped-lease", "held", json!([checked("one_active_request", 9, 0, 0)])),
            scenario("burst", "none", "inconclusive", json!([])),
        ],
        "failures": [
            failure("one_active_request", None),
            failure("occurrences_exact", None),
            failure("scenario_expectation", Some("one_active_request")),
        ],
        "unmet": ["burst: the fault `crash` never took effect"],
    });
    change(&mut report);
    json::parse(&report.to_string()).expect("a report")
}

#[test]
#[cfg_attr(not(xmllint), ignore = "needs xmllint: apt-get install libxml2-utils")]
fn reports_are_valid() {
    for report in [
        report(|_| ()),
        report(|report| report["scenarios"] = json!([])),
        report(|report| (report["scenarios"], report["failures"], report["unmet"]) = (json!([]), json!([]), json!([]))),
        report(|report| _ = report.as_object_mut().map(|report| report.remove("started"))),
        report(|report| report["scenarios"][2]["runs"] = json!(0)),
    ] {
        let document = junit::render(&report);
        assert_eq!(errors(&document), "", "{document}");
    }
}

#[test]
#[cfg_attr(not(xmllint), ignore = "needs xmllint: apt-get install libxml2-utils")]
fn the_schema_refuses_what_a_dialect_refuses() {
    let document = junit::render(&report(|_| ()));
    for (from, to) in [
        ("<testsuites>", "<testsuites name=\"lockstep\">"),
        ("    <system-err></system-err>\n", ""),
        (" hostname=\"localhost\"", ""),
        ("T09:15:00\"", "T09:15:00Z\""),
        ("<skipped ", "<skipped type=\"explained\" "),
        (" time=\"", " assertions=\"1\" time=\""),
        ("name=\"burst\" package", "name=\"pair\" package"),
    ] {
        assert!(document.contains(from), "{from}\n{document}");
        assert_ne!(errors(&document.replace(from, to)), "", "{to}");
    }
}

#[test]
fn what_is_inconclusive_does_not_pass() {
    let mutant = |name: &str, found: bool, unfinished: bool| {
        json!({
            "name": name, "invariant": "one_holder", "strategy": "random", "found": found, "unfinished": unfinished,
        })
    };
    let report = |change: fn(&mut Value)| {
        report(|report| {
            (report["scenarios"], report["failures"], report["unmet"]) = (json!([]), json!([]), json!([]));
            report["verdict"] = json!("inconclusive");
            change(report);
        })
    };
    let stopped = junit::render(&report(|_| ()));
    assert!(stopped.contains("errors=\"1\"") && stopped.contains("<error type=\"inconclusive\""), "{stopped}");
    let mut mutants = report(|_| ());
    let rows = json!([mutant("a", true, false), mutant("b", false, false), mutant("c", false, true)]);
    mutants.mutants = serde_json::from_value(rows).expect("mutants");
    let mutants = junit::render(&mutants);
    assert!(mutants.contains("tests=\"3\" failures=\"1\" errors=\"1\""), "{mutants}");
}

#[test]
fn each_broken_invariant_is_a_failure() {
    let document = junit::render(&report(|_| ()));
    let count = |element: &str| document.matches(&format!("<{element} ")).count();
    assert_eq!((count("failure"), count("error"), count("skipped")), (3, 2, 1), "{document}");
    assert!(document.contains("tests=\"6\" failures=\"2\" errors=\"1\" skipped=\"1\" time=\"3.000\""), "{document}");
    assert!(document.contains("fails because one_active_request does"), "{document}");
    assert!(document.contains("lockstep replay pair:none:direct:-:-:random:1") && !document.contains("/somewhere"));
}
