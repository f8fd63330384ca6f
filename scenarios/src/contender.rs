//! Contenders: the protocol that the gateway ships and those that it is compared with, by name.
use crate::protocols::ALTERNATIVES;
use gateway::{
    once::FencedLease,
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
}

impl ProtocolName {
    /// Every protocol: the shipped one first.
    pub fn all() -> impl Iterator<Item = ProtocolName> {
        std::iter::once(ProtocolName::FencedLease).chain((0..ALTERNATIVES.len()).map(ProtocolName::Alternative))
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ProtocolName::FencedLease => SHIPPED,
            ProtocolName::Alternative(index) => ALTERNATIVES[index].name,
        }
    }

    /// What it is, in a line.
    pub fn summary(self) -> &'static str {
        match self {
            ProtocolName::FencedLease => {
                "what the gateway ships: coalesced compare-and-set counts, creates fenced by name"
            }
            ProtocolName::Alternative(index) => ALTERNATIVES[index].summary,
        }
    }

    /// Starts it for one replica.
    pub fn start(self, context: Context) -> Arc<dyn Protocol> {
        match self {
            ProtocolName::FencedLease => FencedLease::start(context),
            ProtocolName::Alternative(index) => (ALTERNATIVES[index].start)(context),
        }
    }
}

impl fmt::Display for ProtocolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ProtocolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        ProtocolName::all().find(|protocol| protocol.name() == text).ok_or_else(|| {
            let known: Vec<&str> = ProtocolName::all().map(ProtocolName::name).collect();
            format!("no protocol `{text}`: there are {}", known.join(", "))
        })
    }
}
