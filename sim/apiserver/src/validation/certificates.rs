//! Certificate signing requests (k8s.io/kubernetes/pkg/apis/certificates, pkg/registry/certificates).
//!
//! The signature of a request is not checked.
use super::check::{list, number, text};
use crate::base::go_text::quoted;
use crate::{
    access::user::User,
    base::{field_error::FieldError, timestamp},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const BLOCK: &str = "-----BEGIN CERTIFICATE REQUEST-----";
const DECISIONS: [&str; 2] = ["Approved", "Denied"];
const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// Records who sends a new request.
pub(crate) fn prepare_new(request: &mut Map<String, Value>, user: Option<&User>) {
    request.insert("status".into(), json!({}));
    let spec = request.entry("spec").or_insert_with(|| json!({}));
    let Some(spec) = spec.as_object_mut() else { return };
    for member in ["username", "uid", "groups", "extra"] {
        spec.remove(member);
    }
    let Some(user) = user else { return };
    spec.insert("username".into(), user.name.as_str().into());
    if !user.uid.is_empty() {
        spec.insert("uid".into(), user.uid.as_str().into());
    }
    if !user.groups.is_empty() {
        spec.insert("groups".into(), json!(user.groups));
    }
    if !user.extra.is_empty() {
        spec.insert("extra".into(), json!(user.extra));
    }
}

/// Limits an update to what its subresource may change, and sets the times of its conditions.
pub(crate) fn prepare_update(request: &mut Value, old: &Value, subresource: &str, now: Timestamp) {
    request["spec"] = old["spec"].clone();
    if subresource.is_empty() {
        request["status"] = old["status"].clone();
        return;
    }
    let mut conditions = list(request, "/status/conditions").to_vec();
    let before = list(old, "/status/conditions");
    if subresource == "status" {
        for decision in DECISIONS {
            keep(&mut conditions, before, decision);
        }
    }
    for condition in &mut conditions {
        let missing = |condition: &Value, member: &str| condition.get(member).is_none_or(Value::is_null);
        if missing(condition, "lastUpdateTime") {
            condition["lastUpdateTime"] = timestamp::seconds(now).into();
        }
        if missing(condition, "lastTransitionTime") {
            let same = |old: &&Value| old["type"] == condition["type"] && old["status"] == condition["status"];
            let known = before.iter().find(same).and_then(|old| old.get("lastTransitionTime")).cloned();
            condition["lastTransitionTime"] = known.unwrap_or_else(|| timestamp::seconds(now).into());
        }
    }
    if subresource == "approval" {
        request["status"] = old["status"].clone();
    }
    if let Some(status) = request["status"].as_object_mut() {
        if conditions.is_empty() {
            status.remove("conditions");
        } else {
            status.insert("conditions".into(), conditions.into());
        }
    }
}

/// Keeps the conditions of a type, unless their number changes: validation reports that.
fn keep(conditions: &mut [Value], before: &[Value], of: &str) {
    let old: Vec<_> = before.iter().filter(|condition| condition["type"] == of).collect();
    let new: Vec<_> = conditions.iter_mut().filter(|condition| condition["type"] == of).collect();
    if old.len() == new.len() {
        new.into_iter().zip(old).for_each(|(new, old)| *new = old.clone());
    }
}

/// Validates a request, except its metadata.
pub(crate) fn validate(request: &Value, old: Option<&Value>, subresource: &str, errors: &mut Vec<FieldError>) {
    if old.is_none() {
        validate_spec(request, errors);
    }
    validate_conditions(request, errors);
    let Some(old) = old else { return };
    for decision in DECISIONS {
        let of = |request: &Value| -> Vec<Value> {
            let all = list(request, "/status/conditions").iter();
            all.filter(|condition| condition["type"] == decision).cloned().collect()
        };
        let (new, before) = (of(request), of(old));
        let (field, shown) =
            ("status.conditions", format!("a condition of type {decision}", decision = quoted(decision)));
        if new.len() < before.len() {
            errors.push(FieldError::forbidden(field, format!("updates may not remove {shown}")));
        } else if new.len() > before.len() && subresource != "approval" {
            errors.push(FieldError::forbidden(field, format!("updates may not add {shown}")));
        } else if new != before && new.len() == before.len() {
            errors.push(FieldError::forbidden(field, format!("updates may not modify {shown}")));
        }
    }
}

fn validate_spec(request: &Value, errors: &mut Vec<FieldError>) {
    let body = STANDARD.decode(text(request, "/spec/request")).unwrap_or_default();
    if !String::from_utf8_lossy(&body).contains(BLOCK) {
        let shown = request.pointer("/spec/request").unwrap_or(&Value::Null);
        errors.push(FieldError::invalid("spec.request", shown, "PEM block type must be CERTIFICATE REQUEST"));
    }
    let usages = list(request, "/spec/usages");
    if usages.is_empty() {
        errors.push(FieldError::required("spec.usages", ""));
    }
    let known = USAGES.map(Value::from);
    for (i, usage) in usages.iter().enumerate().filter(|(_, usage)| !known.contains(usage)) {
        errors.push(FieldError::not_supported(format!("spec.usages[{i}]"), usage, &known.each_ref()));
    }
    for (i, usage) in usages.iter().enumerate().filter(|(i, usage)| usages[..*i].contains(usage)) {
        errors.push(FieldError::duplicate(format!("spec.usages[{i}]"), usage));
    }
    let signer = text(request, "/spec/signerName");
    if signer == "kubernetes.io/legacy-unknown" {
        let why = "the legacy signerName is not allowed via this API version";
        errors.push(FieldError::invalid("spec.signerName", &signer.into(), why));
    } else if signer.is_empty() {
        errors.push(FieldError::required("spec.signerName", ""));
    } else if signer.split_once('/').is_none_or(|(_, rest)| rest.is_empty() || rest.contains('/')) {
        let why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        errors.push(FieldError::invalid("spec.signerName", &signer.into(), why));
    }
    if let Some(seconds) = number(request, "/spec/expirationSeconds").filter(|seconds| *seconds < 600) {
        let why = "may not specify a duration less than 600 seconds (10 minutes)";
        errors.push(FieldError::invalid("spec.expirationSeconds", &seconds.into(), why));
    }
}

fn validate_conditions(request: &Value, errors: &mut Vec<FieldError>) {
    let conditions = list(request, "/status/conditions");
    let mut seen: Vec<&str> = Vec::new();
    for (i, condition) in conditions.iter().enumerate() {
        let field = |member: &str| format!("status.conditions[{i}].{member}");
        let (kind, state) = (text(condition, "/type"), text(condition, "/status"));
        if kind.is_empty() {
            errors.push(FieldError::required(field("type"), ""));
        }
        if matches!(kind, "Approved" | "Denied" | "Failed") {
            match state {
                "True" => {}
                "" => errors.push(FieldError::required(field("status"), "")),
                _ => errors.push(FieldError::not_supported(field("status"), &state.into(), &[&"True".into()])),
            }
        }
        if seen.contains(&kind) {
            errors.push(FieldError::duplicate(field("type"), &kind.into()));
        }
        seen.push(kind);
        let both = DECISIONS.iter().all(|decision| seen.contains(decision));
        if both && DECISIONS.contains(&kind) {
            let why = "Approved and Denied conditions are mutually exclusive";
            errors.push(FieldError::invalid("status.conditions", &kind.into(), why));
        }
    }
}
