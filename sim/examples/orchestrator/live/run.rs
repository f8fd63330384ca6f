//! One live run, from its namespace to its report.
use super::{
    connection::client,
    fleet::Fleet,
    history::History,
    size::Size,
    workload::{self, Workload},
};
use crate::mutants::MUTANTS;
use std::{fmt, time::Duration};

/// Results of a live run.
pub(crate) struct Report {
    remediations: usize,
    executions: usize,
    kills: u64,
    pauses: u64,
    took: Duration,
    /// Sentences that begin with the name of an invariant.
    pub(crate) violations: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { remediations, executions, kills, pauses, took, violations } = self;
        writeln!(
            f,
            "{remediations} remediations, {executions} executions, {kills} kills, {pauses} pauses in {} s: \
             {} violations",
            took.as_secs(),
            violations.len()
        )?;
        violations.iter().take(10).try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}

/// Plays a live run to its end.
///
/// # Errors
/// A sentence when the cluster cannot be used, or a process does not start.
pub(crate) async fn run(size: &Size) -> Result<Report, String> {
    if let Some(name) = &size.mutant
        && !MUTANTS.iter().any(|mutant| mutant.name == name)
    {
        return Err(format!("no mutant is called {name:?}: --list prints their names"));
    }
    let began = tokio::time::Instant::now();
    let namespace = workload::prepare(client(&size.kubeconfig, "default").await?).await?;
    let client = client(&size.kubeconfig, &namespace).await?;
    let history = History::watch(client.clone()).await;
    let mut fleet = Fleet::start(size, &namespace)?;
    let remediations = size.targets * size.remediations;
    let ended = Workload::new(client, size.targets, size.remediations).play(&mut fleet).await?;
    let (executions, mut violations) = history.judged()?;
    violations.extend(ended);
    Ok(Report { remediations, executions, kills: fleet.kills, pauses: fleet.pauses, took: began.elapsed(), violations })
}
