//! A mutant: its name, what it lacks, and what must catch it.
use mutants::Safeguard;

/// A mutant that a named scenario and a named invariant must catch.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// Name on the command line, after `mutant-`.
    pub name: &'static str,
    /// The mistake, in one line.
    pub about: &'static str,
    /// Safeguards that are taken out.
    pub removed: &'static [Safeguard],
    /// Whether the gateway around the protocol takes a look-up of a namespace that failed for an answer.
    pub failed_look_ups_are_answers: bool,
    /// Scenario that shows the mistake.
    pub scenario: &'static str,
    /// Preset of faults, where the scenario's own are too mild.
    pub faults: Option<&'static str>,
    /// Invariant that must catch it.
    pub invariant: &'static str,
}

/// Defaults of a literal.
pub(super) const BLANK: Mutant = Mutant {
    name: "",
    about: "",
    removed: &[],
    failed_look_ups_are_answers: false,
    scenario: "",
    faults: None,
    invariant: "occurrences_exact",
};
