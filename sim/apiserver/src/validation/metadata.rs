//! `ObjectMeta`: decoding as in Go, and validation on create and on update
//! (k8s.io/apimachinery/pkg/api/validation/objectmeta.go).
//!
//! Only the form of managedFields is checked here; the field manager handles their content.
use super::{options, owners};
use crate::base::go_text::quoted;
use crate::{
    base::{
        field_error::FieldError,
        names::{self, NameRule},
        object,
    },
    registry::{
        group::{ADMISSION, RBAC},
        kind::Kind,
    },
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Finalizers that may lack a domain.
pub(crate) const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// Maximum length of a subresource's name, in bytes.
const SUBRESOURCE_LIMIT: usize = 256;

/// Validates the metadata of an object to be created; `core` are the additional rules of Kubernetes' own kinds.
pub(crate) fn validate(value: &Value, rule: NameRule, core: bool, errors: &mut Vec<FieldError>) {
    validate_whole(value, rule, &errors_of_maps(value), errors);
    if core {
        standard_finalizers(value, errors);
    }
}

/// The rules for the metadata of every object (ValidateObjectMetaAccessor); `maps` are the errors of its maps.
fn validate_whole(value: &Value, rule: NameRule, maps: &[FieldError], errors: &mut Vec<FieldError>) {
    let name = object::meta_str(value, "name");
    let prefix = object::meta_str(value, "generateName");
    if !prefix.is_empty() {
        let shown = Value::from(prefix);
        let problems = rule.check_prefix(prefix).into_iter();
        errors.extend(problems.map(|p| FieldError::invalid("metadata.generateName", &shown, p)));
    }
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        let shown = || Value::from(name);
        errors.extend(rule.check(name).into_iter().map(|p| FieldError::invalid("metadata.name", &shown(), p)));
    }
    let generation = object::metadata(value).and_then(|meta| meta.get("generation"));
    if let Some(negative) = generation.filter(|n| n.as_i64().is_some_and(|n| n < 0)) {
        errors.push(FieldError::invalid("metadata.generation", negative, "must be greater than or equal to 0"));
    }
    errors.extend_from_slice(maps);
    owners::validate(value, errors);
    validate_finalizers(value, errors);
    validate_managers(value, errors);
}

/// Validates the metadata of an update, and that it changes nothing immutable. kube-apiserver validates the whole
/// metadata and the change for every kind (rest.BeforeUpdate), then what the kind's own strategy validates, and lists
/// each cause as often as it was found.
pub(crate) fn validate_update(new: &Value, old: &Value, kind: &Kind, subresource: &str, errors: &mut Vec<FieldError>) {
    let core = kind.has_core_metadata();
    let maps = errors_of_maps(new);
    let change = |errors: &mut Vec<FieldError>| {
        validate_change(new, old, &maps, errors);
        if core {
            standard_finalizers(new, errors);
        }
    };
    validate_whole(new, NameRule::PathSegment, &maps, errors);
    validate_change(new, old, &maps, errors);
    match Strategy::of(kind, subresource) {
        Strategy::Change => change(errors),
        Strategy::ChangeThenWhole => {
            change(errors);
            validate(new, kind.name_rule, core, errors);
        }
        Strategy::WholeThenChange => {
            validate(new, kind.name_rule, core, errors);
            change(errors);
        }
        Strategy::Whole => validate(new, kind.name_rule, core, errors),
        Strategy::Nothing => {}
    }
}

/// What a kind's own validation of an update covers (k8s.io/kubernetes/pkg/apis, the functions `Validate…Update`).
#[derive(Clone, Copy)]
enum Strategy {
    Change,
    ChangeThenWhole,
    WholeThenChange,
    Whole,
    Nothing,
}

impl Strategy {
    fn of(kind: &Kind, subresource: &str) -> Self {
        match kind.kind.as_str() {
            _ if kind.custom || !subresource.is_empty() => Self::Change,
            "ConfigMap" | "Secret" | "ServiceAccount" | "Pod" => Self::ChangeThenWhole,
            "Namespace" | "Node" | "Job" | "PersistentVolume" => Self::WholeThenChange,
            _ if kind.group == RBAC => Self::WholeThenChange,
            // Events of the core group are validated as before there was any common validation.
            "Event" if kind.group.is_empty() => Self::Nothing,
            "LimitRange" => Self::Whole,
            _ if kind.group == ADMISSION => Self::Whole,
            _ => Self::Change,
        }
    }
}

/// Validates the metadata of a resource inside of a resource, whose path is `field`: neither name nor namespace is
/// needed.
pub(crate) fn validate_embedded(resource: &Value, field: &str, errors: &mut Vec<FieldError>) {
    let mut found = Vec::new();
    for (member, rule) in
        [("generateName", NameRule::PathSegment), ("name", NameRule::PathSegment), ("namespace", NameRule::Label)]
    {
        let text = object::meta_str(resource, member);
        let problems = if text.is_empty() { Vec::new() } else { rule.check(text) };
        let problems = problems.into_iter();
        found.extend(problems.map(|p| FieldError::invalid(format!("metadata.{member}"), &Value::from(text), p)));
    }
    found.extend(errors_of_maps(resource));
    owners::validate(resource, &mut found);
    validate_finalizers(resource, &mut found);
    let placed = |error: FieldError| FieldError { field: error.field.replacen("metadata", field, 1), ..error };
    errors.extend(found.into_iter().map(placed));
}

fn validate_change(new: &Value, old: &Value, maps: &[FieldError], errors: &mut Vec<FieldError>) {
    if object::is_terminating(old) {
        let before = object::finalizers(old);
        let added: BTreeSet<_> = object::finalizers(new).into_iter().filter(|f| !before.contains(f)).collect();
        if !added.is_empty() {
            let list = added.iter().map(|f| quoted(f).to_string()).collect::<Vec<_>>().join(", ");
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"
            );
            errors.push(FieldError::forbidden("metadata.finalizers", detail));
        }
    }
    let uid = object::meta_str(new, "uid");
    if uid != object::meta_str(old, "uid") {
        errors.push(FieldError::invalid("metadata.uid", &Value::from(uid), "field is immutable"));
    }
    for member in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        let value = |object| object::metadata(object).and_then(|meta| meta.get(member));
        if value(new) != value(old) {
            let shown = value(new).unwrap_or(&Value::Null);
            errors.push(FieldError::invalid(format!("metadata.{member}"), shown, "field is immutable"));
        }
    }
    errors.extend_from_slice(maps);
    owners::validate(new, errors);
    validate_managers(new, errors);
}

/// Checks the names of finalizers, and that the two of the garbage collector are not combined.
fn validate_finalizers(value: &Value, errors: &mut Vec<FieldError>) {
    let finalizers = object::finalizers(value);
    for finalizer in &finalizers {
        let shown = Value::from(*finalizer);
        let problems = names::qualified_name(finalizer).into_iter();
        errors.extend(problems.map(|p| FieldError::invalid("metadata.finalizers", &shown, p)));
    }
    if ["orphan", "foregroundDeletion"].iter().all(|name| finalizers.contains(name)) {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid("metadata.finalizers", &Value::from(finalizers), detail));
    }
}

/// Checks that finalizers without a domain are Kubernetes' own (validateKubeFinalizerName).
fn standard_finalizers(value: &Value, errors: &mut Vec<FieldError>) {
    for (i, finalizer) in object::finalizers(value).into_iter().enumerate() {
        if !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(format!("metadata.finalizers[{i}]"), &finalizer.into(), detail));
        }
    }
}

/// Checks the names of the managers (k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateManagedFields); the field
/// manager has written the rest of each entry.
fn validate_managers(value: &Value, errors: &mut Vec<FieldError>) {
    let entries = object::metadata(value).and_then(|meta| meta.get("managedFields")).and_then(Value::as_array);
    let entries = entries.into_iter().flatten();
    for (i, entry) in entries.enumerate() {
        let text = |member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default();
        options::field_manager(text("manager"), &format!("metadata.managedFields[{i}].manager"), errors);
        if text("subresource").len() > SUBRESOURCE_LIMIT {
            let field = format!("metadata.managedFields[{i}].subresource");
            errors.push(FieldError::too_long(field, SUBRESOURCE_LIMIT as u64));
        }
    }
}

/// The errors of labels and annotations. An update lists them several times, so they are found once.
pub(crate) fn errors_of_maps(value: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let Some(meta) = object::metadata(value) else { return errors };
    if let Some(labels) = meta.get("labels").and_then(Value::as_object) {
        for (key, label) in labels {
            let shown = || Value::from(key.as_str());
            let problems = names::qualified_name(key).into_iter();
            errors.extend(problems.map(|p| FieldError::invalid("metadata.labels", &shown(), p)));
            let problems = names::label_value(label.as_str().unwrap_or_default()).into_iter();
            errors.extend(problems.map(|p| FieldError::invalid("metadata.labels", label, p)));
        }
    }
    if let Some(annotations) = meta.get("annotations").and_then(Value::as_object) {
        let mut size = 0;
        for (key, text) in annotations {
            size += key.len() + text.as_str().map_or(0, str::len);
            let shown = || Value::from(key.as_str());
            let problems = names::qualified_name(&key.to_lowercase()).into_iter();
            errors.extend(problems.map(|p| FieldError::invalid("metadata.annotations", &shown(), p)));
        }
        if size > ANNOTATIONS_LIMIT {
            errors.push(FieldError::too_long("metadata.annotations", ANNOTATIONS_LIMIT as u64));
        }
    }
    errors
}
