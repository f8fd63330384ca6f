//! A run of a program with its wall time and its largest memory.
use crate::meter;
use anyhow::{Context, bail};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const POLL: Duration = Duration::from_millis(20);

/// Cost of a program.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// Wall time.
    pub wall: Duration,
    /// Largest memory in bytes, where the system says it. It is read every 20 ms, and a shorter peak at the very end is
    /// missed.
    pub memory: Option<u64>,
}

/// Runs this command's own program to its end, with one of these exit codes.
///
/// # Errors
/// If it cannot be run, or ends otherwise.
#[expect(clippy::disallowed_methods, reason = "waits for a process in real time")]
pub fn run(program: &Path, words: &[String], ends: &[i32]) -> anyhow::Result<Took> {
    let began = meter::now();
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
    let (pid, mut memory) = (child.id().to_string(), None);
    let status = loop {
        memory = meter::peak_memory(&pid).or(memory);
        if let Some(status) = child.try_wait().context("cannot wait for a process")? {
            break status;
        }
        std::thread::sleep(POLL);
    };
    let wall = meter::now() - began;
    if !status.code().is_some_and(|code| ends.contains(&code)) {
        let mut said = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            _ = std::io::Read::read_to_string(&mut stderr, &mut said);
        }
        bail!("{} ended with {status}:\n{said}", words.join(" "));
    }
    Ok(Took { wall, memory })
}

/// Exit codes of a campaign that is large enough.
pub const HELD: [i32; 1] = [0];
/// Exit codes of a campaign that may be too small to decide everything.
pub const HELD_OR_UNDECIDED: [i32; 3] = [0, 5, 6];

/// The words of a lockstep command for [`run`].
pub fn lockstep(words: &[&str]) -> Vec<String> {
    ["lockstep"].iter().chain(words).map(|word| (*word).to_owned()).collect()
}
