//! A program that applies its own definition, as many operators do when they start.
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
    core::GroupVersionKind,
    runtime::{conditions, wait::await_condition},
};
use serde_json::json;
use sim::{FaultKind, Faults, Simulation};
use std::time::Duration;

const NAME: &str = "things.example.io";

/// Applies the definition, waits until it is served, and creates one object.
async fn operator(client: Client) -> kube::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let spec = json!({"type": "object", "properties": {"size": {"type": "integer"}}});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": NAME},
        "spec": {"group": "example.io", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}]},
    });
    let mine = PatchParams::apply("operator").force();
    definitions.patch(NAME, &mine, &Patch::Apply(&definition)).await?;
    // If the stream breaks, the caller retries.
    let _ = await_condition(definitions, NAME, conditions::is_crd_established()).await;
    let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("example.io", "v1", "Thing"), "things");
    let things: Api<DynamicObject> = Api::all_with(client, &resource);
    let thing =
        json!({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"name": "only"}, "spec": {"size": 3}});
    things.patch("only", &mine, &Patch::Apply(&thing)).await.map(drop)
}

fn simulation() -> Simulation {
    let builder = Simulation::builder()
        .faults(Faults { world_fault_per_mille: 100, ..Faults::STORMY })
        .tail(Duration::from_secs(60))
        .program(|replica| async move {
            // No fault strikes before all programs have started.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let attempt = || tokio::time::timeout(Duration::from_secs(2), operator(replica.client("default")));
            // An answer may never come.
            while !matches!(attempt().await, Ok(Ok(()))) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<()>().await;
        });
    let builder = builder.finally("one thing", |view| {
        let sizes: Vec<_> = view.values("example.io", "things")?.map(|thing| thing["spec"]["size"].clone()).collect();
        if sizes == [3] { Ok(()) } else { Err(format!("the things are {sizes:?}.")) }
    });
    let unknown = builder.finally("nothing else is served", |view| match view.values("example.io", "others") {
        Ok(_) => Err("others are served.".to_owned()),
        Err(_) => Ok(()),
    });
    unknown.workload(|_| tokio::time::sleep(Duration::from_secs(1))).build().expect("whole")
}

#[test]
fn operator_may_apply_its_definition() {
    let explored = simulation().explore(0..60).expect("runs that begin");
    assert!(explored.failure.is_none(), "{}", explored.failure.expect("a failure"));
    assert!(explored.delivered.of(FaultKind::Crash) > 0);
    let runs = [3, 3].map(|seed| simulation().seed(seed).expect("a run").chain);
    assert_eq!(runs[0], runs[1], "one seed is one run");
}
