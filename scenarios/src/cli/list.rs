//! `lockstep list`: every name that a command line can use.
use super::{outcome::Outcome, print, width};
use crate::{
    catalogue::{CATALOGUE, assumptions::ASSUMPTIONS, scopes::SCOPES},
    gateway_faults,
    mutants::MUTANTS,
    protocol_name::ProtocolName,
};
use model::invariants::ALL;
use sim::{FaultKind, Faults};
use std::{fmt::Write, io::IsTerminal};

/// Narrowest column of descriptions beside the names; a terminal with less room has them below.
const BESIDE: usize = 40;

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
    let faults = library.chain(gateway_faults::named()).map(|(name, about)| named(name, about));
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
    // A program that reads the list gets one line for each name.
    let columns = std::io::stdout().is_terminal().then(width::of_output).unwrap_or(usize::MAX);
    print::line(text(&sections(), columns).trim_end())?;
    Ok(Outcome(reports::exit_code::HELD))
}

/// The list, with descriptions that are broken where a line would be longer.
fn text(sections: &[Section], columns: usize) -> String {
    let mut text = String::new();
    for Section { title, rows, .. } in sections {
        let _ = writeln!(text, "{}", reports::text::wrapped(title, columns).join("\n"));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let (below, indent) = if columns < width + 4 + BESIDE { (true, 6) } else { (false, width + 4) };
        for (name, about) in rows {
            let mut lines = reports::text::wrapped(about, columns.saturating_sub(indent)).into_iter();
            let first = if below { String::new() } else { lines.next().unwrap_or_default() };
            let _ = writeln!(text, "  {}", format!("{name:width$}  {first}").trim_end());
            for line in lines.filter(|line| !line.is_empty()) {
                let _ = writeln!(text, "{:indent$}{line}", "");
            }
        }
        text.push('\n');
    }
    text
}
