//! A child without an owner reference outlives its owner.
use super::{
    app::{App, app, apps, cluster, control, ensure, map, maps},
    exhibit::Exhibit,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Resource, ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
};
use sim::Builder;
use std::time::Duration;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "ownerless orphan",
    file: "ownerless_orphan.rs",
    report: "https://github.com/infinispan/infinispan-operator/issues/906",
    bug: "On one of two paths the controller creates the child without an owner reference.",
    fix: "Every child gets one.",
    simulation,
};

fn child(app: &App, fixed: bool) -> ConfigMap {
    // The path that was forgotten: a child whose name the user gave.
    let explicit = app.spec.child.is_some();
    let name = app.spec.child.clone().unwrap_or_else(|| app.name_any());
    let owner_references = (fixed || !explicit).then(|| app.controller_owner_ref(&()).into_iter().collect());
    map(ObjectMeta { name: Some(name), owner_references, ..ObjectMeta::default() })
}

fn simulation(fixed: bool) -> Builder {
    let program = move |client| {
        control(client, move |app, client| async move { ensure(&maps(&client), &child(&app, fixed)).await })
    };
    let simulation = cluster().with_controllers().program(move |replica| program(replica.client("default")));
    let simulation = simulation.workload(|cluster| async move {
        let (apps, mut explicit) = (apps(&cluster.client("default")), app("a"));
        explicit.spec.child = Some("chosen".to_owned());
        apps.create(&PostParams::default(), &explicit).await.expect("a new application");
        cluster.sleep(Duration::from_secs(20)).await;
        apps.delete("a", &DeleteParams::default()).await.expect("it exists");
        cluster.sleep(Duration::from_secs(20)).await;
    });
    simulation.no_orphans::<ConfigMap>()
}
