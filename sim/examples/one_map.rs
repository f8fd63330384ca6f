//! Two replicas create the one ConfigMap that they share, unless it exists: both may list before either creates.
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, api::PostParams};
use sim::{Exploration, Simulation};
use std::{error::Error, time::Duration};

async fn naive(client: kube::Client) -> kube::Result<()> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    if maps.list(&Default::default()).await?.items.is_empty() {
        let map = serde_json::from_value(serde_json::json!({"metadata": {"generateName": "m-"}}));
        maps.create(&PostParams::default(), &map.expect("a ConfigMap")).await?;
    }
    Ok(())
}

fn explored() -> Result<Exploration, Box<dyn Error>> {
    let simulation = Simulation::builder()
        .replicas(2)
        .program(|replica| async move { drop(naive(replica.client("default")).await) })
        .workload(|cluster| async move { cluster.sleep(Duration::from_secs(10)).await })
        .always("one map", |view| match view.objects::<ConfigMap>()?.len() {
            0 | 1 => Ok(()),
            more => Err(format!("there are {more} maps")),
        })
        .build()?;
    Ok(simulation.explore(0..100)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{:?}", explored()?.failure.map(|failure| failure.sentence));
    Ok(())
}

#[test]
fn second_map_is_found() {
    let failure = explored().expect("the simulation runs").failure.expect("both list before either creates");
    assert_eq!(failure.sentence, "there are 2 maps");
}
