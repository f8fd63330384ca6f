//! The document of this example, made of a campaign.
use super::{
    campaign::{Campaign, Caught, Held},
    invariants::INVARIANTS,
    scenario::Scenario,
};
use std::fmt::Write;

/// Steps of a story that the document shows.
const STEPS: usize = 20;
/// The mutant whose story the document has.
const STORY: &str = "lease-is-the-fence";

/// The part of the document that is written by hand.
const INTRODUCTION: &str = include_str!("introduction.txt");

/// The command that writes the document.
pub(crate) const COMMAND: &str =
    "cargo run --release -p lockstep-sim --example orchestrator -- --write-doc docs/orchestrator.md";

/// The whole document.
///
/// # Errors
/// A sentence when the run of a story could not begin.
pub(crate) fn document(campaign: &Campaign) -> Result<String, String> {
    Ok(format!("{INTRODUCTION}\n<!-- generated: {COMMAND} -->\n{}<!-- end -->\n", figures(campaign)?))
}

/// What a campaign showed.
///
/// # Errors
/// A sentence when the run of a story could not begin.
pub(crate) fn figures(campaign: &Campaign) -> Result<String, String> {
    let mut text = String::new();
    text.push_str("\n| invariant | demands |\n|---|---|\n");
    for (id, sentence) in INVARIANTS {
        let _ = writeln!(text, "| `{id}` | {sentence} |");
    }
    scenarios(&mut text, campaign);
    mutants(&mut text, campaign);
    if let Some(caught) = campaign.mutants.iter().find(|caught| caught.mutant.name == STORY) {
        story(&mut text, caught)?;
    }
    Ok(text)
}

fn scenarios(text: &mut String, campaign: &Campaign) {
    if campaign.scenarios.is_empty() {
        return;
    }
    let (runs, calls) =
        campaign.scenarios.iter().fold((0, 0), |(runs, calls), (_, held)| (runs + held.runs, calls + held.api_calls));
    let _ = write!(
        text,
        "\n## As it ships\n\n{runs} runs, {calls} API calls, no violation. *Filled*: turns of deleted remediations \
         whose execution was not there.\n*Lease passed*: from one holder to another. *Longest wait*: from the moment \
         at which a turn was free and wanted\nuntil its execution was created, and the bound that the scenario sets. \
         Each scenario names faults that must take effect.\n\n\
         | scenario | replicas | runs | executions | filled | lease passed | longest wait | faults that took effect |\n\
         |---|--:|--:|--:|--:|--:|--:|---|\n"
    );
    for (scenario, held) in &campaign.scenarios {
        let Held { runs, tally, delivered, .. } = held;
        let _ = writeln!(
            text,
            "| `{}` | {} | {runs} | {} | {} | {} | {} s of {} | {delivered} |",
            scenario.name,
            scenario.replicas,
            tally.executions(),
            tally.filled(),
            tally.taken_over(),
            tally.longest_wait(),
            scenario.bound.as_secs(),
        );
    }
    text.push('\n');
    for (Scenario { name, story, .. }, _) in &campaign.scenarios {
        let _ = writeln!(text, "- `{name}`: {story}");
    }
}

fn mutants(text: &mut String, campaign: &Campaign) {
    if campaign.mutants.is_empty() {
        return;
    }
    let count = campaign.mutants.len();
    let _ = write!(
        text,
        "\n## Without a safeguard\n\n{count} of {count} mutants are caught, each by the invariant of its row, within \
         {} runs from seed 0 on. *Control*: runs\nof the same orchestrator with the safeguard, in the same scenario, \
         which held: what is caught is this mistake.\n*Fenced*: for mutants that rely on the lease, runs of the same \
         mistake with the turn as the name, which held too.\n\n\
         | mutant | what is wrong | scenario | caught by | in run | control | fenced |\n\
         |---|---|---|---|--:|--:|--:|\n",
        campaign.budget.searched
    );
    for Caught { mutant, runs, control, fenced, .. } in &campaign.mutants {
        let fenced = fenced.as_ref().map(|held| held.runs.to_string()).unwrap_or_default();
        let _ = writeln!(
            text,
            "| `{}` | {} | `{}` | `{}` | {runs} | {} | {fenced} |",
            mutant.name, mutant.about, mutant.scenario.name, mutant.invariant, control.runs
        );
    }
}

fn story(text: &mut String, caught: &Caught) -> Result<(), String> {
    let shrunk = caught.simulation.shrink(&caught.failure).map_err(|error| error.to_string())?;
    let failure = &shrunk.failure;
    let _ = write!(
        text,
        "\n## The story of `{}`\n\nThe run above, made smaller; departures from \"in order, no fault\": {}. \
         It violates `{}`: {}.\n\n```text\n",
        caught.mutant.name,
        shrunk.departures.len(),
        failure.check,
        failure.sentence
    );
    let until = failure.story.iter().take_while(|step| step.at <= failure.at).count();
    for step in &failure.story[until.saturating_sub(STEPS)..until] {
        let _ = writeln!(text, "{step}");
    }
    text.push_str("```\n");
    Ok(())
}
