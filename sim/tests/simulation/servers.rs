//! Programs over several API servers: balanced, restarted, with short histories and small buffers.
use apiserver::Limits;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{ListParams, PostParams},
};
use serde_json::json;
use sim::{Balance, Builder, ControlPlane, Environment, Exploration, FaultKind, Faults, Simulation};
use std::time::Duration;

/// Lists from the cache again and again, and panics if the list ever shrinks. Nothing is ever deleted.
async fn reader(replica: Environment, params: ListParams) {
    let maps: Api<ConfigMap> = Api::default_namespaced(replica.client("default"));
    let mut seen = 0;
    loop {
        if let Ok(list) = maps.list(&params).await {
            assert!(list.items.len() >= seen, "{} maps were there, {} are left", seen, list.items.len());
            seen = list.items.len();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn reading(params: ListParams) -> Builder {
    let simulation = Simulation::builder().servers(3).finally("nothing", |_| Ok(()));
    let simulation = simulation.program(move |replica| reader(replica, params.clone()));
    simulation.tail(Duration::from_secs(1)).workload(|cluster| async move {
        let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client("default"));
        for number in 0..6 {
            let map = json!({"metadata": {"name": format!("map-{number}")}});
            let map: ConfigMap = serde_json::from_value(map).expect("a map");
            // Refused or not, more creates follow.
            let _ = maps.create(&PostParams::default(), &map).await;
        }
    })
}

fn explore(simulation: Builder) -> Exploration {
    simulation.build().expect("whole").explore(0..40).expect("runs that begin")
}

#[test]
fn cached_lists_go_back_in_time() {
    let balanced = ControlPlane { balance: Balance::PerRequest, ..ControlPlane::USUAL };
    let cached = explore(reading(ListParams::default().match_any()).control_plane(balanced));
    let failure = cached.failure.expect("a list that shrank");
    assert!(failure.sentence.contains("maps were there"), "{failure}");
    assert!(cached.delivered.of(FaultKind::TimeTravel) > 0);
    let consistent = explore(reading(ListParams::default()).control_plane(balanced));
    assert!(consistent.failure.is_none(), "{}", consistent.failure.expect("a failure"));
    assert_eq!(consistent.delivered.of(FaultKind::TimeTravel), 0, "nothing went back");
}

#[test]
fn pinned_clients_stay_in_their_time() {
    let cached = explore(reading(ListParams::default().match_any()));
    assert!(cached.failure.is_none() && cached.delivered.of(FaultKind::TimeTravel) == 0);
}

#[test]
fn restarts_move_clients_back() {
    let restarts = Faults {
        name: "restarts",
        server_fault_per_mille: 100,
        max_server_faults: 6,
        lagging_cache_per_mille: 500,
        ..Faults::NONE
    };
    let moved = explore(reading(ListParams::default().match_any()).faults(restarts));
    assert!(moved.failure.is_some_and(|failure| failure.sentence.contains("maps were there")));
    let consistent = explore(reading(ListParams::default()).faults(restarts));
    assert!(consistent.failure.is_none());
    for kind in [FaultKind::ServerRestart, FaultKind::ColdCache, FaultKind::LaggingCache] {
        assert!(consistent.delivered.of(kind) > 0, "{} never took effect", kind.name());
    }
}

#[test]
fn streams_of_paused_readers_are_dropped() {
    let paused = Faults { name: "paused", world_fault_per_mille: 60, max_pauses: 2, ..Faults::NONE };
    let limits = Limits { buffer: 2, history: 4 };
    let watching = reading(ListParams::default()).faults(paused).program(|replica: Environment| async move {
        let maps: Api<ConfigMap> = Api::default_namespaced(replica.client("default"));
        let mut events = std::pin::pin!(kube::runtime::watcher(maps, kube::runtime::watcher::Config::default()));
        while futures::StreamExt::next(&mut events).await.is_some() {}
    });
    let explored = explore(watching.control_plane(ControlPlane { limits, ..ControlPlane::USUAL }));
    assert!(explored.failure.is_none());
    assert!(explored.delivered.of(FaultKind::SlowWatch) > 0);
}
