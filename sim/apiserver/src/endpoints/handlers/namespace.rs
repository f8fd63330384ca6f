//! DELETE of a namespace (k8s.io/kubernetes/pkg/registry/core/namespace/storage/storage.go): the first request marks it
//! as terminating, and it remains until its finalizers are gone, including those of its spec.
use super::delete::{DeleteOptions, delete_options};
use crate::{
    base::{
        object::{self, Object},
        request::Answer,
        status::{self, Outcome},
        timestamp,
    },
    request::call::Call,
    server::state::ApiServer,
};
use serde_json::{Value, json};

/// The namespaces that admission protects from deletion.
const IMMORTAL: [&str; 3] = ["default", "kube-public", "kube-system"];

impl ApiServer {
    pub(crate) fn delete_namespace(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let options = delete_options(call)?;
        if IMMORTAL.contains(&call.name) {
            return Err(status::forbidden(call.kind.subject(), call.name, "this namespace may not be deleted"));
        }
        let key = call.key();
        let current = self.store.get(call.resource(), &key).cloned().ok_or_else(|| call.not_found())?;
        check_preconditions(call, &options, &current)?;
        if !current.is_terminating() {
            let value = terminating(call, &options, &current.value);
            let warnings = self.review_deletion(call, &options, &current)?;
            if options.is_dry_run() {
                return Ok(call.value_answer(200, &value, &warnings));
            }
            let object = self.commit_put(call.actor, call.resource(), &key, value);
            return Ok(call.object_answer(200, &object, &warnings));
        }
        if is_held(&current.value) {
            return Ok(call.object_answer(200, &current, &[]));
        }
        self.delete_object(call, &options, &current)
    }
}

/// Whether finalizers in the spec keep the namespace.
pub(crate) fn is_held(namespace: &Value) -> bool {
    namespace.pointer("/spec/finalizers").and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}

/// Checks preconditions, with errors worded differently from those of all other kinds.
pub(crate) fn check_preconditions(call: &Call<'_>, options: &DeleteOptions, current: &Object) -> Outcome<()> {
    let Some(wanted) = &options.preconditions else { return Ok(()) };
    let revision = current.revision.to_string();
    let pairs = [("UID", &wanted.uid, current.uid()), ("ResourceVersion", &wanted.resource_version, &revision)];
    for (what, wanted, found) in pairs {
        if let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != found) {
            let why = format!("Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}");
            return Err(status::conflict(call.kind.subject(), call.name, &why));
        }
    }
    Ok(())
}

fn terminating(call: &Call<'_>, options: &DeleteOptions, current: &Value) -> Value {
    let mut value = current.clone();
    let mut finalizers: Vec<Value> = object::finalizers(current).into_iter().map(Value::from).collect();
    // Only namespaces interpret `orphanDependents: false` as foreground deletion.
    let foreground = (options.orphan_dependents == Some(false)).then_some(Some("foregroundDeletion"));
    if let Some(chosen) = foreground.or_else(|| options.collector_finalizer()) {
        finalizers.retain(|f| f != "orphan" && f != "foregroundDeletion");
        finalizers.extend(chosen.map(Value::from));
    }
    let meta = object::metadata_mut(&mut value);
    meta.insert("deletionTimestamp".into(), timestamp::seconds(call.now).into());
    if finalizers.is_empty() {
        meta.remove("finalizers");
    } else {
        meta.insert("finalizers".into(), finalizers.into());
    }
    match value.get_mut("status") {
        Some(status @ Value::Object(_)) => status["phase"] = "Terminating".into(),
        _ => value["status"] = json!({"phase": "Terminating"}),
    }
    value
}
