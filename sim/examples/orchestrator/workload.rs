//! The workload: people who ask for remediations, and the program that runs workflows.
use super::{
    controller::api::{ExecutionPhase, RemediationRequest, RemediationSpec, WorkflowExecution},
    scenario::{Scenario, What},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sim::Cluster;
use std::{collections::BTreeMap, time::Duration};

/// Time for which a workflow runs.
const WORKFLOW: Duration = Duration::from_secs(8);
/// Time between two looks at the executions.
const LOOK: Duration = Duration::from_secs(2);
/// Time for which faults happen.
const FAULTS: Duration = Duration::from_secs(150);
/// Time after which a run ends whose remediations have not.
const LIMIT: Duration = Duration::from_secs(500);

/// Plays the acts of a scenario, runs workflows, and ends when every remediation has.
pub(crate) async fn play(cluster: Cluster, scenario: Scenario) {
    let client = cluster.client("default");
    let mut actor = Actor {
        remediations: Api::default_namespaced(client.clone()),
        executions: Api::default_namespaced(client),
        started: BTreeMap::new(),
        cluster,
        scenario,
    };
    let (mut acts, mut faulty) = (scenario.acts.iter().peekable(), true);
    loop {
        let now = actor.now();
        while let Some((_, what)) = acts.next_if(|(at, _)| Duration::from_secs(*at) <= now) {
            actor.act(*what).await;
        }
        actor.run_workflows().await;
        if faulty && now >= FAULTS {
            actor.cluster.stop_faults();
            faulty = false;
        }
        if now >= LIMIT || !faulty && acts.peek().is_none() && actor.all_ended().await {
            return;
        }
        actor.cluster.sleep(LOOK).await;
    }
}

struct Actor {
    cluster: Cluster,
    scenario: Scenario,
    remediations: Api<RemediationRequest>,
    executions: Api<WorkflowExecution>,
    /// Time at which each execution was first seen, and at which it ended, by uid.
    started: BTreeMap<String, Duration>,
}

impl Actor {
    fn now(&self) -> Duration {
        Duration::from_micros(self.cluster.micros())
    }

    async fn act(&self, what: What) {
        match what {
            What::Remediate(name, target) => {
                let spec = RemediationSpec { target: target.to_owned() };
                let new = RemediationRequest::new(name, spec);
                self.remediations.create(&PostParams::default(), &new).await.expect("a new remediation");
            }
            // It may be gone already.
            What::Delete(name) => _ = self.remediations.delete(name, &DeleteParams::default()).await,
        }
    }

    /// Starts workflows, ends them, and deletes what is old.
    async fn run_workflows(&mut self) {
        let now = self.now();
        // A server whose cache is cold refuses lists: the next look shows more.
        let Ok(all) = self.executions.list(&ListParams::default()).await else { return };
        for execution in all {
            let since = *self.started.entry(execution.uid().unwrap_or_default()).or_insert(now);
            match execution.phase() {
                ExecutionPhase::Pending if execution.spec.cancelled => {
                    self.report(&execution, ExecutionPhase::Cancelled).await;
                }
                ExecutionPhase::Pending => self.report(&execution, ExecutionPhase::Running).await,
                ExecutionPhase::Running if execution.spec.cancelled => {
                    self.report(&execution, ExecutionPhase::Cancelled).await;
                }
                ExecutionPhase::Running if now >= since + WORKFLOW => {
                    self.report(&execution, ExecutionPhase::Completed).await;
                }
                ExecutionPhase::Running => {}
                _ if self.scenario.retention.is_some_and(|kept| now >= since + kept) => {
                    let (name, now) = (execution.name_any(), DeleteParams::default());
                    self.executions.delete(&name, &now).await.expect("an execution that is old");
                }
                _ => {}
            }
        }
    }

    async fn report(&self, execution: &WorkflowExecution, phase: ExecutionPhase) {
        let ended = !matches!(phase, ExecutionPhase::Running);
        let completed_at = ended.then(|| Time(self.cluster.now()));
        let status = Patch::Merge(json!({"status": {"phase": phase, "completedAt": completed_at}}));
        let (name, plain) = (execution.name_any(), PatchParams::default());
        self.executions.patch_status(&name, &plain, &status).await.expect("an execution that exists");
    }

    async fn all_ended(&self) -> bool {
        let all = self.remediations.list(&ListParams::default()).await;
        all.is_ok_and(|all| all.iter().all(|remediation| remediation.ended() && !remediation.terminating()))
    }
}
