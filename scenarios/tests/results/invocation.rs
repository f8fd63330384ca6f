//! Command lines: commands that work as pasted, and mistakes that are explained.
use super::{LOCKSTEP, VIOLATED, ended, place, run, shell};
use std::path::Path;

#[test]
fn the_program_is_named_as_it_was_started() {
    let place = place("pasted");
    std::os::unix::fs::symlink(LOCKSTEP, place.join("my lockstep")).expect("a link");
    std::os::unix::fs::symlink(LOCKSTEP, place.join("lockstep")).expect("a link");
    for program in ["'./my lockstep'", "lockstep", "./lockstep"] {
        let path = format!("PATH=\"{}:$PATH\"", place.display());
        let (code, output, _) = ended(shell(&place, &format!("unset CARGO; {path}; {program} {}", VIOLATED.join(" "))));
        assert_eq!(code, Some(2), "{output}");
        let again = output.lines().find_map(|line| line.trim().strip_prefix("again   ")).expect("a command");
        assert!(again.starts_with(&format!("{program} replay ")), "{again}");
        assert_eq!(ended(shell(&place, &format!("{path}; {again}"))).0, Some(2), "{again}");
    }
}

#[test]
fn a_scenario_named_twice_runs_once() {
    let (code, output, _) = run(&place("twice"), &["run", "pair", "pair", "--runs", "2"]);
    assert_eq!(code, Some(0));
    assert!(output.contains("in 2 runs of pair."), "{output}");
}

#[test]
fn negative_numbers_are_explained() {
    let place = place("negative");
    for (arguments, option) in [
        (&["run", "--seed", "-1"][..], "--seed"),
        (&["run", "--for", "-5s"], "--for"),
        (&["run", "pair", "--runs", "-10"], "--runs"),
        (&["exhaust", "pair", "--preemptions", "-1"], "--preemptions"),
        (&["determinism", "--seeds", "-3..5"], "--seeds"),
    ] {
        let (code, _, error) = run(&place, arguments);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains(option) && error.contains("negative") && !error.contains("'-- "), "{error}");
    }
}

#[test]
fn a_copied_binary_has_its_cases() {
    let place = place("copied");
    assert!(!Path::new("tests/conformance").exists(), "the test does not run in the root of the clone");
    let (code, output, error) = run(&place, &["fidelity", "--only", "leases/*"]);
    assert_eq!(code, Some(0), "{output}{error}");
    let (code, _, error) = run(&place, &["fidelity", "--cases", "none"]);
    assert!(code == Some(1) && error.contains("none"), "{error}");
}
