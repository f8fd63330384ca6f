//! Transcripts of shell sessions: commands, and what they printed when they were recorded.
//!
//! A file has comments (`#` at its top, `##` below) and commands (`$ …`, run by bash). Below each command is its output
//! with the error output, and `? N` at the end if the exit code was not 0. Whatever differs between any two runs (uids,
//! versions, ages, addresses) is replaced before anything is compared or written. trycmd has a similar format, but runs
//! one program without a shell; a session here needs pipes, several programs, and the same namespace from step to step.
use regex::Regex;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// A session could not be played.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// A file cannot be used, or a program cannot be started.
    #[error("{what}: {source}")]
    Io {
        /// Path of the file, or name of the program.
        what: String,
        /// Underlying I/O error.
        source: io::Error,
    },
}

/// Beginning of a comment above a command whose output is another on the simulated server, followed by the reason.
const DIFFERS: &str = "## differs: ";

/// One command and its recorded output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Comments and empty lines above the command.
    pub heading: String,
    /// Command line for bash.
    pub command: String,
    /// Comparable output, with the exit code if it was not 0.
    pub output: String,
}

impl Step {
    /// Reason of a declared difference: the simulated server makes this command print something else.
    pub fn differs(&self) -> Option<&str> {
        self.heading.lines().find_map(|line| line.strip_prefix(DIFFERS))
    }
}

/// A command printed something other than the recorded output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Command line for bash.
    pub command: String,
    /// Recorded output.
    pub expected: String,
    /// Output of this run.
    pub actual: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "$ {}\n--- recorded\n{}+++ now\n{}", self.command, self.expected, self.actual)
    }
}

/// A directory to run commands in, and the rules that make their output comparable.
#[derive(Debug)]
pub struct Shell {
    directory: PathBuf,
    environment: Vec<(String, String)>,
    rules: Vec<(Regex, String)>,
}

/// Patterns of texts that differ between runs, and their replacements. Times of the manifests' own day are kept.
const RULES: &[(&str, &str)] = &[
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "$$uid"),
    (r"20(?:[013-9][0-9]|2[0-57-9])-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "$$time"),
    (r"2026-(?:0[4-9]|1[0-2])-[0-9]{2}T[0-9:.]+Z", "$$time"),
    (r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]+ [-+][0-9]{4}", "$$date"),
    (r#"(resourceVersion"?: ?)"[0-9]+""#, "${1}\"$$version\""),
    (r"(Resource Version:\s+)[0-9]+", "${1}$$version"),
    (r"(?m)^(---|\+\+\+|diff -u -N) .*/(LIVE|MERGED)-.*$", "$1 $2"),
    (r"\S*/kubectl-edit-[0-9]+\.yaml", "$$file"),
    (r"(^|\s)(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?[0-9]+(?:\.[0-9]+)?m?s(\s|$)", "${1}$$age${2}"),
    (r"(\S) {2,}", "${1}  "),
    (r"(?m)[ \t]+$", ""),
];

impl Shell {
    /// Commands run in `directory` with these variables; the address `server` becomes `$server` in their output.
    ///
    /// # Panics
    /// If a rule is not a regular expression: a mistake in this file.
    pub fn new(directory: &Path, environment: &[(&str, &str)], server: &str) -> Self {
        let mut rules = vec![(Regex::new(&regex::escape(server)).expect("an escaped text"), "$$server".to_owned())];
        rules.extend(RULES.iter().map(|(find, put)| (Regex::new(find).expect("a rule"), (*put).to_owned())));
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { directory: directory.to_owned(), environment, rules }
    }

    /// Runs one command and makes its output comparable.
    ///
    /// # Errors
    /// If bash cannot be started.
    pub fn run(&self, command: &str) -> Result<String, TranscriptError> {
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(format!("exec 2>&1; {command}")).current_dir(&self.directory);
        bash.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let done = bash.output().map_err(|source| TranscriptError::Io { what: "bash".into(), source })?;
        let mut text = String::from_utf8_lossy(&done.stdout).into_owned();
        for (find, put) in &self.rules {
            text = find.replace_all(&text, put.as_str()).into_owned();
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if !done.status.success() {
            let code = done.status.code().map_or_else(|| "signal".to_owned(), |code| code.to_string());
            text.push_str(&format!("? {code}\n"));
        }
        Ok(text)
    }

    /// Plays a session and returns every difference from the recorded output.
    ///
    /// # Errors
    /// If bash cannot be started.
    pub fn play(&self, steps: &[Step]) -> Result<Vec<Difference>, TranscriptError> {
        let mut differences = Vec::new();
        for step in steps {
            let actual = self.run(&step.command)?;
            if actual != step.output {
                differences.push(Difference { command: step.command.clone(), expected: step.output.clone(), actual });
            }
        }
        Ok(differences)
    }

    /// As [`Self::play`], for a server that is known to print something else after the steps that say so: the
    /// differences of the other steps, and the steps that no longer differ.
    ///
    /// # Errors
    /// If bash cannot be started.
    pub fn play_known(&self, steps: &[Step]) -> Result<Vec<Difference>, TranscriptError> {
        let mut differences = Vec::new();
        for step in steps {
            let actual = self.run(&step.command)?;
            let expected = match (step.differs(), actual == step.output) {
                (None, false) => step.output.clone(),
                (Some(reason), true) => format!("something else, as declared: {reason}\n"),
                (None, true) | (Some(_), false) => continue,
            };
            differences.push(Difference { command: step.command.clone(), expected, actual });
        }
        Ok(differences)
    }

    /// Plays a session and returns it with the output of this run.
    ///
    /// # Errors
    /// If bash cannot be started.
    pub fn record(&self, steps: &[Step]) -> Result<Vec<Step>, TranscriptError> {
        steps.iter().map(|step| Ok(Step { output: self.run(&step.command)?, ..step.clone() })).collect()
    }
}

/// Reads a session.
///
/// # Errors
/// If the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Step>, TranscriptError> {
    let text =
        fs::read_to_string(path).map_err(|source| TranscriptError::Io { what: path.display().to_string(), source })?;
    let mut steps: Vec<Step> = Vec::new();
    let mut heading = String::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            let heading = std::mem::take(&mut heading);
            steps.push(Step { heading, command: command.to_owned(), output: String::new() });
        } else if line.starts_with("##") || steps.is_empty() {
            heading.push_str(line);
            heading.push('\n');
        } else if let Some(step) = steps.last_mut() {
            step.output.push_str(line);
            step.output.push('\n');
        }
    }
    Ok(steps)
}

/// Writes a session.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, steps: &[Step]) -> Result<(), TranscriptError> {
    let text: String =
        steps.iter().map(|step| format!("{}$ {}\n{}", step.heading, step.command, step.output)).collect();
    fs::write(path, text).map_err(|source| TranscriptError::Io { what: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(session: &str) -> Vec<String> {
        let directory = tempfile::TempDir::new().expect("a directory");
        let file = directory.path().join("session.txt");
        fs::write(&file, session).expect("a file");
        let shell = Shell::new(directory.path(), &[], "https://127.0.0.1:1");
        let found = shell.play_known(&read(&file).expect("a session")).expect("bash runs");
        found.into_iter().map(|difference| difference.command).collect()
    }

    #[test]
    fn declared_difference_must_occur() {
        let session = "# Two commands.\n$ echo a\na\n## differs: no b here\n$ echo b\nc\n";
        assert!(found(session).is_empty(), "the difference is declared");
        assert_eq!(found(&session.replace("\nc\n", "\nb\n")), ["echo b"], "declared, but absent");
        assert_eq!(found(&session.replace("\na\n", "\nx\n")), ["echo a"], "not declared");
    }
}
