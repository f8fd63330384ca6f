//! Each account gets one key, whatever happens between the controller's two writes.
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, CustomResourceExt, api::PostParams};
use sim::{Faults, Simulation};
use starter::{Account, AccountSpec};
use std::time::Duration;

#[test]
fn each_account_gets_one_key() {
    let simulation = Simulation::builder()
        .crd(&Account::crd())
        .faults(Faults::HOSTILE)
        .program(|replica| starter::run(replica.client("default")))
        .workload(|cluster| async move {
            let accounts = Api::<Account>::default_namespaced(cluster.client("default"));
            let anna = Account::new("anna", AccountSpec { owner: "Anna".to_owned() });
            accounts.create(&PostParams::default(), &anna).await.expect("a new account");
            cluster.sleep(Duration::from_secs(60)).await;
        })
        .always("at most one key", |view| match view.objects::<Secret>()?.len() {
            0 | 1 => Ok(()),
            more => Err(format!("anna has {more} keys")),
        })
        .finally("a key in the end", |view| {
            let accounts = view.objects::<Account>()?;
            let named = accounts.first().and_then(|anna| anna.status.as_ref()?.key.as_ref());
            named.map(|_| ()).ok_or_else(|| "anna's status names no key".to_owned())
        });
    simulation.build().expect("a whole simulation").test();
}
