//! `lockstep list`: what there is.
use super::Outcome;
use crate::{
    catalogue::{CATALOGUE, assumptions::ASSUMPTIONS},
    gateway_faults,
    mutants::MUTANTS,
    protocol_name::ProtocolName,
};
use model::invariants::ALL;
use sim::{FaultKind, Faults};

/// Lists scenarios, assumptions, protocols, planted bugs, invariants, presets and faults.
///
/// Example: lockstep list
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let scenarios: Vec<(&str, &str)> =
        CATALOGUE.iter().map(|scenario| (scenario.name.as_ref(), scenario.story.as_ref())).collect();
    let protocols: Vec<(String, &str)> =
        ProtocolName::all().map(|protocol| (protocol.to_string(), protocol.summary())).collect();
    let assumptions: Vec<(&str, &str)> =
        ASSUMPTIONS.iter().map(|assumption| (assumption.scenario.name.as_ref(), assumption.statement)).collect();
    let bugs: Vec<(&str, &str)> = MUTANTS.iter().map(|mutant| (mutant.name, mutant.about)).collect();
    let invariants: Vec<(&str, &str)> = ALL.iter().map(|invariant| (invariant.id, invariant.sentence)).collect();
    let presets: Vec<(&str, &str)> = Faults::PRESETS.iter().map(|preset| (preset.name, "")).collect();
    let library = FaultKind::ALL.iter().map(|kind| (kind.name(), kind.about()));
    let faults: Vec<(&str, &str)> = library.chain(gateway_faults::ALL.iter().copied()).collect();
    let protocols = protocols.iter().map(|(name, about)| (name.as_str(), *about)).collect();
    let sections = [
        ("scenarios", scenarios),
        ("assumptions of assumptions, in which something must break", assumptions),
        ("protocols", protocols),
        ("planted bugs", bugs),
        ("invariants", invariants),
        ("fault presets", presets),
        ("faults", faults),
    ];
    if args.json {
        let object: serde_json::Map<String, serde_json::Value> = sections
            .into_iter()
            .map(|(title, rows)| {
                let rows = rows.into_iter().map(|(name, about)| serde_json::json!({"name": name, "about": about}));
                (title.to_owned(), rows.collect())
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&object)?);
        return Ok(Outcome(0));
    }
    for (title, rows) in sections {
        println!("{title}");
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, about) in rows {
            println!("  {}", format!("{name:width$}  {about}").trim_end());
        }
        println!();
    }
    Ok(Outcome(0))
}
