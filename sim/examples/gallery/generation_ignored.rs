//! The status keeps the generation that was current when the application became ready.
use super::{
    app::{App, apps, cluster, control, ensure, map, maps},
    exhibit::Exhibit,
};
use kube::{
    ResourceExt,
    api::{ObjectMeta, Patch, PatchParams},
};
use serde_json::json;
use sim::Builder;
use std::time::Duration;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "generation ignored",
    file: "generation_ignored.rs",
    report: "https://github.com/k8ssandra/cass-operator/issues/657",
    bug: "The controller writes the observed generation only when the application becomes ready.",
    fix: "It writes it whenever it differs from the generation that was reconciled.",
    simulation,
};

fn simulation(fixed: bool) -> Builder {
    let program = move |client| {
        control(client, move |app, client| async move {
            let metadata = ObjectMeta { name: Some(app.name_any()), ..ObjectMeta::default() };
            ensure(&maps(&client), &map(metadata)).await?;
            let status = app.status.clone().unwrap_or_default();
            let generation = app.metadata.generation;
            if status.ready == Some(true) && (!fixed || status.observed_generation == generation) {
                return Ok(());
            }
            let patch = Patch::Merge(json!({"status": {"ready": true, "observedGeneration": generation}}));
            apps(&client).patch_status(&app.name_any(), &PatchParams::default(), &patch).await.map(drop)
        })
    };
    let simulation = cluster().program(move |replica| program(replica.client("default")));
    let simulation = simulation.workload(|cluster| async move {
        let apps = apps(&cluster.client("default"));
        apps.create(&Default::default(), &super::app::app("a")).await.expect("a new application");
        cluster.sleep(Duration::from_secs(10)).await;
        let edit = Patch::Merge(json!({"spec": {"text": "two"}}));
        apps.patch("a", &PatchParams::default(), &edit).await.expect("an edit");
        cluster.sleep(Duration::from_secs(20)).await;
    });
    simulation.finally("the newest generation is observed", |view| {
        let current = |app: &App| app.status.as_ref().and_then(|status| status.observed_generation);
        let late = view.objects::<App>()?.into_iter().find(|app| current(app) != app.metadata.generation);
        late.map_or(Ok(()), |app| {
            let (at, of) = (current(&app).unwrap_or(0), app.metadata.generation.unwrap_or(0));
            Err(format!("generation {at} of {of} is reported as the observed one"))
        })
    })
}
