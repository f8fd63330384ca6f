//! A campaign: every scenario with the orchestrator as it ships, and every mutant with its control.
use super::{
    controller::safeguards::Safeguards,
    mutants::{MUTANTS, Mutant},
    scenario::{SCENARIOS, Scenario},
    simulation::simulation,
    tally::Tally,
};
use sim::{Delivered, Failure, Simulation};
use std::sync::Arc;

/// Numbers of runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Runs of each scenario that must hold, and of each control.
    pub(crate) held: u64,
    /// Runs within which each mutant must be caught.
    pub(crate) searched: u64,
}

/// Runs that all held.
pub(crate) struct Held {
    /// Number of runs.
    pub(crate) runs: u64,
    /// Number of API calls.
    pub(crate) api_calls: u64,
    /// How often each fault took effect.
    pub(crate) delivered: Delivered,
    /// Counts of what happened in them.
    pub(crate) tally: Arc<Tally>,
}

/// A mutant that was caught.
pub(crate) struct Caught {
    /// The mutant.
    pub(crate) mutant: &'static Mutant,
    /// Its simulation.
    pub(crate) simulation: Simulation,
    /// Number of runs that it took.
    pub(crate) runs: u64,
    /// The run that caught it.
    pub(crate) failure: Failure,
    /// Runs of its control, which held.
    pub(crate) control: Held,
    /// For a mutant that relies on the lease: runs of the same mistake with the name as the fence, which held.
    pub(crate) fenced: Option<Held>,
}

/// Results of a campaign.
pub(crate) struct Campaign {
    pub(crate) budget: Budget,
    pub(crate) scenarios: Vec<(&'static Scenario, Held)>,
    pub(crate) mutants: Vec<Caught>,
    /// What is not as it must be: a scenario that does not hold, a mutant that is not caught, a fault that never took
    /// effect.
    pub(crate) wrong: Vec<String>,
}

/// Runs everything whose name contains `part`; `progress` gets the name of what begins.
pub(crate) fn run(budget: Budget, part: &str, progress: impl Fn(&str)) -> Campaign {
    let mut campaign = Campaign { budget, scenarios: Vec::new(), mutants: Vec::new(), wrong: Vec::new() };
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.name.contains(part)) {
        progress(scenario.name);
        match shipped(scenario, budget) {
            Ok(held) => campaign.scenarios.push((scenario, held)),
            Err(why) => campaign.wrong.push(why),
        }
    }
    for mutant in MUTANTS.iter().filter(|mutant| mutant.name.contains(part)) {
        progress(mutant.name);
        match caught(mutant, budget) {
            Ok(caught) => campaign.mutants.push(caught),
            Err(why) => campaign.wrong.push(format!("{}: {why}", mutant.name)),
        }
    }
    if campaign.scenarios.is_empty() && campaign.mutants.is_empty() && campaign.wrong.is_empty() {
        campaign.wrong.push(format!("no scenario and no mutant has {part:?} in its name: --list prints them"));
    }
    campaign
}

/// Runs a scenario with the orchestrator as it ships.
fn shipped(scenario: &Scenario, budget: Budget) -> Result<Held, String> {
    let held = holds(scenario, Safeguards::ALL, budget.held)?;
    match scenario.requires.iter().find(|kind| held.delivered.of(**kind) == 0) {
        Some(kind) => Err(format!("{}: {} never took effect in {} runs", scenario.name, kind.name(), held.runs)),
        None => Ok(held),
    }
}

fn holds(scenario: &Scenario, safeguards: Safeguards, runs: u64) -> Result<Held, String> {
    let tally = Arc::new(Tally::default());
    let simulation = simulation(*scenario, safeguards, &tally).map_err(|error| error.to_string())?;
    let explored = simulation.explore(0..runs).map_err(|error| error.to_string())?;
    match explored.failure {
        Some(failure) => Err(format!("{} does not hold: {failure}", scenario.name)),
        None => Ok(Held { runs, api_calls: explored.api_calls, delivered: explored.delivered, tally }),
    }
}

fn caught(mutant: &'static Mutant, budget: Budget) -> Result<Caught, String> {
    let scenario = &mutant.scenario;
    let simulation = simulation(*scenario, Safeguards::without(mutant.without), &Arc::default());
    let simulation = simulation.map_err(|error| error.to_string())?;
    let explored = simulation.explore(0..budget.searched).map_err(|error| error.to_string())?;
    let failure = explored.failure.ok_or_else(|| format!("not caught in {} runs", budget.searched))?;
    if let Some(why) = failure.unrepeatable {
        return Err(why);
    }
    if failure.check != mutant.invariant {
        return Err(format!("caught by {} and not by {}: {failure}", failure.check, mutant.invariant));
    }
    let control = holds(scenario, Safeguards::without(mutant.control), budget.held);
    let control = control.map_err(|error| format!("its control is caught too: {error}"))?;
    let fenced = match mutant.relies_on_the_lease() {
        true => Some(holds(scenario, Safeguards::fenced(mutant.without), budget.held)?),
        false => None,
    };
    Ok(Caught { mutant, simulation, runs: explored.runs, failure: *failure, control, fenced })
}
