//! A request that a layer in between sends twice: both copies arrive, and the caller gets an answer to the second.
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, api::PostParams};
use serde_json::json;
use sim::{CallPattern, Effect, Environment, FaultKind, Faults, Simulation, Trigger};
use std::{future::pending, time::Duration};

/// Creates a ConfigMap, and panics unless the answer has this status and arrives after this long.
async fn creator(replica: Environment, status: u16, after: Duration) {
    let maps: Api<ConfigMap> = Api::default_namespaced(replica.client("default"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let map = serde_json::from_value(json!({"metadata": {"name": "one"}})).expect("a map");
    let sent = tokio::time::Instant::now();
    match maps.create(&PostParams::default(), &map).await {
        Err(kube::Error::Api(refused)) => assert_eq!(refused.code, status, "{refused:?}"),
        other => panic!("expected {status}, found {other:?}"),
    }
    assert_eq!(sent.elapsed().as_secs(), after.as_secs());
    pending().await
}

fn twice(answer: Option<u16>, after: Duration, status: u16) -> Simulation {
    let on = CallPattern { method: "POST", resource: "configmaps", replica: None };
    let waits = if answer.is_none() { after } else { Duration::ZERO };
    Simulation::builder()
        .trigger(Trigger { on, skip: 0, times: 1, effect: Effect::Twice { answer, after } })
        .program(move |replica| creator(replica, status, waits))
        .finally("one map", |view| match view.objects::<ConfigMap>()?.len() {
            1 => Ok(()),
            maps => Err(format!("{maps} maps")),
        })
        .workload(|cluster| async move { cluster.sleep(Duration::from_secs(20)).await })
        .build()
        .expect("complete")
}

#[test]
fn the_second_copy_is_answered() {
    let (now, later) = (Duration::ZERO, Duration::from_secs(8));
    for (answer, after, status) in [
        (None, now, 409),
        (None, later, 409),
        (Some(429), now, 429),
        (Some(422), now, 422),
        (Some(503), now, 503),
        (Some(429), later, 429),
    ] {
        let run = twice(answer, after, status).seed(1).expect("a run");
        assert_eq!(run.broken(), None, "{answer:?} after {after:?}");
        assert_eq!(run.delivered.of(FaultKind::SentTwice), 1, "{answer:?} after {after:?}");
    }
}

#[test]
fn hostile_faults_send_requests_twice() {
    let hostile = Faults::preset("hostile").expect("a preset");
    let program = |replica: Environment| async move {
        let maps: Api<ConfigMap> = Api::default_namespaced(replica.client("default"));
        loop {
            let map = serde_json::from_value(json!({"metadata": {"generateName": "map-"}})).expect("a map");
            let _ = maps.create(&PostParams::default(), &map).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let simulation = Simulation::builder().faults(hostile).program(program).finally("nothing", |_| Ok(()));
    let simulation = simulation.workload(|cluster| async move { cluster.sleep(Duration::from_secs(20)).await });
    let explored = simulation.build().expect("complete").explore(0..40).expect("runs that begin");
    assert!(explored.delivered.of(FaultKind::SentTwice) > 0);
}
