//! What a run is set up with, and what it returns.
use super::{control_plane::ControlPlane, fault_rule::FaultRuleTemplate, trigger::Trigger};
use crate::{
    choice::Choice,
    clock::EPOCH,
    faults::{Delivered, Faults},
    trace::{Detail, Trace},
};
use apiserver::{ApiServer, FixtureError, Registry};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Simulated time within which replicas must become ready.
pub(crate) const BOOT_LIMIT: Duration = Duration::from_secs(60);

/// Settings of a run: its cluster, its faults, its bounds.
#[derive(Clone)]
pub struct Settings {
    /// Kinds that the API servers serve.
    pub registry: Arc<Registry>,
    /// Number of API servers over the store.
    pub servers: usize,
    /// Properties of the API servers.
    pub control_plane: ControlPlane,
    /// Number of replicas of the host.
    pub replicas: usize,
    /// Objects that exist from the start.
    pub fixtures: Arc<Vec<Value>>,
    /// Whether writes record the managers of fields. A host that neither reads managedFields nor applies does not need
    /// it.
    pub field_management: bool,
    /// The cluster with its fixtures. The first run makes it, and every run forks it.
    pub template: ClusterTemplate,
    /// Whether garbage is collected and terminating namespaces are emptied. Over the direct transport only.
    pub controllers: bool,
    /// Faults at random.
    pub faults: Faults,
    /// Faults that the user of the library added.
    pub fault_rules: Vec<FaultRuleTemplate>,
    /// Faults that strike given calls for certain.
    pub triggers: Vec<Trigger>,
    /// Simulated time that the run continues after the script has ended.
    pub tail: Duration,
    /// Simulated time after which the script is abandoned.
    pub time_limit: Duration,
    /// Number of steps after which the run is abandoned.
    pub step_limit: u64,
    /// How much of the run is kept.
    pub detail: Detail,
}

/// A cluster with its fixtures: made once, forked for every run.
#[derive(Clone, Default)]
pub struct ClusterTemplate(Arc<Mutex<Option<ApiServer>>>);

impl ClusterTemplate {
    pub(crate) fn fork(&self, settings: &Settings) -> Result<ApiServer, FixtureError> {
        let mut template = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(api) = &*template {
            return Ok(api.fork());
        }
        let mut api = ApiServer::new(Arc::clone(&settings.registry), settings.servers, 0);
        api.set_auto_advance(true);
        api.set_controllers(settings.controllers);
        api.set_field_management(settings.field_management);
        api.apply_fixture(&settings.fixtures, EPOCH.parse().expect("EPOCH is a timestamp"))?;
        Ok(template.insert(api).fork())
    }
}

/// Reason for which a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The script ended and nothing is pending.
    Done,
    /// The script did not end within its time limit.
    TimeLimit,
    /// The run took too many steps.
    StepLimit,
    /// The run took too many steps while a delivery was owed an answer, and answered none.
    NoProgress,
    /// The source of choices stopped it: it knows what follows.
    Known,
}

/// A run that could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The fixtures are not valid.
    #[error("a fixture was refused: {0}")]
    Fixture(#[from] FixtureError),
    /// The replicas did not become ready.
    #[error("the replicas were not ready after {0:?} of simulated time")]
    NotReady(Duration),
    /// The runtime could not be built.
    #[error("cannot build a tokio runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// The simulated network failed.
    #[error("the simulated network stopped: {0}")]
    Network(String),
}

/// Result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Reason for which it ended.
    pub stop: Stop,
    /// Its choices.
    pub choices: Vec<Choice>,
    /// Where recorded choices did not fit, if they did not.
    pub mismatch: Option<String>,
    /// Its trace.
    pub trace: Trace,
    /// How often each fault took effect.
    pub delivered: Delivered,
    /// Number of faults that struck by chance, and not by a trigger or by what the script did.
    pub by_chance: u32,
    /// Number of API calls.
    pub api_calls: u64,
    /// Calls that repeat forever, if it made no progress.
    pub cycle: Vec<String>,
    /// Simulated time that it took.
    pub simulated: Duration,
    /// Digest of its last state; 0 if its source of choices did not ask for states.
    pub state: u64,
    /// Digest of what was seen of it from outside the programs; 0 likewise.
    pub outside: u64,
}
