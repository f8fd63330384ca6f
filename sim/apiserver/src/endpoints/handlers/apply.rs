//! PATCH with an apply configuration: server-side apply (k8s.io/apiserver/pkg/endpoints/handlers/patch.go,
//! applyPatcher).
use super::create;
use crate::{
    apply::managed_fields::describe,
    base::{
        json::{integral, json_type},
        object,
        request::Answer,
        status::{self, Outcome},
    },
    codec::{
        decode,
        yaml::{self, error::YamlError, read::Parsed},
    },
    registry::kind::Kind,
    request::call::Call,
    server::state::ApiServer,
    validation,
};
use serde_json::Value;
use std::sync::Arc;

impl ApiServer {
    /// Merges a configuration into the object, and creates the object if it does not exist.
    pub(crate) fn apply(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        if !self.field_management {
            return Err(status::not_simulated("server-side apply without field management"));
        }
        validation::options::validate_patch(&call.options, true)?;
        decode::check_size(call.body)?;
        let registry = Arc::clone(&self.registry);
        let manager = call.field_manager(&registry);
        let current = self.current(call);
        if current.is_none() && !call.subresource.is_empty() {
            return Err(call.not_found());
        }
        let (config, complaints) = configuration(call.body)?;
        let force = call.options.force.unwrap_or_default();
        let applied = match &current {
            Some(current) => manager.apply(&current.value, &config, &call.options.field_manager, force)?,
            None => manager.apply(&manager.empty(), &config, &call.options.field_manager, force)?,
        };
        let mut warnings = field_validation(call, complaints)?;
        let mut value = converted(call, &config, applied)?;
        let uid = object::meta_str(&value, "uid");
        if current.is_none() && !uid.is_empty() {
            let why =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            return Err(status::conflict(call.kind.subject(), call.name, &why));
        }
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        decode::check_name(call.name, &value)?;
        create::default(call, &mut value);
        let outcome = match current {
            Some(current) => self.replace(call, &current, value, &mut warnings),
            None => {
                // The object does not exist, so its version is not compared; the storage drops it, which a dry run does
                // not reach.
                if !call.options.is_dry_run() {
                    object::metadata_mut(&mut value).remove("resourceVersion");
                }
                self.admit_create(call, call.name)?;
                self.webhooks().mutate(call, &mut value, None)?;
                self.create_prepared(call, value, 0, &mut warnings)
            }
        };
        outcome.map_err(|refusal| refusal.with_warnings(warnings))
    }
}

/// The merged object in its stored form. A custom resource, except for its metadata, is not decoded again: nothing is
/// pruned, and a null is a value.
fn converted(call: &Call<'_>, config: &Value, mut merged: Value) -> Outcome<Value> {
    let outcome = match &call.kind.schema {
        Some(schema) => {
            schema.fill(&mut merged);
            decode::metadata::normalise(object::metadata_mut(&mut merged), true, &mut Vec::new())
        }
        None => from_unstructured(call.kind, &mut merged)
            .and_then(|()| decode::normalise_members(call.kind, &mut merged, &mut Vec::new())),
    };
    outcome.map_err(|why| {
        let (object, kind) = (describe::described(config), describe::group_version_kind(config));
        status::bare_error(format!(
            "failed to convert new object ({object}) to proper version: unable to convert unstructured object to \
             {kind}: {why}"
        ))
    })?;
    Ok(merged)
}

/// The conversion that a patched object undergoes before it is decoded, because it was never text.
pub(crate) fn from_unstructured(kind: &Kind, object: &mut Value) -> Result<(), String> {
    if kind.kind == "Lease" { decode::lease::from_unstructured(object) } else { Ok(()) }
}

/// The configuration, in YAML or JSON, and the complaints about its duplicate members.
fn configuration(body: &[u8]) -> Outcome<(Value, Vec<String>)> {
    if let Ok((mut config @ Value::Object(_), duplicates)) = decode::json(body) {
        whole_numbers(&mut config);
        return Ok((config, duplicates.iter().map(|path| in_line(path)).collect()));
    }
    let bad = |why: &str| status::bad_request(format!("error decoding YAML: {why}"));
    let text = std::str::from_utf8(body).map_err(|e| bad(&e.to_string()))?;
    // Without the line number: the real parser counts differently.
    let failed = |e: YamlError| bad(&format!("error converting YAML to JSON: yaml: {}", e.why));
    let Parsed { value: config, duplicates } = yaml::read::parse(text).map_err(failed)?;
    match config {
        Value::Object(_) => Ok((config, duplicates)),
        Value::Null => Ok((Value::Object(serde_json::Map::new()), Vec::new())),
        other => {
            let found = json_type(&other);
            let why = format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                 map[string]interface {{}}"
            );
            Err(bad(&why))
        }
    }
}

/// Turns 2.0 into 2: the server reads JSON as YAML, which does not distinguish them.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(whole_numbers),
        Value::Array(list) => list.iter_mut().for_each(whole_numbers),
        Value::Number(number) if number.is_f64() => {
            if let Some(integer) = number.as_f64().and_then(integral) {
                *value = integer.into();
            }
        }
        _ => {}
    }
}

/// The complaint about a duplicate member of JSON, which counts as one line.
fn in_line(path: &str) -> String {
    let name = Value::from(path.rsplit('.').next().unwrap_or(path));
    format!("line 1: key {name} already set in map")
}

/// Applies `fieldValidation` to the complaints about the configuration; unknown members have been refused already.
///
/// # Errors
/// 400 if the client asks for strict validation.
fn field_validation(call: &Call<'_>, complaints: Vec<String>) -> Outcome<Vec<String>> {
    match &*call.options.field_validation {
        "Ignore" => Ok(Vec::new()),
        "Strict" if !complaints.is_empty() => Err(status::bad_request(format!(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:
  {}",
            complaints.join(
                "
  "
            )
        ))),
        _ => Ok(complaints),
    }
}
