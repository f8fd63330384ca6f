//! PATCH: JSON merge patches (RFC 7396), JSON patches (RFC 6902) and strategic merge patches, as Go implements them
//! (k8s.io/apiserver/pkg/endpoints/handlers/patch.go). Server-side apply has a module of its own.
use super::{apply::from_unstructured, create};
use crate::{
    apply::strategic::{self, meta::Refusal},
    base::{
        field_error::FieldError,
        json::json_type,
        object::Object,
        request::Answer,
        status::{self, Outcome},
    },
    codec::{
        decode::{
            self, Decoded,
            type_meta::{self, Unpatched},
        },
        negotiation,
    },
    request::call::Call,
    server::state::ApiServer,
    structured_merge::validate,
    validation,
};
use json_patch::{AddOperation, Patch, PatchOperation};
use serde_json::{Map, Value};
use std::sync::Arc;

const CUSTOM_TYPES: &str = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";

impl ApiServer {
    pub(crate) fn patch(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let kind = call.kind;
        let media_type = negotiation::patch_type(call.headers);
        let patch = match media_type {
            "application/merge-patch+json" => PatchType::Merge,
            "application/json-patch+json" => PatchType::Json,
            "application/strategic-merge-patch+json" if !kind.custom => PatchType::Strategic,
            "application/apply-patch+yaml" if kind.is_view() && !kind.custom => {
                return Err(status::not_simulated(&format!("server-side apply through {}", kind.api_version)));
            }
            "application/apply-patch+yaml" => return self.apply(call),
            _ if kind.custom => return Err(status::unsupported_media_type(CUSTOM_TYPES)),
            _ => return Err(status::unsupported_patch_type()),
        };
        validation::options::validate_patch(&call.options, false)?;
        decode::check_size(call.body)?;
        let current = self.current(call).ok_or_else(|| call.not_found())?;
        let mut value = (*current.value).clone();
        if kind.is_view() {
            value = kind.shown(&value).into_owned();
        }
        let mut complaints = Vec::new();
        match patch {
            // No list of an event or an autoscaler is merged by key, so both kinds of patch mean the same.
            PatchType::Strategic if kind.is_view() => apply_merge_patch(&mut value, call.body, &mut complaints)?,
            PatchType::Merge => apply_merge_patch(&mut value, call.body, &mut complaints)?,
            PatchType::Json => apply_json_patch(&mut value, call.body)?,
            PatchType::Strategic => apply_strategic_patch(call, &mut value, &mut complaints)?,
        }
        if patch == PatchType::Strategic {
            from_unstructured(kind, &mut value).map_err(|why| undecoded(&shown_patch(call.body), &why))?;
        }
        let mut decoded = Decoded { value, complaints };
        decode_patched(call, patch, &mut decoded)?;
        let mut warnings = self.patch_validation(call, &decoded, patch)?;
        let outcome = self.replace_patched(call, &current, decoded.value, &mut warnings);
        outcome.map_err(|refusal| refusal.with_warnings(warnings))
    }

    fn replace_patched(
        &mut self,
        call: &Call<'_>,
        current: &Arc<Object>,
        mut value: Value,
        warnings: &mut Vec<String>,
    ) -> Outcome<Answer> {
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        decode::check_name(call.name, &value)?;
        validation::warnings::drop_repeated_owners(&mut value, " after mutating admission happens", warnings);
        create::default(call, &mut value);
        self.own_fields(call, Some(&current.value), &mut value);
        self.replace(call, current, value, warnings)
    }

    /// Strict decoding of a patch's result; its error differs from that of a complete body.
    fn patch_validation(&self, call: &Call<'_>, decoded: &Decoded, patch: PatchType) -> Outcome<Vec<String>> {
        let strict = &*call.options.field_validation == "Strict" && !decoded.complaints.is_empty();
        if !strict {
            return decode::field_validation(call.kind, &call.options.field_validation, decoded.complaints.clone());
        }
        let shown = match patch {
            PatchType::Strategic => validate::plain(&parse(call.body)?),
            PatchType::Merge | PatchType::Json => decoded.value.to_string(),
        };
        let shown = Value::from(shown);
        let detail = format!("strict decoding error: {}", decoded.complaints.join(", "));
        let error = FieldError::invalid("patch", &shown, detail);
        Err(status::invalid(status::Subject { group: "", kind: "" }, "", &[error]))
    }
}

/// A kind of patch that is applied to the stored object's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatchType {
    Merge,
    Json,
    Strategic,
}

/// Applies a patch that needs no schema; None for other media types.
pub(crate) fn apply_json(media_type: &str, target: &mut Value, body: &[u8]) -> Option<Outcome<()>> {
    match media_type {
        "application/merge-patch+json" => Some(apply_merge_patch(target, body, &mut Vec::new())),
        "application/json-patch+json" => Some(apply_json_patch(target, body)),
        _ => None,
    }
}

fn parse(body: &[u8]) -> Outcome<Value> {
    serde_json::from_slice(body).map_err(|e| undecodable(&e))
}

/// The refusal of a patch whose result is not an object of the kind; it shows the result, or the patch itself if it is
/// strategic.
fn undecoded(shown: &str, why: &str) -> Box<status::Status> {
    let error = FieldError::invalid("patch", &Value::from(shown), why);
    status::invalid(status::Subject { group: "", kind: "" }, "", &[error])
}

/// Decodes the result of a patch. A strategic one cannot change the kind.
fn decode_patched(call: &Call<'_>, patch: PatchType, decoded: &mut Decoded) -> Outcome<()> {
    let kind = call.kind;
    if patch == PatchType::Strategic {
        decoded.value.as_object_mut().into_iter().for_each(|map| type_meta::restore(kind, map));
    } else {
        let shown = decoded.value.to_string();
        type_meta::check_patched(kind, &mut decoded.value, &mut decoded.complaints).map_err(|why| match why {
            Unpatched::Undecoded(why) => undecoded(&shown, &why),
            Unpatched::Refused(refusal) => refusal,
        })?;
    }
    let outcome = decode::normalise(kind, decoded);
    outcome.map_err(|refusal| {
        let strategic = patch == PatchType::Strategic;
        let shown = if strategic { shown_patch(call.body) } else { decoded.value.to_string() };
        let why = refusal.message();
        undecoded(
            &shown,
            why.split_once(" cannot be handled as a ")
                .and_then(|(_, why)| why.split_once(": "))
                .map_or(why, |(_, why)| why),
        )
    })
}

fn shown_patch(body: &[u8]) -> String {
    decode::json(body).map(|(patch, _)| as_go_prints(&patch)).unwrap_or_default()
}

/// Go's `%v` of a decoded JSON value.
fn as_go_prints(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", list.iter().map(as_go_prints).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let members = map.iter().map(|(name, member)| format!("{name}:{}", as_go_prints(member)));
            format!("map[{}]", members.collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}

fn undecodable(error: &serde_json::Error) -> Box<status::Status> {
    status::bad_request(format!("error decoding patch: {}", decode::json_error(error)))
}

fn apply_merge_patch(target: &mut Value, body: &[u8], complaints: &mut Vec<String>) -> Outcome<()> {
    let (patch, duplicates) = decode::json(body).map_err(|e| undecodable(&e))?;
    match patch {
        Value::Object(patch) => {
            merge(target, patch);
            complaints.extend(duplicates.into_iter().map(|path| format!("duplicate field {path:?}")));
            Ok(())
        }
        other => Err(wrong_patch(&other, "map[string]interface {}")),
    }
}

fn wrong_patch(found: &Value, wanted: &str) -> Box<status::Status> {
    let found = json_type(found);
    status::bad_request(format!("error decoding patch: json: cannot unmarshal {found} into Go value of type {wanted}"))
}

/// Merges a patch as RFC 7396 defines it.
fn merge(target: &mut Value, patch: Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(map) = target.as_object_mut() else { return };
    for (name, change) in patch {
        match change {
            Value::Null => {
                map.remove(&name);
            }
            Value::Object(change) => merge(map.entry(name).or_insert(Value::Null), change),
            other => {
                map.insert(name, other);
            }
        }
    }
}

fn apply_strategic_patch(call: &Call<'_>, target: &mut Value, complaints: &mut Vec<String>) -> Outcome<()> {
    let bad = |why: String| status::bad_request(why);
    let (patch, duplicates) = decode::json(call.body).map_err(|e| bad(decode::json_error(&e)))?;
    complaints.extend(duplicates.into_iter().map(|path| format!("duplicate field {path:?}")));
    let patch = match patch {
        Value::Object(patch) => patch,
        Value::Null => Map::new(),
        other => {
            let found = json_type(&other);
            return Err(bad(format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}")));
        }
    };
    let Some(target) = target.as_object_mut() else { return Ok(()) };
    strategic::merge::merge(target, patch, Some(call.kind.types.root(call.kind.root_type))).map_err(|refusal| {
        match refusal {
            Refusal::Malformed(_) => bad(refusal.to_string()),
            Refusal::ListOfLists => status::unprocessable_patch(),
            Refusal::Failed(_) => status::bare_error(refusal.to_string()),
        }
    })
}

fn apply_json_patch(target: &mut Value, body: &[u8]) -> Outcome<()> {
    let list = match parse(body)? {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        other => return Err(wrong_patch(&other, "[]handlers.jsonPatchOp")),
    };
    for operation in list {
        let operation: PatchOperation = serde_json::from_value(operation).map_err(|_| status::unprocessable_patch())?;
        let Some(operation) = as_in_go(operation, target) else { continue };
        json_patch::patch(target, &Patch(vec![operation])).map_err(|_| status::unprocessable_patch())?;
    }
    Ok(())
}

fn has_parent(target: &Value, pointer: &str) -> bool {
    pointer.rsplit_once('/').and_then(|(parent, _)| target.pointer(parent)).is_some_and(Value::is_object)
}

/// Adjusts an operation to Go's library (evanphx/json-patch), which is laxer than the RFC: `replace` of an absent
/// member adds it, `copy` of one adds null, `test` of one against null holds (None: nothing to do).
fn as_in_go(operation: PatchOperation, target: &Value) -> Option<PatchOperation> {
    match operation {
        PatchOperation::Replace(op) if target.pointer(op.path.as_str()).is_none() => {
            Some(PatchOperation::Add(AddOperation { path: op.path, value: op.value }))
        }
        PatchOperation::Copy(op)
            if target.pointer(op.from.as_str()).is_none() && has_parent(target, op.from.as_str()) =>
        {
            Some(PatchOperation::Add(AddOperation { path: op.path, value: Value::Null }))
        }
        PatchOperation::Test(op) if op.value.is_null() && target.pointer(op.path.as_str()).is_none() => None,
        other => Some(other),
    }
}
