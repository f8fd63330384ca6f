//! The `lockstep` binary as a user sees it: first screen, exit codes, typos, closed pipes.
use std::process::{Command, Output, Stdio};

/// Lines of a first screen.
const SCREEN: usize = 15;

fn lockstep(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockstep"));
    command.args(arguments).stdin(Stdio::null()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

fn output(arguments: &[&str]) -> (Output, String) {
    let output = lockstep(arguments).output().expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

#[test]
fn a_violation_is_on_the_first_screen() {
    let (output, text) = output(&["run", "pair", "--protocol", "none", "--runs", "50", "--seed", "1"]);
    assert_eq!(output.status.code(), Some(2), "{text}");
    let screen: Vec<&str> = text.lines().take(SCREEN).collect();
    let screen = screen.join("\n");
    for needed in ["VIOLATED · run", "one_active_request in pair, protocol none", "again   "] {
        assert!(screen.contains(needed), "no {needed:?} in\n{screen}");
    }
    assert!(!screen.contains("scenario_expectation"), "it is folded under the invariant:\n{screen}");
    let replay = text.split("lockstep replay ").nth(1).and_then(|rest| rest.lines().next()).expect("a replay");
    assert_eq!(text.matches(replay).count(), 1, "the replay is printed once");
    let (again, text) = self::output(&["replay", replay]);
    assert_eq!(again.status.code(), Some(2), "{text}");
}

#[test]
fn a_held_run_is_short() {
    let (output, text) = output(&["run", "pair", "--runs", "5"]);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("HELD · run: Every invariant held in 5 runs of pair."), "{text}");
    assert!(text.lines().count() <= 8 && !text.contains("left out"), "{text}");
    let (_, verbose) = self::output(&["run", "pair", "--runs", "5", "--verbose"]);
    assert!(verbose.contains("left out") && verbose.contains("one_holder"), "{verbose}");
}

#[test]
fn a_typo_is_a_usage_error_with_a_suggestion() {
    let (output, _) = output(&["run", "brst"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("'burst'"), "{error}");
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let mut child = lockstep(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn doctor_completions_and_man_succeed() {
    for (arguments, needed) in [
        (&["doctor"][..], "`lockstep run` works here"),
        (&["doctor", "--format", "json"], "\"main_job\""),
        (&["completions", "bash"], "holder-crash"),
        (&["completions", "zsh"], "#compdef lockstep"),
        (&["man"], "lockstep"),
    ] {
        let (output, text) = output(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(text.contains(needed), "{arguments:?}: {text}");
    }
}
