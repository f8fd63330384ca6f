//! A scenario as a simulation: the orchestrator's processes, their world, and the invariants.
use super::{
    controller::{
        self,
        api::{RemediationRequest, WorkflowExecution},
        pod::{Pod, World},
        safeguards::Safeguards,
    },
    invariants,
    scenario::Scenario,
    tally::Tally,
    workload,
};
use futures::future::BoxFuture;
use kube::CustomResourceExt;
use sim::{BuildError, CallVerdict, CallView, ControlPlane, Environment, Simulation};
use std::{sync::Arc, time::Duration};

/// World of a simulated replica.
struct Simulated(Environment);

impl World for Simulated {
    fn now(&self) -> jiff::Timestamp {
        self.0.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.clock.sleep(duration)
    }

    fn random(&self) -> u64 {
        self.0.entropy.next_u64()
    }
}

fn pod(environment: Environment) -> Pod {
    let (name, client) = (environment.name.clone(), environment.client("default"));
    Pod { name, client, world: Arc::new(Simulated(environment)) }
}

/// The simulation of a scenario, with these safeguards.
///
/// # Errors
/// When a kind cannot be served.
pub(crate) fn simulation(
    scenario: Scenario,
    safeguards: Safeguards,
    tally: &Arc<Tally>,
) -> Result<Simulation, BuildError> {
    let builder = scenario.triggers.iter().fold(Simulation::builder(), |builder, trigger| builder.trigger(*trigger));
    let builder = builder
        .crd(&RemediationRequest::crd())
        .crd(&WorkflowExecution::crd())
        .replicas(scenario.replicas)
        .servers(scenario.servers)
        .control_plane(ControlPlane { balance: scenario.balance, ..ControlPlane::USUAL })
        .faults(scenario.faults)
        .tail(Duration::from_secs(120))
        .program(move |environment| controller::run(pod(environment), safeguards))
        .workload(move |cluster| workload::play(cluster, scenario));
    let builder = match scenario.slow_creates {
        Some(delay) => builder.fault_rule("slow-create", 500, move |call: &CallView<'_>| slow_create(call, delay)),
        None => builder,
    };
    invariants::judged(builder, scenario, tally).build()
}

fn slow_create(call: &CallView<'_>, delay: Duration) -> CallVerdict {
    let creates = call.method() == "POST" && call.resource() == ("workflowexecutions", None);
    if creates { CallVerdict::Delay(delay) } else { CallVerdict::Pass }
}
