//! POST, and the creating half of PUT (k8s.io/apiserver/pkg/registry/rest/create.go).
use super::revision::body_revision;
use crate::{
    admission,
    base::{
        field_error::FieldError,
        json::whole_numbers,
        object,
        path::Path,
        request::Answer,
        status::{self, Outcome},
        timestamp,
    },
    codec::decode,
    extensions,
    registry::group::{ADMISSION, EXTENSIONS, RBAC},
    request::call::Call,
    server::state::ApiServer,
    validation::{self, metadata},
};
use serde_json::Value;

/// Number of generated names to try.
const NAME_ATTEMPTS: usize = 8;

/// Members that a POST drops and a creating PUT keeps (k8s.io/apiserver/pkg/registry/rest/meta.go,
/// WipeObjectMetaSystemFields).
const SYSTEM_FIELDS: [&str; 3] = ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"];

impl ApiServer {
    pub(crate) fn create(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        validation::options::validate_write(&call.options, "CreateOptions")?;
        let encoding = call.body_encoding()?;
        let decoded = decode::object(call.kind, encoding, call.body)?;
        let mut warnings = decode::field_validation(call.kind, &call.options.field_validation, decoded.complaints)?;
        let outcome = self.create_decoded(call, decoded.value, &mut warnings);
        // A refusal carries the warnings that were collected before it.
        outcome.map_err(|refusal| refusal.with_warnings(warnings))
    }

    fn create_decoded(&mut self, call: &Call<'_>, mut value: Value, warnings: &mut Vec<String>) -> Outcome<Answer> {
        for member in SYSTEM_FIELDS {
            object::metadata_mut(&mut value).remove(member);
        }
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        validation::warnings::drop_repeated_owners(&mut value, "", warnings);
        let prefix = object::meta_str(&value, "generateName").to_owned();
        let generated = object::meta_str(&value, "name").is_empty() && !prefix.is_empty();
        self.admit_create(call, object::meta_str(&value, "name"))?;
        validation::default(call.kind, &mut value);
        self.own_fields(call, None, &mut value);
        self.default_by_limits(call, &mut value);
        self.choose_storage_class(call, &mut value);
        self.admit_pod(call, &mut value, true)?;
        self.plugins().mutate(call, &mut value, None, warnings)?;
        self.check_limits(call, &value)?;
        // A dry run does not reach the version check, and shows the version.
        let mut revision = 0;
        if !call.options.is_dry_run() {
            // A version that is not a number passes for none.
            revision = body_revision(&value).unwrap_or_default();
            object::metadata_mut(&mut value).remove("resourceVersion");
        }
        if !generated {
            return self.create_prepared(call, value, revision, warnings);
        }
        for _ in 0..NAME_ATTEMPTS {
            let name = self.ids.name(&prefix);
            if self.store.get(call.resource(), &call.kind.key(call.namespace, &name)).is_none() {
                object::metadata_mut(&mut value).insert("name".into(), name.into());
                return self.create_prepared(call, value, revision, warnings);
            }
        }
        Err(status::no_unique_name(call.kind.subject(), &prefix))
    }

    /// Creates an object whose name and namespace are final and admitted, whose defaults are filled in and whose fields
    /// have owners. `revision` is the version in the body of a POST.
    pub(crate) fn create_prepared(
        &mut self,
        call: &Call<'_>,
        mut value: Value,
        revision: u64,
        warnings: &mut Vec<String>,
    ) -> Outcome<Answer> {
        validation::default_spec(call.kind, &mut value);
        self.check_grant(call, &value, None)?;
        self.prepare_for_create(call, &mut value);
        let errors = self.validate_new(call, &value);
        let name = object::meta_str(&value, "name").to_owned();
        if !errors.is_empty() {
            let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
            let subject = status::Subject { group: call.kind.invalid_group(), kind };
            return Err(status::invalid(subject, &name, &errors));
        }
        if call.kind.custom {
            validation::warnings::finalizers(&value, None, warnings);
        }
        if revision != 0 {
            return Err(status::bare_error("resourceVersion should not be set on objects to be created"));
        }
        admission::check_simulated(call.kind, &value)?;
        if call.kind.group == EXTENSIONS {
            extensions::validation::check_simulated(&value, &self.registry)?;
            extensions::validation::formats::warn(&value, None, warnings);
        }
        self.plugins().review_write(call, &value, None, warnings)?;
        if call.kind.custom {
            whole_numbers(&mut value);
        }
        let key = call.kind.key(call.namespace, &name);
        let existing = self.store.get(call.resource(), &key).map(|existing| existing.is_terminating());
        let exists = |terminating| Err(status::already_exists(call.kind.subject(), &name, terminating));
        if call.options.is_dry_run() {
            existing.map_or(Ok(()), exists)?;
            let value = self.read_back(call, value)?;
            return Ok(call.value_answer(201, &value, warnings));
        }
        // A dry run shows this member, but it is not stored.
        object::metadata_mut(&mut value).remove("selfLink");
        let prepared = self.prepare(call, value)?;
        existing.map_or(Ok(()), exists)?;
        let object = self.commit(call, &key, prepared)?;
        Ok(call.object_answer(201, &object, warnings))
    }

    /// Gives a claim that names no class the default one (the admission plugin `DefaultStorageClass`).
    fn choose_storage_class(&self, call: &Call<'_>, value: &mut Value) {
        let is_claim = call.kind.kind == "PersistentVolumeClaim" && !call.kind.custom;
        if !is_claim || value.pointer("/spec/storageClassName").is_some() {
            return;
        }
        let Some(classes) = self.registry.find("storage.k8s.io", "v1", "storageclasses") else { return };
        let all = self.store.range_at(classes.id, "", None, self.store.revision());
        let class = validation::storage::default_class(all.map(|class| &*class.value)).map(str::to_owned);
        if let (Some(class), Some(spec)) = (class, value.get_mut("spec").and_then(Value::as_object_mut)) {
            spec.insert("storageClassName".into(), class.into());
        }
    }

    fn prepare_for_create(&mut self, call: &Call<'_>, value: &mut Value) {
        let uid = self.ids.uid();
        let meta = object::metadata_mut(value);
        meta.insert("uid".into(), uid.into());
        meta.insert("creationTimestamp".into(), timestamp::seconds(call.now).into());
        if call.kind.generation.starts() {
            meta.insert("generation".into(), 1.into());
        }
        validation::lease::drop_disabled(call.kind, value);
        if !call.kind.custom {
            validation::workloads::count_template(&call.kind.kind, value, None);
        }
        let Some(map) = value.as_object_mut() else { return };
        if call.kind.custom && call.kind.has_status {
            map.remove("status");
        } else if !call.kind.custom && !validation::core::prepare_new(&call.kind.kind, map) {
            validation::strategy::prepare_new(call.kind, map, call.user, call.now);
        }
    }

    fn validate_new(&self, call: &Call<'_>, value: &Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        metadata::validate(value, call.kind.name_rule, call.kind.has_core_metadata(), &mut errors);
        self.validate_content(call, value, None, &mut errors);
        errors
    }

    /// Validates an object apart from its metadata, and the schema's restrictions on its metadata.
    pub(crate) fn validate_content(
        &self,
        call: &Call<'_>,
        value: &Value,
        old: Option<&Value>,
        errors: &mut Vec<FieldError>,
    ) {
        let kind = call.kind;
        let Some(schema) = &kind.schema else {
            match (kind.kind.as_str(), old) {
                ("Lease", _) => validation::lease::validate(value, errors),
                (name, old) if kind.group == RBAC => validation::rbac::validate(name, value, old, errors),
                ("Namespace", _) => validation::namespace::validate(value, call.subresource, errors),
                (name, old) if kind.group == ADMISSION => {
                    validation::webhooks::validate(name, value, old, call.subresource, errors);
                }
                (_, old) if kind.group == EXTENSIONS => {
                    extensions::validation::validate(value, old, call.subresource, errors)
                }
                ("Secret", old) => validation::secret::validate(value, old, errors),
                ("Event", None) => validation::event::validate(value, call.through(), errors),
                ("Event", Some(old)) => validation::event::validate_update(value, old, call.through(), errors),
                _ if validation::strategy::validate(kind, value, old, call.subresource, errors) => {}
                (name, None) => validation::core::validate(name, value, errors),
                (name, Some(old)) => validation::core::validate_update(name, value, old, errors),
            }
            return;
        };
        if let Some(found) = value.get("kind").filter(|found| *found != kind.kind.as_str()) {
            errors.push(FieldError::invalid("kind", found, format_args!("must be {}", kind.kind)));
        }
        if let Some(found) = value.get("apiVersion").filter(|found| *found != kind.api_version.as_str()) {
            errors.push(FieldError::invalid("apiVersion", found, format_args!("must be {}", kind.api_version)));
        }
        if call.subresource == "status" {
            let before = old.and_then(|o| o.get("status"));
            if let (Some(schema), Some(status)) = (schema.property("status"), value.get("status")) {
                schema.validate_status(status, before, errors);
            }
        } else {
            schema.validate_object(value, old, errors);
        }
        schema.validate_embedded(value, &Path::Root, &metadata::validate_embedded, errors);
        schema.validate_lists(value, old, errors);
        if schema.has_rules() && errors.iter().any(FieldError::blocks_rules) {
            let detail = "null: some validation rules were not checked because the object was invalid; correct \
                the existing errors to complete validation";
            errors.push(FieldError::invalid_hidden("", detail));
            return;
        }
        schema.validate_rules(value, old, &Path::Root, errors);
    }
}
