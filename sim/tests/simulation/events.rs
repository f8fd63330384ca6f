//! Events of a controller: kube-runtime's recorder works, and counts the second event of a kind on the first.
use k8s_openapi::api::core::v1::{ConfigMap, Event};
use kube::{
    Api, Resource,
    api::{ObjectMeta, PostParams},
    runtime::events::{Event as Published, EventType, Recorder, Reporter},
};
use sim::{Environment, Faults, Simulation};
use std::{future::pending, time::Duration};

async fn reports_twice(replica: Environment) {
    let client = replica.client("default");
    let metadata = ObjectMeta { name: Some("map".to_owned()), ..ObjectMeta::default() };
    let map = ConfigMap { metadata, ..ConfigMap::default() };
    let map = Api::default_namespaced(client.clone()).create(&PostParams::default(), &map).await.expect("a map");
    let recorder = Recorder::new(client, Reporter::from("reporter"));
    let event = Published {
        type_: EventType::Normal,
        reason: "Made".to_owned(),
        note: None,
        action: "Make".to_owned(),
        secondary: None,
    };
    for _ in 0..2 {
        recorder.publish(&event, &map.object_ref(&())).await.expect("an event");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    pending().await
}

#[test]
fn a_recorder_counts_its_events() {
    let simulation = Simulation::builder().faults(Faults::NONE).program(reports_twice);
    let simulation = simulation.workload(|cluster| async move { cluster.sleep(Duration::from_secs(10)).await });
    let simulation = simulation.finally("one event, counted twice", |view| {
        let events = view.objects::<Event>()?;
        let counts: Vec<i32> =
            events.iter().map(|event| event.series.as_ref().and_then(|it| it.count).unwrap_or(1)).collect();
        if counts == [2] { Ok(()) } else { Err(format!("{counts:?} in {events:?}")) }
    });
    let simulation = simulation.build().expect("a whole simulation");
    let explored = simulation.explore(0..20).expect("runs that begin");
    assert!(explored.failure.is_none(), "{}", explored.failure.expect("a failure"));
    let run = simulation.seed(1).expect("a run");
    let again = simulation.replay(&run.choices).expect("a run");
    assert_eq!((again.broken(), &again.mismatch), (None, &None), "its names and times are of the real clock");
}
