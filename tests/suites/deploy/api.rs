//! The real API server as its administrator and its users see it: documents, objects, and questions about permissions.
use crate::rules::{Rule, Scope, rules};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{
    Method, Request,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::real_server::{ADMIN_TOKEN, Client, RealServer};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// A resource or subresource that the server serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    /// With its subresource, as in `pods/log`.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
}

/// A user of the API server.
pub(crate) struct Api {
    client: Client,
}

impl Api {
    pub(crate) fn administrator(plane: &RealServer) -> Self {
        Self { client: plane.client(0, ADMIN_TOKEN) }
    }

    /// The same server for a service account of the gateway's namespace, with a token made for it; and the token.
    pub(crate) async fn service_account(&self, name: &str) -> (Self, String) {
        let path = format!("/api/v1/namespaces/kubernaut-system/serviceaccounts/{name}/token");
        let answer = self.call(Method::POST, &path, &json!({"spec": {"expirationSeconds": 3600}})).await;
        let token = answer["status"]["token"].as_str().expect("a token").to_owned();
        (Self { client: self.client.with_token(&token).expect("a header value") }, token)
    }

    /// The answer to a request that succeeds.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let content = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method.clone()).uri(path).header(CONTENT_TYPE, content);
        let answer = self.client.call(request.body(body).expect("a request")).await.expect("an answer");
        let text = String::from_utf8_lossy(answer.body());
        assert!(answer.status().is_success(), "{method} {path}: {} {text}", answer.status());
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Every resource and subresource, in the preferred version of its group.
    pub(crate) async fn resources(&self) -> BTreeSet<Resource> {
        let mut found = BTreeSet::new();
        for path in ["/api", "/apis"] {
            let request = Request::get(path).header(ACCEPT, AGGREGATED).body(Bytes::new()).expect("a request");
            let answer = self.client.call(request).await.expect("an answer");
            let list: Value = serde_json::from_slice(answer.body()).expect("JSON");
            for group in list["items"].as_array().expect("groups") {
                add(group, &mut found);
            }
        }
        found
    }

    /// The rules of the roles that are bound to the gateway's service account.
    pub(crate) async fn granted(&self) -> BTreeSet<Rule> {
        let mut granted = BTreeSet::new();
        let namespaced = format!("{RBAC}/namespaces/kubernaut-system");
        for (path, scope) in [
            (format!("{namespaced}/rolebindings"), Scope::Namespace),
            (format!("{RBAC}/clusterrolebindings"), Scope::Cluster),
        ] {
            let bindings = self.call(Method::GET, &path, &Value::Null).await;
            for binding in bindings["items"].as_array().expect("bindings") {
                let subjects = binding["subjects"].as_array().cloned().unwrap_or_default();
                if subjects.iter().any(|subject| subject["kind"] == "ServiceAccount" && subject["name"] == "gateway") {
                    let (kind, name) =
                        (&binding["roleRef"]["kind"], binding["roleRef"]["name"].as_str().expect("a name"));
                    let place =
                        if kind == "Role" { format!("{namespaced}/roles") } else { format!("{RBAC}/clusterroles") };
                    let role = self.call(Method::GET, &format!("{place}/{name}"), &Value::Null).await;
                    granted.extend(rules(&role, scope));
                }
            }
        }
        granted
    }

    /// Whether this user may do what each of these attributes says, in their order.
    pub(crate) async fn may(&self, attributes: Vec<Value>) -> Vec<bool> {
        let ask = async |attributes: Value| {
            let review = json!({
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": attributes,
            });
            let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
            self.call(Method::POST, path, &review).await["status"]["allowed"] == true
        };
        stream::iter(attributes).map(ask).buffered(16).collect().await
    }
}

fn add(group: &Value, found: &mut BTreeSet<Resource>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&group["metadata"]["name"]);
    for version in group["versions"].as_array().into_iter().flatten() {
        for resource in version["resources"].as_array().into_iter().flatten() {
            let plural = text(&resource["resource"]);
            if found.iter().any(|known| known.group == name && known.name == plural) {
                continue;
            }
            let whole = Resource {
                group: name.clone(),
                version: text(&version["version"]),
                name: plural.clone(),
                kind: text(&resource["responseKind"]["kind"]),
                namespaced: resource["scope"] == "Namespaced",
            };
            for part in resource["subresources"].as_array().into_iter().flatten() {
                let below = format!("{plural}/{}", text(&part["subresource"]));
                found.insert(Resource { name: below, ..whole.clone() });
            }
            found.insert(whole);
        }
    }
}
