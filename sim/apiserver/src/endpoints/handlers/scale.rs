//! The scale subresource: the actual and desired number of replicas, in the same form for every kind
//! (k8s.io/kubernetes/pkg/registry/apps/deployment/storage,
//! apiextensions-apiserver/pkg/registry/customresource/etcd.go).
use super::{apply, patch, update::check_uid};
use crate::{
    apply::managed_fields::{field_manager::FieldManager, scale::ScaleOwners},
    base::{
        field_error::FieldError,
        go_text::quoted,
        object,
        request::{Answer, AnswerBody},
        status::{self, Outcome, Subject},
    },
    codec::{
        decode::{self, Decoded},
        negotiation::{self, Form},
        table::selector_text,
    },
    registry::{builtin, kind::Scale},
    request::call::Call,
    server::state::ApiServer,
    validation,
};
use serde_json::{Value, json};
use std::sync::Arc;

const SUBJECT: Subject<'static> = Subject { group: "autoscaling", kind: "Scale" };

impl ApiServer {
    pub(crate) fn scale(&mut self, call: &Call<'_>, scale: &Scale, verb: &str) -> Outcome<Answer> {
        match verb {
            "get" => {
                let current = self.current(call)?.ok_or_else(|| call.not_found())?;
                let shown = scale.of(&current.value).ok_or_else(|| no_replicas(scale))?;
                Ok(call.value_answer(200, &shown, &[]))
            }
            "update" => {
                validation::options::validate_write(&call.options, "UpdateOptions")?;
                let kind = builtin::body_kind("Scale");
                let decoded = decode::object(kind, call.body_encoding()?, call.body)?;
                let warnings = decode::field_validation(kind, &call.options.field_validation, decoded.complaints)?;
                self.put_scale(call, scale, decoded.value, warnings)
            }
            "patch" => self.patch_scale(call, scale),
            _ => Err(status::method_not_allowed()),
        }
    }

    fn patch_scale(&mut self, call: &Call<'_>, scale: &Scale) -> Outcome<Answer> {
        let media_type = match negotiation::patch_type(call.headers) {
            // A scale has no lists, so both kinds of patch mean the same.
            "application/strategic-merge-patch+json" if !call.kind.custom => "application/merge-patch+json",
            "application/apply-patch+yaml" => return self.apply_scale(call, scale),
            other => other,
        };
        let current = self.current(call)?.ok_or_else(|| call.not_found())?;
        let mut value = scale.of(&current.value).ok_or_else(|| no_replicas(scale))?;
        let kind = builtin::body_kind("Scale");
        let mut complaints = Vec::new();
        patch::apply_json(call, media_type, &mut value, &mut complaints)
            .ok_or_else(status::unsupported_patch_type)??;
        let mut decoded = Decoded { value, complaints };
        patch::normalise_patched(kind, &mut decoded)?;
        let warnings = decode::field_validation(kind, &call.options.field_validation, decoded.complaints)?;
        self.put_scale(call, scale, decoded.value, warnings)
    }

    /// Server-side apply of a scale.
    fn apply_scale(&mut self, call: &Call<'_>, scale: &Scale) -> Outcome<Answer> {
        if !self.field_management {
            return Err(status::not_simulated("server-side apply without field management"));
        }
        validation::options::validate_patch(&call.options, true)?;
        decode::check_size(call.body)?;
        let current = self.current(call)?.ok_or_else(|| call.not_found())?;
        let (config, complaints) = apply::configuration(call.body)?;
        let live = owned(call, scale, &current.value)?;
        let registry = Arc::clone(&self.registry);
        let manager = FieldManager::new(&registry, builtin::body_kind("Scale"), call.subresource, call.now);
        let force = call.options.force.unwrap_or_default();
        let applied = manager.apply(&live, &config, &call.options.field_manager, force)?;
        let warnings = apply::field_validation(call, complaints)?;
        self.store_scale(call, scale, applied, warnings)
    }

    fn put_scale(
        &mut self,
        call: &Call<'_>,
        scale: &Scale,
        mut value: Value,
        warnings: Vec<String>,
    ) -> Outcome<Answer> {
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        decode::check_name(call.name, &value)?;
        if self.field_management {
            let current = self.current(call)?.ok_or_else(|| call.not_found())?;
            let live = owned(call, scale, &current.value)?;
            let registry = Arc::clone(&self.registry);
            let manager = FieldManager::new(&registry, builtin::body_kind("Scale"), call.subresource, call.now);
            manager.update(&live, &mut value, &call.manager());
        }
        self.store_scale(call, scale, value, warnings)
    }

    /// Takes the number of replicas from a scale, and everything else from the stored object.
    fn store_scale(
        &mut self,
        call: &Call<'_>,
        scale: &Scale,
        mut value: Value,
        mut warnings: Vec<String>,
    ) -> Outcome<Answer> {
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        decode::check_name(call.name, &value)?;
        let current = self.current(call)?.ok_or_else(|| call.not_found())?;
        check_uid(call, object::meta_str(&value, "uid"), Some(&current))?;
        let replicas = value.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or_default();
        if replicas < 0 {
            let error = FieldError::invalid("spec.replicas", &json!(replicas), "must be greater than or equal to 0");
            return Err(status::invalid(SUBJECT, call.name, &[error]));
        }
        let mut whole = (*current.value).clone();
        insert(&mut whole, &scale.spec, replicas.into());
        if self.field_management {
            let owners = owners(call, scale, &current.value)?;
            let list = value.pointer("/metadata/managedFields");
            let list = owners.of_object(list).map_err(|why| status::bare_error(why.as_str()))?;
            let metadata = object::metadata_mut(&mut whole);
            metadata.remove("managedFields");
            metadata.extend(list.map(|list| ("managedFields".to_owned(), list)));
        }
        let revision = object::meta_str(&value, "resourceVersion");
        if !revision.is_empty() {
            object::metadata_mut(&mut whole).insert("resourceVersion".into(), revision.into());
        }
        let (kind, old) = (builtin::body_kind("Scale"), scale.of(&current.value));
        self.plugins().review_body(call, kind, &value, old.as_ref(), &mut warnings)?;
        let main = Call { subresource: "", form: Form::JSON, admitted: true, ..call.clone() };
        let answer = self.replace(&main, &current, whole, &mut warnings)?;
        let AnswerBody::Full(body) = &answer.body else { return Ok(answer) };
        let replaced: Value = serde_json::from_slice(body).unwrap_or_default();
        let shown = scale.of(&replaced).ok_or_else(|| no_replicas(scale))?;
        Ok(call.value_answer(200, &shown, &warnings))
    }
}

fn owners<'a>(call: &Call<'a>, scale: &Scale, object: &Value) -> Outcome<ScaleOwners<'a>> {
    ScaleOwners::new(object, &scale.spec, &call.kind.api_version).map_err(|why| status::bare_error(why.as_str()))
}

/// The scale of an object, with its owners.
fn owned(call: &Call<'_>, scale: &Scale, object: &Value) -> Outcome<Value> {
    let mut shown = scale.of(object).ok_or_else(|| no_replicas(scale))?;
    let list = owners(call, scale, object)?.of_scale();
    object::metadata_mut(&mut shown).extend(list.map(|list| ("managedFields".to_owned(), list)));
    Ok(shown)
}

fn no_replicas(scale: &Scale) -> Box<status::Status> {
    let path = scale.spec.replace('/', ".");
    Box::new(status::internal_error(&format!("the spec replicas field {path} does not exist", path = quoted(&path))))
}

fn insert(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for name in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[name];
    }
    *at = value;
}

impl Scale {
    /// The scale of an object; None if a custom resource lacks its number of replicas.
    pub(crate) fn of(&self, object: &Value) -> Option<Value> {
        let count = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64);
        let wanted = count(&self.spec)?;
        let selector = match object.pointer(&self.selector) {
            Some(Value::String(text)) => text.clone(),
            // A replication controller selects by labels alone.
            Some(labels @ Value::Object(map)) if map.values().all(Value::is_string) && !map.is_empty() => {
                selector_text::labels(Some(labels))
            }
            Some(selector @ Value::Object(_)) => selector_text::selector(Some(selector)),
            _ => String::new(),
        };
        let mut scale = json!({
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {},
            "spec": {},
            "status": {"replicas": count(&self.status).unwrap_or_default()},
        });
        for member in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let Some(found) = object::metadata(object).and_then(|meta| meta.get(member)) {
                scale["metadata"][member] = found.clone();
            }
        }
        if wanted != 0 {
            scale["spec"]["replicas"] = wanted.into();
        }
        if !selector.is_empty() {
            scale["status"]["selector"] = selector.into();
        }
        Some(scale)
    }
}
