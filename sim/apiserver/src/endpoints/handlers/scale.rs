//! The scale subresource: the actual and desired number of replicas, in the same form for every kind
//! (k8s.io/kubernetes/pkg/registry/apps/deployment/storage,
//! apiextensions-apiserver/pkg/registry/customresource/etcd.go).
use super::{patch, update::check_uid};
use crate::{
    base::{
        field_error::FieldError,
        json::json_type,
        object,
        request::{Answer, AnswerBody},
        status::{self, Outcome, Subject},
    },
    codec::{
        decode,
        negotiation::{self, Form},
        table::selector_text,
    },
    registry::kind::Scale,
    request::call::Call,
    server::state::ApiServer,
    validation,
};
use serde_json::{Map, Value, json};

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
                let value = decode::options(call.body_encoding()?, call.body, "Scale")?;
                self.put_scale(call, scale, value)
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
        patch::apply_json(media_type, &mut value, call.body).ok_or_else(status::unsupported_patch_type)??;
        self.put_scale(call, scale, value)
    }

    /// Takes the number of replicas from a scale, and everything else from the stored object.
    fn put_scale(&mut self, call: &Call<'_>, scale: &Scale, mut value: Value) -> Outcome<Answer> {
        let mut warnings = check(call, &mut value)?;
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

/// Checks the members of a scale; unknown ones become warnings.
fn check(call: &Call<'_>, value: &mut Value) -> Outcome<Vec<String>> {
    let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    let handled = |kind: &str, version: &str, why: String| {
        status::bad_request(format!("{kind} in version {version:?} cannot be handled as a Scale: {why}"))
    };
    if !matches!(kind, "" | "Scale") {
        let version = api_version.rsplit('/').next().unwrap_or_default();
        let why = format!("converting ({version}.{kind}) to (autoscaling.Scale): unknown conversion");
        return Err(handled(kind, version, why));
    }
    if let Some(replicas) = value.pointer("/spec/replicas").filter(|replicas| !replicas.is_i64() && !replicas.is_null())
    {
        let found = json_type(replicas);
        let why = format!("json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32");
        return Err(handled("Scale", "v1", why));
    }
    let mut unknown = Vec::new();
    let mut look = |members: Option<&Map<String, Value>>, known: &[&str], prefix: &str| {
        let strange = members.into_iter().flat_map(Map::keys).filter(|name| !known.contains(&name.as_str()));
        unknown.extend(strange.map(|name| format!("unknown field \"{prefix}{name}\"")));
    };
    look(value.as_object(), &["kind", "apiVersion", "metadata", "spec", "status"], "");
    look(value.get("spec").and_then(Value::as_object), &["replicas"], "spec.");
    look(value.get("status").and_then(Value::as_object), &["replicas", "selector"], "status.");
    match &*call.options.field_validation {
        "Ignore" => Ok(Vec::new()),
        "Strict" if !unknown.is_empty() => {
            Err(handled("Scale", "v1", format!("strict decoding error: {}", unknown.join(", "))))
        }
        _ => Ok(unknown),
    }
}

fn no_replicas(scale: &Scale) -> Box<status::Status> {
    let path = scale.spec.replace('/', ".");
    Box::new(status::internal_error(&format!("the spec replicas field {path:?} does not exist")))
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
