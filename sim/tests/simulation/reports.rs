//! What a simulation reports of programs and checks that fail, and of builders that are not complete.
use serde_json::json;
use sim::{BuildError, Builder, Environment, FaultKind, Faults, Run, Simulation, findings};
use std::{future::pending, time::Duration};

fn idle() -> Builder {
    Simulation::builder().program(|_| pending())
}

fn run(builder: Builder) -> Run {
    builder.build().expect("a whole simulation").seed(1).expect("a run")
}

#[test]
fn a_panic_is_a_failure() {
    let panics = |replica: Environment| async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        panic!("no luck on {}", replica.name);
    };
    let run = run(Simulation::builder().replicas(2).program(panics).finally("nothing", |_| Ok(())));
    assert_eq!(run.broken(), Some((findings::PANICS, "replica-0 panicked: no luck on replica-0")));
}

#[test]
fn a_check_may_assert() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "default"}});
    let run = run(idle().object(&map).always("no map", |view| {
        assert_eq!(view.values("", "configmaps")?.count(), 0, "a map");
        Ok(())
    }));
    let (check, sentence) = run.broken().expect("broken by the fixture");
    assert!(check == "no map" && sentence.contains("a map"), "{sentence}");
}

#[test]
fn a_workload_without_end_is_a_failure() {
    let endless = idle().time_limit(Duration::from_secs(5)).workload(|_| pending()).finally("nothing", |_| Ok(()));
    assert_eq!(run(endless).broken().map(|(check, _)| check), Some(findings::ENDS));
}

#[test]
fn kinds_that_are_not_served_are_named() {
    let run = run(idle().finally("widgets", |view| view.values("example.com", "widgets").map(|_| ())));
    assert!(run.broken().expect("broken").1.contains("widgets"), "{run:?}");
}

#[test]
fn faults_reach_a_program() {
    let program = |replica: Environment| async move {
        let version = replica.client("default");
        loop {
            // The result does not matter: the calls exist for faults to strike them.
            let _ = version.apiserver_version().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let simulation = Simulation::builder().replicas(2).servers(3).faults(Faults::HOSTILE).program(program);
    let simulation = simulation.workload(|cluster| async move { cluster.sleep(Duration::from_secs(20)).await });
    let explored = simulation.finally("nothing", |_| Ok(())).build().expect("whole").explore(0..20).expect("runs");
    assert!(explored.failure.is_none() && explored.runs == 20);
    for kind in [FaultKind::Crash, FaultKind::Pause, FaultKind::Hang, FaultKind::TooManyRequests] {
        assert!(explored.delivered.of(kind) > 0, "{} never took effect", kind.name());
    }
}

#[test]
fn missing_parts_are_named() {
    let error = |builder: Builder| builder.build().expect_err("not whole");
    assert!(matches!(error(Simulation::builder().finally("n", |_| Ok(()))), BuildError::NoProgram));
    assert!(matches!(error(idle()), BuildError::NoCheck));
    let broken = idle().finally("n", |_| Ok(())).crd(&json!({"kind": "CustomResourceDefinition"}));
    assert!(error(broken).to_string().contains("lacks"));
}
