//! A report made by hand: a create that was sent under a lease takes effect after the lease was taken over.
use model::Verdict;
use reports::{
    Entry, Failure, FailureKind, Happening, Lane, LaneKind, ObjectState, RunReport, ScenarioReport, Timeline,
    report::{Choice, FaultCount, InvariantCount, Mutant, Percentiles, ProtocolRow, RunsToFind, SCHEMA},
    search::Frontier,
};

const SENDER: usize = 0;
const REPLICA_0: usize = 1;
const REPLICA_1: usize = 2;
const LEASE: usize = 3;
const FIRST: usize = 4;
const SECOND: usize = 5;

/// Entries in the order in which they are added.
struct Story(Vec<Entry>);

impl Story {
    fn add(&mut self, at_us: u64, lane: usize, what: Happening, text: &str) -> &mut Entry {
        let (ordinal, text) = (self.0.len() as u64 * 3, text.to_owned());
        self.0.push(Entry { at_us, ordinal, lane, what, text, replica: None, critical: false });
        self.0.last_mut().expect("just added")
    }

    fn call(&mut self, at_us: u64, lane: usize, call: u64, (verb, object): (&str, &str)) {
        let what = Happening::CallSent { call, verb: verb.to_owned(), object: object.to_owned() };
        self.add(at_us, lane, what, &format!("{verb} {object}"));
    }

    fn answer(&mut self, at_us: u64, lane: usize, call: u64, status: Option<u16>, text: &str) {
        self.add(at_us, lane, Happening::CallAnswered { call, status }, text);
    }

    fn commit(&mut self, at_us: u64, lane: usize, (call, verb): (u64, &str), replica: u8, text: &str) -> &mut Entry {
        let what =
            Happening::CallCommitted { call, verb: verb.to_owned(), revision: 100 + call, state: ObjectState::Live };
        let entry = self.add(at_us, lane, what, text);
        entry.replica = Some(replica);
        entry
    }
}

fn lanes() -> Vec<Lane> {
    let lane = |name: &str, kind| Lane { name: name.to_owned(), kind };
    vec![
        lane("sender", LaneKind::Sender),
        lane("replica 0", LaneKind::Replica),
        lane("replica 1", LaneKind::Replica),
        lane("lease gw-lock-3f2a91c07d5e48b6", LaneKind::Object),
        lane("rr-3f2a91c07d5e-8c41d2aa", LaneKind::Object),
        lane("rr-3f2a91c07d5e-19b07f35", LaneKind::Object),
    ]
}

fn replica_0_is_slow(story: &mut Story) {
    story.add(100, SENDER, Happening::SignalSent { signal: 1 }, "signal 1");
    story.add(300, REPLICA_0, Happening::SignalArrives { signal: 1 }, "signal 1");
    story.call(500, REPLICA_0, 1, ("create", "lease"));
    story.commit(900, LEASE, (1, "create"), 0, "held by gateway-0");
    story.answer(1_200, REPLICA_0, 1, Some(201), "201");
    story.call(1_300, REPLICA_0, 2, ("list", "requests"));
    story.answer(1_900, REPLICA_0, 2, Some(200), "200, none");
    story.call(2_000, REPLICA_0, 3, ("create", "rr-…-8c41d2aa"));
    story.add(2_000, REPLICA_0, Happening::Fault, "request delayed");
    story.add(400_000, SENDER, Happening::SignalSent { signal: 2 }, "signal 2");
    story.add(400_200, REPLICA_1, Happening::SignalArrives { signal: 2 }, "signal 2");
    story.call(400_400, REPLICA_1, 4, ("get", "lease"));
    story.answer(400_900, REPLICA_1, 4, Some(200), "200, held by gateway-0");
    story.answer(15_002_000, REPLICA_0, 3, None, "no answer in 15 s");
    story.add(15_002_300, SENDER, Happening::SignalAnswered { signal: 1, status: Some(504) }, "signal 1: 504");
}

fn replica_1_takes_over(story: &mut Story) {
    story.call(30_001_200, REPLICA_1, 5, ("update", "lease"));
    story.commit(30_001_600, LEASE, (5, "update"), 1, "held by gateway-1");
    story.answer(30_001_900, REPLICA_1, 5, Some(200), "200");
    story.call(30_002_000, REPLICA_1, 6, ("list", "requests"));
    story.answer(30_002_600, REPLICA_1, 6, Some(200), "200, none");
    story.call(30_002_700, REPLICA_1, 7, ("create", "rr-…-19b07f35"));
    story.commit(30_003_000, SECOND, (7, "create"), 1, "created, active").critical = true;
    story.commit(30_003_100, FIRST, (3, "create"), 0, "created, active").critical = true;
    story.answer(30_003_400, REPLICA_1, 7, Some(201), "201");
    story.call(30_003_500, REPLICA_1, 8, ("patch", "rr-…-19b07f35/status"));
    story.commit(30_003_900, SECOND, (8, "patch"), 1, "count 1");
    story.answer(30_004_200, REPLICA_1, 8, Some(200), "200");
    story.add(30_004_500, SENDER, Happening::SignalAnswered { signal: 2, status: Some(201) }, "signal 2: 201");
}

pub(crate) fn timeline() -> Timeline {
    let mut story = Story(Vec::new());
    replica_0_is_slow(&mut story);
    replica_1_takes_over(&mut story);
    Timeline { lanes: lanes(), entries: story.0, ..Timeline::default() }
}

fn failure() -> Failure {
    let choice =
        |index, label: &str, value, of| Choice { index, label: label.to_owned(), value, of, meaning: String::new() };
    Failure {
        scenario: "holder-crash".to_owned(),
        protocol: "shipped-lease".to_owned(),
        transport: "direct".to_owned(),
        strategy: "pct:3".to_owned(),
        invariant: "one_active_request".to_owned(),
        kind: FailureKind::Safety,
        sentence: "Replica 0 created rr-3f2a91c07d5e-8c41d2aa for fingerprint 3f2a91c07d5e… at 30.003100 s, while \
                   rr-3f2a91c07d5e-19b07f35 (created by replica 1 at 30.003 s) was still active: 2 active requests for \
                   one fingerprint."
            .to_owned(),
        seed: "7734".to_owned(),
        file: Some("lockstep-report/holder-crash-one_active_request.json".to_owned()),
        replay: "lockstep replay holder-crash/shipped-lease/direct/pct:3/7734".to_owned(),
        replay_string: Some("holder-crash:shipped-lease:direct:-:-:random:7734".to_owned()),
        first_run: 12,
        choices: 41,
        replicas: 2,
        signals: 2,
        api_calls: 8,
        occurrences: 37,
        broke_first: None,
        trace: Some("88714cd1d9292521".to_owned()),
        explained_by: None,
        choice_sequence: vec![choice(9, "fault of create rr-…-8c41d2aa", 2, 5), choice(23, "next commit", 1, 2)],
        timeline: Some(timeline()),
        neighbour: None,
        smallest: None,
    }
}

fn count(name: &str, checked: u64, violations: u64) -> InvariantCount {
    InvariantCount { name: name.to_owned(), checked, violations, undecided: 0 }
}

fn scenario(name: &str, protocol: &str, verdict: Verdict, invariants: Vec<InvariantCount>) -> ScenarioReport {
    let fault = |name: &str, delivered| FaultCount { name: name.to_owned(), class: String::new(), delivered };
    ScenarioReport {
        name: name.to_owned(),
        protocol: protocol.to_owned(),
        transport: "direct".to_owned(),
        strategy: "pct:3".to_owned(),
        runs: 2_400,
        wall_seconds: 1.6,
        verdict,
        invariants,
        faults: vec![fault("crash", 411), fault("request delayed", 9_120)],
        bounds: Vec::new(),
        slack: None,
    }
}

/// Two scenarios, one of which fails.
pub(crate) fn violated() -> RunReport {
    let broken = vec![count("one_active_request", 21_800, 37), count("one_holder", 5_201, 0)];
    let held = vec![count("one_active_request", 19_310, 0), count("occurrences_exact", 2_400, 0)];
    RunReport {
        schema: SCHEMA,
        command: "run".to_owned(),
        version: "0.1.0".to_owned(),
        verdict: Verdict::Violated,
        runs: 4_800,
        distinct_interleavings: 3_977,
        simulated_seconds: 148_231.5,
        wall_seconds: 3.2,
        runs_per_second: 1_500.0,
        api_calls: 121_408,
        scenarios: vec![
            scenario("burst", "shipped-lease", Verdict::Held, held),
            scenario("holder-crash", "shipped-lease", Verdict::Violated, broken),
        ],
        failures: vec![failure()],
        unmet: Vec::new(),
        not_modelled: vec!["etcd's own failures: the store never loses a committed write".to_owned()],
        complete: true,
        interrupted: false,
        planned_runs: None,
        time_limit_seconds: None,
        started: Some("2026-11-30T09:15:00Z".to_owned()),
        part: None,
        program: None,
        corpus: None,
        frontier: None,
        scope: None,
        confidence: None,
        mutants: None,
        protocols: None,
        cases: None,
        passed: None,
        live: None,
        score: None,
        coverage: None,
        strategies: None,
    }
}

/// The same scenarios without a violation.
pub(crate) fn held() -> RunReport {
    let mut report = RunReport { verdict: Verdict::Held, failures: Vec::new(), ..violated() };
    for scenario in &mut report.scenarios {
        scenario.verdict = Verdict::Held;
        scenario.invariants.iter_mut().for_each(|count| count.violations = 0);
    }
    report
}

/// The tables of `exhaust`, `mutants` and `compare` in one report.
pub(crate) fn tabular() -> RunReport {
    let mutant = |name: &str, runs_to_find: Option<RunsToFind>| Mutant {
        name: name.to_owned(),
        invariant: "occurrences_exact".to_owned(),
        strategy: "random".to_owned(),
        found: runs_to_find.is_some(),
        unfinished: false,
        runs_to_find,
        scenario: None,
        replay: None,
        smallest: None,
    };
    let protocol = |name: &str, two_active, worst_recovery_seconds| ProtocolRow {
        name: name.to_owned(),
        two_active,
        wrong_counts: 0.0,
        api_calls_new: 4.0,
        api_calls_duplicate: 1.25,
        added_latency_ms: Percentiles { p50: 3.1, p95: 12.44, p99: 212.0 },
        worst_recovery_seconds,
        shortest_counter_example: None,
        more: vec![("crashes".to_owned(), "12".to_owned())],
    };
    RunReport {
        frontier: Some(vec![Frontier { preemptions: 2, faults: 1, schedules: 18_204, complete: true }]),
        mutants: Some(vec![
            mutant("no-mark", Some(RunsToFind { median: 14.0, p95: 118.0, most: 131.0 })),
            mutant("no-fence", None),
        ]),
        protocols: Some(vec![protocol("none", 0.6714, None), protocol("fenced-lease", 0.0, Some(31.4))]),
        ..held()
    }
}

/// The same failure with a missed expectation of its scenario.
pub(crate) fn with_expectation() -> RunReport {
    let mut report = violated();
    report.failures.push(Failure {
        invariant: "scenario_expectation".to_owned(),
        sentence: "Expected 1 RemediationRequest at the end, found 2.".to_owned(),
        explained_by: Some("one_active_request".to_owned()),
        ..failure()
    });
    report
}

/// Many invariants, each violated in a scenario of its own.
pub(crate) fn many_causes() -> RunReport {
    let mut report = violated();
    for invariant in model::ALL {
        let scenario = format!("scenario-of-{}", invariant.id);
        let replay = format!("lockstep replay {scenario}/shipped-lease/direct/pct:3/7734");
        report.failures.push(Failure { invariant: invariant.id.to_owned(), scenario, replay, ..failure() });
    }
    report
}
