//! Two replicas report in one list; a patch of the whole list loses the other's entry.
use super::{
    app::{App, apps, cluster, control},
    exhibit::Exhibit,
};
use kube::{
    Client, ResourceExt,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;
use sim::Builder;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "lost status update",
    file: "lost_status.rs",
    report: "https://github.com/medik8s/self-node-remediation/pull/102",
    bug: "Each replica patches the whole list of conditions with what it read and its own.",
    fix: "It replaces the status that it read; the API server refuses a version that is not the newest.",
    simulation,
};

async fn report(client: Client, name: String, me: String, fixed: bool) -> kube::Result<()> {
    let mut app = apps(&client).get(&name).await?;
    let conditions = app.status.get_or_insert_default().conditions.get_or_insert_default();
    if conditions.contains(&me) {
        return Ok(());
    }
    conditions.push(me);
    if fixed {
        return apps(&client).replace_status(&name, &PostParams::default(), &app).await.map(drop);
    }
    let patch = Patch::Merge(json!({"status": {"conditions": conditions}}));
    apps(&client).patch_status(&name, &PatchParams::default(), &patch).await.map(drop)
}

fn simulation(fixed: bool) -> Builder {
    let simulation = cluster().replicas(2).program(move |replica| {
        let me = replica.name.clone();
        control(replica.client("default"), move |app, client| report(client, app.name_any(), me.clone(), fixed))
    });
    simulation.always("a report is not lost", |view| {
        let Some(commit) = view.last() else { return Ok(()) };
        let Some(before) = &commit.before else { return Ok(()) };
        let of = |object: &serde_json::Value| {
            let app: Option<App> = serde_json::from_value(object.clone()).ok();
            app.and_then(|app| app.status?.conditions).unwrap_or_default()
        };
        let after = of(&commit.after);
        let lost = of(before).into_iter().find(|condition| !after.contains(condition));
        lost.map_or(Ok(()), |lost| Err(format!("the condition of {lost} is lost")))
    })
}
