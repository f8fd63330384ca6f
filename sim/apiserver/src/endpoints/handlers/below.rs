//! Subresources of built-in kinds other than `status` and `scale`, and the kinds that are computed.
//!
//! A connection to a node ends as on a control plane that has no nodes: the answers before the connection are the real
//! server's, and the connection itself is not simulated.
use crate::base::go_text::quoted;
use crate::{
    base::{
        object,
        request::{Answer, AnswerBody, json_answer},
        status::{self, Outcome, Subject},
    },
    codec::{
        negotiation::Shape,
        table::{self, Style},
    },
    registry::kind::Subresource,
    request::call::Call,
    server::state::ApiServer,
};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

/// The components that the server probes: name, port of its health endpoint.
const COMPONENTS: [(&str, u16); 2] = [("controller-manager", 10257), ("scheduler", 10259)];

impl ApiServer {
    /// Executes a request to a subresource of a built-in kind other than `status` and `scale`.
    pub(crate) fn execute_below(&mut self, call: &Call<'_>, below: &Subresource, verb: &str) -> Outcome<Answer> {
        match (call.kind.kind.as_str(), below.name, verb) {
            ("Namespace", ..) | (_, "approval" | "ephemeralcontainers", "update") => self.update(call),
            (_, "approval" | "ephemeralcontainers" | "resize", "get") => self.get(call),
            (_, "approval" | "ephemeralcontainers", _) => self.patch(call),
            ("ServiceAccount", "token", _) => self.request_token(call),
            ("Pod", "eviction", _) => self.evict(call),
            ("Pod", "binding", _) => self.bind(call),
            ("Pod", "log", _) => self.pod_log(call),
            ("Pod", "attach" | "exec" | "portforward", _) => self.connect_to_pod(call),
            ("Service", "proxy", _) => {
                self.current(call)?.ok_or_else(|| call.not_found())?;
                let why = format!("no endpoints available for service {}", quoted(call.name));
                Err(Box::new(status::service_unavailable(&why)))
            }
            ("Pod", "proxy", _) => {
                self.current(call)?.ok_or_else(|| call.not_found())?;
                Err(status::bad_request("address not allowed"))
            }
            ("Node", "proxy", _) => Err(self.node_connection(call, call.name)),
            (_, name, _) => Err(status::not_simulated(&format!("{}/{name}", call.kind.plural))),
        }
    }

    fn pod_log(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let pod = self.current(call)?.ok_or_else(|| call.not_found())?;
        container(call, &pod.value)?;
        if assigned(&pod.value).is_empty() {
            // Without a host there is nothing to read.
            return Ok(Answer { status: 204, headers: HeaderMap::new(), body: AnswerBody::Full(Bytes::new()) });
        }
        Err(self.node_connection(call, assigned(&pod.value)))
    }

    fn connect_to_pod(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let pod = self.current(call)?.ok_or_else(|| call.not_found())?;
        match assigned(&pod.value) {
            "" => Err(status::bad_request(format!("pod {} does not have a host assigned", call.name))),
            node => Err(self.node_connection(call, node)),
        }
    }

    /// The reason why there is no connection to a node.
    fn node_connection(&self, call: &Call<'_>, name: &str) -> Box<status::Status> {
        let nodes = self.registry.find("", "v1", "nodes");
        let Some(node) = nodes.and_then(|kind| self.store.get(kind.id, name)) else {
            // The real server names the resource of the request.
            return status::not_found(call.kind.subject(), name);
        };
        let addresses = node.value.pointer("/status/addresses").and_then(Value::as_array);
        if addresses.is_none_or(Vec::is_empty) {
            return status::bare_error("no preferred addresses found; known addresses: []");
        }
        status::not_simulated(&format!("a connection to node {name}"))
    }

    /// GET of the component statuses: there are no other components than the store.
    pub(crate) fn component_statuses(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let all = components(call);
        if !call.name.is_empty() {
            let subject = Subject { group: "", kind: "componentstatus" };
            let found = all.iter().find(|component| object::meta_str(component, "name") == call.name);
            let found = found.ok_or_else(|| status::not_found(subject, call.name))?;
            return Ok(call.value_answer(200, found, &[]));
        }
        let selector = call.kind.selector(&call.options.label_selector, &call.options.field_selector)?;
        let mut items: Vec<Value> = all.into_iter().filter(|component| selector.matches(component)).collect();
        let metadata = json!({});
        let list = match call.form.shape {
            Shape::Table(version) => {
                let style = Style { version, include: call.include };
                table::table(call.kind, style, metadata, items.iter(), call.now, true)
            }
            Shape::Metadata { version, .. } => {
                let items: Vec<_> = items.iter().map(|item| table::partial(version, item)).collect();
                let api_version = version.api_version();
                json!({"kind": "PartialObjectMetadataList", "apiVersion": api_version, "metadata": {}, "items": items})
            }
            Shape::Object => {
                for item in &mut items {
                    item.as_object_mut()
                        .into_iter()
                        .for_each(|item| item.retain(|name, _| name != "kind" && name != "apiVersion"));
                }
                json!({"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": metadata, "items": items})
            }
        };
        Ok(json_answer(200, object::encode(&list), &[]))
    }
}

fn components(call: &Call<'_>) -> Vec<Value> {
    let component = |name: &str, state: &str, message: String| {
        let condition = json!({"type": "Healthy", "status": state, "message": message});
        json!({"kind": call.kind.kind, "apiVersion": "v1", "metadata": {"name": name}, "conditions": [condition]})
    };
    let mut all: Vec<_> = COMPONENTS
        .iter()
        .map(|(name, port)| {
            let address = format!("127.0.0.1:{port}");
            let why = format!("Get \"https://{address}/healthz\": dial tcp {address}: connect: connection refused");
            component(name, "False", why)
        })
        .collect();
    all.push(component("etcd-0", "True", "ok".to_owned()));
    all
}

/// The node that a pod is bound to; empty if none.
fn assigned(pod: &Value) -> &str {
    pod.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default()
}

/// The container whose log is asked for.
///
/// # Errors
/// 400 for one that the pod does not have, and for none if the pod has several.
fn container(call: &Call<'_>, pod: &Value) -> Outcome<()> {
    let names = |member: &str| -> Vec<String> {
        let list = pod["spec"][member].as_array().into_iter().flatten();
        list.filter_map(|container| container["name"].as_str()).map(str::to_owned).collect()
    };
    let own = names("containers");
    let wanted = &*call.options.container;
    if wanted.is_empty() {
        if own.len() > 1 {
            let why = "a container name must be specified for pod";
            return Err(status::bad_request(format!("{why} {}, choose one of: [{}]", call.name, own.join(" "))));
        }
        return Ok(());
    }
    let others = names("initContainers").into_iter().chain(names("ephemeralContainers"));
    if own.into_iter().chain(others).any(|name| name == wanted) {
        return Ok(());
    }
    Err(status::bad_request(format!("container {wanted} is not valid for pod {}", call.name)))
}
