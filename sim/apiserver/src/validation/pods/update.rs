//! Updates of a pod: almost all of its spec is fixed (k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodUpdate).
//!
//! The real server's message ends with a difference in Go's syntax, which is left out.
use crate::{base::field_error::FieldError, validation::check::list};
use serde_json::{Value, json};

const FIXED: &str = "pod updates may not change fields other than \
    `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only \
    additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
    previously negative)\n";

/// Validates an update of the whole pod.
pub(crate) fn validate(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    for member in ["containers", "initContainers"] {
        let pointer = format!("/spec/{member}");
        if list(pod, &pointer).len() != list(old, &pointer).len() {
            let why = "pod updates may not add or remove containers";
            errors.push(FieldError::forbidden(format!("spec.{member}"), why));
            return;
        }
    }
    deadline(pod, old, errors);
    let tolerations = list(pod, "/spec/tolerations");
    for toleration in list(old, "/spec/tolerations").iter().filter(|toleration| !tolerations.contains(toleration)) {
        let same = |other: &&Value| ["key", "operator", "value", "effect"].iter().all(|m| other[*m] == toleration[*m]);
        if !tolerations.iter().any(|other| same(&other)) {
            let why = "existing toleration can not be modified except its tolerationSeconds";
            errors.push(FieldError::forbidden("spec.tolerations", why));
        }
    }
    let mut free = pod["spec"].clone();
    for member in ["activeDeadlineSeconds", "tolerations"] {
        restore(&mut free, &old["spec"], member);
    }
    for member in ["containers", "initContainers"] {
        let before = list(old, &format!("/spec/{member}"));
        let containers = free.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten();
        for (container, before) in containers.zip(before) {
            restore(container, before, "image");
        }
    }
    let negative = old["spec"]["terminationGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds < 0);
    if negative && free["terminationGracePeriodSeconds"] == json!(1) {
        restore(&mut free, &old["spec"], "terminationGracePeriodSeconds");
    }
    if free != old["spec"] {
        errors.push(FieldError::forbidden("spec", FIXED));
    }
}

/// A deadline may be set, and come nearer.
fn deadline(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let field = "spec.activeDeadlineSeconds";
    match (pod["spec"]["activeDeadlineSeconds"].as_i64(), old["spec"]["activeDeadlineSeconds"].as_i64()) {
        (Some(new), Some(old)) if new > old => {
            let why = "must be less than or equal to previous value";
            errors.push(FieldError::invalid(field, &new.into(), why));
        }
        (None, Some(_)) => {
            let why = "must not update from a positive integer to nil value";
            errors.push(FieldError::invalid(field, &Value::Null, why));
        }
        _ => {}
    }
}

fn restore(object: &mut Value, old: &Value, member: &str) {
    let Some(map) = object.as_object_mut() else { return };
    match old.get(member) {
        Some(before) => map.insert(member.to_owned(), before.clone()),
        None => map.remove(member),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_may_change() {
        let pod = json!({"spec": {"containers": [{"name": "c", "image": "a"}], "nodeName": "n"}});
        let fields = |new: &Value| {
            let mut errors = Vec::new();
            validate(new, &pod, &mut errors);
            errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        let mut new = pod.clone();
        new["spec"]["containers"][0]["image"] = json!("b");
        assert!(fields(&new).is_empty());
        new["spec"]["nodeName"] = json!("m");
        assert_eq!(fields(&new), ["spec"]);
        new["spec"]["containers"] = json!([]);
        assert_eq!(fields(&new), ["spec.containers"]);
    }
}
