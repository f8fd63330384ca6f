//! Webhook configurations (k8s.io/kubernetes/pkg/apis/admissionregistration/{v1/defaults.go,validation/validation.go}).
//!
//! Not checked: the syntax of URLs and paths.
use super::{admission_policies, check::label_selector, mutating_policies, rules};
use crate::base::{
    field_error::FieldError,
    json::{list, text},
    names::NameRule,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Fills in the defaults of each webhook.
pub(crate) fn default(kind: &str, configuration: &mut Map<String, Value>) {
    admission_policies::default(configuration);
    for webhook in configuration.get_mut("webhooks").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(webhook) = webhook.as_object_mut() else { continue };
        let mut defaults = vec![
            ("failurePolicy", json!("Fail")),
            ("matchPolicy", json!("Equivalent")),
            ("namespaceSelector", json!({})),
            ("objectSelector", json!({})),
            ("timeoutSeconds", json!(10)),
            ("clientConfig", json!({})),
        ];
        if kind.starts_with("Mutating") {
            defaults.push(("reinvocationPolicy", json!("Never")));
        }
        for (member, value) in defaults {
            webhook.entry(member).or_insert(value);
        }
        for rule in webhook.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(rule) = rule.as_object_mut() else { continue };
            rule.entry("scope").or_insert_with(|| "*".into());
        }
        if let Some(service) = webhook["clientConfig"].get_mut("service").and_then(Value::as_object_mut) {
            service.entry("port").or_insert(json!(443));
        }
    }
}

/// Validates a configuration, a policy or a binding, except its metadata.
pub(crate) fn validate(
    kind: &str,
    object: &Value,
    old: Option<&Value>,
    subresource: &str,
    errors: &mut Vec<FieldError>,
) {
    match kind {
        "ValidatingAdmissionPolicy" => admission_policies::validate(object, old, subresource, errors),
        "ValidatingAdmissionPolicyBinding" => admission_policies::validate_binding(object, errors),
        "MutatingAdmissionPolicy" => mutating_policies::validate(object, old, errors),
        "MutatingAdmissionPolicyBinding" => mutating_policies::validate_binding(object, errors),
        _ => validate_configuration(object, old, errors),
    }
}

fn validate_configuration(configuration: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let conditions = |configuration: &Value| -> Vec<Option<Value>> {
        list(configuration, "webhooks").iter().map(|webhook| webhook.get("matchConditions").cloned()).collect()
    };
    let same_conditions = old.is_some_and(|old| conditions(old) == conditions(configuration));
    let mut names = BTreeSet::new();
    for (index, webhook) in list(configuration, "webhooks").iter().enumerate() {
        let path = format!("webhooks[{index}]");
        let name = text(webhook, "name");
        validate_webhook(webhook, &path, errors);
        if !same_conditions {
            admission_policies::conditions(webhook, &format!("{path}.matchConditions"), false, errors);
        }
        let versions = list(webhook, "admissionReviewVersions");
        let field = format!("{path}.admissionReviewVersions");
        if versions.is_empty() {
            errors.push(FieldError::required(field, "must specify one of v1, v1beta1"));
        } else if !versions.iter().any(|v| v == "v1" || v == "v1beta1") {
            let detail = "must include at least one of v1, v1beta1";
            errors.push(FieldError::invalid(field, &webhook["admissionReviewVersions"], detail));
        }
        if !names.insert(name) {
            errors.push(FieldError::duplicate(format!("{path}.name"), &name.into()));
        }
    }
}

fn validate_webhook(webhook: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let field = |member: &str| format!("{path}.{member}");
    validate_name(text(webhook, "name"), &field("name"), errors);
    for (index, rule) in list(webhook, "rules").iter().enumerate() {
        rules::validate(rule, &format!("{path}.rules[{index}]"), errors);
    }
    one_of(webhook, path, "failurePolicy", &["Fail", "Ignore"], errors);
    one_of(webhook, path, "matchPolicy", &["Equivalent", "Exact"], errors);
    if webhook["sideEffects"].is_null() {
        errors.push(FieldError::required(field("sideEffects"), "must specify one of None, NoneOnDryRun"));
    } else {
        one_of(webhook, path, "sideEffects", &["None", "NoneOnDryRun"], errors);
    }
    if !webhook["timeoutSeconds"].as_i64().is_some_and(|seconds| (1..=30).contains(&seconds)) {
        let detail = "the timeout value must be between 1 and 30 seconds";
        errors.push(FieldError::invalid(field("timeoutSeconds"), &webhook["timeoutSeconds"], detail));
    }
    for member in ["namespaceSelector", "objectSelector"] {
        label_selector(webhook.get(member), &format!("{path}.{member}"), errors);
    }
    one_of(webhook, path, "reinvocationPolicy", &["IfNeeded", "Never"], errors);
    let config = &webhook["clientConfig"];
    if config.get("url").is_some() == config.get("service").is_some() {
        errors.push(FieldError::required(field("clientConfig"), "exactly one of url or service is required"));
    }
    if let Some(service) = config.get("service") {
        let missing = ["name", "namespace"].into_iter().filter(|member| text(service, member).is_empty());
        errors.extend(missing.map(|member| FieldError::required(format!("{path}.clientConfig.service.{member}"), "")));
    }
}

/// Validates a name as k8s.io/apimachinery/pkg/util/validation, IsFullyQualifiedName, does.
fn validate_name(name: &str, field: &str, errors: &mut Vec<FieldError>) {
    if name.is_empty() {
        errors.push(FieldError::required(field, ""));
        return;
    }
    let shown = Value::from(name);
    let problems = NameRule::Subdomain.check(name);
    if !problems.is_empty() {
        errors.extend(problems.into_iter().map(|p| FieldError::invalid(field, &shown, p)));
    } else if name.split('.').count() < 3 {
        let detail = "should be a domain with at least three segments separated by dots";
        errors.push(FieldError::invalid(field, &shown, detail));
    }
}

fn one_of(object: &Value, path: &str, member: &str, known: &[&str], errors: &mut Vec<FieldError>) {
    let Some(found) = object.get(member).filter(|found| !known.iter().any(|known| *found == known)) else { return };
    let known: Vec<Value> = known.iter().map(|known| (*known).into()).collect();
    errors.push(FieldError::not_supported(format!("{path}.{member}"), found, &known.iter().collect::<Vec<_>>()));
}
