//! Storage classes, claims and volumes (k8s.io/kubernetes/pkg/apis/storage/validation, pkg/apis/core/validation). Not
//! checked: volume sources, node affinity, data sources.
use super::check::{self, list, text};
use crate::base::{
    field_error::FieldError,
    names::{self, NameRule},
    object,
};
use serde_json::{Map, Value, json};

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// Adds the finalizer that keeps a claim or a volume while it is in use (the admission plugin
/// `StorageObjectInUseProtection`).
pub(crate) fn protect(object: &mut Map<String, Value>, finalizer: &str) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
    if let Some(list) = finalizers.as_array_mut().filter(|list| !list.iter().any(|found| found == finalizer)) {
        list.push(finalizer.into());
    }
}

/// Validates an object of these kinds, except its metadata.
pub(crate) fn validate(kind: &str, object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    match kind {
        "StorageClass" => class(object, old, errors),
        "PersistentVolumeClaim" => claim(object, old, errors),
        "PersistentVolume" => volume(object, errors),
        _ => {}
    }
}

fn class(class: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    if let Some(old) = old {
        for member in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            check::immutable(class, old, &format!("/{member}"), errors);
        }
        return;
    }
    let provisioner = text(class, "/provisioner");
    if provisioner.is_empty() {
        errors.push(FieldError::required("provisioner", ""));
    } else {
        let problems = names::qualified_name(&provisioner.to_ascii_lowercase()).into_iter();
        let shown = Value::from(provisioner.to_ascii_lowercase());
        errors.extend(problems.map(|why| FieldError::invalid("provisioner", &shown, why)));
    }
    check::one_of(class, "/reclaimPolicy", "", &["Delete", "Retain"], errors);
    check::one_of(class, "/volumeBindingMode", "", &["Immediate", "WaitForFirstConsumer"], errors);
}

fn access_modes(object: &Value, detail: &str, errors: &mut Vec<FieldError>) {
    let modes = list(object, "/spec/accessModes");
    if modes.is_empty() {
        errors.push(FieldError::required("spec.accessModes", detail));
    }
    let known = ACCESS_MODES.map(Value::from);
    for mode in modes.iter().filter(|mode| !known.contains(mode)) {
        errors.push(FieldError::not_supported("spec.accessModes", mode, &known.each_ref()));
    }
    let once = modes.iter().any(|mode| mode == "ReadWriteOncePod");
    if once && modes.iter().any(|mode| mode != "ReadWriteOncePod" && known.contains(mode)) {
        let why = "may not use ReadWriteOncePod with other access modes";
        errors.push(FieldError::forbidden("spec.accessModes", why));
    }
}

fn claim(claim: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    access_modes(claim, "at least 1 access mode is required", errors);
    check::label_selector(claim.pointer("/spec/selector"), "spec.selector", errors);
    if claim.pointer("/spec/resources/requests/storage").is_none() {
        errors.push(FieldError::required("spec.resources[storage]", ""));
    }
    let class = text(claim, "/spec/storageClassName");
    if !class.is_empty() {
        check::name(class, NameRule::Subdomain, "spec.storageClassName", errors);
    }
    check::one_of(claim, "/spec/volumeMode", "", &["Block", "Filesystem"], errors);
    if let Some(old) = old {
        claim_update(claim, old, errors);
    }
}

/// A claim gets its volume and its class once; a bound one may ask for more.
fn claim_update(claim: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let spec = |claim: &Value| claim.get("spec").cloned().unwrap_or_default();
    let (mut new, mut before) = (spec(claim), spec(old));
    let bound = text(claim, "/status/phase") == "Bound";
    let mut same = |member: &str| {
        for spec in [&mut new, &mut before] {
            spec.as_object_mut().into_iter().for_each(|spec| drop(spec.remove(member)));
        }
    };
    if text(old, "/spec/volumeName").is_empty() {
        same("volumeName");
    }
    if old.pointer("/spec/storageClassName").is_none() {
        same("storageClassName");
    }
    if bound {
        same("resources");
        same("volumeAttributesClassName");
    }
    if new != before {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
            bound claims";
        errors.push(FieldError::forbidden("spec", why));
    }
}

fn volume(volume: &Value, errors: &mut Vec<FieldError>) {
    access_modes(volume, "", errors);
    let capacity = volume.pointer("/spec/capacity").and_then(Value::as_object);
    if capacity.is_none_or(Map::is_empty) {
        errors.push(FieldError::required("spec.capacity", ""));
    }
    if capacity.is_none_or(|found| !found.contains_key("storage") || found.len() > 1) {
        let shown = capacity.cloned().map_or(Value::Null, Value::from);
        errors.push(FieldError::not_supported("spec.capacity", &shown, &[&"storage".into()]));
    }
    let policies = ["Delete", "Recycle", "Retain"];
    check::one_of(volume, "/spec/persistentVolumeReclaimPolicy", "", &policies, errors);
    check::one_of(volume, "/spec/volumeMode", "", &["Block", "Filesystem"], errors);
    let plain = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let members = volume.get("spec").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let sources: Vec<_> = members.filter(|member| !plain.contains(&member.as_str())).collect();
    if sources.is_empty() {
        errors.push(FieldError::required("spec", "must specify a volume type"));
    }
    for further in sources.iter().skip(1) {
        let why = "may not specify more than 1 volume type";
        errors.push(FieldError::forbidden(format!("spec.{further}"), why));
    }
    let class = text(volume, "/spec/storageClassName");
    if !class.is_empty() {
        check::name(class, NameRule::Subdomain, "spec.storageClassName", errors);
    }
}

/// The default class of claims that name none: the newest with the annotation, then the first by name
/// (k8s.io/kubernetes/plugin/pkg/admission/storage/storageclass/setdefault).
pub(crate) fn default_class<'a>(classes: impl Iterator<Item = &'a Value>) -> Option<&'a str> {
    const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
    const BETA: &str = "storageclass.beta.kubernetes.io/is-default-class";
    let annotation = |class: &Value, name: &str| {
        class.pointer("/metadata/annotations").and_then(|all| all.get(name)).is_some_and(|found| found == "true")
    };
    let defaults = classes.filter(|class| annotation(class, DEFAULT) || annotation(class, BETA));
    let created = |class: &'a Value| object::meta_str(class, "creationTimestamp");
    let name = |class: &'a Value| object::meta_str(class, "name");
    defaults
        .max_by(|a, b| created(a).cmp(created(b)).then_with(|| name(b).cmp(name(a))))
        .map(|class| object::meta_str(class, "name"))
}
