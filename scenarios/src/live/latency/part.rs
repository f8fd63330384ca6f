//! The parts of a measurement, and what each is made with.
use crate::live::control_plane::Binaries;
use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// New signals and duplicates at 1, 16 and 64 at a time, with 1 and 3 replicas, beside bare writes.
    Signals,
    /// The same at 1, 20 and 1,000 a second, and the gateway's memory.
    Rates,
    /// New signals with the lock and without one.
    Lock,
    /// Duplicates without access control, with a token that is remembered, and with tokens that are not.
    Access,
    /// Time from the start of a process until it is ready.
    Start,
    /// API calls while the API server is away, and when it is back.
    Away,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 6] = [Self::Signals, Self::Rates, Self::Lock, Self::Access, Self::Start, Self::Away];

    /// Name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signals => "signals",
            Self::Rates => "rates",
            Self::Lock => "lock",
            Self::Access => "access",
            Self::Start => "start",
            Self::Away => "away",
        }
    }

    /// What it measures, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Signals => "New signals and duplicates, so many at a time, beside bare writes in the same rounds.",
            Self::Rates => "New signals and duplicates at a fixed rate, timed from when each was due, and memory.",
            Self::Lock => "New signals at 50 a second with the fenced lease, and without a lock (`none`), in turn.",
            Self::Access => "What it costs to authenticate and authorise a sender: duplicates at 12 a second.",
            Self::Start => "From the start of the process until it is ready, and what of that the API server took.",
            Self::Away => "API calls of three replicas under load while the API server is away, and when it is back.",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|part| part.name() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|part| part.name()).collect();
            format!("unknown part `{text}`; use one of {}", known.join(", "))
        })
    }
}

/// What is measured, and with which programs.
#[derive(Debug, Clone)]
pub struct Request {
    /// etcd and kube-apiserver.
    pub binaries: Binaries,
    /// The gateway's program.
    pub gateway: PathBuf,
    /// This program, which runs other protocols.
    pub lockstep: PathBuf,
    /// Percentage of the usual number of requests.
    pub percent: u32,
    /// Time for which the API server is away.
    pub away: Duration,
}

impl Request {
    /// So many per cent of a number, and at least `least`.
    pub(super) fn of(&self, usual: usize, least: usize) -> usize {
        (usual * self.percent as usize / 100).max(least)
    }
}
