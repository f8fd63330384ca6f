//! The builder: what a simulation is made of.
use super::{
    check::{Check, Workload},
    plan::Plan,
    program::Program,
    runner::Simulation,
    view::View,
};
use crate::{
    faults::Faults,
    hosts::Environment,
    run::{Cluster, ClusterTemplate, ControlPlane, FaultRule, FaultRuleTemplate, Settings, Trigger},
    trace::Detail,
};
use apiserver::{Registry, RegistryError};
use serde::Serialize;
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};

/// A simulation that is not complete.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no program to run.
    #[error("the simulation has no program: give it one with `program`")]
    NoProgram,
    /// There is nothing that a run could violate.
    #[error("the simulation has no check: give it one with `always` or `finally`, or a ready-made one")]
    NoCheck,
    /// A CustomResourceDefinition cannot be served.
    #[error("a CustomResourceDefinition cannot be served: {0}")]
    Registry(#[from] RegistryError),
    /// An object or a definition does not serialize.
    #[error("an object does not serialize: {0}")]
    Object(#[from] serde_json::Error),
}

/// Makes a [`Simulation`]; [`Simulation::builder`] gives the defaults. Runs use the direct transport, in process.
pub struct Builder {
    definitions: Vec<Result<Value, serde_json::Error>>,
    objects: Vec<Result<Value, serde_json::Error>>,
    servers: usize,
    control_plane: ControlPlane,
    replicas: usize,
    controllers: bool,
    faults: Faults,
    fault_rules: Vec<FaultRuleTemplate>,
    triggers: Vec<Trigger>,
    tail: Duration,
    time_limit: Duration,
    program: Option<Program>,
    workload: Workload,
    always: Vec<Check>,
    finally: Vec<Check>,
    pub(super) plan: Plan,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("servers", &self.servers)
            .field("replicas", &self.replicas)
            .finish_non_exhaustive()
    }
}

impl Simulation {
    /// A cluster with the built-in kinds, two API servers, one replica and no faults.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl Builder {
    fn new() -> Self {
        Self {
            definitions: Vec::new(),
            objects: Vec::new(),
            servers: 2,
            control_plane: ControlPlane::USUAL,
            replicas: 1,
            controllers: false,
            faults: Faults::NONE,
            fault_rules: Vec::new(),
            triggers: Vec::new(),
            tail: Duration::from_secs(600),
            time_limit: Duration::from_secs(900),
            program: None,
            workload: Arc::new(|_| Box::pin(std::future::ready(()))),
            always: Vec::new(),
            finally: Vec::new(),
            plan: Plan::default(),
        }
    }

    /// Serves a custom kind: `kube::CustomResourceExt::crd()`, or a definition that was read from YAML or JSON. Its
    /// schema, defaults and CEL rules apply.
    pub fn crd(mut self, definition: &impl Serialize) -> Self {
        self.definitions.push(serde_json::to_value(definition));
        self
    }

    /// Adds an object that exists from the start, with its status.
    pub fn object(mut self, object: &impl Serialize) -> Self {
        self.objects.push(serde_json::to_value(object));
        self
    }

    /// Number of API servers over the one store, by default 2. Each has watch caches that lag independently. Each
    /// client talks to one server, and after a dropped watch to the next.
    pub const fn servers(mut self, servers: usize) -> Self {
        self.servers = servers;
        self
    }

    /// Properties of those servers: how requests are spread over them, and what they can hold.
    pub const fn control_plane(mut self, control_plane: ControlPlane) -> Self {
        self.control_plane = control_plane;
        self
    }

    /// Number of replicas of the program, by default 1.
    pub const fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// Collects garbage and empties terminating namespaces, as kube-controller-manager does.
    pub const fn with_controllers(mut self) -> Self {
        self.controllers = true;
        self
    }

    /// Faults at random: [`Faults::CALM`], [`Faults::STORMY`], [`Faults::HOSTILE`] or a mixture of your own. Without
    /// faults only the order of things is explored, watch lag included.
    pub const fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Adds a fault of your own. Where `rule` lets something happen to an API call, it happens with a probability of
    /// `per_mille` thousandths, as a choice of the run. It is counted under `name` when it takes effect.
    pub fn fault_rule(
        mut self,
        name: &'static str,
        per_mille: u32,
        rule: impl FaultRule + Clone + Sync + 'static,
    ) -> Self {
        self.fault_rules.push(FaultRuleTemplate::new(name, per_mille, rule));
        self
    }

    /// Adds a fault that strikes given calls for certain.
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Simulated time that the run continues after the workload has ended, without faults, so that everything pending
    /// completes. By default ten minutes: kube stops waiting for an answer after five.
    pub const fn tail(mut self, tail: Duration) -> Self {
        self.tail = tail;
        self
    }

    /// Simulated time within which the workload must end, by default 15 minutes. A run that takes longer has failed.
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The program. Each replica runs it from its beginning, and again from its beginning after a crash. Nothing that
    /// it spawns may outlive its future, or a crash would leave it running; kube-runtime's controllers and watchers
    /// end.
    pub fn program<F>(mut self, program: impl Fn(Environment) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.program = Some(Program::new(move |environment| Box::pin(program(environment))));
        self
    }

    /// The workload: what happens to the cluster while the program runs. Faults stop when it ends.
    pub fn workload<F>(mut self, workload: impl Fn(Cluster) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.workload = Arc::new(move |cluster| Box::pin(workload(cluster)));
        self
    }

    /// Adds a check that must hold after every commit. Its error is a sentence that says what was violated; a panic
    /// (`assert!`) counts too.
    pub fn always(mut self, name: &str, check: impl Fn(&View) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.always.push(Check { name: Arc::from(name), judge: Arc::new(check) });
        self
    }

    /// Adds a check that must hold in the end, when faults have stopped and the tail is over.
    pub fn finally(mut self, name: &str, check: impl Fn(&View) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.finally.push(Check { name: Arc::from(name), judge: Arc::new(check) });
        self
    }

    /// Compiles the kinds and makes the simulation.
    ///
    /// # Errors
    /// When something is missing, or a definition cannot be served. The API server validates objects in the first run.
    pub fn build(self) -> Result<Simulation, BuildError> {
        let program = self.program.ok_or(BuildError::NoProgram)?;
        let checks = !self.always.is_empty() || !self.finally.is_empty() || self.plan.needs_reference();
        if !checks {
            return Err(BuildError::NoCheck);
        }
        let mut registry = Registry::builtin();
        for definition in self.definitions {
            registry = registry.with_crd(&definition?)?;
        }
        let settings = Settings {
            registry: Arc::new(registry),
            servers: self.servers,
            control_plane: self.control_plane,
            replicas: self.replicas,
            fixtures: Arc::new(self.objects.into_iter().collect::<Result<_, _>>()?),
            // A controller may apply, and a real server records managers of fields whether it does or not.
            field_management: true,
            template: ClusterTemplate::default(),
            controllers: self.controllers,
            faults: self.faults,
            fault_rules: self.fault_rules,
            triggers: self.triggers,
            tail: self.tail,
            // The restart in the end is part of the workload's time.
            time_limit: self.time_limit + if self.plan.restarts { self.tail } else { Duration::ZERO },
            step_limit: 200_000,
            detail: Detail::Chain,
        };
        let (workload, always, finally, plan) = (self.workload, self.always, self.finally, self.plan);
        Ok(Simulation { settings, program, workload, always, finally, plan, reference: Arc::default() })
    }
}
