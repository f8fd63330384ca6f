//! A create whose answer is lost is sent again, and creates a second object.
use super::{
    app::{cluster, control, ensure, map, maps},
    exhibit::Exhibit,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    ResourceExt,
    api::{ListParams, ObjectMeta, PostParams},
};
use sim::{Builder, Faults};

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "retry of a POST",
    file: "retried_post.rs",
    report: "https://github.com/kubernetes-sigs/vsphere-csi-driver/issues/2507",
    bug: "The controller repeats a create that timed out; the server makes up another name for it.",
    fix: "The name is made of the owner's uid, so that a repetition is refused.",
    simulation,
};

fn simulation(fixed: bool) -> Builder {
    let program = move |client| {
        control(client, move |app, client| async move {
            if !maps(&client).list(&ListParams::default()).await?.items.is_empty() {
                return Ok(());
            }
            if fixed {
                let name = Some(format!("{}-{}", app.name_any(), app.uid().unwrap_or_default()));
                return ensure(&maps(&client), &map(ObjectMeta { name, ..ObjectMeta::default() })).await;
            }
            let generate_name = Some(app.name_any() + "-");
            let child = map(ObjectMeta { generate_name, ..ObjectMeta::default() });
            for _ in 0..2 {
                if maps(&client).create(&PostParams::default(), &child).await.is_ok() {
                    break;
                }
            }
            Ok(())
        })
    };
    let simulation = cluster().faults(Faults::STORMY).program(move |replica| program(replica.client("default")));
    simulation.always("at most one volume", |view| match view.objects::<ConfigMap>()?.len() {
        0 | 1 => Ok(()),
        more => Err(format!("{more} volumes were made for one claim")),
    })
}
