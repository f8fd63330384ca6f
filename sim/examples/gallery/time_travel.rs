//! An API server that is behind shows an application that was deleted long ago; the data of its successor is deleted.
use super::{
    app::{App, app, apps, cluster, ensure, secrets},
    exhibit::Exhibit,
};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Client, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::json;
use sim::{Balance, Builder, ControlPlane, Pattern, apiserver::Change};
use std::time::Duration;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "time travel",
    file: "time_travel.rs",
    report: "https://github.com/datastax/cass-operator/issues/412",
    bug: "The controller sees a deletion timestamp and deletes the data by the application's name.",
    fix: "It deletes only the data that carries the uid of the application that it sees.",
    simulation,
};

const FINALIZER: &str = "example.com/data";
const OF: &str = "of";

/// Deletes the data of an application that terminates, and lets go of it.
async fn clean(client: &Client, app: &App, fixed: bool) -> kube::Result<()> {
    let (name, uid) = (app.name_any(), app.uid().unwrap_or_default());
    if let Some(data) = secrets(client).get_opt(&name).await?
        && (!fixed || data.labels().get(OF) == Some(&uid))
    {
        let preconditions = fixed.then(|| Preconditions { uid: data.uid(), ..Preconditions::default() });
        secrets(client).delete(&name, &DeleteParams { preconditions, ..DeleteParams::default() }).await?;
    }
    // The uid is a precondition here: a successor keeps its finalizer.
    let without = Patch::Merge(json!({"metadata": {"finalizers": null, "uid": uid}}));
    apps(client).patch(&name, &PatchParams::default(), &without).await.map(drop)
}

async fn reconcile(client: &Client, fixed: bool) -> kube::Result<()> {
    for app in apps(client).list(&ListParams::default().match_any()).await? {
        let (name, uid) = (app.name_any(), app.uid().unwrap_or_default());
        if app.metadata.deletion_timestamp.is_some() {
            clean(client, &app, fixed).await?;
            continue;
        }
        let with = Patch::Merge(json!({"metadata": {"finalizers": [FINALIZER], "uid": uid}}));
        apps(client).patch(&name, &PatchParams::default(), &with).await?;
        let labels = Some([(OF.to_owned(), uid)].into());
        let metadata = ObjectMeta { name: Some(name), labels, ..ObjectMeta::default() };
        ensure(&secrets(client), &Secret { metadata, ..Secret::default() }).await?;
    }
    Ok(())
}

fn simulation(fixed: bool) -> Builder {
    let balance = ControlPlane { balance: Balance::PerRequest, ..ControlPlane::USUAL };
    let simulation = cluster().pattern(Pattern::StaleState).control_plane(balance);
    let simulation = simulation.program(move |replica| async move {
        let client = replica.client("default");
        loop {
            // What fails is tried again.
            let _ = reconcile(&client, fixed).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let simulation = simulation.tail(Duration::from_secs(2)).workload(|cluster| async move {
        let apps = apps(&cluster.client("default"));
        for _ in 0..3 {
            apps.create(&PostParams::default(), &app("a")).await.expect("the name is free");
            cluster.sleep(Duration::from_millis(100)).await;
            apps.delete("a", &DeleteParams::default()).await.expect("it exists");
            while apps.get_opt("a").await.expect("an answer").is_some() {
                cluster.sleep(Duration::from_millis(2)).await;
            }
        }
    });
    simulation.always("data of a living application stays", |view| {
        let Some(commit) = view.last().filter(|commit| commit.change == Change::Deleted) else {
            return Ok(());
        };
        let owner = &commit.after["metadata"]["labels"][OF];
        let lives = |app: &App| app.metadata.deletion_timestamp.is_none() && *owner == app.uid().unwrap_or_default();
        match view.objects::<App>()?.iter().any(lives) {
            true => Err(format!("the data of application {}, which lives, is deleted", commit.name)),
            false => Ok(()),
        }
    })
}
