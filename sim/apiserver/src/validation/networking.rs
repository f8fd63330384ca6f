//! Network policies, ingresses and ingress classes (k8s.io/kubernetes/pkg/apis/networking).
use super::{
    addresses,
    check::{self, list, text},
};
use crate::base::{field_error::FieldError, names::NameRule};
use serde_json::{Map, Value, json};

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
/// Sequences that a path must not contain, and those that it must not end with.
const INVALID_SEQUENCES: [&str; 6] = ["//", "/./", "/../", "%2f", "%2F", "%5C"];
const INVALID_ENDS: [&str; 2] = ["/..", "/."];

/// A policy without types has at least `Ingress`.
pub(crate) fn default_policy(policy: &mut Map<String, Value>) {
    let Some(spec) = policy.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let egress = spec.get("egress").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
    let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    spec.entry("policyTypes").or_insert(types);
}

/// Validates an object of the group, except its metadata.
pub(crate) fn validate(kind: &str, object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    match kind {
        "NetworkPolicy" => policy(object, errors),
        "Ingress" => ingress(object, old, errors),
        "IngressClass" => class(object, old, errors),
        "IPAddress" => addresses::validate_address(object, old, errors),
        "ServiceCIDR" => addresses::validate_ranges(object, old, errors),
        _ => {}
    }
}

fn policy(policy: &Value, errors: &mut Vec<FieldError>) {
    check::label_selector(policy.pointer("/spec/podSelector"), "spec.podSelector", errors);
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (i, rule) in list(policy, &format!("/spec/{direction}")).iter().enumerate() {
            let path = format!("spec.{direction}[{i}]");
            for (i, port) in list(rule, "/ports").iter().enumerate() {
                policy_port(port, &format!("{path}.ports[{i}]"), errors);
            }
            for (i, peer) in list(rule, &format!("/{peers}")).iter().enumerate() {
                policy_peer(peer, &format!("{path}.{peers}[{i}]"), errors);
            }
        }
    }
    for (i, found) in list(policy, "/spec/policyTypes").iter().enumerate() {
        if found != "Ingress" && found != "Egress" {
            let known = ["Ingress", "Egress"].map(Value::from);
            errors.push(FieldError::not_supported(format!("spec.policyTypes[{i}]"), found, &known.each_ref()));
        }
    }
}

fn policy_port(port: &Value, path: &str, errors: &mut Vec<FieldError>) {
    check::one_of(port, "/protocol", &format!("{path}."), &PROTOCOLS, errors);
    let end = check::number(port, "/endPort");
    let mut invalid = |member: &str, value: &Value, why: &str| {
        errors.push(FieldError::invalid(format!("{path}.{member}"), value, why));
    };
    match (port.get("port"), end) {
        (Some(Value::Number(first)), _) => {
            let first = first.as_i64().unwrap_or_default();
            if end.is_some_and(|end| end < first) {
                invalid("endPort", &first.into(), "must be greater than or equal to `port`");
            }
            for (member, number) in [("port", Some(first)), ("endPort", end)] {
                if let Some(number) = number {
                    check::port(number, &format!("{path}.{member}"), errors);
                }
            }
        }
        (Some(name), end) => {
            if let Some(end) = end {
                invalid("endPort", &end.into(), "may not be specified when `port` is non-numeric");
            }
            port_name(name.as_str().unwrap_or_default(), &format!("{path}.port"), errors);
        }
        (None, Some(end)) => invalid("endPort", &end.into(), "may not be specified when `port` is not specified"),
        (None, None) => {}
    }
}

/// Checks the name of a port (k8s.io/apimachinery/pkg/util/validation, IsValidPortName).
pub(super) fn port_name(name: &str, path: &str, errors: &mut Vec<FieldError>) {
    let mut problems = Vec::new();
    if name.len() > 15 {
        problems.push("must be no more than 15 characters");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !name.bytes().any(|b| b.is_ascii_lowercase()) {
        problems.push("must contain at least one letter (a-z)");
    }
    if name.contains("--") {
        problems.push("must not contain consecutive hyphens");
    }
    if name.starts_with('-') || name.ends_with('-') {
        problems.push("must not begin or end with a hyphen");
    }
    errors.extend(problems.into_iter().map(|why| FieldError::invalid(path, &name.into(), why)));
}

fn policy_peer(peer: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for member in ["podSelector", "namespaceSelector"] {
        check::label_selector(peer.get(member), &format!("{path}.{member}"), errors);
    }
    let members = ["podSelector", "namespaceSelector", "ipBlock"];
    let peers = members.iter().filter(|member| peer.get(**member).is_some()).count();
    if let Some(block) = peer.get("ipBlock")
        && text(block, "/cidr").is_empty()
    {
        errors.push(FieldError::required(format!("{path}.ipBlock.cidr"), ""));
    }
    if peers == 0 {
        errors.push(FieldError::required(path, "must specify a peer"));
    } else if peers > 1 && peer.get("ipBlock").is_some() {
        errors.push(FieldError::forbidden(path, "may not specify both ipBlock and another peer"));
    }
}

fn ingress(ingress: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let spec = ingress.get("spec").unwrap_or(&Value::Null);
    let rules = list(spec, "/rules");
    if rules.is_empty() && spec.get("defaultBackend").is_none() {
        let shown = spec.get("rules").unwrap_or(&Value::Null);
        errors.push(FieldError::invalid("spec", shown, "either `defaultBackend` or `rules` must be specified"));
    }
    if let Some(default) = spec.get("defaultBackend") {
        backend(default, "spec.defaultBackend", errors);
    }
    for (i, rule) in rules.iter().enumerate() {
        ingress_rule(rule, &format!("spec.rules[{i}]"), errors);
    }
    for (i, tls) in list(spec, "/tls").iter().enumerate() {
        for (j, found) in list(tls, "/hosts").iter().enumerate() {
            host(found.as_str().unwrap_or_default(), &format!("spec.tls[{i}].hosts[{j}]"), errors);
        }
        let secret = text(tls, "/secretName");
        if !secret.is_empty() {
            check::name(secret, NameRule::Subdomain, &format!("spec.tls[{i}].secretName"), errors);
        }
    }
    let class = text(spec, "/ingressClassName");
    if spec.get("ingressClassName").is_some() {
        check::name(class, NameRule::Subdomain, "spec.ingressClassName", errors);
    }
    let annotation = ingress.pointer("/metadata/annotations/kubernetes.io~1ingress.class");
    if let (None, Some(annotation), Some(_)) = (old, annotation, spec.get("ingressClassName"))
        && *annotation != class
    {
        let why = "must match `ingressClassName` when both are specified";
        errors.push(FieldError::invalid("annotations.kubernetes.io/ingress.class", annotation, why));
    }
}

fn host(host: &str, path: &str, errors: &mut Vec<FieldError>) {
    match host.strip_prefix("*.") {
        Some(rest) => check::name(rest, NameRule::Subdomain, path, errors),
        None => check::name(host, NameRule::Subdomain, path, errors),
    }
}

fn ingress_rule(rule: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let found = text(rule, "/host");
    if !found.is_empty() {
        let field = format!("{path}.host");
        if found.parse::<std::net::IpAddr>().is_ok() {
            errors.push(FieldError::invalid(field.as_str(), &found.into(), "must be a DNS name, not an IP address"));
        }
        host(found, &field, errors);
    }
    let Some(http) = rule.get("http") else { return };
    let paths = list(http, "/paths");
    if paths.is_empty() {
        errors.push(FieldError::required(format!("{path}.http.paths"), ""));
    }
    for (i, found) in paths.iter().enumerate() {
        ingress_path(found, &format!("{path}.http.paths[{i}]"), errors);
    }
}

fn ingress_path(found: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(kind) = found.get("pathType").filter(|kind| !kind.is_null() && *kind != "") else {
        errors.push(FieldError::required(format!("{path}.pathType"), "pathType must be specified"));
        return;
    };
    let (location, field) = (text(found, "/path"), format!("{path}.path"));
    let mut invalid = |why: String| errors.push(FieldError::invalid(field.as_str(), &location.into(), why));
    match kind.as_str().unwrap_or_default() {
        "Exact" | "Prefix" => {
            if !location.starts_with('/') {
                invalid("must be an absolute path".to_owned());
            }
            let sequences = INVALID_SEQUENCES.iter().filter(|part| location.contains(**part));
            sequences.for_each(|part| invalid(format!("must not contain '{part}'")));
            let ends = INVALID_ENDS.iter().filter(|end| location.ends_with(**end));
            ends.for_each(|end| invalid(format!("cannot end with '{end}'")));
        }
        "ImplementationSpecific" => {
            if !location.is_empty() && !location.starts_with('/') {
                invalid("must be an absolute path".to_owned());
            }
        }
        _ => {
            let known = ["Exact", "ImplementationSpecific", "Prefix"].map(Value::from);
            errors.push(FieldError::not_supported(format!("{path}.pathType"), kind, &known.each_ref()));
        }
    }
    backend(found.get("backend").unwrap_or(&Value::Null), &format!("{path}.backend"), errors);
}

fn backend(backend: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let mut invalid = |why: &str| errors.push(FieldError::invalid(path, &"".into(), why));
    match (backend.get("resource"), backend.get("service")) {
        (Some(_), Some(_)) => invalid("cannot set both resource and service backends"),
        (None, None) => invalid("resource or service backend is required"),
        (Some(resource), None) => {
            for member in ["kind", "name"].into_iter().filter(|m| text(resource, &format!("/{m}")).is_empty()) {
                errors.push(FieldError::required(format!("{path}.resource.{member}"), ""));
            }
        }
        (None, Some(service)) => {
            let name = text(service, "/name");
            if name.is_empty() {
                errors.push(FieldError::required(format!("{path}.service.name"), ""));
            } else {
                check::name(name, NameRule::Label, &format!("{path}.service.name"), errors);
            }
            let (port, number) = (text(service, "/port/name"), check::number(service, "/port/number").unwrap_or(0));
            match (port.is_empty(), number) {
                (true, 0) => errors.push(FieldError::required(path, "port name or number is required")),
                (true, number) => check::port(number, &format!("{path}.service.port.number"), errors),
                (false, 0) => port_name(port, &format!("{path}.service.port.name"), errors),
                (false, _) => {
                    errors.push(FieldError::invalid(path, &"".into(), "cannot set both port name & port number"));
                }
            }
        }
    }
}

fn class(class: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    if let Some(old) = old {
        check::immutable(class, old, "/spec/controller", errors);
    }
    if text(class, "/spec/controller").is_empty() {
        errors.push(FieldError::required("spec.controller", ""));
    }
}
