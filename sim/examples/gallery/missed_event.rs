//! A deletion that happens while no watch is open is never seen.
use super::{
    app::{cluster, ensure, map, maps, secrets},
    exhibit::Exhibit,
};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Client, ResourceExt,
    api::{DeleteParams, ObjectMeta},
    runtime::{WatchStreamExt, watcher, watcher::Event},
};
use sim::{Builder, Pattern};
use std::{collections::BTreeSet, time::Duration};

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "missed event",
    file: "missed_event.rs",
    report: "https://github.com/instaclustr/cassandra-operator/issues/398",
    bug: "The controller deletes the data of a node when it sees the node's deletion.",
    fix: "After every change it compares all data with all nodes.",
    simulation,
};

async fn remove(client: &Client, data: &str) -> kube::Result<()> {
    match secrets(client).delete(data, &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        deleted => deleted.map(drop),
    }
}

async fn compare(client: &Client) -> kube::Result<()> {
    let nodes: BTreeSet<String> =
        maps(client).list(&Default::default()).await?.iter().map(ConfigMap::name_any).collect();
    for data in secrets(client).list(&Default::default()).await? {
        if !nodes.contains(&data.name_any()) {
            remove(client, &data.name_any()).await?;
        }
    }
    Ok(())
}

/// Data of every node that appears.
async fn controller(client: Client, fixed: bool) {
    let events = watcher(maps(&client), watcher::Config::default()).default_backoff();
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.next().await {
        let attempt = || async {
            match &event {
                Ok(Event::Apply(node) | Event::InitApply(node)) => {
                    let metadata = ObjectMeta { name: Some(node.name_any()), ..ObjectMeta::default() };
                    ensure(&secrets(&client), &Secret { metadata, ..Secret::default() }).await
                }
                Ok(Event::Delete(node)) if !fixed => remove(&client, &node.name_any()).await,
                _ => Ok(()),
            }?;
            if fixed { compare(&client).await } else { Ok(()) }
        };
        while attempt().await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

fn simulation(fixed: bool) -> Builder {
    let simulation = cluster().pattern(Pattern::MissedEvents);
    let simulation = simulation.program(move |replica| controller(replica.client("default"), fixed));
    let simulation = simulation.workload(|cluster| async move {
        let nodes = maps(&cluster.client("default"));
        for name in ["n-0", "n-1", "n-2"] {
            let node = map(ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() });
            nodes.create(&Default::default(), &node).await.expect("a new node");
            cluster.sleep(Duration::from_millis(20)).await;
            nodes.delete(name, &DeleteParams::default()).await.expect("it exists");
        }
        // A node that stays, so that there is something to see after the last deletion.
        let node = map(ObjectMeta { name: Some("n-3".to_owned()), ..ObjectMeta::default() });
        nodes.create(&Default::default(), &node).await.expect("a new node");
        cluster.sleep(Duration::from_secs(120)).await;
    });
    simulation.finally("data only of nodes", |view| {
        let nodes: BTreeSet<String> = view.objects::<ConfigMap>()?.iter().map(ConfigMap::name_any).collect();
        let left = view.objects::<Secret>()?.into_iter().find(|data| !nodes.contains(&data.name_any()));
        left.map_or(Ok(()), |data| Err(format!("the data of {} remains after the node", data.name_any())))
    })
}
