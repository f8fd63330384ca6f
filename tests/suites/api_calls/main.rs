//! The cost of a signal in API calls, before its answer and after, counted on the simulated wire.
//!
//! The same script measures the existing gateway's lock in the same way. `cargo test -p tests --test api_calls --
//! --nocapture` prints the tables, and the counts of a real server. Look-ups of an alert's target are counted, but do
//! not belong to the protocol.
mod real;

use model::verdict::Verdict;
use scenarios::{
    calls::{Cost, cost},
    protocol_name::SHIPPED,
    runner::{Overrides, Prepared, Run, Subject, Transport},
    scenario::{ClusterShape, Scenario},
    workload::{Act, Payload::Deployment, Retry, Route},
};
use sim::engine::{Choices, Detail, InOrder, Random};
use std::{borrow::Cow, time::Duration};

const EXISTING: &str = "shipped-lease";
const PAUSE: Act = Act::Wait(Duration::from_secs(1));

fn deliver(copies: u32) -> [Act; 2] {
    let to = Route::Replica(0);
    [Act::Deliver { what: Deployment, copies, to, retry: Retry::Never }, Act::AwaitAnswers]
}

fn prepared(protocol: &str, transport: Transport, acts: Vec<Act>) -> Prepared {
    let scenario = Scenario {
        name: Cow::Borrowed("calls"),
        cluster: ClusterShape { replicas: 1, tail: Duration::from_secs(20), ..ClusterShape::USUAL },
        acts: Cow::Owned(acts),
        ..Scenario::BLANK
    };
    let protocol = protocol.parse().expect("a protocol");
    Prepared::new(Subject::new(scenario, protocol, transport, Overrides::default()), Detail::Chain)
}

fn in_order(protocol: &str, acts: Vec<Act>) -> Run {
    prepared(protocol, Transport::Direct, acts).run(Choices::new(InOrder), true).expect("a run")
}

/// The cost of the deliveries after the first `skip`.
fn after(skip: usize, run: &Run) -> Cost {
    assert_eq!(run.verdict, Verdict::Held, "{:?}", run.violations().next());
    cost(&run.calls, skip..run.signals.len())
}

fn new(protocol: &str) -> Cost {
    after(0, &in_order(protocol, deliver(1).into()))
}

fn duplicate(protocol: &str) -> Cost {
    after(1, &in_order(protocol, [&deliver(1)[..], &[PAUSE], &deliver(1)].concat()))
}

/// Over TCP: in process every delivery is handled before the next one arrives, if everything is in order.
fn burst(protocol: &str) -> Cost {
    let prepared = prepared(protocol, Transport::Network, [&deliver(1)[..], &[PAUSE], &deliver(20)].concat());
    let run = prepared.run(Choices::new(Random::new(1)), true).expect("a run");
    cost(&run.calls, 1..run.signals.len())
}

fn next_episode(protocol: &str) -> Cost {
    let ends = Act::Orchestrate { of: Deployment, phase: Cow::Borrowed("Completed") };
    after(1, &in_order(protocol, [&deliver(1)[..], &[PAUSE, ends, PAUSE], &deliver(1)].concat()))
}

#[test]
fn table_of_calls_is_as_documented() {
    for protocol in [SHIPPED, EXISTING] {
        println!("{protocol}");
        println!("  new           {}", new(protocol));
        println!("  duplicate     {}", duplicate(protocol));
        println!("  20 duplicates {}", burst(protocol));
        println!("  next episode  {}", next_episode(protocol));
    }
    let calls = |cost: Cost| (cost.before, cost.after, cost.lists);
    assert_eq!(calls(new(SHIPPED)), (3, 1, 0), "POST lease, POST request, PATCH; PUT lease");
    assert_eq!(calls(duplicate(SHIPPED)), (1, 0, 0), "PATCH");
    let (before, after, lists) = calls(next_episode(SHIPPED));
    assert!(before <= 5 && after == 1 && lists == 0, "{before} before, {after} after, {lists} LISTs");
    let together = burst(SHIPPED);
    assert!(together.each() < 0.3 && together.lists == 0, "{together}");
}

#[test]
fn existing_gateway_costs_what_was_measured() {
    let (new, duplicate) = (new(EXISTING), duplicate(EXISTING));
    assert_eq!((new.before + new.after, new.lists), (8, 1), "{new}");
    assert_eq!((duplicate.before + duplicate.after, duplicate.lists), (7, 1), "{duplicate}");
}

#[test]
fn stale_duplicate_costs_three_calls() {
    let writes = Act::Orchestrate { of: Deployment, phase: Cow::Borrowed("Executing") };
    let prepared = prepared(SHIPPED, Transport::Direct, [&deliver(1)[..], &[PAUSE, writes], &deliver(1)].concat());
    let mut seen = [0_u32; 4];
    for seed in 0..60 {
        let run = prepared.run(Choices::new(Random::new(seed)), true).expect("a run");
        let cost = after(1, &run);
        assert!(cost.before <= 3 && cost.lists == 0, "seed {seed}: {cost}");
        seen[usize::try_from(cost.before).expect("small")] += 1;
    }
    println!("duplicate right after another write: {} of 60 cost 1 call, {} cost 3", seen[1], seen[3]);
    assert!(seen[1] > 0 && seen[3] > 0, "{seen:?}");
}

#[test]
fn duplicates_beside_the_orchestrator_stay_cheap() {
    let phases = ["Pending", "Processing", "Analyzing", "Executing"].map(Cow::Borrowed).to_vec();
    let writes = Act::OrchestrateMeanwhile { of: Deployment, phases: Cow::Owned(phases) };
    let duplicates: Vec<Act> = (0..10).flat_map(|_| deliver(1)).collect();
    let prepared = prepared(SHIPPED, Transport::Direct, [&deliver(1)[..], &[PAUSE, writes], &duplicates].concat());
    let (mut calls, mut signals, mut most) = (0, 0, 0);
    for seed in 0..60 {
        let run = prepared.run(Choices::new(Random::new(seed)), true).expect("a run");
        assert_eq!(run.verdict, Verdict::Held, "seed {seed}");
        for signal in 1..run.signals.len() {
            let cost = cost(&run.calls, signal..signal + 1);
            assert_eq!(cost.lists, 0);
            (calls, signals, most) = (calls + cost.before, signals + 1, most.max(cost.before));
        }
    }
    let mean = f64::from(calls) / f64::from(signals);
    println!("duplicates while the orchestrator writes: {mean:.2} calls each, at most {most}");
    assert!(mean < 2.0, "{mean} calls each");
}
