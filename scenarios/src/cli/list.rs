//! `lockstep list`: every name that a command line can use.
use super::{outcome::Outcome, print};
use crate::{
    catalogue::{CATALOGUE, assumptions::ASSUMPTIONS, scopes::SCOPES},
    gateway_faults,
    mutants::MUTANTS,
    protocol_name::ProtocolName,
};
use model::invariants::ALL;
use sim::{FaultKind, Faults};
use std::fmt::Write;

/// Lists scenarios, assumptions, protocols, mutants, invariants, presets and faults.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep list
  lockstep list --json")]
pub(super) struct Args {
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

/// A section of the list: its key in JSON, its title, and its rows of name and description.
struct Section {
    key: &'static str,
    title: &'static str,
    rows: Vec<(String, &'static str)>,
}

fn sections() -> Vec<Section> {
    let named = |name: &str, about: &'static str| (name.to_owned(), about);
    let section = |key, title, rows| Section { key, title, rows };
    let scenarios = CATALOGUE.iter().map(|scenario| named(&scenario.name, &scenario.story));
    let scopes = SCOPES.iter().map(|scenario| named(&scenario.name, &scenario.story));
    let assumptions = ASSUMPTIONS.iter().map(|assumption| named(&assumption.scenario.name, assumption.statement));
    let protocols = ProtocolName::all().map(|protocol| named(&protocol.to_string(), protocol.summary()));
    let mutants = MUTANTS.iter().map(|mutant| named(mutant.name, mutant.about));
    let invariants = ALL.iter().map(|invariant| named(invariant.id, invariant.sentence));
    let presets = Faults::PRESETS.iter().map(|preset| named(preset.name, ""));
    let library = FaultKind::ALL.iter().map(|kind| (kind.name(), kind.about()));
    let others = gateway_faults::ALL.iter().chain(gateway_faults::OF_ACTS).copied();
    let faults = library.chain(others).map(|(name, about)| named(name, about));
    vec![
        section("scenarios", "scenarios", scenarios.collect()),
        section("scopes", "scenarios for exhaustive searches, outside the catalogue", scopes.collect()),
        section(
            "assumptions",
            "assumptions (scenarios that violate one: a named invariant must break)",
            assumptions.collect(),
        ),
        section("protocols", "protocols (the shipped one, then baselines)", protocols.collect()),
        section("mutants", "mutants of the shipped protocol", mutants.collect()),
        section("invariants", "invariants", invariants.collect()),
        section("presets", "presets of faults", presets.collect()),
        section("faults", "faults", faults.collect()),
    ]
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    if args.json {
        let object: serde_json::Map<String, serde_json::Value> = sections()
            .into_iter()
            .map(|section| {
                let rows = section.rows.into_iter();
                let rows = rows.map(|(name, about)| serde_json::json!({"name": name, "about": about}));
                (section.key.to_owned(), rows.collect())
            })
            .collect();
        print::line(&serde_json::to_string_pretty(&object)?)?;
        return Ok(Outcome(reports::exit_code::HELD));
    }
    let mut text = String::new();
    for Section { title, rows, .. } in sections() {
        let _ = writeln!(text, "{title}");
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, about) in rows {
            let _ = writeln!(text, "  {}", format!("{name:width$}  {about}").trim_end());
        }
        text.push('\n');
    }
    print::line(text.trim_end())?;
    Ok(Outcome(reports::exit_code::HELD))
}
