//! The scale subresource: the actual and desired number of replicas, in the same form for every kind
//! (k8s.io/kubernetes/pkg/registry/apps/deployment/storage,
//! apiextensions-apiserver/pkg/registry/customresource/etcd.go).
use super::{patch, update::check_uid};
use crate::base::go_text::quoted;
use crate::{
    base::{
        field_error::FieldError,
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

const SUBJECT: Subject<'static> = Subject { group: "autoscaling", kind: "Scale" };

impl ApiServer {
    pub(crate) fn scale(&mut self, call: &Call<'_>, scale: &Scale, verb: &str) -> Outcome<Answer> {
        match verb {
            "get" => {
                let current = self.store.get(call.resource(), &call.key()).ok_or_else(|| call.not_found())?;
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
            "application/apply-patch+yaml" => return Err(status::not_simulated("server-side apply of a scale")),
            other => other,
        };
        let current = self.store.get(call.resource(), &call.key()).ok_or_else(|| call.not_found())?;
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

    /// Takes the number of replicas from a scale, and everything else from the stored object.
    fn put_scale(
        &mut self,
        call: &Call<'_>,
        scale: &Scale,
        mut value: Value,
        mut warnings: Vec<String>,
    ) -> Outcome<Answer> {
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        decode::check_name(call.name, &value)?;
        let current = self.current(call).ok_or_else(|| call.not_found())?;
        check_uid(call, object::meta_str(&value, "uid"), Some(&current))?;
        let replicas = value.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or_default();
        if replicas < 0 {
            let error = FieldError::invalid("spec.replicas", &json!(replicas), "must be greater than or equal to 0");
            return Err(status::invalid(SUBJECT, call.name, &[error]));
        }
        let mut whole = (*current.value).clone();
        insert(&mut whole, &scale.spec, replicas.into());
        let revision = object::meta_str(&value, "resourceVersion");
        if !revision.is_empty() {
            object::metadata_mut(&mut whole).insert("resourceVersion".into(), revision.into());
        }
        let main = Call { subresource: "", form: Form::JSON, ..call.clone() };
        let answer = self.replace(&main, &current, whole, &mut warnings)?;
        let AnswerBody::Full(body) = &answer.body else { return Ok(answer) };
        let replaced: Value = serde_json::from_slice(body).unwrap_or_default();
        let shown = scale.of(&replaced).ok_or_else(|| no_replicas(scale))?;
        Ok(call.value_answer(200, &shown, &warnings))
    }
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
