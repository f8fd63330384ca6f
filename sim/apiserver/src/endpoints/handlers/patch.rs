//! PATCH: JSON merge patches (RFC 7396), JSON patches (RFC 6902) and strategic merge patches, as Go implements them
//! (k8s.io/apiserver/pkg/endpoints/handlers/patch.go). Server-side apply has a module of its own.
use crate::{
    apply::{
        json_patch, merge_patch,
        strategic::{self, meta::Refusal},
    },
    base::{
        field_error::FieldError,
        go_text::quoted,
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
        json::{JsonError, operations, untyped},
        negotiation,
    },
    registry::kind::Kind,
    request::call::Call,
    server::state::ApiServer,
    structured_merge::validate,
    validation,
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Maximum number of operations in a JSON patch.
const OPERATIONS_LIMIT: usize = 10_000;

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
        let current = self.current(call)?.ok_or_else(|| call.not_found())?;
        let decoded = match patched_status(call, patch, &current.value) {
            Some(decoded) => decoded,
            None => patched(call, patch, &current.value)?,
        };
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
        validation::default(call.kind, &mut value);
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
            PatchType::Strategic => validate::plain(&untyped::parse(call.body).map_err(|e| undecodable(&e))?.0),
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

/// The object as a patch leaves it.
fn patched(call: &Call<'_>, patch: PatchType, current: &Value) -> Outcome<Decoded> {
    let mut value = if call.kind.is_view() { call.kind.shown(current).into_owned() } else { current.clone() };
    let mut complaints = Vec::new();
    match patch {
        // No list of an event or an autoscaler is merged by key, so both kinds of patch mean the same.
        PatchType::Strategic if call.kind.is_view() => apply_merge_patch(&mut value, call.body, &mut complaints)?,
        PatchType::Merge => apply_merge_patch(&mut value, call.body, &mut complaints)?,
        PatchType::Json => apply_json_patch(&mut value, call.body, is_checked(call), &mut complaints)?,
        PatchType::Strategic => apply_strategic_patch(call, &mut value, &mut complaints)?,
    }
    let mut decoded = Decoded { value, complaints };
    decode_patched(call, patch, &mut decoded)?;
    Ok(decoded)
}

/// The same for a patch of the status, if it names no spec: the stored one, which is most of the object, needs no
/// check. None for other patches, and for one with anything to report.
fn patched_status(call: &Call<'_>, patch: PatchType, current: &Value) -> Option<Decoded> {
    let kind = call.kind;
    let of_status = patch == PatchType::Merge && call.subresource == "status" && kind.custom && !kind.is_view();
    let members = current.as_object().filter(|_| of_status)?;
    let spec = members.get("spec")?;
    let (Value::Object(changes), duplicates) = untyped::parse(call.body).ok()? else { return None };
    if changes.contains_key("spec") || !duplicates.is_empty() {
        return None;
    }
    let others = members.iter().filter(|(name, _)| *name != "spec");
    let mut value = others.map(|(name, member)| (name.clone(), member.clone())).collect();
    merge_patch::apply(&mut value, changes);
    let mut decoded = Decoded { value, complaints: Vec::new() };
    decode_patched(call, patch, &mut decoded).ok().filter(|()| decoded.complaints.is_empty())?;
    decoded.value.as_object_mut()?.insert("spec".into(), spec.clone());
    Some(decoded)
}

/// Applies a patch that needs no schema; None for other media types.
pub(crate) fn apply_json(
    call: &Call<'_>,
    media_type: &str,
    target: &mut Value,
    complaints: &mut Vec<String>,
) -> Option<Outcome<()>> {
    match media_type {
        "application/merge-patch+json" => Some(apply_merge_patch(target, call.body, complaints)),
        "application/json-patch+json" => Some(apply_json_patch(target, call.body, is_checked(call), complaints)),
        _ => None,
    }
}

/// Whether the body is decoded strictly, to warn or to refuse.
fn is_checked(call: &Call<'_>) -> bool {
    &*call.options.field_validation != "Ignore"
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
        let unknown =
            decode::convert(kind, &mut decoded.value).map_err(|why| undecoded(&shown_patch(call.body), &why))?;
        decoded.complaints.extend(unknown);
        return Ok(());
    }
    let checked = type_meta::check_patched(kind, &mut decoded.value, &mut decoded.complaints);
    checked.map_err(|why| match why {
        Unpatched::Undecoded(why) => undecoded(&decoded.value.to_string(), &why),
        Unpatched::Refused(refusal) => refusal,
    })?;
    normalise_patched(kind, decoded)
}

/// Decodes an object that a patch produced.
pub(crate) fn normalise_patched(kind: &Kind, decoded: &mut Decoded) -> Outcome<()> {
    let outcome = decode::normalise(kind, decoded);
    outcome.map_err(|refusal| undecoded(&decoded.value.to_string(), decode::reason(refusal.message())))
}

fn shown_patch(body: &[u8]) -> String {
    untyped::parse(body).map(|(patch, _)| as_go_prints(&patch)).unwrap_or_default()
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

fn undecodable(error: &JsonError) -> Box<status::Status> {
    match error {
        JsonError::TooDeep(_) => status::not_simulated(&error.to_string()),
        error => status::bad_request(format!("error decoding patch: {error}")),
    }
}

fn apply_merge_patch(target: &mut Value, body: &[u8], complaints: &mut Vec<String>) -> Outcome<()> {
    let (patch, duplicates) = untyped::parse(body).map_err(|e| undecodable(&e))?;
    match patch {
        Value::Object(patch) => {
            merge_patch::apply(target, patch);
            complaints.extend(duplicates.iter().map(|path| format!("duplicate field {}", quoted(path))));
            Ok(())
        }
        // A null patch passes strict decoding.
        Value::Null => Err(status::bad_request("Invalid JSON Patch")),
        other => Err(wrong_patch(&other, "map[string]interface {}")),
    }
}

fn wrong_patch(found: &Value, wanted: &str) -> Box<status::Status> {
    let found = json_type(found);
    status::bad_request(format!("error decoding patch: json: cannot unmarshal {found} into Go value of type {wanted}"))
}

fn apply_strategic_patch(call: &Call<'_>, target: &mut Value, complaints: &mut Vec<String>) -> Outcome<()> {
    let bad = |why: String| status::bad_request(why);
    let (patch, duplicates) = untyped::parse(call.body).map_err(|error| match error {
        JsonError::TooDeep(_) => undecodable(&error),
        error => bad(error.to_string()),
    })?;
    complaints.extend(duplicates.iter().map(|path| format!("duplicate field {}", quoted(path))));
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

fn apply_json_patch(target: &mut Value, body: &[u8], checked: bool, complaints: &mut Vec<String>) -> Outcome<()> {
    let decoded = operations::parse(body, checked).map_err(|why| {
        let place = if checked { "error decoding patch: " } else { "" };
        status::bad_request(format!("{place}{why}"))
    })?;
    let count = decoded.list.len();
    if count > OPERATIONS_LIMIT {
        return Err(status::too_large(&format!(
            "The allowed maximum operations in a JSON patch is {OPERATIONS_LIMIT}, got {count}"
        )));
    }
    complaints.extend(decoded.complaints);
    json_patch::apply(target, &decoded.list).map_err(|_| status::unprocessable_patch())
}
