//! Names of the protocols that a run can use: the shipped one, the baselines and the mutants.
use crate::{
    baselines::{BASELINES, Surroundings},
    mutants::{EQUIVALENT_MUTANTS, MUTANTS},
};
use gateway::{
    fenced_lease::FencedLease,
    protocol::{Context, Protocol},
};
use std::{fmt, str::FromStr, sync::Arc};

/// Name of the shipped protocol.
pub const SHIPPED: &str = "fenced-lease";

/// A protocol that a run can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProtocolName {
    /// The shipped protocol.
    FencedLease,
    /// One of [`BASELINES`], by index.
    Baseline(usize),
    /// One of [`MUTANTS`], by index: `mutant-` and its name on the command line.
    Mutant(usize),
    /// One of [`EQUIVALENT_MUTANTS`], by index: `mutant-` and its name on the command line.
    EquivalentMutant(usize),
}

impl ProtocolName {
    /// The shipped protocol, then every baseline.
    pub fn all() -> impl Iterator<Item = ProtocolName> {
        std::iter::once(ProtocolName::FencedLease).chain((0..BASELINES.len()).map(ProtocolName::Baseline))
    }

    /// Every mutant that must be caught.
    pub fn mutants() -> impl Iterator<Item = ProtocolName> {
        (0..MUTANTS.len()).map(ProtocolName::Mutant)
    }

    /// Every mutant whose missing safeguard is covered by another one.
    pub fn equivalent_mutants() -> impl Iterator<Item = ProtocolName> {
        (0..EQUIVALENT_MUTANTS.len()).map(ProtocolName::EquivalentMutant)
    }

    /// The protocol in one line.
    pub fn summary(self) -> &'static str {
        match self {
            ProtocolName::FencedLease => "shipped: coalesced compare-and-set counts, creates fenced by name",
            ProtocolName::Baseline(index) => BASELINES[index].summary,
            ProtocolName::Mutant(index) => MUTANTS[index].about,
            ProtocolName::EquivalentMutant(index) => EQUIVALENT_MUTANTS[index].because,
        }
    }

    /// Whether it applies, so that the API servers must record the managers of fields.
    pub fn applies(self) -> bool {
        matches!(self, ProtocolName::Baseline(index) if BASELINES[index].applies)
    }

    /// Starts the protocol for one replica. Only baselines use the surroundings.
    pub fn start(self, context: Context, with: &Surroundings) -> Arc<dyn Protocol> {
        match self {
            ProtocolName::FencedLease => FencedLease::start(context),
            ProtocolName::Baseline(index) => (BASELINES[index].start)(context, with),
            ProtocolName::Mutant(index) => mutants::start(context, MUTANTS[index].removed),
            ProtocolName::EquivalentMutant(index) => mutants::start(context, EQUIVALENT_MUTANTS[index].removed),
        }
    }
}

impl fmt::Display for ProtocolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProtocolName::FencedLease => f.write_str(SHIPPED),
            ProtocolName::Baseline(index) => f.write_str(BASELINES[*index].name),
            ProtocolName::Mutant(index) => write!(f, "mutant-{}", MUTANTS[*index].name),
            ProtocolName::EquivalentMutant(index) => write!(f, "mutant-{}", EQUIVALENT_MUTANTS[*index].name),
        }
    }
}

impl FromStr for ProtocolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mutants = ProtocolName::mutants().chain(ProtocolName::equivalent_mutants());
        let mut all = ProtocolName::all().chain(mutants);
        all.find(|protocol| protocol.to_string() == text).ok_or_else(|| {
            let known: Vec<String> = ProtocolName::all().map(|protocol| protocol.to_string()).collect();
            format!("unknown protocol `{text}`; use one of {}, or a mutant from `lockstep list`", known.join(", "))
        })
    }
}
