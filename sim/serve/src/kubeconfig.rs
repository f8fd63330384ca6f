//! The kubeconfig for clients of a served cluster.
use base64::{Engine, engine::general_purpose::STANDARD};

/// A kubeconfig in YAML for one cluster and one user, from the server's URL, the authority's certificate in PEM, the
/// user's name and bearer token.
pub fn kubeconfig(url: &str, authority: &str, user: &str, token: &str) -> String {
    let authority = STANDARD.encode(authority);
    let (user, token) = (quoted(user), quoted(token));
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: lockstep
  cluster:
    server: {url}
    certificate-authority-data: {authority}
users:
- name: {user}
  user:
    token: {token}
contexts:
- name: lockstep
  context:
    cluster: lockstep
    user: {user}
    namespace: default
current-context: lockstep
"
    )
}

/// A YAML string: JSON strings are valid YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
