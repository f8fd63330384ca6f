//! A crash between creating a child and recording its name leaks the child.
use super::{
    app::{apps, cluster, control, ensure, map, maps},
    exhibit::Exhibit,
};
use kube::{
    ResourceExt,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sim::Builder;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "crash between two writes",
    file: "crash_between_writes.rs",
    report: "https://github.com/crossplane/crossplane/issues/1910",
    bug: "The controller creates a child with a generated name, and then records the name in the owner.",
    fix: "It records the name first, and then creates the child under it.",
    simulation,
};

fn simulation(fixed: bool) -> Builder {
    let program = move |client| {
        control(client, move |app, client| async move {
            let record = |child: String| {
                let patch = Patch::Merge(json!({"spec": {"child": child}}));
                let (apps, name) = (apps(&client), app.name_any());
                async move { apps.patch(&name, &PatchParams::default(), &patch).await.map(drop) }
            };
            let named = |name: &str| map(ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() });
            match (&app.spec.child, fixed) {
                (Some(child), _) => ensure(&maps(&client), &named(child)).await,
                (None, true) => record(app.name_any() + "-child").await,
                (None, false) => {
                    let generate_name = Some(app.name_any() + "-");
                    let child = map(ObjectMeta { generate_name, ..ObjectMeta::default() });
                    let child = maps(&client).create(&PostParams::default(), &child).await?;
                    record(child.name_any()).await
                }
            }
        })
    };
    cluster().program(move |replica| program(replica.client("default"))).survives_crashes()
}
