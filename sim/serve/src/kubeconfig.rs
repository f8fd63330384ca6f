//! The kubeconfig that a client of a served cluster needs.
use base64::{Engine, engine::general_purpose::STANDARD};

/// A kubeconfig for one cluster and one user, in YAML: the server's URL, the authority's certificate in PEM, the user's name and
/// bearer token.
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

/// JSON's strings are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
