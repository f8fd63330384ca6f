//! Roles and bindings (k8s.io/kubernetes/pkg/apis/rbac/{v1/defaults.go,validation/validation.go}).
use crate::{
    base::{field_error::FieldError, names::NameRule},
    registry::group::RBAC,
};
use serde_json::{Map, Value};

/// Fills in the API groups that a binding omits, and the rules, which are shown even if empty.
pub(crate) fn default(kind: &str, object: &mut Map<String, Value>) {
    if kind.ends_with("Role") {
        object.entry("rules").or_insert(Value::Null);
        return;
    }
    let group = |reference: &mut Map<String, Value>| {
        if reference.get("apiGroup").is_none_or(|group| *group == "") {
            reference.insert("apiGroup".into(), RBAC.into());
        }
    };
    object.get_mut("roleRef").and_then(Value::as_object_mut).into_iter().for_each(group);
    for subject in object.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(subject) = subject.as_object_mut() else { continue };
        if matches!(subject.get("kind").and_then(Value::as_str), Some("User" | "Group")) {
            group(subject);
        }
    }
}

/// Validates an object of the group, except its metadata.
pub(crate) fn validate(kind: &str, object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let cluster = kind.starts_with("Cluster");
    if kind.ends_with("Role") {
        for (index, rule) in list(object, "rules").iter().enumerate() {
            validate_rule(rule, cluster, &format!("rules[{index}]"), errors);
        }
        validate_aggregation(object, errors);
        return;
    }
    validate_role_ref(&object["roleRef"], cluster, errors);
    for (index, subject) in list(object, "subjects").iter().enumerate() {
        validate_subject(subject, cluster, &format!("subjects[{index}]"), errors);
    }
    if old.is_some_and(|old| old["roleRef"] != object["roleRef"]) {
        let role_ref = &object["roleRef"];
        let shown = format!(
            "{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}",
            role_ref["apiGroup"], role_ref["kind"], role_ref["name"]
        );
        errors.push(FieldError::invalid_hidden("roleRef", format_args!("{shown}: cannot change roleRef")));
    }
}

fn validate_rule(rule: &Value, cluster: bool, path: &str, errors: &mut Vec<FieldError>) {
    let is_empty = |member: &str| list(rule, member).is_empty();
    let required = |member: &str, detail: &str| FieldError::required(format!("{path}.{member}"), detail);
    if is_empty("verbs") {
        errors.push(required("verbs", "verbs must contain at least one value"));
    }
    if let Some(urls) = rule.get("nonResourceURLs") {
        let field = format!("{path}.nonResourceURLs");
        if !cluster {
            let detail = "namespaced rules cannot apply to non-resource URLs";
            errors.push(FieldError::invalid(field.as_str(), urls, detail));
        }
        if !["apiGroups", "resources", "resourceNames"].into_iter().all(is_empty) {
            let detail = "rules cannot apply to both regular resources and non-resource URLs";
            errors.push(FieldError::invalid(field, urls, detail));
        }
        return;
    }
    if is_empty("apiGroups") {
        errors.push(required("apiGroups", "resource rules must supply at least one api group"));
    }
    if is_empty("resources") {
        errors.push(required("resources", "resource rules must supply at least one resource"));
    }
}

fn validate_aggregation(role: &Value, errors: &mut Vec<FieldError>) {
    let Some(rule) = role.get("aggregationRule") else { return };
    if list(rule, "clusterRoleSelectors").is_empty() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        errors.push(FieldError::required("aggregationRule.clusterRoleSelectors", detail));
    }
}

fn validate_role_ref(role_ref: &Value, cluster: bool, errors: &mut Vec<FieldError>) {
    if role_ref["apiGroup"] != RBAC {
        errors.push(FieldError::not_supported("roleRef.apiGroup", &role_ref["apiGroup"], &[&RBAC.into()]));
    }
    let kinds = ["Role", "ClusterRole"].map(Value::from);
    let kinds: Vec<&Value> = kinds.iter().skip(usize::from(cluster)).collect();
    if !kinds.contains(&&role_ref["kind"]) {
        errors.push(FieldError::not_supported("roleRef.kind", &role_ref["kind"], &kinds));
    }
    let name = text(role_ref, "name");
    if name.is_empty() {
        errors.push(FieldError::required("roleRef.name", ""));
    } else {
        let problems = NameRule::PathSegment.check(name).into_iter();
        errors.extend(problems.map(|p| FieldError::invalid("roleRef.name", &role_ref["name"], p)));
    }
}

fn validate_subject(subject: &Value, cluster: bool, path: &str, errors: &mut Vec<FieldError>) {
    let field = |member: &str| format!("{path}.{member}");
    let name = text(subject, "name");
    if name.is_empty() {
        errors.push(FieldError::required(field("name"), ""));
    }
    let group = Value::from(text(subject, "apiGroup"));
    match text(subject, "kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                let problems = NameRule::Subdomain.check(name).into_iter();
                errors.extend(problems.map(|p| FieldError::invalid(field("name"), &subject["name"], p)));
            }
            if group != "" {
                errors.push(FieldError::not_supported(field("apiGroup"), &group, &[&"".into()]));
            }
            if cluster && text(subject, "namespace").is_empty() {
                errors.push(FieldError::required(field("namespace"), ""));
            }
        }
        "User" | "Group" if group != RBAC => {
            errors.push(FieldError::not_supported(field("apiGroup"), &group, &[&RBAC.into()]));
        }
        "User" | "Group" => {}
        other => {
            let known = ["ServiceAccount", "User", "Group"].map(Value::from);
            errors.push(FieldError::not_supported(field("kind"), &other.into(), &known.each_ref()));
        }
    }
}

fn list<'a>(object: &'a Value, member: &str) -> &'a [Value] {
    object.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
}
