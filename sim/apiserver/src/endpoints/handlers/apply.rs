//! PATCH with an apply configuration: server-side apply (k8s.io/apiserver/pkg/endpoints/handlers/patch.go,
//! applyPatcher).
use crate::{
    apply::managed_fields::describe,
    base::{
        json::{json_type, whole_numbers},
        object::{self, Object},
        request::Answer,
        status::{self, Outcome},
    },
    codec::{
        decode,
        json::untyped,
        yaml::{self, error::YamlError, read::Parsed},
    },
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
        let current = self.current(call)?;
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
        let outcome = self.store_applied(call, current, &config, applied, &mut warnings);
        outcome.map_err(|refusal| refusal.with_warnings(warnings))
    }

    fn store_applied(
        &mut self,
        call: &Call<'_>,
        current: Option<Arc<Object>>,
        config: &Value,
        applied: Value,
        warnings: &mut Vec<String>,
    ) -> Outcome<Answer> {
        let mut value = converted(call, config, applied)?;
        let uid = object::meta_str(&value, "uid");
        if current.is_none() && !uid.is_empty() {
            let why =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            return Err(status::conflict(call.kind.subject(), call.name, &why));
        }
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        decode::check_name(call.name, &value)?;
        validation::default(call.kind, &mut value);
        match current {
            Some(current) => self.replace(call, &current, value, warnings),
            None => {
                // The object does not exist, so its version is not compared; the storage drops it, which a dry run does
                // not reach.
                if !call.options.is_dry_run() {
                    object::metadata_mut(&mut value).remove("resourceVersion");
                }
                self.admit_create(call, call.name)?;
                self.plugins().mutate(call, &mut value, None, warnings)?;
                self.create_prepared(call, value, 0, warnings)
            }
        }
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
        None => decode::convert(call.kind, &mut merged).map(|_| ()),
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

/// The configuration, in YAML or JSON, and the complaints about its duplicate members.
pub(super) fn configuration(body: &[u8]) -> Outcome<(Value, Vec<String>)> {
    // JSON is YAML too; what occurs twice is named by its line.
    if let Ok((mut config @ Value::Object(_), duplicates)) = untyped::parse(body)
        && duplicates.is_empty()
    {
        // YAML does not distinguish 2.0 from 2.
        whole_numbers(&mut config);
        return Ok((config, duplicates));
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

/// Applies `fieldValidation` to the complaints about the configuration; unknown members have been refused already.
///
/// # Errors
/// 400 if the client asks for strict validation.
pub(super) fn field_validation(call: &Call<'_>, complaints: Vec<String>) -> Outcome<Vec<String>> {
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
