//! Schedules of small programs, counted: the choices of a run are exactly the orders of its steps, and its digest tells
//! apart exactly those that differ.
use apiserver::Registry;
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use serde_json::json;
use sim::{
    Cluster, ControlPlane, Environment, Faults,
    engine::{
        Choices, ClusterTemplate, Detail, Event, Flow, Host, Label, Listener, Moment, Needs, Observer, Odds, Outcome,
        Pick, Process, Recorded, Settings, Source, Step, run_direct,
    },
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::Service;

/// What each call of a program does.
#[derive(Clone, Copy)]
enum Calls {
    /// It reads an object.
    Read,
    /// It writes the same object as all others.
    Write,
}

/// A program that makes some calls, one after the other.
struct Caller {
    calls: usize,
    what: Calls,
}

struct Running;

impl Host for Caller {
    fn boot(&self, mut environment: Environment) -> Box<dyn Process> {
        let (calls, what) = (self.calls, self.what);
        tokio::spawn(async move {
            environment.clock.sleep(Duration::from_secs(1)).await;
            for number in 0..calls {
                let by = format!("{}-{number}", environment.name);
                let answer = environment.api.call(request(what, &by)).await.expect("an answer");
                answer.into_body().collect().await.expect("its body");
            }
        });
        Box::new(Running)
    }
}

impl Process for Running {
    fn ready(&self) -> bool {
        true
    }

    fn call(&self, _: http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>> {
        Box::pin(async { http::Response::default() })
    }

    fn serve(&self, _: Listener) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

fn request(what: Calls, by: &str) -> http::Request<Full<Bytes>> {
    let request = http::Request::builder().uri("/api/v1/namespaces/default/configmaps/shared");
    match what {
        Calls::Read => request.body(Full::default()),
        Calls::Write => {
            let body = json!({"data": {"by": by}}).to_string();
            let request = request.method("PATCH").header("content-type", "application/merge-patch+json");
            request.body(Full::from(body))
        }
    }
    .expect("a request")
}

struct Unobserved;

impl Observer for Unobserved {
    fn event(&mut self, _: u64, _: &Event) {}
}

/// Makes picks, then order, and notes the kind of the first step at each choice of a step.
struct Noting {
    picks: Recorded,
    first: Arc<Mutex<Vec<(usize, Step)>>>,
}

impl Source for Noting {
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32 {
        self.picks.pick(label, of, odds)
    }

    fn needs(&self) -> Needs {
        Needs::States
    }

    fn still(&self) -> bool {
        true
    }

    fn moment(&mut self, moment: &Moment<'_>) -> Flow {
        self.first.lock().expect("no panic").push((moment.choices, moment.steps[0].step));
        Flow::Continue
    }
}

fn settings(replicas: usize) -> Settings {
    Settings {
        registry: Arc::new(Registry::builtin()),
        servers: 1,
        control_plane: ControlPlane::USUAL,
        replicas,
        fixtures: Arc::new(vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}})]),
        template: ClusterTemplate::default(),
        controllers: false,
        field_management: false,
        faults: Faults::NONE,
        fault_rules: Vec::new(),
        triggers: Vec::new(),
        tail: Duration::from_secs(1),
        time_limit: Duration::from_secs(10),
        step_limit: 1_000,
        detail: Detail::Chain,
    }
}

/// Number of schedules in which answers come at once, and of their different ends.
fn schedules(replicas: usize, calls: usize, what: Calls) -> (usize, usize) {
    let settings = settings(replicas);
    let beginning = vec![Pick { label: Label::Pace, of: 2, picked: 1 }];
    let (mut open, mut ran, mut ends) = (vec![beginning], 0, BTreeSet::new());
    while let Some(picks) = open.pop() {
        let (from, first) = (picks.len(), Arc::default());
        let choices = Choices::new(Noting { picks: Recorded::picks(picks), first: Arc::clone(&first) });
        let script = |cluster: Cluster| async move { cluster.sleep(Duration::from_secs(5)).await };
        let host = Arc::new(Caller { calls, what });
        let run: Outcome = run_direct(&settings, host, choices, Box::new(Unobserved), script).expect("a run");
        ran += 1;
        ends.insert(run.state);
        let record: Vec<Pick> = run.choices.iter().map(Pick::from).collect();
        let first = first.lock().expect("no panic");
        let is_call = |at: usize| first.iter().any(|&(choices, step)| choices == at && step == Step::Call);
        for at in (from..record.len()).filter(|&at| record[at].label == Label::Next && is_call(at)) {
            for picked in 1..record[at].of {
                let mut picks = record[..=at].to_vec();
                picks[at].picked = picked;
                open.push(picks);
            }
        }
    }
    (ran, ends.len())
}

#[test]
fn orders_of_calls_are_all_different() {
    assert_eq!(schedules(2, 5, Calls::Write), (252, 252));
    assert_eq!(schedules(3, 3, Calls::Write), (1_680, 1_680));
    assert_eq!(schedules(2, 8, Calls::Write).0, 12_870);
}

#[test]
fn reads_end_in_one_state() {
    assert_eq!(schedules(2, 5, Calls::Read), (252, 1));
}
