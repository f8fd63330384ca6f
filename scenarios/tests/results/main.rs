//! A result is never lost: what the `lockstep` binary prints, writes and exits with when the disk, the terminal, the
//! clock or a signal is against it.
#![expect(clippy::disallowed_methods, reason = "these tests wait for processes; no run sees it")]

mod automation;
mod folder;
mod interrupted;
mod invocation;
mod merged;
mod outputs;
mod replays;
mod terminal;
mod time;
mod verification;

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

const LOCKSTEP: &str = env!("CARGO_BIN_EXE_lockstep");

/// A campaign that finds a violation in its first runs.
const VIOLATED: [&str; 7] = ["run", "pair", "--protocol", "none", "--runs", "30", "--no-shrink"];
/// A campaign that holds.
const HELD: [&str; 4] = ["run", "pair", "--runs", "3"];

/// An empty folder to work in.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("results").join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).expect("a folder");
    place
}

fn lockstep(place: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(LOCKSTEP);
    command.args(arguments).current_dir(place).stdin(Stdio::null()).env_remove("COLUMNS");
    command
}

/// Runs a command line of the shell, in which `$LOCKSTEP` is the binary.
fn shell(place: &Path, line: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(place).stdin(Stdio::null()).env("LOCKSTEP", LOCKSTEP);
    // `script` starts the user's shell, and shells differ.
    command.env("SHELL", "/bin/sh");
    command.output().expect("a shell")
}

/// Exit code, standard output and standard error.
fn run(place: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(lockstep(place, arguments).output().expect("the binary runs"))
}

fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn report(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("report.json")).expect("a report");
    serde_json::from_str(&text).expect("JSON")
}

/// Names of the files in a folder that end so.
fn files(folder: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.ends_with(ending));
    names.sort();
    names
}

/// Starts a command, and waits until `ready` holds.
fn started(mut command: Command, mut ready: impl FnMut() -> bool) -> Child {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let began = Instant::now();
    while !ready() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn send(signal: &str, child: &Child) {
    let done = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
    assert!(done.success(), "{signal}");
}
