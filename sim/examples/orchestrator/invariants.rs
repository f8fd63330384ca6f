//! The invariants: what must be true of the commits, whatever the orchestrator thinks.
use super::{
    observed::{Cluster, Execution},
    scenario::Scenario,
    tally::Tally,
};
use sim::{Builder, View, apiserver::Change};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub(crate) const ONE_RUNS: &str = "one_runs";
pub(crate) const ONE_EACH: &str = "one_each";
pub(crate) const WANTED: &str = "wanted";
pub(crate) const STATUS_IS_TRUE: &str = "status_is_true";
pub(crate) const EACH_ENDS: &str = "each_ends";
pub(crate) const TAKEN_IN_TIME: &str = "taken_in_time";

/// Every invariant with its sentence.
pub(crate) const INVARIANTS: [(&str, &str); 7] = [
    (ONE_RUNS, "At most one execution on a target has not ended."),
    (ONE_EACH, "A remediation has at most one execution."),
    (WANTED, "An execution that has not ended belongs to a remediation that exists and has not ended."),
    (STATUS_IS_TRUE, "A remediation is Completed only if its own execution is."),
    (EACH_ENDS, "In the end every remediation has ended, and one that was deleted is gone."),
    (TAKEN_IN_TIME, "A turn that is free and wanted is taken within the scenario's bound."),
    ("converges", "When everything has ended, no replica writes anything but leases and events."),
];

type Judge = fn(&Cluster) -> Result<(), String>;

/// Adds every invariant to a simulation.
pub(crate) fn judged(builder: Builder, scenario: Scenario, tally: &Arc<Tally>) -> Builder {
    let (commits, waits) = (Arc::clone(tally), Arc::clone(tally));
    let builder = builder.always("tally", move |view| {
        commits.commit(view);
        Ok(())
    });
    let judges = [(ONE_RUNS, one_runs as Judge), (ONE_EACH, one_each), (WANTED, wanted)];
    let builder = judges.into_iter().fold(builder, |builder, (id, judge)| {
        builder.always(id, move |view| if concerns(view) { judge(&Cluster::of(view)?) } else { Ok(()) })
    });
    builder
        .always(STATUS_IS_TRUE, status_is_true)
        .finally(EACH_ENDS, |view| each_ends(&Cluster::of(view)?))
        .finally(TAKEN_IN_TIME, move |view| {
            let longest = longest_wait(Cluster::of(view)?);
            waits.waited(longest.as_ref().map(|(_, waited)| *waited).unwrap_or_default());
            taken_in_time(longest, scenario.bound)
        })
        .converges(Duration::from_secs(60))
}

/// What the executions alone violate.
pub(crate) fn of_executions(cluster: &Cluster) -> Vec<String> {
    violated(cluster, &[(ONE_RUNS, one_runs), (ONE_EACH, one_each)])
}

/// What is violated when everything should have ended.
pub(crate) fn in_the_end(cluster: &Cluster) -> Vec<String> {
    violated(cluster, &[(WANTED, wanted), (STATUS_IS_TRUE, completions_are_true), (EACH_ENDS, each_ends)])
}

fn violated(cluster: &Cluster, judges: &[(&str, Judge)]) -> Vec<String> {
    let sentence = |(id, judge): &(&str, Judge)| judge(cluster).err().map(|why| format!("{id}: {why}"));
    judges.iter().filter_map(sentence).collect()
}

/// Whether the last commit is one of a kind that the invariants are about.
fn concerns(view: &View) -> bool {
    view.last().is_some_and(|commit| {
        let kind = &commit.after["kind"];
        kind == "RemediationRequest" || kind == "WorkflowExecution"
    })
}

fn one_runs(cluster: &Cluster) -> Result<(), String> {
    let mut running = BTreeMap::new();
    for Execution { name, target, .. } in cluster.running() {
        if let Some(other) = running.insert(target, name) {
            return Err(format!("{other} and {name} run on one target"));
        }
    }
    Ok(())
}

fn one_each(cluster: &Cluster) -> Result<(), String> {
    let mut of = BTreeMap::new();
    for Execution { name, remediation, remediation_uid, .. } in &cluster.executions {
        if let Some(other) = of.insert(remediation_uid, name) {
            return Err(format!("{other} and {name} are both of remediation {remediation}"));
        }
    }
    Ok(())
}

fn wanted(cluster: &Cluster) -> Result<(), String> {
    for Execution { name, remediation: of, remediation_uid, .. } in cluster.running() {
        match cluster.remediations.iter().find(|remediation| remediation.uid == *remediation_uid) {
            None => return Err(format!("{name} runs although remediation {of} is gone")),
            Some(remediation) if remediation.ended() => {
                return Err(format!("{name} runs although remediation {of} is {}", remediation.phase));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Judges the commit that completes a remediation: later its execution may be deleted.
fn status_is_true(view: &View) -> Result<(), String> {
    let Some(commit) = view.last().filter(|commit| commit.change == Change::Modified) else { return Ok(()) };
    let completes =
        |object: &serde_json::Value| object["kind"] == "RemediationRequest" && object["status"]["phase"] == "Completed";
    if !completes(&commit.after) || commit.before.as_ref().is_some_and(|before| completes(before)) {
        return Ok(());
    }
    let uid = commit.after["metadata"]["uid"].as_str().unwrap_or_default();
    completion(&Cluster::of(view)?, &commit.name, uid)
}

/// Judges all completed remediations, whose executions must be kept.
fn completions_are_true(cluster: &Cluster) -> Result<(), String> {
    let mut completed = cluster.remediations.iter().filter(|remediation| remediation.phase == "Completed");
    completed.try_for_each(|remediation| completion(cluster, &remediation.name, &remediation.uid))
}

fn completion(cluster: &Cluster, name: &str, uid: &str) -> Result<(), String> {
    match cluster.executions.iter().find(|execution| execution.remediation_uid == uid) {
        Some(execution) if execution.phase == "Completed" => Ok(()),
        Some(execution) => Err(format!("{name} is Completed, its execution is {:?}", execution.phase)),
        None => Err(format!("{name} is Completed although nothing ran for it")),
    }
}

fn each_ends(cluster: &Cluster) -> Result<(), String> {
    for remediation in &cluster.remediations {
        if remediation.terminating {
            return Err(format!("remediation {} was deleted and is still there", remediation.name));
        }
        if !remediation.ended() {
            return Err(format!("remediation {} is {:?} in the end", remediation.name, remediation.phase));
        }
    }
    Ok(())
}

fn taken_in_time(longest: Option<(String, Duration)>, bound: Duration) -> Result<(), String> {
    match longest.filter(|(_, waited)| *waited > bound) {
        Some((name, waited)) => {
            Err(format!("{name} was created {} s after its turn was free and wanted", waited.as_secs()))
        }
        None => Ok(()),
    }
}

/// The execution that was created latest after its turn was free and wanted, by the API server's clock. The turn of an
/// execution is free since the one before it ended, and wanted since its remediation exists.
fn longest_wait(cluster: Cluster) -> Option<(String, Duration)> {
    let asked =
        cluster.remediations.into_iter().filter_map(|remediation| Some((remediation.uid, remediation.created?)));
    let asked: BTreeMap<String, jiff::Timestamp> = asked.collect();
    let mut executions = cluster.executions;
    executions.sort_by(|a, b| (&a.target, a.created).cmp(&(&b.target, b.created)));
    let (mut free, mut longest) = (BTreeMap::new(), None::<(String, Duration)>);
    for Execution { name, target, remediation_uid, created, completed, .. } in executions {
        let before: Option<jiff::Timestamp> = free.insert(target, completed).flatten();
        let (Some(created), Some(asked)) = (created, asked.get(&remediation_uid)) else { continue };
        let since = before.map_or(*asked, |before| before.max(*asked));
        let waited = Duration::try_from(created.duration_since(since)).unwrap_or_default();
        if longest.as_ref().is_none_or(|(_, most)| waited > *most) {
            longest = Some((name, waited));
        }
    }
    longest
}
