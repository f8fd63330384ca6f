//! Livelock: programs that overwrite each other forever never answer, and the run names the calls that repeat.
use apiserver::Registry;
use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use sim::{
    Cluster, ControlPlane, Environment, Faults,
    engine::{
        Choices, ClusterTemplate, Detail, Event, Host, Label, Listener, Observer, Outcome, Pick, Process, Recorded,
        Settings, Stop, run_direct,
    },
};
use std::{sync::Arc, time::Duration};
use tower::Service;

/// A program that answers once the answers to its write and to two reads in a row have said that it wrote last.
struct Insistent;

struct Running(Environment);

impl Host for Insistent {
    fn boot(&self, environment: Environment) -> Box<dyn Process> {
        Box::new(Running(environment))
    }
}

impl Process for Running {
    fn ready(&self) -> bool {
        true
    }

    fn call(&self, _: http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>> {
        let (mut api, name, clock) = (self.0.api.clone(), self.0.name.clone(), self.0.clock.clone());
        Box::pin(async move {
            // All deliveries have arrived by then.
            clock.sleep(Duration::from_secs(1)).await;
            let mut read = 0;
            while read < 3 {
                let what = if read == 0 { request(Some(&name)) } else { request(None) };
                let answer = api.call(what).await.expect("an answer").into_body().collect().await.expect("its body");
                let object: Value = serde_json::from_slice(&answer.to_bytes()).expect("an object");
                read = if object["data"]["by"] == *name { read + 1 } else { 0 };
            }
            http::Response::default()
        })
    }

    fn serve(&self, _: Listener) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

/// Writes who was last, or reads it.
fn request(by: Option<&str>) -> http::Request<Full<Bytes>> {
    let request = http::Request::builder().uri("/api/v1/namespaces/default/configmaps/last");
    match by {
        None => request.body(Full::default()),
        Some(by) => {
            let body = json!({"data": {"by": by}}).to_string();
            request.method("PATCH").header("content-type", "application/merge-patch+json").body(Full::from(body))
        }
    }
    .expect("a request")
}

struct Unobserved;

impl Observer for Unobserved {
    fn event(&mut self, _: u64, _: &Event) {}
}

/// The run in order of this many replicas, each of which gets a delivery. Time moves only when nothing else can happen.
fn run(replicas: usize) -> Outcome {
    let settings = Settings {
        registry: Arc::new(Registry::builtin()),
        servers: 1,
        control_plane: ControlPlane::USUAL,
        replicas,
        fixtures: Arc::new(vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "last"}})]),
        template: ClusterTemplate::default(),
        controllers: false,
        field_management: false,
        faults: Faults::NONE,
        fault_rules: Vec::new(),
        triggers: Vec::new(),
        tail: Duration::from_secs(1),
        time_limit: Duration::from_secs(3_600),
        step_limit: 200_000,
        detail: Detail::Chain,
    };
    let script = move |cluster: Cluster| async move {
        let send = |replica| {
            let (id, cluster) = (cluster.next_delivery(), cluster.clone());
            async move { cluster.send(id, replica, http::Request::default()).await }
        };
        join_all((0..replicas).map(send)).await;
    };
    let choices = Choices::new(Recorded::picks(vec![Pick { label: Label::Pace, of: 2, picked: 1 }]));
    run_direct(&settings, Arc::new(Insistent), choices, Box::new(Unobserved), script).expect("a run")
}

#[test]
fn a_livelock_names_its_cycle() {
    let run = run(2);
    assert_eq!(run.stop, Stop::NoProgress);
    let writers = run.cycle.iter().filter(|call| call.contains("PATCH")).count();
    assert!(writers == 2 && run.cycle.len() < 10, "{:#?}", run.cycle);
}

#[test]
fn one_that_is_alone_answers() {
    let run = run(1);
    assert_eq!((run.stop, run.cycle.len()), (Stop::Done, 0));
}
