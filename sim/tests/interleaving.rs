//! Controllers over the direct transport: the moment at which they act is a choice of the run.
use apiserver::Registry;
use futures::future::BoxFuture;
use serde_json::json;
use sim::{
    Cluster, ControlPlane, Environment, Faults,
    engine::{
        Choices, ClusterTemplate, Detail, Event, Host, Listener, Observer, Process, Random, Settings, Stop, run_direct,
    },
};
use std::{sync::Arc, time::Duration};

/// A program that does nothing.
struct Idle;

impl Host for Idle {
    fn boot(&self, _: Environment) -> Box<dyn Process> {
        Box::new(Idle)
    }
}

impl Process for Idle {
    fn ready(&self) -> bool {
        true
    }

    fn call(&self, _: http::Request<bytes::Bytes>) -> BoxFuture<'static, http::Response<bytes::Bytes>> {
        Box::pin(async { http::Response::default() })
    }

    fn serve(&self, _: Listener) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

struct Unobserved;

impl Observer for Unobserved {
    fn event(&mut self, _: u64, _: &Event) {}
}

/// Number of objects left after a second, of two whose owner does not exist.
fn left(controllers: bool, seed: u64) -> usize {
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "u"});
    let object = |name: &str| {
        let metadata = json!({"name": name, "ownerReferences": [owner]});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    };
    let settings = Settings {
        registry: Arc::new(Registry::builtin()),
        servers: 1,
        control_plane: ControlPlane::USUAL,
        replicas: 1,
        fixtures: Arc::new(vec![object("a"), object("b")]),
        template: ClusterTemplate::default(),
        controllers,
        field_management: false,
        faults: Faults::NONE,
        fault_rules: Vec::new(),
        triggers: Vec::new(),
        tail: Duration::from_secs(1),
        time_limit: Duration::from_secs(10),
        step_limit: 100,
        detail: Detail::Chain,
    };
    let resource = Registry::builtin().resource("", "configmaps").unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let script = |cluster: Cluster| async move {
        cluster.sleep(Duration::from_secs(1)).await;
        sender.send(cluster.objects(resource).len()).unwrap();
    };
    let choices = Choices::new(Random::new(seed));
    let outcome = run_direct(&settings, Arc::new(Idle), choices, Box::new(Unobserved), script).unwrap();
    assert_eq!(outcome.stop, Stop::Done);
    receiver.recv().unwrap()
}

#[test]
fn garbage_is_collected_where_asked() {
    assert_eq!((left(true, 1), left(false, 1)), (0, 2));
    assert_eq!(left(true, 2), 0);
}
