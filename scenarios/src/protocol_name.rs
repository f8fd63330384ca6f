//! Contenders: the protocol that the gateway ships and those that it is compared with, by name.
use crate::{
    baselines::ALTERNATIVES,
    mutants::{HARMLESS, WEAKENINGS},
};
use gateway::{
    fenced_lease::FencedLease,
    protocol::{Context, Protocol},
};
use std::{fmt, str::FromStr, sync::Arc};

/// The name of the shipped protocol.
pub const SHIPPED: &str = "fenced-lease";

/// A protocol that a run can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProtocolName {
    /// The one that the gateway ships.
    FencedLease,
    /// One of [`ALTERNATIVES`], by index.
    Alternative(usize),
    /// One of [`WEAKENINGS`], by index: `weakened-` and its name on the command line.
    Weakened(usize),
    /// One of [`HARMLESS`], by index: `without-` and its name on the command line.
    Without(usize),
}

impl ProtocolName {
    /// Every protocol but the weakened ones: the shipped one first.
    pub fn all() -> impl Iterator<Item = ProtocolName> {
        std::iter::once(ProtocolName::FencedLease).chain((0..ALTERNATIVES.len()).map(ProtocolName::Alternative))
    }

    /// Every planted bug.
    pub fn weakened() -> impl Iterator<Item = ProtocolName> {
        (0..WEAKENINGS.len()).map(ProtocolName::Weakened)
    }

    /// Every protocol that lacks a layer for which others stand in.
    pub fn layered() -> impl Iterator<Item = ProtocolName> {
        (0..HARMLESS.len()).map(ProtocolName::Without)
    }

    /// What it is, in a line.
    pub fn summary(self) -> &'static str {
        match self {
            ProtocolName::FencedLease => {
                "what the gateway ships: coalesced compare-and-set counts, creates fenced by name"
            }
            ProtocolName::Alternative(index) => ALTERNATIVES[index].summary,
            ProtocolName::Weakened(index) => WEAKENINGS[index].about,
            ProtocolName::Without(index) => HARMLESS[index].because,
        }
    }

    /// Starts it for one replica.
    pub fn start(self, context: Context) -> Arc<dyn Protocol> {
        match self {
            ProtocolName::FencedLease => FencedLease::start(context),
            ProtocolName::Alternative(index) => (ALTERNATIVES[index].start)(context),
            ProtocolName::Weakened(index) => mutants::start(context, WEAKENINGS[index].sites),
            ProtocolName::Without(index) => mutants::start(context, HARMLESS[index].sites),
        }
    }
}

impl fmt::Display for ProtocolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProtocolName::FencedLease => f.write_str(SHIPPED),
            ProtocolName::Alternative(index) => f.write_str(ALTERNATIVES[*index].name),
            ProtocolName::Weakened(index) => write!(f, "weakened-{}", WEAKENINGS[*index].name),
            ProtocolName::Without(index) => write!(f, "without-{}", HARMLESS[*index].name),
        }
    }
}

impl FromStr for ProtocolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = ProtocolName::all().chain(ProtocolName::weakened()).chain(ProtocolName::layered());
        all.find(|protocol| protocol.to_string() == text).ok_or_else(|| {
            let known: Vec<String> = ProtocolName::all().map(|protocol| protocol.to_string()).collect();
            format!("no protocol `{text}`: there are {}, and the planted bugs of `lockstep list`", known.join(", "))
        })
    }
}
