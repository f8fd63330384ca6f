//! PUT, and the code that PUT and PATCH share (k8s.io/apiserver/pkg/registry/rest/update.go,
//! pkg/registry/generic/registry/store.go).
use super::{namespace::is_held, revision::body_revision};
use crate::{
    admission,
    apply::managed_fields::entries,
    base::{
        field_error::FieldError,
        json::whole_numbers,
        object::{self, Object},
        request::Answer,
        status::{self, Outcome},
    },
    codec::{
        decode::{self, Decoded, known_spec},
        negotiation::Encoding,
    },
    extensions::{self, defaults},
    registry::{group::EXTENSIONS, scheme},
    request::call::Call,
    server::state::ApiServer,
    structured_merge::element::Element,
    validation::{self, metadata},
};
use serde_json::{Value, json};
use std::sync::Arc;

impl ApiServer {
    pub(crate) fn update(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        validation::options::validate_write(&call.options, "UpdateOptions")?;
        let decoded = self.decode_update(call)?;
        let mut warnings = decode::field_validation(call.kind, &call.options.field_validation, decoded.complaints)?;
        let outcome = self.update_decoded(call, decoded.value, &mut warnings);
        // A refusal carries the warnings that were collected before it.
        outcome.map_err(|refusal| refusal.with_warnings(warnings))
    }

    fn update_decoded(&mut self, call: &Call<'_>, mut value: Value, warnings: &mut Vec<String>) -> Outcome<Answer> {
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        decode::check_name(call.name, &value)?;
        validation::warnings::drop_repeated_owners(&mut value, "", warnings);
        validation::default(call.kind, &mut value);
        let current = self.current(call)?;
        if current.is_none() && !call.kind.create_on_update {
            return Err(call.not_found());
        }
        check_uid(call, object::meta_str(&value, "uid"), current.as_deref())?;
        match current {
            Some(current) => {
                self.own_fields(call, Some(&current.value), &mut value);
                self.replace(call, &current, value, warnings)
            }
            None if call.kind.create_on_update && call.subresource.is_empty() => {
                // The object does not exist, so the version in the body is not compared.
                body_revision(&value)?;
                self.admit_create(call, call.name)?;
                self.own_fields(call, None, &mut value);
                self.plugins().mutate(call, &mut value, None, warnings)?;
                self.create_prepared(call, value, 0, warnings)
            }
            None => Err(call.not_found()),
        }
    }

    /// Decodes the body. A status update repeats the spec, which it cannot change: usually byte for byte as the server
    /// sent it, and then the spec needs no check.
    fn decode_update(&self, call: &Call<'_>) -> Outcome<Decoded> {
        let encoding = call.body_encoding()?;
        let repeats = encoding == Encoding::Json && call.subresource == "status" && !call.kind.is_view();
        let current = self.store.get(call.resource(), &call.key()).filter(|_| repeats);
        let short = current.and_then(|current| known_spec::left_out(call.body, current.json()));
        let decoded = short.and_then(|short| decode::object(call.kind, encoding, &short).ok());
        decoded.map_or_else(|| decode::object(call.kind, encoding, call.body), Ok)
    }

    /// Replaces `current` by `value`, unless that is not allowed or would change nothing.
    pub(crate) fn replace(
        &mut self,
        call: &Call<'_>,
        current: &Arc<Object>,
        mut value: Value,
        warnings: &mut Vec<String>,
    ) -> Outcome<Answer> {
        let kind = call.kind;
        self.admit_pod(call, &mut value, false)?;
        self.plugins().mutate(call, &mut value, Some(&current.value), warnings)?;
        validation::default_spec(kind, &mut value);
        self.check_grant(call, &value, Some(&current.value))?;
        let named = body_revision(&value)?;
        if named == 0 && !kind.unconditional_update {
            let detail = "must be specified for an update";
            let error = FieldError::invalid("metadata.resourceVersion", &json!(0), detail);
            return Err(status::invalid(kind.subject(), call.name, &[error]));
        }
        if named != 0 && named != current.revision {
            return Err(status::modified(kind.subject(), call.name));
        }
        // Not stored, but part of an answer that is not read back from the store: of a dry run, and of the end of a
        // deletion.
        let link = object::metadata_mut(&mut value).remove("selfLink").filter(|_| call.subresource.is_empty());
        prepare_for_update(call, &mut value, &current.value);
        let mut errors = Vec::new();
        metadata::validate_update(&value, &current.value, kind, call.subresource, &mut errors);
        self.validate_content(call, &value, Some(&current.value), &mut errors);
        if !errors.is_empty() {
            let found = value.get("kind").and_then(Value::as_str).unwrap_or_default();
            // A custom resource may claim to be of another group.
            let version = value.get("apiVersion").and_then(Value::as_str).filter(|_| kind.custom);
            let group = version.map_or(kind.invalid_group(), |version| scheme::group_version(version).0);
            return Err(status::invalid(status::Subject { group, kind: found }, call.name, &errors));
        }
        admission::check_simulated(kind, &value)?;
        if kind.group == EXTENSIONS && call.subresource.is_empty() {
            extensions::validation::check_simulated(&value, &self.registry)?;
            extensions::validation::formats::warn(&value, Some(&current.value), warnings);
        }
        self.plugins().review_write(call, &value, Some(&current.value), warnings)?;
        if kind.custom && call.subresource.is_empty() {
            validation::warnings::finalizers(&value, Some(&current.value), warnings);
        }
        if kind.custom {
            whole_numbers(&mut value);
        }
        let key = kind.key(call.namespace, call.name);
        if is_gone(call, &value) {
            if !call.options.is_dry_run() {
                self.commit_delete(call.actor, call.resource(), &key);
            }
            object::metadata_mut(&mut value).extend(link.map(|link| ("selfLink".to_owned(), link)));
            return Ok(call.value_answer(200, &value, warnings));
        }
        if self.field_management {
            entries::keep_times_of_no_op(&mut value, &current.value);
        }
        if call.options.is_dry_run() {
            object::metadata_mut(&mut value).extend(link.map(|link| ("selfLink".to_owned(), link)));
            let value = self.read_back(call, value)?;
            return Ok(call.value_answer(200, &value, warnings));
        }
        self.store_update(call, current, value, warnings)
    }

    /// Stores the object that replaces `current`, unless that changes nothing.
    fn store_update(
        &mut self,
        call: &Call<'_>,
        current: &Arc<Object>,
        value: Value,
        warnings: &[String],
    ) -> Outcome<Answer> {
        if value == *current.value && call.kind.converter.is_none() {
            return Ok(call.object_answer(200, current, warnings));
        }
        self.encode_current(call, current)?;
        let prepared = self.prepare(call, value)?;
        if self.changes_nothing(call, &prepared) {
            return Ok(call.object_answer(200, current, warnings));
        }
        let object = self.commit(call, &call.key(), prepared)?;
        Ok(call.object_answer(200, &object, warnings))
    }
}

/// The uid in a body is a precondition; an absent object has no uid.
pub(crate) fn check_uid(call: &Call<'_>, wanted: &str, current: Option<&Object>) -> Outcome<()> {
    let found = current.map_or("", Object::uid);
    if wanted.is_empty() || wanted == found {
        return Ok(());
    }
    let key = call.kind.etcd_key(call.namespace, call.name);
    // A dry run does not reach the storage, which prepends its prefix to the key.
    let key = if call.options.is_dry_run() { key.trim_start_matches("/registry") } else { &key };
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    );
    Err(status::conflict(call.kind.subject(), call.name, &why))
}

/// Metadata that clients may send and the server ignores.
const SERVER_SET: [&str; 3] = ["creationTimestamp", "generation", "resourceVersion"];

/// Restores the members that a client cannot change from the stored object; a subresource changes only its own part.
fn prepare_for_update(call: &Call<'_>, value: &mut Value, old: &Value) {
    validation::lease::drop_disabled(call.kind, value);
    if validation::strategy::prepare_update(call.kind, value, old, call.subresource, call.now) {
        prepare_metadata(value, old);
        return;
    }
    match call.subresource {
        "status" if call.kind.custom => {
            keep_all_but_status(value, old);
            return;
        }
        "status" => {
            for path in call.kind.reset.status.paths() {
                reset(value, old, &path);
            }
            prepare_metadata(value, old);
            return;
        }
        "ephemeralcontainers" => {
            keep_all_but_ephemeral(value, old);
            return;
        }
        _ => {}
    }
    prepare_metadata(value, old);
    if call.kind.has_status {
        set(value, "status", old.get("status").cloned());
    }
    if call.kind.group == EXTENSIONS {
        value.as_object_mut().into_iter().for_each(defaults::note_stored_version);
    }
    if !call.kind.custom {
        validation::workloads::count_template(&call.kind.kind, value, Some(old));
    }
    if call.kind.kind == "Namespace" && !call.kind.custom {
        let own = if call.subresource == "finalize" { &*value } else { old };
        let finalizers = own.pointer("/spec/finalizers").filter(|list| list.as_array().is_some_and(|l| !l.is_empty()));
        let spec = finalizers.map_or_else(|| json!({}), |list| json!({"finalizers": list}));
        set(value, "spec", Some(spec));
        if let Some(namespace) = value.as_object_mut() {
            validation::namespace::label(namespace);
        }
    }
    if call.kind.generation.counts() && content_differs(value, old) {
        let next =
            object::metadata(old).and_then(|m| m.get("generation")).and_then(Value::as_i64).unwrap_or_default() + 1;
        object::metadata_mut(value).insert("generation".into(), next.into());
    }
}

/// Restores the metadata that only the server sets.
fn prepare_metadata(value: &mut Value, old: &Value) {
    let stored = object::metadata(old);
    let meta = object::metadata_mut(value);
    for member in SERVER_SET {
        match stored.and_then(|m| m.get(member)) {
            Some(stored) if meta.get(member) == Some(stored) => {}
            Some(stored) => {
                meta.insert(member.into(), stored.clone());
            }
            None => {
                meta.remove(member);
            }
        }
    }
    // A client cannot begin or end a deletion by an update; validation reports the attempt to begin one, and another
    // grace period.
    for member in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        if member == "deletionGracePeriodSeconds" && meta.contains_key(member) {
            continue;
        }
        if let Some(stored) = stored.and_then(|m| m.get(member)) {
            meta.insert(member.into(), stored.clone());
        }
    }
    if !meta.contains_key("uid") {
        meta.insert("uid".into(), object::meta_str(old, "uid").into());
    }
}

/// Restores a field from the stored object.
fn reset(value: &mut Value, old: &Value, path: &[Element]) {
    let [Element::Field(name), rest @ ..] = path else { return };
    match (rest, value.get_mut(name), old.get(name)) {
        ([], _, stored) => set(value, name, stored.cloned()),
        (_, Some(below), Some(stored)) => reset(below, stored, rest),
        _ => {}
    }
}

fn set_managed(value: &mut Value, managed: Option<Value>) {
    let metadata = object::metadata_mut(value);
    match managed {
        Some(managed) => metadata.insert("managedFields".into(), managed),
        None => metadata.remove("managedFields"),
    };
}

/// Restores everything but the status. A wrong kind is kept, so that it is refused. Equal members are not copied:
/// usually a patch changes nothing else. The field owners are those of this write.
fn keep_all_but_status(value: &mut Value, old: &Value) {
    let managed = object::metadata_mut(value).remove("managedFields");
    let (Some(map), Some(old)) = (value.as_object_mut(), old.as_object()) else { return };
    let own = |name: &str| matches!(name, "status" | "kind");
    map.retain(|name, _| own(name) || old.contains_key(name));
    for (name, stored) in old.iter().filter(|(name, _)| !own(name)) {
        if map.get(name) != Some(stored) {
            map.insert(name.clone(), stored.clone());
        }
    }
    set_managed(value, managed);
}

/// Restores everything but the ephemeral containers of a pod.
fn keep_all_but_ephemeral(value: &mut Value, old: &Value) {
    let managed = object::metadata_mut(value).remove("managedFields");
    let containers = value["spec"].as_object_mut().and_then(|spec| spec.remove("ephemeralContainers"));
    let changed = containers.as_ref() != old["spec"].get("ephemeralContainers");
    *value = old.clone();
    set(&mut value["spec"], "ephemeralContainers", containers);
    set_managed(value, managed);
    if changed {
        let generation = object::metadata(old).and_then(|meta| meta.get("generation")).and_then(Value::as_i64);
        object::metadata_mut(value).insert("generation".into(), (generation.unwrap_or_default() + 1).into());
    }
}

fn set(object: &mut Value, member: &str, value: Option<Value>) {
    let Some(map) = object.as_object_mut() else { return };
    match value {
        Some(value) => map.insert(member.into(), value),
        None => map.remove(member),
    };
}

/// Whether anything but metadata and status differs.
fn content_differs(new: &Value, old: &Value) -> bool {
    fn content(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
        let members = value.as_object().into_iter().flatten();
        members.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"))
    }
    !content(new).eq(content(old))
}

/// Whether the update removed the last finalizer from an object that is being deleted.
fn is_gone(call: &Call<'_>, value: &Value) -> bool {
    let held = call.kind.kind == "Namespace" && !call.kind.custom && is_held(value);
    // A pod whose grace period is not over stays.
    let period =
        object::metadata(value).and_then(|meta| meta.get("deletionGracePeriodSeconds")).and_then(Value::as_i64);
    let over = period.unwrap_or_default() == 0;
    object::is_terminating(value) && over && object::finalizers(value).is_empty() && !held
}
