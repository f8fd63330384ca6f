//! Binding of a pod to a node (k8s.io/kubernetes/pkg/registry/core/pod/storage/storage.go, BindingREST).
use super::update::check_uid;
use crate::base::go_text::quoted;
use crate::{
    base::{
        aggregate::aggregate,
        object::{self, Object},
        request::Answer,
        status::{self, Outcome, Subject},
        timestamp,
    },
    codec::decode,
    registry::builtin,
    request::call::Call,
    server::state::ApiServer,
};
use serde_json::{Value, json};
use std::sync::Arc;

const SUBJECT: Subject<'static> = Subject { group: "", kind: "pods/binding" };

impl ApiServer {
    /// POST to `pods/NAME/binding`, and to `bindings`, where the body names the pod.
    pub(crate) fn bind(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let kind = builtin::body_kind("Binding");
        let decoded = decode::object(kind, call.body_encoding()?, call.body)?;
        decode::field_validation(kind, &call.options.field_validation, decoded.complaints)?;
        let binding = decoded.value;
        let name = object::meta_str(&binding, "name");
        if call.name.is_empty() && name.is_empty() {
            return Err(status::bad_request("Name parameter required."));
        }
        if !call.name.is_empty() && name != call.name {
            return Err(status::bad_request("name in URL does not match name in Binding object"));
        }
        validate(&binding)?;
        self.plugins().review_body(call, kind, &binding, None, &mut Vec::new())?;
        let registry = Arc::clone(&self.registry);
        let Some(pods) = registry.find("", "v1", "pods") else { return Err(call.not_found()) };
        let call = Call { kind: pods, name, subresource: "", ..call.clone() };
        let pod = self.current(&call)?.ok_or_else(|| call.not_found())?;
        check_uid(&call, object::meta_str(&binding, "uid"), Some(&pod))?;
        check_version(&call, &binding, &pod)?;
        let next = bound(&call, &pod.value, &binding)?;
        if !call.options.is_dry_run() {
            self.commit_put(call.actor, call.resource(), &call.key(), next);
        }
        Ok(status::done(201).answer())
    }
}

/// Refuses a target that cannot be a node; the real server answers with the bare text of its field errors.
fn validate(binding: &Value) -> Outcome<()> {
    let text = |member: &str| binding["target"][member].as_str().unwrap_or_default();
    let kind = (!matches!(text("kind"), "" | "Node")).then(|| {
        format!("target.kind: Unsupported value: {}: supported values: \"Node\", \"<empty>\"", quoted(text("kind")))
    });
    let name = text("name").is_empty().then(|| "target.name: Required value".to_owned());
    aggregate(kind.into_iter().chain(name)).map_or(Ok(()), |problems| Err(status::bare_error(problems)))
}

fn check_version(call: &Call<'_>, binding: &Value, pod: &Object) -> Outcome<()> {
    let wanted = object::meta_str(binding, "resourceVersion");
    if wanted.is_empty() || wanted == pod.revision.to_string() {
        return Ok(());
    }
    Err(status::modified(call.kind.subject(), call.name))
}

fn bound(call: &Call<'_>, pod: &Value, binding: &Value) -> Outcome<Value> {
    let refuse = |why: String| Err(status::conflict(SUBJECT, call.name, &why));
    if object::is_terminating(pod) {
        return refuse(format!("pod {} is being deleted, cannot be assigned to a host", call.name));
    }
    if let Some(node) = pod.pointer("/spec/nodeName").and_then(Value::as_str).filter(|node| !node.is_empty()) {
        return refuse(format!("pod {} is already assigned to node {node}", call.name, node = quoted(node)));
    }
    if pod.pointer("/spec/schedulingGates").and_then(Value::as_array).is_some_and(|gates| !gates.is_empty()) {
        return refuse(format!("pod {} has non-empty .spec.schedulingGates", call.name));
    }
    let mut next = pod.clone();
    next["spec"]["nodeName"] = binding["target"]["name"].clone();
    for member in ["annotations", "labels"] {
        let added = object::metadata(binding).and_then(|meta| meta.get(member)).and_then(Value::as_object);
        for (key, value) in added.into_iter().flatten() {
            object::metadata_mut(&mut next).entry(member).or_insert_with(|| json!({}))[key] = value.clone();
        }
    }
    let condition = json!({
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": timestamp::seconds(call.now),
    });
    let conditions = next["status"].as_object_mut().map(|s| s.entry("conditions").or_insert_with(|| json!([])));
    if let Some(Value::Array(conditions)) = conditions {
        conditions.retain(|condition| condition["type"] != "PodScheduled");
        conditions.push(condition);
    }
    Ok(next)
}
