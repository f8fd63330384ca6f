//! What is done for one remediation, step by step.
//!
//! # Why two never run at once
//!
//! The executions of a target are a sequence of turns, and a turn's number is in the name of its execution. A turn is
//! looked for with one consistent list: if every execution in it has ended, the next turn is the one after the last. An
//! execution that has ended stays so, and the API server refuses a second object of one name. So the execution of turn
//! n + 1 can only exist after that of turn n has ended, whatever is late, repeated, lost or done by two replicas.
//!
//! A remediation's turn is recorded in its status before its execution is created, by a write that names a version, and
//! written again before each further attempt. So nothing is created for a remediation that has ended meanwhile, and a
//! remediation that is deleted shows the only turn in which a create can still be under way: that turn is filled.
use super::{
    api::{ExecutionPhase, FINALIZER, RemediationPhase, RemediationRequest, RemediationStatus, WorkflowExecution},
    executions::Executions,
    lock::Locks,
    pod::{Error, Pod},
    safeguards::{Safeguard, Safeguards},
    turnstile::Turnstile,
};
use k8s_openapi::{api::events::v1::Event, apimachinery::pkg::apis::meta::v1::MicroTime};
use kube::{
    Api, Resource, ResourceExt,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
    runtime::controller::Action,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Shortest and longest time after which a remediation that waits, or whose execution runs, is looked at again.
/// Replicas pick at random, so that they do not look at the same moment for ever.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_secs(4), Duration::from_secs(6)];
/// Time after which a failed call is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// Time for which a turn that was found free may be taken, on the pod's clock.
const TAKE_WITHIN: Duration = Duration::from_secs(60);

/// One process of the orchestrator.
pub(crate) struct Orchestrator {
    pod: Pod,
    safeguards: Safeguards,
    remediations: Api<RemediationRequest>,
    executions: Executions,
    locks: Locks,
    turnstile: Turnstile,
}

impl Orchestrator {
    pub(crate) fn new(pod: Pod, safeguards: Safeguards) -> Self {
        let remediations = Api::default_namespaced(pod.client.clone());
        let executions = Executions::new(pod.clone(), safeguards);
        Self { pod, safeguards, remediations, executions, locks: Locks::default(), turnstile: Turnstile::default() }
    }

    fn has(&self, safeguard: Safeguard) -> bool {
        self.safeguards.has(safeguard)
    }

    /// Does the next step for a remediation, as this process's cache has it. A write that was decided on an old version
    /// is refused, and the step is taken again.
    pub(crate) async fn reconcile(&self, of: &RemediationRequest) -> Result<Action, Error> {
        let _inside = self.turnstile.enter(of.name_any()).await;
        if of.terminating() {
            return self.retire(of).await;
        }
        if of.ended() {
            return self.let_go(of).await;
        }
        let of = self.with_finalizer(of).await?;
        match self.own_execution(&of).await? {
            Some(execution) => self.follow(&of, &execution).await,
            None if of.status.as_ref().is_some_and(|status| status.execution.is_some()) => self.vanished(&of).await,
            None => self.begin(&of).await,
        }
    }

    /// Decides when a failed step is taken again.
    pub(crate) fn after(&self, _: &Error) -> Action {
        if self.has(Safeguard::ErrorsComeBack) { Action::requeue(TRY_AGAIN) } else { Action::await_change() }
    }

    /// The execution of this remediation, if it exists.
    async fn own_execution(&self, of: &RemediationRequest) -> Result<Option<WorkflowExecution>, Error> {
        let turn = match self.has(Safeguard::TurnIsTheName) {
            true => of.turn(),
            false => Some(0),
        };
        let Some(turn) = turn else { return Ok(None) };
        let found = self.executions.in_turn(of, turn).await?;
        Ok(found.filter(|execution| execution.is_of(of) || !self.has(Safeguard::TakenTurnIsRead)))
    }

    /// Takes the next turn of the target, with the lease of the target if that is to be had.
    async fn begin(&self, of: &RemediationRequest) -> Result<Action, Error> {
        let lock = self.locks.of(&self.pod, self.safeguards, of);
        let Some(lease) = lock.acquire().await? else { return Ok(self.waits()) };
        let done = self.take_turn(of).await;
        lock.release(&lease).await;
        done
    }

    async fn take_turn(&self, of: &RemediationRequest) -> Result<Action, Error> {
        let looked_up = self.pod.world.monotonic();
        let turns = self.executions.turns(&of.spec.target).await?;
        if let Some(running) = turns.running {
            return self.blocked(of, &format!("{} has not ended", running.name_any())).await;
        }
        let status = RemediationStatus { turn: Some(turns.next), ..of.status.clone().unwrap_or_default() };
        let known = of.turn() == Some(turns.next) && !self.has(Safeguard::TurnIsWrittenAgain);
        let recorded = known || !self.has(Safeguard::TurnIsRecorded);
        let of = if recorded { of.clone() } else { self.write_status(of, status.clone()).await? };
        if self.has(Safeguard::CreatesAreTimely) && self.pod.world.monotonic() > looked_up + TAKE_WITHIN {
            return Err(Error::TooLate);
        }
        let taken = self.executions.take(&of, turns.next, false).await?;
        let of = if of.turn() == Some(turns.next) { of } else { self.write_status(&of, status).await? };
        match taken {
            Some(execution) => {
                self.note(&of, "ExecutionCreated", &format!("created {}", execution.name_any())).await;
                Ok(self.look_again())
            }
            None => match self.own_execution(&of).await? {
                Some(execution) => self.follow(&of, &execution).await,
                None => self.blocked(&of, &format!("turn {} is another remediation's", turns.next)).await,
            },
        }
    }

    /// Reports that the target is busy.
    async fn blocked(&self, of: &RemediationRequest, why: &str) -> Result<Action, Error> {
        let before = of.status.clone().unwrap_or_default();
        if before.phase != RemediationPhase::Blocked || before.message.as_deref() != Some(why) {
            let (phase, message) = (RemediationPhase::Blocked, Some(why.to_owned()));
            let of = self.write_status(of, RemediationStatus { phase, message, ..before }).await?;
            self.note(&of, "ResourceBusy", why).await;
        }
        Ok(self.waits())
    }

    fn waits(&self) -> Action {
        if self.has(Safeguard::BlockedComesBack) { self.look_again() } else { Action::await_change() }
    }

    fn look_again(&self) -> Action {
        let [least, most] = LOOK_AGAIN.map(|time| time.as_millis() as u64);
        Action::requeue(Duration::from_millis(least + self.pod.world.random() % (most - least)))
    }

    /// Reports the state of the execution.
    async fn follow(&self, of: &RemediationRequest, execution: &WorkflowExecution) -> Result<Action, Error> {
        let phase = match execution.phase() {
            ExecutionPhase::Pending | ExecutionPhase::Running => RemediationPhase::Executing,
            ExecutionPhase::Completed => RemediationPhase::Completed,
            ExecutionPhase::Failed | ExecutionPhase::Cancelled => RemediationPhase::Failed,
        };
        let before = of.status.clone().unwrap_or_default();
        let status = RemediationStatus { phase, execution: Some(execution.name_any()), message: None, ..before };
        if of.status.as_ref() != Some(&status) {
            let of = self.write_status(of, status).await?;
            if of.ended() {
                self.note(&of, "ExecutionEnded", &format!("{} is {:?}", execution.name_any(), execution.phase())).await;
            }
        }
        match phase {
            RemediationPhase::Executing => Ok(self.look_again()),
            _ => Ok(Action::await_change()),
        }
    }

    /// The execution existed and is gone: nobody knows how it ended, and it is not repeated.
    async fn vanished(&self, of: &RemediationRequest) -> Result<Action, Error> {
        let (phase, message) = (RemediationPhase::Failed, Some("its execution was deleted".to_owned()));
        let before = of.status.clone().unwrap_or_default();
        self.write_status(of, RemediationStatus { phase, message, ..before }).await?;
        Ok(Action::await_change())
    }

    /// Makes sure that nothing runs for a remediation that is being deleted, and that nothing can begin to.
    async fn retire(&self, of: &RemediationRequest) -> Result<Action, Error> {
        let turn = of.turn().filter(|_| of.finalizers().iter().any(|name| name == FINALIZER));
        let Some(turn) = turn else { return self.let_go(of).await };
        match self.executions.in_turn(of, turn).await? {
            None if self.has(Safeguard::DeletionFillsTheTurn) => {
                self.executions.take(of, turn, true).await?;
                Ok(Action::requeue(TRY_AGAIN))
            }
            Some(own) if own.is_of(of) && !own.ended() && self.has(Safeguard::DeletionCancels) => {
                if !own.spec.cancelled {
                    self.executions.cancel(&own).await?;
                }
                Ok(self.look_again())
            }
            _ => self.let_go(of).await,
        }
    }

    /// Sets the finalizer, so that the remediation is not gone before its turn is over.
    async fn with_finalizer(&self, of: &RemediationRequest) -> Result<RemediationRequest, Error> {
        if !self.has(Safeguard::Finalizer) || of.finalizers().iter().any(|name| name == FINALIZER) {
            return Ok(of.clone());
        }
        let others = of.finalizers().iter().map(String::as_str);
        self.write_finalizers(of, others.chain([FINALIZER]).collect()).await
    }

    /// Takes the finalizer away.
    async fn let_go(&self, of: &RemediationRequest) -> Result<Action, Error> {
        if of.finalizers().iter().any(|name| name == FINALIZER) {
            let others = of.finalizers().iter().map(String::as_str).filter(|name| *name != FINALIZER);
            match self.write_finalizers(of, others.collect()).await {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
        Ok(Action::await_change())
    }

    async fn write_finalizers(&self, of: &RemediationRequest, names: Vec<&str>) -> Result<RemediationRequest, Error> {
        let version = json!({"uid": of.uid(), "resourceVersion": of.resource_version(), "finalizers": names});
        let patch = Patch::Merge(json!({"metadata": version}));
        self.pod.call(self.remediations.patch(&of.name_any(), &PatchParams::default(), &patch)).await
    }

    async fn write_status(
        &self,
        of: &RemediationRequest,
        status: RemediationStatus,
    ) -> Result<RemediationRequest, Error> {
        let name = of.name_any();
        if self.has(Safeguard::StatusNamesVersion) {
            let of = RemediationRequest { status: Some(status), ..of.clone() };
            return self.pod.call(self.remediations.replace_status(&name, &PostParams::default(), &of)).await;
        }
        let patch: Patch<Value> = Patch::Merge(json!({"status": status}));
        self.pod.call(self.remediations.patch_status(&name, &PatchParams::default(), &patch)).await
    }

    /// Publishes an event. One that is lost is not missed.
    async fn note(&self, of: &RemediationRequest, reason: &str, note: &str) {
        let version = of.resource_version().unwrap_or_default();
        let name = Some(format!("{}.{}.{version}", of.name_any(), reason.to_lowercase()));
        let event = Event {
            metadata: ObjectMeta { name, namespace: of.namespace(), ..ObjectMeta::default() },
            event_time: Some(MicroTime(self.pod.world.now())),
            regarding: Some(of.object_ref(&())),
            reporting_controller: Some("remediation-orchestrator".to_owned()),
            reporting_instance: Some(self.pod.name.clone()),
            type_: Some("Normal".to_owned()),
            action: Some("Reconcile".to_owned()),
            reason: Some(reason.to_owned()),
            note: Some(note.to_owned()),
            ..Event::default()
        };
        let events = Api::<Event>::default_namespaced(self.pod.client.clone());
        let _ = self.pod.call(events.create(&PostParams::default(), &event)).await;
    }
}
