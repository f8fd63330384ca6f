//! Faults that strike kinds of the user's own, and faults that the user adds.
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams},
    core::GroupVersionKind,
};
use serde_json::json;
use sim::{
    Builder, CallPattern, CallVerdict, CallView, Effect, Environment, FaultKind, FaultRule, Faults, Simulation, Trigger,
};
use std::{future::pending, time::Duration};

/// Writes a greeting and its status, and panics unless exactly the expected writes succeed.
async fn greeter(replica: Environment, expected: [bool; 2]) {
    let kind = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("example.com", "v1", "Greeting"), "greetings");
    let greetings: Api<DynamicObject> = Api::default_namespaced_with(replica.client("default"), &kind);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (params, text) = (PatchParams::default(), json!({"spec": {"text": "hello"}}));
    let object = greetings.patch("hello", &params, &Patch::Merge(&text)).await;
    let seen = json!({"status": {"phase": "Seen"}});
    let status = greetings.patch_status("hello", &params, &Patch::Merge(&seen)).await;
    assert_eq!([object.is_ok(), status.is_ok()], expected, "{object:?} {status:?}");
    pending().await
}

fn greeting(resource: &'static str, expected: [bool; 2]) -> Simulation {
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "greetings.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "greetings", "kind": "Greeting"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": schema}}]},
    });
    let hello = json!({
        "apiVersion": "example.com/v1", "kind": "Greeting", "metadata": {"name": "hello", "namespace": "default"},
    });
    let on = CallPattern { method: "PATCH", resource, replica: None };
    let refused = Trigger { on, skip: 0, times: 1, effect: Effect::Fault(FaultKind::InternalError) };
    let simulation = Simulation::builder().crd(&definition).object(&hello).trigger(refused);
    let simulation = simulation.program(move |replica| greeter(replica, expected)).finally("nothing", |_| Ok(()));
    simulation.workload(|cluster| async move { cluster.sleep(Duration::from_secs(5)).await }).build().expect("complete")
}

#[test]
fn triggers_strike_subresources_of_any_kind() {
    for (resource, expected) in [("greetings/status", [true, false]), ("greetings", [false, true])] {
        let run = greeting(resource, expected).seed(1).expect("a run");
        assert_eq!(run.broken(), None, "{resource}");
        assert_eq!(run.delivered.of(FaultKind::InternalError), 1, "{resource}");
    }
}

/// Loses the answers of creates of ConfigMaps, except the first ones.
#[derive(Clone)]
struct LosesAnswers {
    spare: u32,
    method: http::Method,
}

impl FaultRule for LosesAnswers {
    fn on_call(&mut self, call: &CallView<'_>) -> CallVerdict {
        if *call.method() != self.method || call.resource() != ("configmaps", None) {
            return CallVerdict::Pass;
        }
        let struck = self.spare == 0;
        self.spare = self.spare.saturating_sub(1);
        if struck { CallVerdict::LoseAnswer } else { CallVerdict::Pass }
    }
}

const ANSWERS_LOST: &str = "configmap-answer-lost";

/// Creates a ConfigMap, and another one if the first create fails: a mistake, where its answer may be lost.
fn hasty() -> Builder {
    let program = |replica: Environment| async move {
        let maps: Api<ConfigMap> = Api::default_namespaced(replica.client("default"));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let map = || serde_json::from_value(json!({"metadata": {"generateName": "map-"}})).expect("a map");
        while maps.create(&PostParams::default(), &map()).await.is_err() {}
        pending().await
    };
    let simulation = Simulation::builder().faults(Faults::NONE).program(program);
    let simulation = simulation.workload(|cluster| async move { cluster.sleep(Duration::from_secs(9)).await });
    simulation.always("one map", |view| match view.objects::<ConfigMap>()?.len() {
        0 | 1 => Ok(()),
        more => Err(format!("there are {more} maps")),
    })
}

#[test]
fn rules_of_the_user_are_choices_of_the_run() {
    let rule = LosesAnswers { spare: 0, method: http::Method::POST };
    let simulation = hasty().fault_rule(ANSWERS_LOST, 300, rule).build().expect("complete");
    let explored = simulation.explore(0..40).expect("runs that begin");
    let failure = explored.failure.expect("two maps");
    assert!(explored.delivered.of(ANSWERS_LOST) > 0);
    assert!(failure.choices.iter().any(|choice| choice.meaning.to_string() == ANSWERS_LOST), "{:?}", failure.choices);
    assert!(failure.trace.iter().any(|line| line.contains(ANSWERS_LOST)), "{failure}");
    let stored = serde_json::to_string(&failure.choices).expect("JSON");
    let again = simulation.replay(&serde_json::from_str::<Vec<_>>(&stored).expect("its own JSON")).expect("a run");
    assert_eq!((again.broken(), &again.mismatch), (Some(("one map", "there are 2 maps")), &None));
}

#[test]
fn rules_count_only_where_they_take_effect() {
    let reads = LosesAnswers { spare: 0, method: http::Method::GET };
    let later = LosesAnswers { spare: 1, method: http::Method::POST };
    for rule in [reads, later] {
        let simulation = hasty().fault_rule(ANSWERS_LOST, 1_000, rule).build().expect("complete");
        let explored = simulation.explore(0..5).expect("runs that begin");
        assert!(explored.failure.is_none() && explored.runs == 5);
        assert_eq!(explored.delivered.of(ANSWERS_LOST), 0, "reads lose nothing, and no second create is sent");
    }
}

#[test]
fn a_closure_is_a_rule() {
    let sheds = |call: &CallView<'_>| match call.resource() {
        ("configmaps", None) => CallVerdict::Refuse(429, "quota of the day is spent".to_owned()),
        _ => CallVerdict::Pass,
    };
    let simulation = hasty().fault_rule("quota", 500, sheds).build().expect("complete");
    let explored = simulation.explore(0..20).expect("runs that begin");
    assert!(explored.failure.is_none() && explored.delivered.of("quota") > 0);
}
