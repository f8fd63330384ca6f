//! The executions of a target. Their names are its turns: each turn is taken once, by the client that creates it.
use super::{
    api::{ExecutionSpec, RemediationRequest, TARGET_LABEL, WorkflowExecution, target_key},
    pod::{Error, Pod, optional},
    safeguards::{Safeguard, Safeguards},
};
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use serde_json::json;

/// The executions that the orchestrator creates.
pub(crate) struct Executions {
    pod: Pod,
    safeguards: Safeguards,
    api: Api<WorkflowExecution>,
}

/// Turns of a target, at one moment.
pub(crate) struct Turns {
    /// An execution that has not ended.
    pub(crate) running: Option<WorkflowExecution>,
    /// The first turn after all that were taken.
    pub(crate) next: u64,
}

impl Executions {
    pub(crate) fn new(pod: Pod, safeguards: Safeguards) -> Self {
        let api = Api::default_namespaced(pod.client.clone());
        Self { pod, safeguards, api }
    }

    /// Name of the execution of a remediation in a turn. Whether another remediation has the same turn, and so the same
    /// name, is for the API server to decide.
    fn name(&self, of: &RemediationRequest, turn: u64) -> String {
        match self.safeguards.has(Safeguard::TurnIsTheName) {
            true => format!("we-{}-{turn}", target_key(&of.spec.target)),
            false => format!("we-{}", of.name_any()),
        }
    }

    /// The turns of a target.
    pub(crate) async fn turns(&self, target: &str) -> Result<Turns, Error> {
        let of_target = ListParams::default().labels(&format!("{TARGET_LABEL}={}", target_key(target)));
        let list = match self.safeguards.has(Safeguard::QuorumReads) {
            true => of_target,
            false => of_target.match_any(),
        };
        let all = self.pod.call(self.api.list(&list)).await?.items;
        let next = all.iter().map(|execution| execution.spec.turn).max().unwrap_or(0) + 1;
        let busy = |execution: &WorkflowExecution| !execution.ended() && self.safeguards.has(Safeguard::BusyIsChecked);
        Ok(Turns { running: all.into_iter().find(busy), next })
    }

    /// The execution in this remediation's turn, which may be another remediation's.
    pub(crate) async fn in_turn(&self, of: &RemediationRequest, turn: u64) -> Result<Option<WorkflowExecution>, Error> {
        optional(self.pod.call(self.api.get(&self.name(of, turn))).await)
    }

    /// Takes a turn: creates its execution. None if the turn was taken before, by this remediation or another.
    pub(crate) async fn take(
        &self,
        of: &RemediationRequest,
        turn: u64,
        cancelled: bool,
    ) -> Result<Option<WorkflowExecution>, Error> {
        let spec = ExecutionSpec {
            target: of.spec.target.clone(),
            turn,
            remediation: of.name_any(),
            remediation_uid: of.id(),
            cancelled,
        };
        let mut execution = WorkflowExecution::new(&self.name(of, turn), spec);
        execution.labels_mut().insert(TARGET_LABEL.to_owned(), target_key(&of.spec.target));
        match self.pod.call(self.api.create(&PostParams::default(), &execution)).await {
            Ok(created) => Ok(Some(created)),
            Err(error) if error.is_conflict() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks the program that runs an execution to stop it.
    pub(crate) async fn cancel(&self, execution: &WorkflowExecution) -> Result<(), Error> {
        let stop = Patch::Merge(json!({"metadata": {"uid": execution.uid()}, "spec": {"cancelled": true}}));
        self.pod.call(self.api.patch(&execution.name_any(), &PatchParams::default(), &stop)).await.map(drop)
    }
}
