//! The orchestrator: a kube-rs controller that starts one workflow at a time on each target.
//!
//! Every replica reconciles every remediation; there is no leader. It knows nothing of a simulation: its client and its
//! clock come from outside.
pub(crate) mod api;
mod executions;
mod lock;
pub(crate) mod pod;
mod remediation;
pub(crate) mod safeguards;
mod turnstile;

use api::{RemediationRequest, WorkflowExecution};
use futures::StreamExt;
use kube::{
    Api,
    runtime::{Controller, reflector::ObjectRef, watcher},
};
use pod::Pod;
use remediation::Orchestrator;
use safeguards::Safeguards;
use std::{future::ready, sync::Arc};

/// Runs until its future is dropped.
pub(crate) async fn run(pod: Pod, safeguards: Safeguards) {
    let remediations = Api::<RemediationRequest>::default_namespaced(pod.client.clone());
    let executions = Api::<WorkflowExecution>::default_namespaced(pod.client.clone());
    let controller = Controller::new(remediations, watcher::Config::default());
    let store = controller.store();
    // Its own remediation follows an execution, and those that wait for its target take the next turn.
    let concerned = move |execution: WorkflowExecution| {
        let concerns = |of: &RemediationRequest| {
            let waits = execution.ended() && of.spec.target == execution.spec.target && !of.ended();
            waits || execution.is_of(of)
        };
        let all = store.state().into_iter().filter(|of| concerns(of));
        all.map(|of| ObjectRef::from_obj(&*of)).collect::<Vec<_>>()
    };
    let controller = controller.watches(executions, watcher::Config::default(), concerned);
    let reconciler = |of: Arc<RemediationRequest>, by: Arc<Orchestrator>| async move { by.reconcile(&of).await };
    let retry = |_: Arc<RemediationRequest>, error: &pod::Error, by: Arc<Orchestrator>| by.after(error);
    let orchestrator = Arc::new(Orchestrator::new(pod, safeguards));
    controller.run(reconciler, retry, orchestrator).for_each(|_| ready(())).await;
}
