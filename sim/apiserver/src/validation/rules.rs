//! The rules of webhooks and policies: operations and resources
//! (k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go, validateRuleWithOperations).
use super::check;
use crate::base::{field_error::FieldError, json::list};
use serde_json::Value;
use std::collections::BTreeSet;

const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

/// Validates a rule with its operations.
pub(super) fn validate(rule: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let operations = list(rule, "operations");
    if operations.is_empty() {
        errors.push(FieldError::required(format!("{path}.operations"), ""));
    }
    if operations.len() > 1 && operations.iter().any(|o| o == "*") {
        let detail = "if '*' is present, must not specify other operations";
        errors.push(FieldError::invalid(format!("{path}.operations"), &rule["operations"], detail));
    }
    let known = OPERATIONS.map(Value::from);
    let unknown = operations.iter().enumerate().filter(|(_, operation)| !known.contains(operation));
    errors.extend(unknown.map(|(index, operation)| {
        FieldError::not_supported(format!("{path}.operations[{index}]"), operation, &known.each_ref())
    }));
    for (member, one) in [("apiGroups", "groups"), ("apiVersions", "versions")] {
        let values = list(rule, member);
        if values.is_empty() {
            errors.push(FieldError::required(format!("{path}.{member}"), ""));
        } else if values.len() > 1 && values.iter().any(|value| value == "*") {
            let detail = format!("if '*' is present, must not specify other API {one}");
            errors.push(FieldError::invalid(format!("{path}.{member}"), &rule[member], detail));
        }
        let empty = values.iter().enumerate().filter(|(_, value)| member == "apiVersions" && **value == "");
        errors.extend(empty.map(|(index, _)| FieldError::required(format!("{path}.{member}[{index}]"), "")));
    }
    validate_resources(rule, path, errors);
    check::one_of(rule, "/scope", &format!("{path}."), &["*", "Cluster", "Namespaced"], errors);
}

/// Validates the resources of a rule, each with its subresource: none may be part of another.
fn validate_resources(rule: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let resources = list(rule, "resources");
    let path = format!("{path}.resources");
    if resources.is_empty() {
        errors.push(FieldError::required(path.as_str(), ""));
    }
    let (mut all_below, mut in_all, mut plain) = (BTreeSet::new(), BTreeSet::new(), false);
    for (index, resource) in resources.iter().enumerate() {
        let (field, name) = (format!("{path}[{index}]"), resource.as_str().unwrap_or_default());
        if name.is_empty() {
            errors.push(FieldError::required(field, ""));
            continue;
        }
        let Some((above, below)) = name.split_once('/') else {
            plain = name != "*";
            continue;
        };
        let mut covered = |by: String| {
            let detail = format!("if '{by}' is present, must not specify {name}");
            errors.push(FieldError::invalid(field.as_str(), resource, detail));
        };
        if all_below.contains(above) {
            covered(format!("{above}/*"));
        }
        if in_all.contains(below) {
            covered(format!("*/{below}"));
        }
        if below == "*" {
            all_below.insert(above);
        }
        if above == "*" {
            in_all.insert(below);
        }
    }
    let has = |wanted: &str| resources.iter().any(|resource| resource == wanted);
    let mut wrong = |detail: &str| errors.push(FieldError::invalid(path.as_str(), &rule["resources"], detail));
    if resources.len() > 1 && has("*/*") {
        wrong("if '*/*' is present, must not specify other resources");
    }
    if has("*") && plain {
        wrong("if '*' is present, must not specify other resources without subresources");
    }
}
