//! PATCH with an apply configuration: server-side apply (k8s.io/apiserver/pkg/endpoints/handlers/patch.go,
//! applyPatcher).
use super::{Call, create};
use crate::{
    Answer,
    apply::managed_fields,
    base::{
        object,
        status::{self, Outcome},
    },
    codec::decode,
    registry::resources::Kind,
    schema::integral,
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
        let (config, duplicates) = configuration(call.body)?;
        let force = call.options.force.unwrap_or_default();
        let applied = match &current {
            Some(current) => manager.apply(&current.value, &config, &call.options.field_manager, force)?,
            None => manager.apply(&manager.empty(), &config, &call.options.field_manager, force)?,
        };
        let mut warnings = field_validation(call, &duplicates)?;
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
                self.mutate(call, &mut value, None)?;
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
            validation::metadata::normalise(object::metadata_mut(&mut merged), true, &mut Vec::new())
        }
        None => from_unstructured(call.kind, &mut merged)
            .and_then(|()| decode::normalise_members(call.kind, &mut merged, &mut Vec::new())),
    };
    outcome.map_err(|why| {
        let (object, kind) = (managed_fields::described(config), managed_fields::group_version_kind(config));
        status::bare_error(format!(
            "failed to convert new object ({object}) to proper version: unable to convert unstructured object to \
             {kind}: {why}"
        ))
    })?;
    Ok(merged)
}

/// The conversion that a patched object undergoes before it is decoded, because it was never text.
pub(crate) fn from_unstructured(kind: &Kind, object: &mut Value) -> Result<(), String> {
    if kind.kind == "Lease" { validation::lease::from_unstructured(object) } else { Ok(()) }
}

/// The configuration, in YAML or JSON, and its duplicate members.
fn configuration(body: &[u8]) -> Outcome<(Value, Vec<String>)> {
    if let Ok((mut config @ Value::Object(_), duplicates)) = decode::json(body) {
        whole_numbers(&mut config);
        return Ok((config, duplicates));
    }
    let bad = |why: &str| status::bad_request(format!("error decoding YAML: {why}"));
    let text = std::str::from_utf8(body).map_err(|e| bad(&e.to_string()))?;
    let mut config: Value = serde_saphyr::from_str(text)
        .map_err(|e| bad(&format!("error converting YAML to JSON: yaml: {}", yaml_error(&e.to_string()))))?;
    whole_numbers(&mut config);
    match config {
        Value::Object(_) => Ok((config, Vec::new())),
        Value::Null => Ok((Value::Object(serde_json::Map::new()), Vec::new())),
        other => {
            let found = validation::metadata::json_type(&other);
            let why = format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                 map[string]interface {{}}"
            );
            Err(bad(&why))
        }
    }
}

/// Turns 2.0 into 2: YAML does not distinguish them.
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

/// The error without its position, because the two parsers count differently.
fn yaml_error(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    line.strip_prefix("error: line ").and_then(|rest| rest.split_once(": ")).map_or(line, |(_, why)| why)
}

/// Applies `fieldValidation` to duplicate members of the configuration; unknown ones have been refused already.
fn field_validation(call: &Call<'_>, duplicates: &[String]) -> Outcome<Vec<String>> {
    let complaint = |path: &String| {
        let name = Value::from(path.rsplit('.').next().unwrap_or(path));
        format!("line 1: key {name} already set in map")
    };
    match (&*call.options.field_validation, duplicates.first().map(complaint)) {
        ("Ignore", _) | (_, None) => Ok(Vec::new()),
        ("Strict", Some(complaint)) => Err(status::bad_request(format!(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {complaint}"
        ))),
        (_, Some(complaint)) => Ok(vec![complaint]),
    }
}
