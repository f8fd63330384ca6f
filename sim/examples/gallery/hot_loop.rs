//! A status with the time of its check changes with each check, and each change causes a check.
use super::app::control;
use super::{
    app::{apps, cluster},
    exhibit::Exhibit,
};
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;
use sim::Builder;
use std::time::Duration;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "reconciliation without end",
    file: "hot_loop.rs",
    report: "https://github.com/multigres/multigres-operator/pull/185",
    bug: "Every reconciliation writes the time into the status, which causes the next reconciliation.",
    fix: "The time is written only when something else in the status changes.",
    simulation,
};

fn simulation(fixed: bool) -> Builder {
    let simulation = cluster().tail(Duration::from_secs(10)).program(move |replica| {
        let clock = replica.clock.clone();
        control(replica.client("default"), move |app, client| {
            let now = clock.now().to_string();
            async move {
                if fixed && app.status.as_ref().is_some_and(|status| status.ready == Some(true)) {
                    return Ok(());
                }
                let patch = Patch::Merge(json!({"status": {"ready": true, "checkedAt": now}}));
                apps(&client).patch_status(&app.name_any(), &PatchParams::default(), &patch).await.map(drop)
            }
        })
    });
    let simulation = simulation.workload(|cluster| async move {
        let apps = apps(&cluster.client("default"));
        apps.create(&Default::default(), &super::app::app("a")).await.expect("a new application");
        cluster.sleep(Duration::from_secs(1)).await;
    });
    simulation.converges(Duration::from_secs(5))
}
