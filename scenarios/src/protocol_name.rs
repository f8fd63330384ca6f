//! Names of the protocols that a run can use: the shipped one, the baselines and the mutants.
use crate::{
    baselines::{BASELINES, Surroundings},
    fnv,
    mutants::{EQUIVALENT_MUTANTS, MUTANTS},
};
use gateway::{
    fenced_lease::FencedLease,
    protocol::{Context, Protocol},
};
use mutants::GENERATED;
use std::{fmt, str::FromStr, sync::Arc};

/// Name of the copy with generated mutants; each mutant's name is this, and a hash of what is different.
const GENERATED_NAME: &str = "generated";

/// Name of the copy that counts its branches.
const COVERED_NAME: &str = "covered";

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
    /// One of [`GENERATED`], by its number; `None` for the copy as it is. `generated-` and a hash on the command line.
    Generated(Option<u16>),
    /// The copy of the shipped protocol that counts its branches.
    Covered,
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

    /// Every generated mutant.
    pub fn generated() -> impl Iterator<Item = ProtocolName> {
        (0..GENERATED.len()).map(|number| ProtocolName::Generated(u16::try_from(number).ok()))
    }

    /// The protocol in one line.
    pub fn summary(self) -> &'static str {
        match self {
            ProtocolName::FencedLease => "shipped: coalesced compare-and-set counts, creates fenced by name",
            ProtocolName::Baseline(index) => BASELINES[index].summary,
            ProtocolName::Mutant(index) => MUTANTS[index].about,
            ProtocolName::EquivalentMutant(index) => EQUIVALENT_MUTANTS[index].because,
            ProtocolName::Covered => "the copy of the shipped protocol that counts its branches",
            ProtocolName::Generated(None) => "the copy of the shipped protocol that generated mutants are made of",
            ProtocolName::Generated(Some(number)) => GENERATED[usize::from(number)].change,
        }
    }

    /// Whether the gateway around the protocol takes a look-up of a namespace that failed for an answer.
    pub fn takes_failed_look_ups_for_answers(self) -> bool {
        matches!(self, ProtocolName::Mutant(index) if MUTANTS[index].failed_look_ups_are_answers)
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
            ProtocolName::Generated(number) => mutants::start_generated(context, number),
            ProtocolName::Covered => mutants::start_covered(context),
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
            ProtocolName::Covered => f.write_str(COVERED_NAME),
            ProtocolName::Generated(None) => f.write_str(GENERATED_NAME),
            ProtocolName::Generated(Some(number)) => {
                let hash = fnv::hash(GENERATED[usize::from(*number)].to_string().bytes());
                write!(f, "{GENERATED_NAME}-{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
            }
        }
    }
}

impl FromStr for ProtocolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mutants = ProtocolName::mutants().chain(ProtocolName::equivalent_mutants());
        // Thousands of hashes, which a name of another kind must not wait for.
        let unchanged = std::iter::once(ProtocolName::Generated(None));
        let generated = text.starts_with(GENERATED_NAME).then(|| unchanged.chain(ProtocolName::generated()));
        let covered = std::iter::once(ProtocolName::Covered);
        let mut all = ProtocolName::all().chain(mutants).chain(covered).chain(generated.into_iter().flatten());
        all.find(|protocol| protocol.to_string() == text).ok_or_else(|| {
            let known: Vec<String> = ProtocolName::all().map(|protocol| protocol.to_string()).collect();
            format!("unknown protocol `{text}`; use one of {}, or a mutant from `lockstep list`", known.join(", "))
        })
    }
}
