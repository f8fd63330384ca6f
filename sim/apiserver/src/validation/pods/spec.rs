//! Validation of a pod's spec, or of a template's (k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodSpec).
use super::{containers, security};
use crate::{
    base::{
        field_error::FieldError,
        names::{self, NameRule},
    },
    validation::check::{self, list, number, text},
};
use serde_json::{Map, Value};

/// Validates a spec at a path.
pub(crate) fn validate(spec: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let volumes = volumes(spec, path, errors);
    containers::validate(spec, path, &volumes, errors);
    let field = |member: &str| format!("{path}.{member}");
    let at = format!("{path}.");
    check::one_of(spec, "/restartPolicy", &at, &["Always", "OnFailure", "Never"], errors);
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    check::one_of(spec, "/dnsPolicy", &at, &policies, errors);
    labels(spec.get("nodeSelector"), &field("nodeSelector"), errors);
    security::validate(spec, path, errors);
    let names = [
        ("serviceAccountName", NameRule::Subdomain),
        ("nodeName", NameRule::Subdomain),
        ("hostname", NameRule::Label),
        ("subdomain", NameRule::Label),
        ("priorityClassName", NameRule::Subdomain),
        ("runtimeClassName", NameRule::Subdomain),
    ];
    for (member, rule) in names {
        if let Some(found) = spec.get(member).and_then(Value::as_str).filter(|found| !found.is_empty()) {
            check::name(found, rule, &field(member), errors);
        }
        if member == "nodeName"
            && let Some(seconds) = number(spec, "/activeDeadlineSeconds")
            && !(1..=i64::from(i32::MAX)).contains(&seconds)
        {
            let why = format!("must be between 1 and {}, inclusive", i32::MAX);
            errors.push(FieldError::invalid(field("activeDeadlineSeconds"), &seconds.into(), why));
        }
        if member == "subdomain" {
            tolerations(spec, path, errors);
        }
    }
    check::one_of(spec, "/preemptionPolicy", &at, &["Never", "PreemptLowerPriority"], errors);
}

/// Validates the volumes; returns the names of those that are valid.
fn volumes<'a>(spec: &'a Value, path: &str, errors: &mut Vec<FieldError>) -> Vec<&'a str> {
    let mut known: Vec<&str> = Vec::new();
    for (i, volume) in list(spec, "/volumes").iter().enumerate() {
        let before = errors.len();
        let name_path = format!("{path}.volumes[{i}].name");
        let sources: Vec<&String> =
            volume.as_object().into_iter().flat_map(Map::keys).filter(|member| *member != "name").collect();
        for source in sources.iter().skip(1) {
            let why = "may not specify more than 1 volume type";
            errors.push(FieldError::forbidden(format!("{path}.volumes[{i}].{source}"), why));
        }
        required_names(volume, &format!("{path}.volumes[{i}]"), errors);
        for (j, source) in list(volume, "/projected/sources").iter().enumerate() {
            if source.get("serviceAccountToken").is_some() && text(spec, "/serviceAccountName").is_empty() {
                let why = "must not be specified when serviceAccountName is not set";
                let field = format!("{path}.volumes[{i}].projected.sources[{j}].serviceAccountToken");
                errors.push(FieldError::forbidden(field, why));
            }
        }
        let name = text(volume, "/name");
        if name.is_empty() {
            errors.push(FieldError::required(name_path.as_str(), ""));
        } else {
            check::name(name, NameRule::Label, &name_path, errors);
        }
        if known.contains(&name) {
            errors.push(FieldError::duplicate(name_path, &name.into()));
        }
        if errors.len() == before {
            known.push(name);
        }
    }
    known
}

/// What the most usual sources of a volume need.
fn required_names(volume: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let needed = [
        ("secret", "secretName"),
        ("configMap", "name"),
        ("persistentVolumeClaim", "claimName"),
        ("hostPath", "path"),
        ("csi", "driver"),
    ];
    for (source, member) in needed {
        if volume.get(source).is_some_and(|source| text(source, &format!("/{member}")).is_empty()) {
            errors.push(FieldError::required(format!("{path}.{source}.{member}"), ""));
        }
    }
    for source in ["secret", "configMap"] {
        for (i, item) in list(volume, &format!("/{source}/items")).iter().enumerate() {
            for member in ["key", "path"] {
                if text(item, &format!("/{member}")).is_empty() {
                    errors.push(FieldError::required(format!("{path}.{source}.items[{i}].{member}"), ""));
                }
            }
        }
    }
}

/// Validates labels that select nodes.
fn labels(labels: Option<&Value>, path: &str, errors: &mut Vec<FieldError>) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        let problems = names::qualified_name(key).into_iter();
        errors.extend(problems.map(|why| FieldError::invalid(path, &key.as_str().into(), why)));
        let problems = names::label_value(value.as_str().unwrap_or_default()).into_iter();
        errors.extend(problems.map(|why| FieldError::invalid(path, value, why)));
    }
}

fn tolerations(spec: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for (i, toleration) in list(spec, "/tolerations").iter().enumerate() {
        let path = format!("{path}.tolerations[{i}]");
        let (key, operator) = (text(toleration, "/key"), text(toleration, "/operator"));
        if !key.is_empty() {
            let problems = names::qualified_name(key).into_iter();
            errors.extend(problems.map(|why| FieldError::invalid(format!("{path}.key"), &key.into(), why)));
        } else if operator != "Exists" {
            let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(FieldError::invalid(format!("{path}.operator"), &operator.into(), why));
        }
        if toleration.get("tolerationSeconds").is_some() && text(toleration, "/effect") != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.push(FieldError::invalid(format!("{path}.effect"), &text(toleration, "/effect").into(), why));
        }
        let value = text(toleration, "/value");
        match operator {
            "" | "Equal" => {
                if let Some(why) = names::label_value(value).into_iter().next() {
                    errors.push(FieldError::invalid(format!("{path}.operator"), &value.into(), why));
                }
            }
            "Exists" if !value.is_empty() => {
                let why = "value must be empty when `operator` is 'Exists'";
                errors.push(FieldError::invalid(format!("{path}.operator"), &value.into(), why));
            }
            "Exists" => {}
            other => {
                let known = ["Equal", "Exists"].map(Value::from);
                errors.push(FieldError::not_supported(format!("{path}.operator"), &other.into(), &known.each_ref()));
            }
        }
        if !text(toleration, "/effect").is_empty() {
            let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            check::one_of(toleration, "/effect", &format!("{path}."), &known, errors);
        }
    }
}
