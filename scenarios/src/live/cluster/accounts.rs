//! The service accounts of a run: that of the senders and that of the gateways, and their tokens.
//!
//! The gateways of a local run have the permissions of the deployed ones, read from the same file. Each token is bound
//! to a Secret of its own: when the Secret is deleted, the API server no longer accepts the token, at once but for the
//! ten seconds for which it remembers tokens that it has seen.
use super::api::{Answer, Api, ApiError};
use crate::protocol_name::SHIPPED;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

/// Label of everything that a live run creates.
pub const OWNER: (&str, &str) = ("app.kubernetes.io/managed-by", "lockstep");
/// Lifetime of a token.
const TOKEN_SECONDS: u64 = 24 * 3_600;
const PERMISSIONS: &str = include_str!("../../../../gateway/deploy/base/rbac.yaml");

/// An account of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// The senders': it may send signals.
    Sender,
    /// The gateways' of a local run.
    Gateway,
}

impl Account {
    const BOTH: [Self; 2] = [Self::Sender, Self::Gateway];

    /// Name of the service account, its role and its binding.
    const fn name(self) -> &'static str {
        match self {
            Self::Sender => "lockstep-sender",
            Self::Gateway => "lockstep-gateway",
        }
    }

    /// Name of a Secret that a token is bound to.
    fn secret(self, number: u32) -> String {
        format!("{}-{number}", self.name())
    }
}

/// A token, and the Secret that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token, for `authorization: Bearer`.
    pub text: String,
    secret: String,
}

/// The accounts of one run.
pub struct Accounts {
    api: Api,
    namespace: Arc<str>,
    secrets: AtomicU32,
}

/// A role in the file of permissions.
#[derive(Debug, Deserialize)]
struct Role {
    kind: String,
    metadata: Name,
    #[serde(default)]
    rules: Value,
}

#[derive(Debug, Deserialize)]
struct Name {
    name: String,
}

impl Accounts {
    /// The accounts of a run in a namespace; nothing is created yet.
    pub fn new(api: Api, namespace: Arc<str>) -> Self {
        Self { api, namespace, secrets: AtomicU32::new(0) }
    }

    /// Creates the senders' account: it may `create services/gateway-service`, which is to send signals.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn create_sender(&self) -> Result<(), ApiError> {
        let rules = json!([{
            "apiGroups": [""], "resources": ["services"], "resourceNames": ["gateway-service"], "verbs": ["create"],
        }]);
        self.create(Account::Sender, &rules).await
    }

    /// Creates the gateways' account, with the permissions of the deployed ones, and those that the other protocols
    /// need for the same objects.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn create_gateway(&self, protocol: &str) -> Result<(), ApiError> {
        let mut rules = rules("Role", "gateway");
        if protocol != SHIPPED
            && let Some(rules) = rules.as_array_mut()
        {
            let verbs = json!(["create", "get", "list", "watch", "update", "patch", "delete"]);
            for (group, resources) in [
                ("kubernaut.ai", json!(["remediationrequests", "remediationrequests/status"])),
                ("coordination.k8s.io", json!(["leases"])),
            ] {
                rules.push(json!({"apiGroups": [group], "resources": resources, "verbs": verbs}));
            }
        }
        self.create(Account::Gateway, &rules).await?;
        let (name, cluster) = (self.cluster_role(), "/apis/rbac.authorization.k8s.io/v1");
        let role = json!({"metadata": labelled(&name), "rules": self::rules("ClusterRole", "kubernaut-gateway")});
        self.post(&format!("{cluster}/clusterroles"), &role).await?;
        let binding = self.binding("ClusterRole", &name, Account::Gateway);
        self.post(&format!("{cluster}/clusterrolebindings"), &binding).await
    }

    async fn create(&self, account: Account, rules: &Value) -> Result<(), ApiError> {
        let (core, rbac, name) = (self.core(), self.rbac(), account.name());
        self.post(&format!("{core}/serviceaccounts"), &json!({"metadata": labelled(name)})).await?;
        self.post(&format!("{rbac}/roles"), &json!({"metadata": labelled(name), "rules": rules})).await?;
        self.post(&format!("{rbac}/rolebindings"), &self.binding("Role", name, account)).await
    }

    /// A new token of an account.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn token(&self, account: Account) -> Result<Token, ApiError> {
        let (core, number) = (self.core(), self.secrets.fetch_add(1, Relaxed));
        let secret = account.secret(number);
        self.post(&format!("{core}/secrets"), &json!({"metadata": labelled(&secret), "type": "Opaque"})).await?;
        let bound = json!({"kind": "Secret", "apiVersion": "v1", "name": secret});
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": TOKEN_SECONDS, "boundObjectRef": bound},
        });
        let target = format!("{core}/serviceaccounts/{}/token", account.name());
        let answer = self.api.demand(Method::POST, &target, Some(&request)).await?;
        Ok(Token { text: answer["status"]["token"].as_str().unwrap_or_default().to_owned(), secret })
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// If the API server refuses it.
    pub async fn revoke(&self, token: &Token) -> Result<(), ApiError> {
        let target = format!("{}/secrets/{}", self.core(), token.secret);
        let Answer { status, body } = self.api.call(Method::DELETE, &target, None).await?;
        refused(Method::DELETE, target, status, &body, 404)
    }

    /// Paths of everything that may have been created, to be deleted in this order.
    pub fn paths(&self) -> Vec<String> {
        let (core, rbac, cluster) = (self.core(), self.rbac(), "/apis/rbac.authorization.k8s.io/v1");
        let mut paths = vec![
            format!("{cluster}/clusterrolebindings/{}", self.cluster_role()),
            format!("{cluster}/clusterroles/{}", self.cluster_role()),
        ];
        for account in Account::BOTH {
            let name = account.name();
            paths.push(format!("{rbac}/rolebindings/{name}"));
            paths.push(format!("{rbac}/roles/{name}"));
            paths.push(format!("{core}/serviceaccounts/{name}"));
        }
        let secrets = (0..self.secrets.load(Relaxed)).flat_map(|number| Account::BOTH.map(|of| of.secret(number)));
        paths.extend(secrets.map(|secret| format!("{core}/secrets/{secret}")));
        paths
    }

    /// Creates an object that may exist already.
    async fn post(&self, path: &str, body: &Value) -> Result<(), ApiError> {
        let Answer { status, body } = self.api.call(Method::POST, path, Some(body)).await?;
        refused(Method::POST, path.to_owned(), status, &body, 409)
    }

    fn binding(&self, kind: &str, role: &str, account: Account) -> Value {
        let subject = json!({"kind": "ServiceAccount", "name": account.name(), "namespace": self.namespace});
        json!({
            "metadata": labelled(role), "subjects": [subject],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        })
    }

    /// Two runs on one cluster are in different namespaces.
    fn cluster_role(&self) -> String {
        format!("{}:{}", Account::Gateway.name(), self.namespace)
    }

    fn core(&self) -> String {
        format!("/api/v1/namespaces/{}", self.namespace)
    }

    fn rbac(&self) -> String {
        format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}", self.namespace)
    }
}

/// Name and label of an object that a run creates.
pub fn labelled(name: &str) -> Value {
    json!({"name": name, "labels": {OWNER.0: OWNER.1}})
}

/// An error unless the status is 2xx, or the one that says that nothing was to be done.
fn refused(method: Method, target: String, status: u16, body: &Value, done: u16) -> Result<(), ApiError> {
    if status == done || (200..300).contains(&status) {
        return Ok(());
    }
    let message = body["message"].as_str().unwrap_or("no message").to_owned();
    Err(ApiError::Refused { method, target, status, message })
}

/// The rules of a role in the file of the deployed gateways' permissions.
fn rules(kind: &str, name: &str) -> Value {
    let roles: Vec<Role> = serde_saphyr::from_multiple(PERMISSIONS).unwrap_or_default();
    let role = roles.into_iter().find(|role| role.kind == kind && role.metadata.name == name);
    role.map_or(Value::Null, |role| role.rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployed_permissions_are_found() {
        let role = rules("Role", "gateway");
        assert!(role.to_string().contains("remediationrequests/status"), "{role}");
        let cluster = rules("ClusterRole", "kubernaut-gateway");
        assert!(cluster.to_string().contains("tokenreviews"), "{cluster}");
    }
}
