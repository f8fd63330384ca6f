//! The workload of a live run: many remediations of few targets at once, and the program that runs workflows.
use super::fleet::Fleet;
use crate::{
    controller::api::{ExecutionPhase, RemediationRequest, RemediationSpec, WorkflowExecution},
    invariants,
    observed::Cluster,
};
use k8s_openapi::{
    api::core::v1::Namespace, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, CustomResourceExt, ResourceExt,
    api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, sleep};

/// Time for which a workflow runs.
const WORKFLOW: Duration = Duration::from_millis(400);
/// Time between two looks at the executions.
const LOOK: Duration = Duration::from_millis(100);
/// Time for which nothing may end.
const STUCK: Duration = Duration::from_secs(120);

/// Installs the kinds, and makes a namespace of its own.
///
/// # Errors
/// A sentence when the cluster refuses a write.
pub(crate) async fn prepare(client: Client) -> Result<String, String> {
    let sentence = |error: kube::Error| format!("the cluster cannot be used: {error}");
    let definitions = Api::<CustomResourceDefinition>::all(client.clone());
    let force = PatchParams::apply("orchestrator").force();
    for definition in [RemediationRequest::crd(), WorkflowExecution::crd()] {
        let applied = definitions.patch(&definition.name_any(), &force, &Patch::Apply(&definition)).await;
        applied.map_err(sentence)?;
    }
    let metadata = ObjectMeta { generate_name: Some("orchestrator-".to_owned()), ..ObjectMeta::default() };
    let namespace = Namespace { metadata, ..Namespace::default() };
    let created = Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await;
    let name = created.map_err(sentence)?.name_any();
    // A definition is served some time after it was stored.
    let remediations = Api::<RemediationRequest>::namespaced(client.clone(), &name);
    let executions = Api::<WorkflowExecution>::namespaced(client, &name);
    for _ in 0..100 {
        let list = ListParams::default();
        if remediations.list(&list).await.is_ok() && executions.list(&list).await.is_ok() {
            return Ok(name);
        }
        sleep(LOOK).await;
    }
    Err("the cluster does not serve the kinds ten seconds after they were defined".to_owned())
}

/// Remediations, and the executions that were seen.
pub(crate) struct Workload {
    remediations: Api<RemediationRequest>,
    executions: Api<WorkflowExecution>,
    targets: usize,
    of_each: usize,
    started: BTreeMap<String, Instant>,
}

impl Workload {
    pub(crate) fn new(client: Client, targets: usize, of_each: usize) -> Self {
        let (remediations, executions) = (Api::default_namespaced(client.clone()), Api::default_namespaced(client));
        Self { remediations, executions, targets, of_each, started: BTreeMap::new() }
    }

    /// Asks for everything, runs workflows until every remediation has ended, and gives what is violated in the end.
    ///
    /// # Errors
    /// A sentence when a remediation cannot be created or a process does not start again.
    pub(crate) async fn play(&mut self, fleet: &mut Fleet) -> Result<Vec<String>, String> {
        for number in 0..self.targets * self.of_each {
            let spec = RemediationSpec { target: format!("shop/Deployment/target-{}", number % self.targets) };
            let new = RemediationRequest::new(&format!("r-{number}"), spec);
            let created = self.remediations.create(&PostParams::default(), &new).await;
            created.map_err(|error| format!("no remediation can be created: {error}"))?;
        }
        let (mut last, mut ended) = (Instant::now(), 0);
        loop {
            fleet.disturb()?;
            let cluster = self.look().await;
            let now = cluster.remediations.iter().filter(|remediation| remediation.ended()).count();
            if now > ended {
                (ended, last) = (now, Instant::now());
                eprintln!("{ended} of {} remediations have ended", self.targets * self.of_each);
            }
            if ended == self.targets * self.of_each || last.elapsed() > STUCK {
                return Ok(invariants::in_the_end(&cluster));
            }
            sleep(LOOK).await;
        }
    }

    /// Runs workflows, and gives what is there.
    async fn look(&mut self) -> Cluster {
        let list = ListParams::default();
        let remediations = self.remediations.list(&list).await.map(|list| list.items).unwrap_or_default();
        let executions = self.executions.list(&list).await.map(|list| list.items).unwrap_or_default();
        for execution in executions.iter().filter(|execution| !execution.ended()) {
            let since = *self.started.entry(execution.uid().unwrap_or_default()).or_insert_with(Instant::now);
            let phase = match execution.phase() {
                _ if execution.spec.cancelled => ExecutionPhase::Cancelled,
                ExecutionPhase::Pending => ExecutionPhase::Running,
                _ if since.elapsed() >= WORKFLOW => ExecutionPhase::Completed,
                _ => continue,
            };
            self.report(execution, phase).await;
        }
        let remediations: Vec<Value> = remediations.iter().map(stored).collect();
        let executions: Vec<Value> = executions.iter().map(stored).collect();
        Cluster::read(remediations.iter(), executions.iter())
    }

    async fn report(&self, execution: &WorkflowExecution, phase: ExecutionPhase) {
        // A write that fails is made again at the next look.
        let (name, patch) = (execution.name_any(), Patch::Merge(json!({"status": {"phase": phase}})));
        let _ = self.executions.patch_status(&name, &PatchParams::default(), &patch).await;
    }
}

fn stored(object: &impl Serialize) -> Value {
    serde_json::to_value(object).expect("an object")
}
