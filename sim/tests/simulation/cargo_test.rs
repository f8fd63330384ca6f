//! A simulation as a test of `cargo test`: what it prints when it fails, and that this repeats the run.
use super::one_child_each::simulation;
use std::{path::Path, process::Command};

const IN_CHILD: &str = "CARGO_TEST_IN_CHILD";
const NAME: &str = "cargo_test::fixed_controller_passes_as_a_test";

/// In the child process, the controller with the mistake.
#[test]
fn fixed_controller_passes_as_a_test() {
    simulation(std::env::var_os(IN_CHILD).is_none()).test();
}

/// Whether the test passed, and what it printed.
fn child(variables: &[(&str, &str)]) -> (bool, String) {
    let myself = std::env::current_exe().expect("a test binary");
    let mut command = Command::new(myself);
    command.args(["--exact", NAME, "--nocapture"]).env(IN_CHILD, "1").env("CARGO_PKG_NAME", "sim");
    let output = command.envs(variables.iter().copied()).output().expect("a child");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn a_failed_test_prints_its_replay() {
    let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let (passed, text) = child(&[("LOCKSTEP_SEEDS", "500"), ("LOCKSTEP_PAGES", &pages.to_string_lossy())]);
    assert!(!passed && text.contains("at most one child: one greeting has 2 children"), "{text}");
    assert!(text.contains("replica-0 sends: create configmaps in default"), "{text}");
    assert!(text.contains("faults in the whole run: "), "{text}");
    let line = text.lines().find(|line| line.starts_with("LOCKSTEP_REPLAY=")).expect("a line that repeats it");
    let path = text.lines().find_map(|line| line.strip_prefix("page: ")).expect("a page");
    let page = std::fs::read_to_string(path).expect("the page");
    for part in [
        "One greeting has 2 children",
        "<th scope=\"col\">replica-0</th>",
        line,
        "The nearest run that holds",
        "<summary>the object</summary><pre>{\n  &quot;apiVersion&quot;: &quot;v1&quot;",
    ] {
        assert!(page.contains(part), "{part} is missing in {path}");
    }
    assert!(!page.contains("http") && !page.contains("<script"), "the page is self-contained");
    let (replay, command) = line["LOCKSTEP_REPLAY=".len()..].split_once(' ').expect("a command");
    assert_eq!(command, format!("cargo test -p sim -- --exact {NAME}"));
    let (passed, again) = child(&[("LOCKSTEP_REPLAY", replay)]);
    let story = |text: &str| {
        let from = text.find("at most one child").expect("the sentence");
        let to = text.find("faults in the whole run").expect("the faults");
        text[from..to].to_owned()
    };
    assert!(!passed && story(&again) == story(&text), "{again}");
}

/// A page that cannot be written takes nothing away from the failure.
#[test]
fn the_failure_is_reported_without_its_page() {
    let (passed, text) = child(&[("LOCKSTEP_SEEDS", "500"), ("LOCKSTEP_PAGES", "/dev/null/pages")]);
    assert!(!passed && text.contains("the page could not be written: "), "{text}");
    assert!(text.contains("one greeting has 2 children") && text.contains("LOCKSTEP_REPLAY="), "{text}");
}

#[test]
fn variables_that_cannot_be_read_are_named() {
    let (passed, text) = child(&[("LOCKSTEP_SEEDS", "many")]);
    assert!(!passed && text.contains("LOCKSTEP_SEEDS: write a number of seeds or a range, not `many`"), "{text}");
    let (passed, text) = child(&[("LOCKSTEP_REPLAY", "in-order")]);
    assert!(passed && text.contains("this run holds; faults: none"), "{text}");
}
