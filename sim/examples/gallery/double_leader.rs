//! A leader that was paused beyond its lease continues to act as the leader.
use super::{
    app::{cluster, map, maps},
    exhibit::Exhibit,
};
use k8s_openapi::api::{coordination::v1::Lease, core::v1::ConfigMap};
use kube::{
    Api, Client,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sim::{Builder, Environment, Faults};
use std::time::Duration;

pub(crate) const EXHIBIT: Exhibit = Exhibit {
    name: "double leader",
    file: "double_leader.rs",
    report: "https://github.com/cilium/cilium/pull/42920",
    bug: "Work that began as the leader continues after the lease was lost: an address is given out twice.",
    fix: "The write is conditional on the version that was read, so that the work of another leader fences it.",
    simulation,
};

/// Length of a lease, in milliseconds.
const LEASE: u128 = 15_000;

/// Whether this replica leads now. It takes over a lease that has not changed for its length, by its own clock.
async fn leads(replica: &Environment, client: &Client, seen: &mut (String, u128)) -> kube::Result<bool> {
    let leases: Api<Lease> = Api::default_namespaced(client.clone());
    let mut lease = leases.get("leader").await?;
    let (version, now) = (lease.metadata.resource_version.clone().unwrap_or_default(), replica.clock.monotonic());
    if seen.0 != version {
        *seen = (version, now.as_millis());
    }
    let spec = lease.spec.get_or_insert_default();
    let mine = spec.holder_identity.as_deref() == Some(&replica.name);
    let free = spec.holder_identity.is_none() || now.as_millis() > seen.1 + LEASE;
    if !mine && !free {
        return Ok(false);
    }
    spec.holder_identity = Some(replica.name.clone());
    spec.lease_transitions = Some(spec.lease_transitions.unwrap_or(0) + 1);
    leases.replace("leader", &PostParams::default(), &lease).await.map(|_| true)
}

fn next(addresses: &ConfigMap) -> u32 {
    addresses.data.as_ref().and_then(|data| data.get("next")?.parse().ok()).unwrap_or(0)
}

/// Gives out the next address.
async fn allocate(client: &Client, fixed: bool) -> kube::Result<()> {
    let addresses = maps(client).get("addresses").await?;
    let version = addresses.metadata.resource_version.as_ref().filter(|_| fixed);
    let data = json!({"next": (next(&addresses) + 1).to_string()});
    let patch = match version {
        Some(version) => json!({"data": data, "metadata": {"resourceVersion": version}}),
        None => json!({"data": data}),
    };
    maps(client).patch("addresses", &PatchParams::default(), &Patch::Merge(patch)).await.map(drop)
}

fn simulation(fixed: bool) -> Builder {
    let pauses = Faults { name: "pauses", world_fault_per_mille: 20, max_pauses: 2, ..Faults::NONE };
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {},
        "metadata": {"name": "leader", "namespace": "default"}});
    let metadata = ObjectMeta {
        name: Some("addresses".to_owned()),
        namespace: Some("default".to_owned()),
        ..ObjectMeta::default()
    };
    let simulation = cluster().replicas(2).faults(pauses).object(&lease).object(&map(metadata));
    let simulation = simulation.program(move |replica| async move {
        let (client, mut seen) = (replica.client("default"), (String::new(), 0));
        loop {
            tokio::time::sleep(Duration::from_secs(2)).await;
            if leads(&replica, &client, &mut seen).await.unwrap_or(false) {
                // What fails is tried again.
                let _ = allocate(&client, fixed).await;
            }
        }
    });
    let simulation = simulation.workload(|cluster| async move { cluster.sleep(Duration::from_secs(120)).await });
    simulation.always("no address is given out twice", |view| {
        let Some(commit) = view.last().filter(|commit| &*commit.name == "addresses") else { return Ok(()) };
        let number = |value: &serde_json::Value| value["data"]["next"].as_str().and_then(|next| next.parse().ok());
        let before = commit.before.as_ref().and_then(|before| number(before)).unwrap_or(0);
        match number(&commit.after).unwrap_or(0_u32) {
            after if commit.before.is_none() || after == before + 1 => Ok(()),
            after => Err(format!("address {after} is given out after address {before}")),
        }
    })
}
