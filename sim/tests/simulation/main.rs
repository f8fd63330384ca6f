//! The library as a stranger uses it: a kube-rs controller with a mistake in it, the same without, and what is said of
//! either.
#[expect(dead_code, unreachable_pub, reason = "an example is a program: its main is not called here")]
#[path = "../../examples/one_child_each.rs"]
mod one_child_each;

mod cargo_test;
mod definitions;
mod events;
mod invariants;
mod own_faults;
mod reports;
mod sent_twice;
mod servers;

use one_child_each::simulation;
use sim::{FaultKind, Simulation};
use std::process::Command;

#[test]
fn the_mistake_is_found() {
    let explored = simulation(false).explore(0..500).expect("runs that begin");
    let failure = explored.failure.expect("two children in one of 500 runs");
    assert_eq!(failure.check, "at most one child");
    assert_eq!(failure.unrepeatable, None);
    let text = failure.to_string();
    assert!(text.contains("one greeting has 2 children") && text.contains("configmaps"), "{text}");
    assert!(text.contains("replica-0 sends: create configmaps in default"), "{text}");
    assert!(text.contains("ConfigMap default/hello-") && text.contains(" is created by replica-0"), "{text}");
    for number in ["actor ", "resource ", "call ", "server "] {
        assert!(!text.contains(number), "{number} is a number, not a name:\n{text}");
    }
    assert!(text.ends_with(&format!(
        "seed {} repeats it, {:.3} s into the run",
        failure.seed,
        failure.at.as_secs_f64()
    )));
}

#[test]
fn choices_repeat_a_failure() {
    let found = simulation(false).explore(0..500).expect("runs that begin").failure.expect("two children");
    let again = simulation(false).replay(&found.choices).expect("a run");
    assert_eq!(again.broken(), Some((found.check.as_str(), found.sentence.as_str())));
    assert_eq!((again.mismatch, again.trace), (None, found.trace));
    let other = simulation(true).replay(&found.choices).expect("a run");
    assert_eq!(other.broken(), None, "the same choices, another program");
}

#[test]
fn the_fixed_variant_holds() {
    let explored = simulation(true).explore(0..300).expect("runs that begin");
    assert!(explored.failure.is_none(), "{}", explored.failure.expect("a failure"));
    for kind in
        [FaultKind::Crash, FaultKind::LostAnswer, FaultKind::LateWrite, FaultKind::WatchDrop, FaultKind::WatchLag]
    {
        assert!(explored.delivered.of(kind) > 0, "{} never took effect", kind.name());
    }
}

const CHILD: &str = "SIMULATION_IN_CHILD";

fn chains(simulation: &Simulation) -> String {
    (0..40).map(|seed| format!("{:016x}.", simulation.seed(seed).expect("a run").chain)).collect()
}

/// Each process has new keys for its hash maps, which decide their order.
#[test]
fn another_process_runs_the_same() {
    let mine = format!("chains={}", chains(&simulation(false)));
    if std::env::var_os(CHILD).is_some() {
        println!("{mine}");
        return;
    }
    let myself = std::env::current_exe().expect("a test binary");
    let arguments = ["--exact", "another_process_runs_the_same", "--nocapture"];
    let output = Command::new(myself).args(arguments).env(CHILD, "1").output().expect("a child");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.contains(&mine), "{mine}\n{output}");
}
