//! Labels that another controller copied make its object look like an orphan of ours.
use super::{
    app::{App, cluster, control, maps},
    exhibit::Exhibit,
};
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams},
};
use serde_json::json;
use sim::Builder;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "deletion of a foreign object",
    file: "foreign_deletion.rs",
    report: "https://github.com/stackabletech/operator-rs/issues/861",
    bug: "The controller deletes every object with its label that it does not want.",
    fix: "It deletes only those that have an owner reference to its application.",
    simulation,
};

fn simulation(fixed: bool) -> Builder {
    let owner = json!([{"apiVersion": "other.io/v1", "kind": "Listener", "name": "l", "uid": "of-another-controller"}]);
    let foreign = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "listener-service",
        "namespace": "default", "labels": {"managed-by": "us"}, "ownerReferences": owner}});
    let program = move |client| {
        control(client, move |app, client| async move {
            let ours = ListParams::default().labels("managed-by=us");
            for orphan in maps(&client).list(&ours).await? {
                let owned = orphan.owner_references().iter().any(|owner| Some(&owner.uid) == app.metadata.uid.as_ref());
                if owned || !fixed {
                    maps(&client).delete(&orphan.name_any(), &DeleteParams::default()).await?;
                }
            }
            Ok(())
        })
    };
    let simulation = cluster().object(&foreign).program(move |replica| program(replica.client("default")));
    simulation.deletes_only_its_own::<App>()
}
