//! SubjectAccessReview and its variants: whether a user may do something
//! (k8s.io/kubernetes/pkg/apis/authorization/validation, pkg/registry/authorization/util).
//!
//! Selectors in resource attributes are validated and passed on, but RBAC rules ignore them.
use crate::{
    access::{
        authorizer::{Attributes, Verdict},
        user::User,
    },
    base::{field_error::FieldError, object},
};
use http::HeaderMap;
use serde_json::{Value, json};

/// Validates a review of this kind.
pub(crate) fn validate(kind: &str, review: &Value, errors: &mut Vec<FieldError>) {
    let spec = &review["spec"];
    let (resource, path) = (spec.get("resourceAttributes"), spec.get("nonResourceAttributes"));
    let shown = |path: &Value| format!("{{\"Path\":{},\"Verb\":{}}}", text(path, "path"), text(path, "verb"));
    match (resource, path) {
        (Some(_), Some(path)) => {
            let detail = format!("{}: cannot be specified in combination with resourceAttributes", shown(path));
            errors.push(FieldError::invalid_hidden("spec.nonResourceAttributes", detail));
        }
        (None, None) => {
            let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            errors.push(FieldError::invalid("spec.resourceAttributes", &Value::Null, detail));
        }
        _ => {}
    }
    let nobody = spec.get("user").is_none() && spec.get("groups").is_none();
    if kind != "SelfSubjectAccessReview" && nobody {
        let detail = "at least one of user or group must be specified";
        errors.push(FieldError::invalid("spec.user", &"".into(), detail));
    }
    for selector in ["fieldSelector", "labelSelector"] {
        if let Some(found) = resource.and_then(|resource| resource.get(selector)) {
            validate_selector(found, &format!("spec.resourceAttributes.{selector}"), errors);
        }
    }
    let local = kind == "LocalSubjectAccessReview";
    let allowed = |member: &String| local && member == "namespace";
    if object::metadata(review).is_some_and(|meta| !meta.keys().all(allowed)) {
        let detail = if local { "must be empty except for namespace" } else { "must be empty" };
        errors.push(FieldError::invalid("metadata", &review["metadata"], detail));
    }
    if local {
        let namespace = text(resource.unwrap_or(&Value::Null), "namespace");
        if resource.is_some() && namespace != object::meta_str(review, "namespace") {
            let detail = "must match metadata.namespace";
            errors.push(FieldError::invalid("spec.resourceAttributes.namespace", &namespace, detail));
        }
        if let Some(path) = path {
            let detail = format!("{}: disallowed on this kind of request", shown(path));
            errors.push(FieldError::invalid_hidden("spec.nonResourceAttributes", detail));
        }
    }
}

fn validate_selector(selector: &Value, path: &str, errors: &mut Vec<FieldError>) {
    match (selector.get("rawSelector"), selector.get("requirements")) {
        (Some(raw), Some(_)) => {
            let detail = "may not specified at the same time as requirements";
            errors.push(FieldError::invalid(format!("{path}.rawSelector"), raw, detail));
        }
        (None, None) => {
            let detail = format!("when {path} is specified, requirements or rawSelector is required");
            errors.push(FieldError::required(format!("{path}.requirements"), &detail));
        }
        _ => {}
    }
}

/// A string member as JSON; empty if absent.
fn text(object: &Value, member: &str) -> Value {
    object.get(member).cloned().unwrap_or_else(|| "".into())
}

/// The user that a review asks about.
pub(crate) fn subject(review: &Value) -> User {
    let spec = &review["spec"];
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let text = |member: &str| spec.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let extra = spec.get("extra").and_then(Value::as_object).into_iter().flatten();
    User {
        name: text("user"),
        uid: text("uid"),
        groups: texts(&spec["groups"]),
        extra: extra.map(|(name, values)| (name.clone(), texts(values))).collect(),
    }
}

/// The request that a review asks about.
pub(crate) fn attributes<'a>(spec: &'a Value, actor: u32, headers: &'a HeaderMap) -> Attributes<'a> {
    let resource = spec.get("resourceAttributes");
    let asked = resource.or_else(|| spec.get("nonResourceAttributes")).unwrap_or(&Value::Null);
    let text = |member: &str| asked.get(member).and_then(Value::as_str).unwrap_or_default();
    Attributes {
        actor,
        user: None,
        headers,
        verb: text("verb"),
        group: text("group"),
        resource: text("resource"),
        subresource: text("subresource"),
        namespace: text("namespace"),
        name: text("name"),
        path: text("path"),
    }
}

pub(crate) fn status(verdict: &Verdict) -> Value {
    let mut status = json!({"allowed": verdict.allowed});
    if !verdict.reason.is_empty() {
        status["reason"] = verdict.reason.as_str().into();
    }
    status
}
