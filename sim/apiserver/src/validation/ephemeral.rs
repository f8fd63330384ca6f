//! Pods: their ephemeral containers (k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodEphemeralContainersUpdate).
use super::check::{list, text};
use crate::base::field_error::FieldError;
use crate::base::go_text::quoted;
use serde_json::Value;

/// Validates an update through the subresource `ephemeralcontainers`: existing ones stay as they are.
pub(crate) fn validate(pod: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let field = |i: usize, member: &str| format!("spec.ephemeralContainers[{i}].{member}");
    let new = list(pod, "/spec/ephemeralContainers");
    let others = ["/spec/containers", "/spec/initContainers"].into_iter().flat_map(|of| list(pod, of));
    let mut names: Vec<&str> = others.map(|container| text(container, "/name")).collect();
    for (i, container) in new.iter().enumerate() {
        let name = text(container, "/name");
        if name.is_empty() {
            errors.push(FieldError::required(field(i, "name"), ""));
        } else if names.contains(&name) {
            errors.push(FieldError::duplicate(field(i, "name"), &name.into()));
        }
        names.push(name);
        if text(container, "/image").is_empty() {
            errors.push(FieldError::required(field(i, "image"), ""));
        }
        let target = text(container, "/targetContainerName");
        let known = list(pod, "/spec/containers").iter().any(|container| text(container, "/name") == target);
        if !target.is_empty() && !known {
            errors.push(FieldError::not_found(field(i, "targetContainerName"), &target.into()));
        }
        for member in ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] {
            if container.get(member).is_some() {
                let why = "cannot be set for an Ephemeral Container";
                errors.push(FieldError::forbidden(field(i, member), why));
            }
        }
    }
    let before = old.map(|old| list(old, "/spec/ephemeralContainers")).unwrap_or_default();
    for container in before {
        let name = text(container, "/name");
        let forbidden = |why: String| FieldError::forbidden("spec.ephemeralContainers", why);
        match new.iter().find(|found| text(found, "/name") == name) {
            None => errors.push(forbidden(format!(
                "existing ephemeral containers {name} may not be removed\n",
                name = quoted(name)
            ))),
            Some(found) if found != container => {
                errors.push(forbidden(format!(
                    "existing ephemeral containers {name} may not be changed\n",
                    name = quoted(name)
                )));
            }
            Some(_) => {}
        }
    }
}
