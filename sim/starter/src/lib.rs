//! A small controller: each `Account` gets one API key, a Secret, and its status names it.
use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, CustomResource, Resource, ResourceExt,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
    runtime::{Controller, controller::Action, watcher},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{future::ready, sync::Arc, time::Duration};

/// Account of a customer, which gets one key.
#[derive(CustomResource, Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Account", namespaced, status = "AccountStatus")]
pub struct AccountSpec {
    /// Owner of the key.
    pub owner: String,
}

/// State of an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatus {
    /// Name of the Secret.
    pub key: Option<String>,
}

/// Gives the account a key, unless its status names one.
async fn reconcile(account: Arc<Account>, client: Arc<Client>) -> kube::Result<Action> {
    if account.status.as_ref().is_some_and(|status| status.key.is_some()) {
        return Ok(Action::await_change());
    }
    let client = Client::clone(&client);
    let secrets = Api::<Secret>::default_namespaced(client.clone());
    let secret = Secret {
        metadata: ObjectMeta {
            // The same name at every attempt: the API server refuses a second key.
            name: Some(format!("{}-key", account.name_any())),
            owner_references: account.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    };
    let key = match secrets.create(&PostParams::default(), &secret).await {
        Ok(created) => created.name_any(),
        Err(kube::Error::Api(status)) if status.is_already_exists() => format!("{}-key", account.name_any()),
        Err(error) => return Err(error),
    };
    let status = Patch::Merge(serde_json::json!({"status": {"key": key}}));
    let accounts = Api::<Account>::default_namespaced(client);
    accounts.patch_status(&account.name_any(), &PatchParams::default(), &status).await?;
    Ok(Action::await_change())
}

/// Runs until its task is dropped. It takes its client from outside: that is all that a simulation needs.
pub async fn run(client: Client) {
    let accounts = Api::<Account>::default_namespaced(client.clone());
    let retry = |_: Arc<Account>, _: &kube::Error, _: Arc<Client>| Action::requeue(Duration::from_secs(1));
    let controller = Controller::new(accounts, watcher::Config::default());
    controller.run(reconcile, retry, Arc::new(client)).for_each(|_| ready(())).await;
}
