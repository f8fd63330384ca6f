//! The lock for Lockstep: a kube-rs program with a Lease and ConfigMaps, as it would run on a cluster.
use crate::store::Form;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::{
        coordination::v1::{Lease, LeaseSpec},
        core::v1::ConfigMap,
    },
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sim::{Environment, Simulation};
use std::time::Duration;

const LOCK: &str = "lock";
const DURATION: i32 = 30;

async fn handle(replica: Environment, form: Form) -> kube::Result<()> {
    // What happens before a program waits is not explored.
    replica.clock.sleep(Duration::from_millis(1)).await;
    let (client, post) = (replica.client("default"), PostParams::default());
    let (leases, requests): (Api<Lease>, Api<ConfigMap>) =
        (Api::default_namespaced(client.clone()), Api::default_namespaced(client));
    let now = replica.clock.now();
    let acquired = match leases.get_opt(LOCK).await? {
        None => leases.create(&post, &lease(&replica.name, now)).await.is_ok(),
        Some(mut found) if has_expired(&found, now) => {
            found.spec = lease(&replica.name, now).spec;
            leases.replace(LOCK, &post, &found).await.is_ok()
        }
        Some(_) => false,
    };
    if !acquired {
        return Ok(());
    }
    if requests.list(&ListParams::default().labels("request=yes")).await?.items.is_empty() {
        let name = match form {
            Form::Shipped => format!("request-of-{}", replica.name),
            Form::Fixed => "request".to_owned(),
        };
        let labels = Some([("request".to_owned(), "yes".to_owned())].into());
        let metadata = ObjectMeta { name: Some(name), labels, ..ObjectMeta::default() };
        // A name that is taken is as good as a create.
        let _ = requests.create(&post, &ConfigMap { metadata, ..ConfigMap::default() }).await;
    }
    let held = leases.get_opt(LOCK).await?.and_then(|lease| lease.spec?.holder_identity);
    if held.as_ref() == Some(&replica.name) {
        let _ = leases.delete(LOCK, &DeleteParams::default()).await;
    }
    Ok(())
}

fn lease(holder: &str, now: Timestamp) -> Lease {
    let spec = LeaseSpec {
        holder_identity: Some(holder.to_owned()),
        lease_duration_seconds: Some(DURATION),
        renew_time: Some(MicroTime(now)),
        ..LeaseSpec::default()
    };
    let metadata = ObjectMeta { name: Some(LOCK.to_owned()), ..ObjectMeta::default() };
    Lease { metadata, spec: Some(spec) }
}

fn has_expired(lease: &Lease, now: Timestamp) -> bool {
    let renewed = lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref());
    renewed.is_some_and(|MicroTime(at)| now > *at + SignedDuration::from_secs(DURATION.into()))
}

/// The lock in a simulated cluster, without faults: only the order of things is explored.
///
/// # Panics
/// Never: the simulation is complete.
pub fn simulation(form: Form) -> Simulation {
    Simulation::builder()
        .servers(1)
        .replicas(2)
        .tail(Duration::from_secs(1))
        .program(move |replica| async move {
            let _ = handle(replica, form).await;
        })
        .workload(|cluster| async move {
            cluster.sleep(Duration::from_millis(1)).await;
            let leases: Api<Lease> = Api::default_namespaced(cluster.client("default"));
            let long_ago = json!({ "spec": { "renewTime": "2020-01-01T00:00:00.000000Z" } });
            let _ = leases.patch(LOCK, &PatchParams::default(), &Patch::Merge(long_ago)).await;
            cluster.sleep(Duration::from_secs(1)).await;
        })
        .always("one request", |view| {
            let maps = view.objects::<ConfigMap>()?;
            let requests =
                maps.iter().filter(|map| map.metadata.labels.as_ref().is_some_and(|is| is.contains_key("request")));
            match requests.count() {
                0 | 1 => Ok(()),
                more => Err(format!("{more} requests were created")),
            }
        })
        .build()
        .expect("the simulation is complete")
}
