//! What a simulation is made of.
use super::{Simulation, View, program::Program};
use crate::{
    direct::{Past, Settings, Trigger},
    faults::Faults,
    hosts::Environment,
    run::{Cluster, ControlPlane},
    trace::Detail,
};
use apiserver::{Registry, RegistryError};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};

/// What is done to the cluster while the program runs.
pub(super) type Workload = Arc<dyn Fn(Cluster) -> BoxFuture<'static, ()> + Send + Sync>;

type Judgement = Arc<dyn Fn(&View) -> Result<(), String> + Send + Sync>;

/// Something that must hold.
#[derive(Clone)]
pub(super) struct Check {
    pub(super) name: Arc<str>,
    pub(super) judge: Judgement,
}

/// A simulation that is not whole.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is nothing to run.
    #[error("no program: give one with `program`")]
    NoProgram,
    /// Nothing that could be broken.
    #[error("nothing must hold: give a check with `always` or `finally`")]
    NoCheck,
    /// A CustomResourceDefinition cannot be served.
    #[error("a CustomResourceDefinition cannot be served: {0}")]
    Registry(#[from] RegistryError),
    /// An object or a definition does not serialize.
    #[error("an object does not serialize: {0}")]
    Object(#[from] serde_json::Error),
}

/// Makes a [`Simulation`]. What is not said is as [`Simulation::builder`] has it.
pub struct Builder {
    definitions: Vec<Result<Value, serde_json::Error>>,
    objects: Vec<Result<Value, serde_json::Error>>,
    servers: usize,
    control_plane: ControlPlane,
    replicas: usize,
    controllers: bool,
    faults: Faults,
    triggers: Vec<Trigger>,
    tail: Duration,
    time_limit: Duration,
    program: Option<Program>,
    workload: Workload,
    always: Vec<Check>,
    finally: Vec<Check>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("servers", &self.servers)
            .field("replicas", &self.replicas)
            .finish_non_exhaustive()
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            definitions: Vec::new(),
            objects: Vec::new(),
            servers: 2,
            control_plane: ControlPlane::USUAL,
            replicas: 1,
            controllers: false,
            faults: Faults::NONE,
            triggers: Vec::new(),
            tail: Duration::from_secs(600),
            time_limit: Duration::from_secs(900),
            program: None,
            workload: Arc::new(|_| Box::pin(std::future::ready(()))),
            always: Vec::new(),
            finally: Vec::new(),
        }
    }

    /// Serves a custom kind: `kube::CustomResourceExt::crd()`, or a definition that was read from YAML or JSON. Schema, defaults
    /// and CEL rules are in force.
    pub fn crd(mut self, definition: &impl Serialize) -> Self {
        self.definitions.push(serde_json::to_value(definition));
        self
    }

    /// An object that is there from the start, with its status.
    pub fn object(mut self, object: &impl Serialize) -> Self {
        self.objects.push(serde_json::to_value(object));
        self
    }

    /// How many API servers stand over the one store, each with watch caches that lag on their own. Each client talks to one
    /// of them, and after a dropped watch to the next.
    pub const fn servers(mut self, servers: usize) -> Self {
        self.servers = servers;
        self
    }

    /// How those servers are: whom they serve, and what they can hold.
    pub const fn control_plane(mut self, control_plane: ControlPlane) -> Self {
        self.control_plane = control_plane;
        self
    }

    /// How many replicas of the program run.
    pub const fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// Collects garbage and empties namespaces that are going away, as kube-controller-manager does.
    pub const fn with_controllers(mut self) -> Self {
        self.controllers = true;
        self
    }

    /// What may go wrong at random: [`Faults::CALM`], [`Faults::STORMY`], [`Faults::HOSTILE`] or a mixture of one's own.
    /// Without any, only the order of things is explored, watch lag included.
    pub const fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Something that goes wrong for certain.
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Simulated time that the run goes on after the workload has ended: no faults from there on, and time to come to rest. Ten
    /// minutes, unless told otherwise: a call that was never answered is given up by kube after five.
    pub const fn tail(mut self, tail: Duration) -> Self {
        self.tail = tail;
        self
    }

    /// Simulated time after which a workload that has not ended is given up; the run has failed then.
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The program: each replica runs it from the start until it crashes, and from the start again after that. Nothing that it
    /// spawns may outlive its future, or a crash would not be one; kube-runtime's controllers and watchers keep to that.
    pub fn program<F>(mut self, program: impl Fn(Environment) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.program = Some(Program::new(move |environment| Box::pin(program(environment))));
        self
    }

    /// What is done to the cluster while the program runs. Faults stop when it ends.
    pub fn workload<F>(mut self, workload: impl Fn(Cluster) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.workload = Arc::new(move |cluster| Box::pin(workload(cluster)));
        self
    }

    /// What must hold after every commit. An error is a sentence that says what was broken; a panic (`assert!`) counts too.
    pub fn always(mut self, name: &str, check: impl Fn(&View) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.always.push(Check { name: Arc::from(name), judge: Arc::new(check) });
        self
    }

    /// What must hold in the end, when faults have stopped and the tail is over.
    pub fn finally(mut self, name: &str, check: impl Fn(&View) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.finally.push(Check { name: Arc::from(name), judge: Arc::new(check) });
        self
    }

    /// Compiles the kinds and puts it together.
    ///
    /// # Errors
    /// When something is missing, or a definition cannot be served. Objects are judged by the API server, in the first run.
    pub fn build(self) -> Result<Simulation, BuildError> {
        let program = self.program.ok_or(BuildError::NoProgram)?;
        if self.always.is_empty() && self.finally.is_empty() {
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
            // A controller may apply, and a real server keeps the owners of fields whether it does or not.
            field_management: true,
            past: Past::default(),
            controllers: self.controllers,
            faults: self.faults,
            triggers: self.triggers,
            tail: self.tail,
            time_limit: self.time_limit,
            step_limit: 200_000,
            detail: Detail::Chain,
        };
        let (workload, always, finally) = (self.workload, self.always, self.finally);
        Ok(Simulation { settings, program, workload, always, finally })
    }
}
