//! The runner: one run of a scenario, and its result.
use crate::{
    baselines::{LockAttempts, LockCounts, redis::Redis},
    calls::ApiCall,
    checks, expectations,
    gateway_faults::LEASE_STOLEN,
    hosts::GatewayHost,
    objects::NAMESPACE,
    observe::{ObservedResources, Recorded, Recorder, SentSignal},
    play::{script::play, stage::Stage},
    protocol_name::ProtocolName,
    scenario::{Expect, Scenario},
    timeline,
    workload::Payload,
};
use apiserver::Registry;
use model::{
    Invariant,
    invariants::ALL,
    oracle::{Finding, Oracle, Violation},
    verdict::Verdict,
};
use serde_json::{Value, json};
use sim::{
    Cluster, ControlPlane, Faults, RunError,
    engine::{Choices, ClusterTemplate, Detail, Observer, Outcome, Settings, Stop, run_direct, run_network},
};
use std::{
    fmt,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How programs reach the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// In process: every request and answer is a choice.
    Direct,
    /// HTTP over simulated TCP: real connections, and a seed for the behaviour of the network.
    Network,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Direct => "direct",
            Transport::Network => "network",
        })
    }
}

impl FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "direct" => Ok(Transport::Direct),
            "network" => Ok(Transport::Network),
            _ => Err(format!("unknown transport `{text}`; use direct or network")),
        }
    }
}

/// A scenario with the protocol and the transport to run it with.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The scenario.
    pub scenario: Scenario,
    /// The protocol.
    pub protocol: ProtocolName,
    /// The transport.
    pub transport: Transport,
    /// Changes to the scenario.
    pub overrides: Overrides,
}

/// Changes of a command line to a scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Preset of faults, instead of the scenario's own.
    pub faults: Option<Faults>,
    /// Number of replicas, instead of the scenario's own.
    pub replicas: Option<usize>,
}

impl Subject {
    /// Applies the overrides to the scenario.
    pub fn new(mut scenario: Scenario, protocol: ProtocolName, transport: Transport, overrides: Overrides) -> Self {
        if let Some(faults) = overrides.faults {
            scenario.faults = faults;
            // The other expectations depend on the scenario's own faults: a redelivery, for example, counts once more.
            scenario.expect.to_mut().retain(|expect| *expect == Expect::AllAccepted);
        }
        if let Some(replicas) = overrides.replicas {
            scenario.cluster.replicas = replicas;
        }
        Self { scenario, protocol, transport, overrides }
    }
}

/// A subject that is ready to run many times.
pub struct Prepared {
    /// The subject.
    pub subject: Subject,
    settings: Settings,
    invariants: Vec<Invariant>,
    bounds: model::Settings,
    resources: ObservedResources,
    mixed_replicas: Vec<ProtocolName>,
}

/// Hashes of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashes {
    /// Hash of the interleaving: the order of commits.
    pub interleaving: u64,
    /// Chained hash of all events.
    pub chain: u64,
}

/// The result of one run.
pub struct Run {
    /// One finding per invariant and per check of the runner.
    pub findings: Vec<Finding>,
    /// Verdict over all findings.
    pub verdict: Verdict,
    /// Outcome of the simulation.
    pub outcome: Outcome,
    /// RemediationRequests at the end.
    pub stored: Vec<Arc<Value>>,
    /// Events for a timeline, if one was requested.
    pub timeline: Option<timeline::Recording>,
    /// Every signal with its answer.
    pub signals: Vec<SentSignal>,
    /// API calls of the replicas except watches, if a timeline was requested.
    pub calls: Vec<ApiCall>,
    /// Counts of the baselines' attempts to lock.
    pub locks: LockCounts,
}

impl Run {
    /// Hashes of the run.
    pub fn hashes(&self) -> Hashes {
        Hashes { interleaving: self.outcome.trace.interleaving(), chain: self.outcome.trace.chain() }
    }

    /// The first violation of each violated invariant.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.findings.iter().filter_map(|finding| finding.violations.first())
    }
}

/// The built-in groups that the clusters of scenarios serve: those whose objects the gateway reads or writes. Each
/// replica reads what its cluster serves, and with all groups that takes a seventh of a short run.
const SERVED: [&str; 8] =
    ["", "apiextensions.k8s.io", "apps", "autoscaling", "batch", "coordination.k8s.io", "networking.k8s.io", "policy"];

fn registry(selectable_fields: bool) -> Arc<Registry> {
    static WITH: OnceLock<Arc<Registry>> = OnceLock::new();
    static WITHOUT: OnceLock<Arc<Registry>> = OnceLock::new();
    let cell = if selectable_fields { &WITH } else { &WITHOUT };
    Arc::clone(cell.get_or_init(|| with_requests(Registry::builtin().serving(&SERVED), selectable_fields)))
}

/// Adds the definition of RemediationRequests.
fn with_requests(registry: Registry, selectable_fields: bool) -> Arc<Registry> {
    let mut crd = serde_json::to_value(gateway::api::crd()).unwrap_or(Value::Null);
    if !selectable_fields {
        crd["spec"]["versions"][0].as_object_mut().map(|version| version.remove("selectableFields"));
    }
    Arc::new(registry.with_crd(&crd).expect("the gateway's own CRD is valid"))
}

impl Prepared {
    /// Prepares a subject.
    pub fn new(subject: Subject, detail: Detail) -> Self {
        let scenario = &subject.scenario;
        let registry = registry(scenario.cluster.selectable_fields);
        let resources =
            ObservedResources::of(&registry).expect("leases are built in, and the gateway's CRD is registered");
        let settings = Settings {
            servers: scenario.cluster.servers,
            control_plane: ControlPlane::USUAL,
            replicas: scenario.cluster.replicas,
            fixtures: Arc::new(fixtures(scenario)),
            // The gateway neither reads nor writes managedFields, and never applies.
            field_management: subject.protocol.applies(),
            template: ClusterTemplate::default(),
            controllers: false,
            faults: scenario.faults,
            fault_rules: Vec::new(),
            triggers: scenario.triggers.to_vec(),
            tail: scenario.cluster.tail,
            time_limit: scenario.time_limit,
            step_limit: 200_000,
            detail,
            registry,
        };
        // Quiet can only be judged in a run that is long enough after the last signal.
        let too_short = Duration::from_micros(model::Settings::of_the_protocol().quiesce) >= scenario.cluster.tail;
        // The existing gateway's pods count on requests that have ended.
        let mixed_fleet = !scenario.mixed_replicas.is_empty();
        let left_out =
            |id: &str| too_short && id == "quiet_is_quiet" || mixed_fleet && id == "superseded_takes_no_counts";
        let invariants = ALL.iter().copied().filter(|invariant| !left_out(invariant.id)).collect();
        let bounds = model::Settings {
            // The clocks of the fault presets run up to 2 % fast or slow.
            clock_rate_bound_ppm: 20_000,
            // The largest offset of a clock, and the longest pause between a decision and its write.
            suppression_tolerance: if scenario.faults.clock_skew { 160_000_000 } else { 70_000_000 },
            crashes_only: scenario.crashes_only(),
            ..model::Settings::of_the_protocol()
        };
        let mixed = scenario.mixed_replicas.iter();
        let mixed_replicas = mixed.map(|name| name.parse().expect("a protocol of a mixed replica")).collect();
        Self { subject, settings, invariants, bounds, resources, mixed_replicas }
    }

    /// Records the owners of fields too, which must not change anything else in a run.
    #[must_use]
    pub fn with_field_management(mut self) -> Self {
        self.settings.field_management = true;
        self
    }

    /// Serves all kinds that kube-apiserver serves by default, which must not change anything else in a run.
    #[must_use]
    pub fn with_every_group(mut self) -> Self {
        self.settings.registry = with_requests(Registry::builtin(), self.subject.scenario.cluster.selectable_fields);
        self
    }

    /// Runs the subject once.
    ///
    /// # Errors
    /// [`RunError`] when the run could not begin.
    pub fn run(&self, choices: Choices, with_timeline: bool) -> Result<Run, RunError> {
        self.run_observed(choices, with_timeline, |recorder| Box::new(recorder))
    }

    /// Runs the subject once, with an observer between the simulation and the recorder.
    ///
    /// # Errors
    /// [`RunError`] when the run could not begin.
    pub fn run_observed(
        &self,
        choices: Choices,
        with_timeline: bool,
        observer: impl FnOnce(Recorder) -> Box<dyn Observer>,
    ) -> Result<Run, RunError> {
        checks::watch_for_panics();
        let oracle = Oracle::new(&self.invariants, self.bounds.clone());
        let recorder = Recorder::new(oracle, self.resources.clone(), with_timeline);
        let attempts = Arc::new(LockAttempts::default());
        let host = Arc::new(GatewayHost {
            protocol: self.subject.protocol,
            mixed_replicas: self.mixed_replicas.clone(),
            lock_namespaces: self.subject.scenario.lock_namespaces.clone(),
            terms: self.subject.scenario.terms,
            redis: Redis::new(self.subject.scenario.terms.redis_fails),
            attempts: Arc::clone(&attempts),
        });
        let acts = self.subject.scenario.acts.to_vec();
        let (requests, faults) = (self.resources.requests, self.subject.scenario.faults);
        let resources = self.resources.clone();
        let (stage_recorder, observer) = (recorder.clone(), observer(recorder.clone()));
        let end = Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = Arc::clone(&end);
        let script = move |cluster: Cluster| {
            let stage = Stage::new(cluster.clone(), stage_recorder, &resources, &faults);
            async move {
                play(stage, acts).await;
                *kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = cluster.objects(requests);
            }
        };
        let outcome = match self.subject.transport {
            Transport::Direct => run_direct(&self.settings, host, choices, observer, script),
            Transport::Network => run_network(&self.settings, host, choices, observer, script),
        }?;
        let Recorded { mut findings, signals, served, probes, timeline, calls } =
            recorder.finish(outcome.simulated.as_micros() as u64);
        let stored = std::mem::take(&mut *end.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let (at, locks) = (outcome.simulated.as_micros() as u64, attempts.counts());
        if outcome.stop == Stop::Known {
            // Another run has shown the rest, and was judged.
            let findings = vec![checks::panicked(at)];
            let verdict = checks::verdict(&findings);
            return Ok(Run { findings, verdict, outcome, stored, timeline, signals, calls, locks });
        }
        findings.push(expectations::judge(&self.subject.scenario, &stored, &signals, (&served, &probes), at));
        if outcome.delivered.of(LEASE_STOLEN) > 0 {
            checks::excuse_lock(&mut findings);
        }
        findings.push(checks::ended(outcome.stop, at));
        findings.push(checks::panicked(at));
        let verdict = checks::verdict(&findings);
        Ok(Run { findings, verdict, outcome, stored, timeline, signals, calls, locks })
    }
}

/// Objects that exist before the run: namespaces, and the objects that the alerts are about.
fn fixtures(scenario: &Scenario) -> Vec<Value> {
    let mut objects: Vec<Value> = [NAMESPACE, "payments"]
        .iter()
        .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
        .collect();
    let managed = json!({"kubernaut.ai/managed": "true"});
    if !scenario.cluster.objects_labelled {
        objects[1]["metadata"]["labels"] = managed.clone();
    }
    for mut object in scenario.payloads().into_iter().flat_map(Payload::objects) {
        // On the object, not on its namespace: owner resolution reads the object anyway, so scope costs no call.
        if scenario.cluster.objects_labelled {
            object["metadata"]["labels"] = managed.clone();
        }
        if !objects.contains(&object) {
            objects.push(object);
        }
    }
    objects
}
