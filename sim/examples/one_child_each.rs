//! An ordinary controller: each `Greeting` gets one ConfigMap. It lists what is there, from the API server's
//! cache as informers do, and creates the child if it sees none. `cargo run -p lockstep-sim --example one_child_each`
//! finds what is wrong with that; `-- fixed` runs the variant whose child has a name of its own, so that the API server
//! refuses a second one.
use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, CustomResource, CustomResourceExt, ResourceExt,
    api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams},
    runtime::{Controller, controller::Action, watcher},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim::{Faults, Simulation};
use std::{collections::BTreeMap, future::ready, sync::Arc, time::Duration};

#[derive(CustomResource, Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Greeting", namespaced)]
struct GreetingSpec {
    text: String,
}

type Context = (Client, bool);

async fn reconcile(greeting: Arc<Greeting>, context: Arc<Context>) -> kube::Result<Action> {
    let (children, name) = (Api::<ConfigMap>::default_namespaced(context.0.clone()), greeting.name_any());
    let cached = ListParams::default().labels(&format!("greeting={name}")).match_any();
    if children.list(&cached).await?.items.is_empty() {
        let labels = Some(BTreeMap::from([("greeting".to_owned(), name.clone())]));
        let metadata = match context.1 {
            true => ObjectMeta { name: Some(name), labels, ..ObjectMeta::default() },
            false => ObjectMeta { generate_name: Some(name + "-"), labels, ..ObjectMeta::default() },
        };
        match children.create(&PostParams::default(), &ConfigMap { metadata, ..ConfigMap::default() }).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            created => _ = created?,
        }
    }
    Ok(Action::await_change())
}

async fn controller(client: Client, fixed: bool) {
    let greetings = Api::<Greeting>::default_namespaced(client.clone());
    let retry = |_: Arc<Greeting>, _: &kube::Error, _: Arc<Context>| Action::requeue(Duration::from_secs(1));
    let controller = Controller::new(greetings, watcher::Config::default());
    controller.run(reconcile, retry, Arc::new((client, fixed))).for_each(|_| ready(())).await;
}

/// The controller in a cluster with hostile faults.
pub fn simulation(fixed: bool) -> Simulation {
    let simulation = Simulation::builder()
        .crd(&Greeting::crd())
        .faults(Faults::HOSTILE)
        .program(move |replica| controller(replica.client("default"), fixed))
        .workload(|cluster| async move {
            let greetings = Api::<Greeting>::default_namespaced(cluster.client("default"));
            let hello = Greeting::new("hello", GreetingSpec { text: "hello".to_owned() });
            greetings.create(&PostParams::default(), &hello).await.expect("a new greeting");
            // An edit: the controller reconciles again, perhaps before the cache shows the child that it just created.
            let edit = Patch::Merge(serde_json::json!({"spec": {"text": "hello again"}}));
            greetings.patch("hello", &PatchParams::default(), &edit).await.expect("an edit");
            cluster.sleep(Duration::from_secs(60)).await;
        })
        .always("at most one child", |view| match view.objects::<ConfigMap>()?.as_slice() {
            [] | [_] => Ok(()),
            more => Err(format!("one greeting has {} children", more.len())),
        })
        .finally("a child in the end", |view| {
            view.objects::<ConfigMap>()?.first().map(|_| ()).ok_or("the greeting has no child".to_owned())
        });
    simulation.build().expect("a whole simulation")
}

fn main() {
    let fixed = std::env::args().nth(1).is_some_and(|argument| argument == "fixed");
    let explored = simulation(fixed).explore(0..500).expect("runs that begin");
    println!("{}", explored.failure.map_or(format!("{} runs held", explored.runs), |failure| failure.to_string()));
}
