//! Instruction counts: fixed work under callgrind, compared with a committed baseline.
//!
//! Times are noisy on shared machines; the number of instructions of the same program is not. Each piece of work is
//! counted twice, with and without its repetitions, so that the start of the process and what is compiled once per
//! process cancel out.
mod baseline;
mod profile;

pub use baseline::{Baseline, Comparison};
pub use profile::Profile;

use crate::{
    lockstep,
    requests::{InProcess, Verb},
};
use anyhow::{Context, bail};
use scenarios::runner::Transport;
use std::{path::Path, process::Command, str::FromStr, time::Duration};

/// Work that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Runs of the canonical burst.
    Burst,
    /// Exhaustive searches of `pair`.
    Search,
    /// Requests to the API server in process: one GET, CREATE and PATCH each, and a LIST for every tenth.
    Requests,
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 3] = [Workload::Burst, Workload::Search, Workload::Requests];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Burst => "burst",
            Workload::Search => "search",
            Workload::Requests => "requests",
        }
    }

    /// How often it is repeated when it is counted: a second or so under callgrind.
    fn times(self) -> u64 {
        match self {
            Workload::Burst => 20,
            Workload::Search => 1,
            Workload::Requests => 200,
        }
    }

    /// Prepares the work, does it once, and then so many times more.
    ///
    /// # Errors
    /// If it fails.
    pub fn perform(self, times: u64) -> anyhow::Result<()> {
        match self {
            Workload::Burst => {
                let prepared = lockstep::burst(Transport::Direct, Duration::from_secs(35));
                (0..=times).try_for_each(|seed| lockstep::run(&prepared, seed).map(|_| ()))
            }
            Workload::Search => (0..=times).try_for_each(|_| lockstep::search(1).map(|_| ())),
            Workload::Requests => {
                let mut server = InProcess::new()?;
                for number in 0..=times {
                    for verb in Verb::ALL.into_iter().filter(|verb| *verb != Verb::List || number % 10 == 0) {
                        let requests = server.requests(verb, 1);
                        server.answer(&requests)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Counts it: the instructions of one repetition. `program` is this command's own program.
    ///
    /// # Errors
    /// If valgrind is missing, or the work fails.
    pub fn count(self, program: &Path) -> anyhow::Result<Profile> {
        let (none, all) = (self.profile(program, 0)?, self.profile(program, self.times())?);
        Ok(all.per_repetition(&none, self.times()))
    }

    fn profile(self, program: &Path, times: u64) -> anyhow::Result<Profile> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let file = folder.path().join("profile");
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", file.display()));
        command.arg(program).args(["work", self.name(), "--times", &times.to_string()]);
        // What the environment has is copied at the start, and moves the stack.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = command.output().context("cannot run valgrind: install it, as `.ci/run` does with apt-get")?;
        if !output.status.success() {
            bail!("{} failed under valgrind:\n{}", self.name(), String::from_utf8_lossy(&output.stderr));
        }
        let text = std::fs::read_to_string(&file).context("valgrind wrote no profile")?;
        Profile::parse(&text).context("the profile of valgrind cannot be read")
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|workload| workload.name() == text);
        known.ok_or_else(|| format!("unknown work `{text}`; use burst, search or requests"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_can_be_done() {
        for workload in [Workload::Burst, Workload::Requests] {
            workload.perform(1).expect("it is done");
        }
        assert_eq!("search".parse(), Ok(Workload::Search));
        assert!("other".parse::<Workload>().is_err());
    }
}
