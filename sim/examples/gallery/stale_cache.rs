//! A stale cache shows no child, so a second one is created.
use super::{
    app::{apps, cluster, control, ensure, map, maps},
    exhibit::Exhibit,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    ResourceExt,
    api::{ListParams, ObjectMeta, Patch, PatchParams},
};
use sim::Builder;
use std::time::Duration;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "stale cache",
    file: "stale_cache.rs",
    report: "https://github.com/argoproj/argo-rollouts/issues/243",
    bug: "The controller lists children from a cache and creates one with a generated name if it sees none.",
    fix: "The child has a name of its own, so that the API server refuses a second one.",
    simulation,
};

fn simulation(fixed: bool) -> Builder {
    let program = move |client| {
        control(client, move |app, client| async move {
            let name = app.name_any();
            let labels = Some([("app".to_owned(), name.clone())].into());
            let cached = ListParams::default().labels(&format!("app={name}")).match_any();
            if !maps(&client).list(&cached).await?.items.is_empty() {
                return Ok(());
            }
            let metadata = match fixed {
                true => ObjectMeta { name: Some(name), labels, ..ObjectMeta::default() },
                false => ObjectMeta { generate_name: Some(name + "-"), labels, ..ObjectMeta::default() },
            };
            ensure(&maps(&client), &map(metadata)).await
        })
    };
    let simulation = cluster().program(move |replica| program(replica.client("default")));
    let simulation = simulation.workload(|cluster| async move {
        let apps = apps(&cluster.client("default"));
        apps.create(&Default::default(), &super::app::app("a")).await.expect("a new application");
        // The controller reconciles again, perhaps before its cache shows the child.
        let edit = Patch::Merge(serde_json::json!({"spec": {"text": "two"}}));
        apps.patch("a", &PatchParams::default(), &edit).await.expect("an edit");
        cluster.sleep(Duration::from_secs(30)).await;
    });
    simulation.always("at most one child", |view| match view.objects::<ConfigMap>()?.len() {
        0 | 1 => Ok(()),
        more => Err(format!("one application has {more} children")),
    })
}
