//! The runner: one run of a scenario, and what it came to.
use crate::{
    calls::ApiCall,
    gateway_faults::LEASE_STOLEN,
    hosts::GatewayHost,
    observe::{ObservedResources, Recorded, Recorder, Told},
    protocol_name::ProtocolName,
    scenario::{Expect, Scenario},
    workload::script::{Resources, Stage, play},
};
use apiserver::Registry;
use model::{
    invariants::{ALL, Kind},
    oracle::{Finding, Violation},
    settings::Settings as Invariants,
    verdict::Verdict,
};
use serde_json::{Value, json};
use sim::{
    Cluster, ControlPlane, Faults, RunError,
    engine::{Choices, ClusterTemplate, Detail, Observer, Outcome, Settings, Stop, run_direct, run_network},
};
use std::{
    cell::RefCell,
    fmt,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// The invariant under which a scenario's own expectations are reported.
pub const EXPECTATION: &str = "scenario_expectation";
/// The invariant that a run which does not end breaks.
pub const ENDS: &str = "every_run_ends";
/// The invariant that a gateway which panics breaks.
pub const PANICS: &str = "gateway_never_panics";

/// The invariants that say what a lock is.
const OF_THE_LOCK: &[&str] = &["one_holder", "no_foreign_release"];

/// The invariant that a run which does not repeat itself breaks.
pub const REPEATS: &str = "every_run_repeats";

/// How programs reach the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// In process: every request and answer is a choice.
    Direct,
    /// HTTP over simulated TCP: real connections, and a seed for what the network does.
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
            _ => Err(format!("no transport `{text}`: there are direct and network")),
        }
    }
}

/// What is run.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The scenario.
    pub scenario: Scenario,
    /// The protocol.
    pub protocol: ProtocolName,
    /// The transport.
    pub transport: Transport,
    /// What was asked for instead of the scenario's own.
    pub overrides: Overrides,
}

/// What a command line changes of a scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// A preset of faults.
    pub faults: Option<Faults>,
    /// How many replicas.
    pub replicas: Option<usize>,
}

impl Subject {
    /// A scenario under a protocol, with what is to be changed of it.
    pub fn new(mut scenario: Scenario, protocol: ProtocolName, transport: Transport, overrides: Overrides) -> Self {
        if let Some(faults) = overrides.faults {
            scenario.faults = faults;
            // The other expectations are those of the scenario's own faults: a redelivery, say, counts once more.
            scenario.expect.to_mut().retain(|expect| *expect == Expect::AllAccepted);
        }
        if let Some(replicas) = overrides.replicas {
            scenario.cluster.replicas = replicas;
        }
        Self { scenario, protocol, transport, overrides }
    }
}

/// A subject, made ready to be run many times.
pub struct Prepared {
    /// What is run.
    pub subject: Subject,
    settings: Settings,
    invariants: Invariants,
    resources: ObservedResources,
    beside: Vec<ProtocolName>,
}

/// The hashes of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashes {
    /// Of the order in which things committed.
    pub interleaving: u64,
    /// Of everything that happened.
    pub chain: u64,
}

/// What one run came to.
pub struct Run {
    /// Per invariant: how often it was checked and broken.
    pub findings: Vec<Finding>,
    /// The first breach by invariant, in the table's order.
    pub verdict: Verdict,
    /// The run itself.
    pub outcome: Outcome,
    /// The RemediationRequests at its end.
    pub stored: Vec<Arc<Value>>,
    /// What was recorded for a timeline.
    pub timeline: Option<crate::timeline::Recording>,
    /// What the senders were told.
    pub told: Vec<Told>,
    /// The replicas' API calls, where a timeline was asked for.
    pub calls: Vec<ApiCall>,
}

impl Run {
    /// Its hashes.
    pub fn hashes(&self) -> Hashes {
        Hashes { interleaving: self.outcome.trace.interleaving(), chain: self.outcome.trace.chain() }
    }

    /// The breaches of each invariant that was broken, the first of each.
    pub fn breaches(&self) -> impl Iterator<Item = &Violation> {
        self.findings.iter().filter_map(|finding| finding.violations.first())
    }
}

fn registry(selectable_fields: bool) -> Arc<Registry> {
    static WITH: OnceLock<Arc<Registry>> = OnceLock::new();
    static WITHOUT: OnceLock<Arc<Registry>> = OnceLock::new();
    let cell = if selectable_fields { &WITH } else { &WITHOUT };
    Arc::clone(cell.get_or_init(|| {
        let mut crd = serde_json::to_value(gateway::api::crd()).unwrap_or(Value::Null);
        if !selectable_fields {
            crd["spec"]["versions"][0].as_object_mut().map(|version| version.remove("selectableFields"));
        }
        Arc::new(Registry::builtin().with_crd(&crd).expect("the gateway's own CRD is valid"))
    }))
}

impl Prepared {
    /// Makes a subject ready.
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
            // The gateway neither reads nor writes managedFields, and applies nothing.
            field_management: false,
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
        // Quiet can be judged only where a run goes on long enough after the last signal.
        let too_short = Duration::from_micros(Invariants::of_the_protocol().settle) >= scenario.cluster.tail;
        let left_out = |id: &str| too_short && id == "quiet_is_quiet";
        let invariants = Invariants {
            invariants: ALL.iter().copied().filter(|invariant| !left_out(invariant.id)).collect(),
            // The clocks of the fault presets run up to 2 % fast or slow.
            clock_rate_bound_ppm: 20_000,
            suppression_tolerance: 160_000_000,
            ..Invariants::of_the_protocol()
        };
        let beside = scenario.beside.iter().map(|name| name.parse().expect("a protocol beside")).collect();
        Self { subject, settings, invariants, resources, beside }
    }

    /// The same, with the owners of fields recorded: what happens must not depend on it.
    #[must_use]
    pub fn with_field_management(mut self) -> Self {
        self.settings.field_management = true;
        self
    }

    /// Runs it once.
    ///
    /// # Errors
    /// [`RunError`] when the run could not begin.
    pub fn run(&self, choices: Choices, with_timeline: bool) -> Result<Run, RunError> {
        self.run_observed(choices, with_timeline, |recorder| Box::new(recorder))
    }

    /// Runs it once, with somebody between the run and what the oracle is told of it: a test that tampers, say.
    ///
    /// # Errors
    /// [`RunError`] when the run could not begin.
    pub fn run_observed(
        &self,
        choices: Choices,
        with_timeline: bool,
        observer: impl FnOnce(Recorder) -> Box<dyn Observer>,
    ) -> Result<Run, RunError> {
        catch_panics();
        PANIC.with_borrow_mut(|panic| *panic = None);
        let recorder = Recorder::new(self.invariants.clone(), self.resources.clone(), with_timeline);
        let host = Arc::new(GatewayHost {
            protocol: self.subject.protocol,
            beside: self.beside.clone(),
            lock_namespaces: self.subject.scenario.lock_namespaces.clone(),
        });
        let acts = self.subject.scenario.acts.to_vec();
        let (requests, faults) = (self.resources.requests, self.subject.scenario.faults);
        let resources = Resources { leases: self.resources.leases, requests };
        let (stage_recorder, observer) = (recorder.clone(), observer(recorder.clone()));
        let end = Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = Arc::clone(&end);
        let script = move |cluster: Cluster| {
            let stage = Stage::new(cluster.clone(), stage_recorder, resources, &faults);
            async move {
                play(stage, acts).await;
                *kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = cluster.objects(requests);
            }
        };
        let outcome = match self.subject.transport {
            Transport::Direct => run_direct(&self.settings, host, choices, observer, script),
            Transport::Network => run_network(&self.settings, host, choices, observer, script),
        }?;
        let Recorded { mut findings, told, served, timeline, calls } =
            recorder.finish(outcome.simulated.as_micros() as u64);
        let stored = std::mem::take(&mut *end.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let at = outcome.simulated.as_micros() as u64;
        findings.push(crate::expectations::judge(&self.subject.scenario, &stored, &told, &served, at));
        if outcome.delivered.of(LEASE_STOLEN) > 0 {
            excuse_lock(&mut findings);
        }
        findings.push(ended(outcome.stop, at));
        findings.push(panicked(at));
        let verdict = verdict(&findings);
        Ok(Run { findings, verdict, outcome, stored, timeline, told, calls })
    }
}

/// Where an outsider frees leases under their holders, what is asked of locks is asked of the outsider. Safety rests on none of it.
fn excuse_lock(findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| OF_THE_LOCK.contains(&finding.invariant)) {
        (finding.checked, finding.undecided, finding.violated) = (0, 0, 0);
        finding.violations.clear();
        finding.verdict = Verdict::Inconclusive;
    }
}

fn verdict(findings: &[Finding]) -> Verdict {
    if findings.iter().any(|finding| finding.violated > 0) { Verdict::Violated } else { Verdict::Held }
}

/// Safety or liveness, for an invariant of the model or of the runner.
pub fn kind(invariant: &str) -> Kind {
    match ALL.iter().find(|known| known.id == invariant) {
        Some(known) => known.kind,
        None if invariant == ENDS => Kind::Liveness,
        None => Kind::Safety,
    }
}

fn fixtures(scenario: &Scenario) -> Vec<Value> {
    let mut objects: Vec<Value> = ["kubernaut-system", "payments"]
        .iter()
        .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
        .collect();
    for object in scenario.payloads().into_iter().flat_map(crate::workload::Payload::objects) {
        if !objects.contains(&object) {
            objects.push(object);
        }
    }
    objects
}

/// A finding of the runner's own: one check, and a breach of it or none.
pub fn finding(invariant: &'static str, at: u64, breach: Option<String>) -> Finding {
    let violations: Vec<Violation> =
        breach.into_iter().map(|sentence| Violation { invariant, at, sentence, evidence: Vec::new() }).collect();
    Finding {
        invariant,
        checked: 1,
        undecided: 0,
        violated: violations.len() as u64,
        verdict: if violations.is_empty() { Verdict::Held } else { Verdict::Violated },
        violations,
    }
}

fn ended(stop: Stop, at: u64) -> Finding {
    let breach = match stop {
        Stop::Done => None,
        Stop::TimeLimit => Some("The senders were not done when the scenario's simulated time was over."),
        Stop::StepLimit => Some("The run took more than 200,000 steps: something is retried for ever."),
    };
    finding(ENDS, at, breach.map(str::to_owned))
}

fn panicked(at: u64) -> Finding {
    let message = PANIC.with_borrow_mut(Option::take);
    finding(PANICS, at, message.map(|message| format!("The gateway panicked: {message}.")))
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic in a replica's task ends the task only; the hook remembers it for the run's thread.
fn catch_panics() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if tokio::runtime::Handle::try_current().is_ok() {
                let text = panic.to_string().replace('\n', " ");
                PANIC.with_borrow_mut(|kept| kept.get_or_insert(text).clone());
            } else {
                before(panic);
            }
        }));
    });
}
