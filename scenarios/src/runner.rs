//! The runner: one run of a scenario, and its result.
use crate::{
    baselines::{LockAttempts, LockCounts, redis::Redis},
    calls::ApiCall,
    checks, expectations,
    hosts::GatewayHost,
    objects::{NAMESPACE, smallest_request},
    observe::{ObservedResources, Recorded, Recorder, SentSignal},
    play::{script::play, stage::Stage},
    protocol_name::ProtocolName,
    scenario::Scenario,
    timeline, undisturbed,
    workload::{Act, Payload},
    worlds,
};
use apiserver::Registry;
use model::{
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
    collections::BTreeSet,
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
    /// The scenario's own faults, without those of a preset.
    pub own: Faults,
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
    /// Preset of faults, which are added to the scenario's own.
    pub faults: Option<Faults>,
    /// Number of replicas, instead of the scenario's own.
    pub replicas: Option<usize>,
}

impl Subject {
    /// Applies the overrides to the scenario.
    pub fn new(mut scenario: Scenario, protocol: ProtocolName, transport: Transport, overrides: Overrides) -> Self {
        let own = scenario.faults;
        if let Some(preset) = overrides.faults {
            scenario.faults = scenario.faults_with(preset);
        }
        if let Some(replicas) = overrides.replicas {
            scenario.cluster.replicas = replicas;
        }
        Self { scenario, own, protocol, transport, overrides }
    }

    /// The same in the world that this seed draws.
    pub fn in_world(&self, seed: u64) -> Self {
        Self::new(worlds::draw(seed), self.protocol, self.transport, self.overrides)
    }

    /// The faults that the scenario has of its own, unless a preset took them away.
    pub fn own_faults(&self) -> Faults {
        if self.overrides.faults == Some(Faults::NONE) { Faults::NONE } else { self.own }
    }

    /// Whether a preset may add faults to the scenario's own.
    fn adds_faults(&self) -> bool {
        self.overrides.faults.is_some_and(|preset| preset != Faults::NONE)
    }
}

/// A subject that is ready to run many times.
pub struct Prepared {
    /// The subject.
    pub subject: Subject,
    settings: Settings,
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

/// The groups that are served besides where the kubelet asks for readiness: a replica that cannot review who sends
/// signals is not ready.
const REVIEWS: [&str; 2] = ["authentication.k8s.io", "authorization.k8s.io"];

fn registry(selectable_fields: bool, probed: bool) -> Arc<Registry> {
    static CELLS: [OnceLock<Arc<Registry>>; 4] = [const { OnceLock::new() }; 4];
    let cell = &CELLS[usize::from(selectable_fields) * 2 + usize::from(probed)];
    let reviews = if probed { &REVIEWS[..] } else { &[] };
    let served = [&SERVED[..], reviews].concat();
    Arc::clone(cell.get_or_init(|| with_requests(Registry::builtin().serving(&served), selectable_fields)))
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
        let probed = scenario.acts.iter().any(|act| matches!(act, Act::Probe { .. }));
        let registry = registry(scenario.cluster.selectable_fields, probed);
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
            // No run of the catalogue comes near; a larger one gets as many steps for each signal.
            step_limit: 200_000.max(2_000 * scenario.signals()),
            detail,
            registry,
        };
        let bounds = bounds(scenario);
        let mixed = scenario.mixed_replicas.iter();
        let mixed_replicas = mixed.map(|name| name.parse().expect("a protocol of a mixed replica")).collect();
        Self { subject, settings, bounds, resources, mixed_replicas }
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
        let oracle = Oracle::new(ALL, self.bounds.clone());
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
        let scenario = &self.subject.scenario;
        let as_expected = !self.subject.adds_faults()
            || outcome.by_chance == 0 && expectations::only_own_faults(scenario, &outcome.delivered);
        findings.push(expectations::judge(scenario, &stored, &signals, (&served, &probes), (at, as_expected)));
        findings.push(undisturbed::judge(scenario, &outcome.delivered, &signals, at));
        findings.push(checks::ended(outcome.stop, &outcome.cycle, at));
        findings.push(checks::panicked(at));
        let verdict = checks::verdict(&findings);
        Ok(Run { findings, verdict, outcome, stored, timeline, signals, calls, locks })
    }
}

/// The largest offset of a clock from simulated time.
const CLOCK_OFFSET: Duration = Duration::from_secs(90);
/// Time between a decision and its write where nothing is held back.
const DECISION: Duration = Duration::from_secs(10);
/// Rate error of clocks that are wrong, in parts per million.
const CLOCK_RATE_PPM: u64 = 20_000;

/// The bounds that a scenario is judged by: wider ones only where its faults need them.
pub fn bounds(scenario: &Scenario) -> model::Settings {
    let skewed = scenario.faults.clock_skew;
    let stepped = scenario.acts.iter().any(|act| matches!(act, Act::SetClock { .. }));
    let offset = if skewed || stepped { CLOCK_OFFSET } else { Duration::ZERO };
    let tolerance = offset + DECISION + scenario.longest_hold_back();
    model::Settings {
        clock_rate_bound_ppm: if skewed { CLOCK_RATE_PPM } else { 0 },
        suppression_tolerance: tolerance.as_micros() as u64,
        crashes_only: scenario.crashes_only(),
        replicas_of_another_program: scenario.mixed_replicas.len() as u8,
        ..model::Settings::of_the_protocol()
    }
}

/// Where these bounds are wider than for a scenario without faults, as sentences.
pub fn widened(scenario: &Scenario) -> Vec<String> {
    let (wide, narrow) = (bounds(scenario), bounds(&Scenario::BLANK));
    let mut widened = Vec::new();
    if wide.clock_rate_bound_ppm > narrow.clock_rate_bound_ppm {
        widened.push(format!("clocks may be wrong by {} %", wide.clock_rate_bound_ppm / 10_000));
    }
    if wide.suppression_tolerance > narrow.suppression_tolerance {
        widened.push(format!("suppression is judged {} s away from its ends", wide.suppression_tolerance / 1_000_000));
    }
    if wide.replicas_of_another_program > 0 {
        widened.push("counts of another program's replicas on ended requests are not judged".to_owned());
    }
    widened
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
    let mut known = BTreeSet::new();
    for mut object in scenario.payloads().into_iter().flat_map(Payload::objects) {
        // On the object, not on its namespace: owner resolution reads the object anyway, so scope costs no call.
        if scenario.cluster.objects_labelled {
            object["metadata"]["labels"] = managed.clone();
        }
        if known.insert(object.to_string()) {
            objects.push(object);
        }
    }
    objects.extend((0..scenario.cluster.other_requests).map(|number| {
        let mut request = smallest_request(&format!("{number:064x}"));
        request["metadata"] = json!({"name": format!("other-{number}"), "namespace": NAMESPACE});
        request
    }));
    objects
}
