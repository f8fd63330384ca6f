//! A finalizer is removed because a cache shows nothing left to delete.
use super::{
    app::{app, apps, cluster, control, ensure, map, maps},
    exhibit::Exhibit,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sim::{Builder, Pattern};
use std::time::Duration;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "finalizer removed too early",
    file: "finalizer_too_early.rs",
    report: "https://github.com/pingcap/tidb-operator/issues/6532",
    bug: "The controller removes its finalizer when a cached list shows no child.",
    fix: "It asks the API server for a consistent list.",
    simulation,
};

const FINALIZER: &str = "example.com/children";

fn simulation(fixed: bool) -> Builder {
    let program = move |client| {
        control(client, move |app, client| async move {
            let name = app.name_any();
            let finalizers = |finalizers: serde_json::Value| {
                let patch = Patch::Merge(json!({"metadata": {"finalizers": finalizers, "uid": app.uid()}}));
                let (apps, name) = (apps(&client), app.name_any());
                async move { apps.patch(&name, &PatchParams::default(), &patch).await.map(drop) }
            };
            if app.metadata.deletion_timestamp.is_none() {
                finalizers(json!([FINALIZER])).await?;
                return ensure(&maps(&client), &map(ObjectMeta { name: Some(name), ..ObjectMeta::default() })).await;
            }
            let list = if fixed { ListParams::default() } else { ListParams::default().match_any() };
            for child in maps(&client).list(&list).await? {
                maps(&client).delete(&child.name_any(), &DeleteParams::default()).await?;
            }
            finalizers(json!(null)).await
        })
    };
    let simulation = cluster().pattern(Pattern::StaleState).program(move |replica| program(replica.client("default")));
    let simulation = simulation.workload(|cluster| async move {
        let apps = apps(&cluster.client("default"));
        apps.create(&PostParams::default(), &app("a")).await.expect("a new application");
        cluster.sleep(Duration::from_millis(20)).await;
        apps.delete("a", &DeleteParams::default()).await.expect("it exists");
        cluster.sleep(Duration::from_secs(90)).await;
    });
    simulation.finally("no child without its application", |view| {
        let (apps, children) = (view.objects::<super::app::App>()?.len(), view.objects::<ConfigMap>()?.len());
        if apps == 0 && children > 0 { Err("the application is gone, its child is not".to_owned()) } else { Ok(()) }
    })
}
