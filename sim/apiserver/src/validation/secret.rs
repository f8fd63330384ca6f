//! Secrets (k8s.io/kubernetes/pkg/apis/core/validation/validation.go, ValidateSecret;
//! pkg/registry/core/secret/strategy.go).
use crate::base::field_error::FieldError;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
    'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
/// Maximum size of all values together, in bytes.
const LIMIT: usize = 1024 * 1024;

/// Moves `stringData` into `data` and fills in the type: `stringData` is write-only.
pub(crate) fn default(object: &mut Map<String, Value>) {
    object.entry("type").or_insert_with(|| "Opaque".into());
    let Some(Value::Object(texts)) = object.remove("stringData") else { return };
    let data = object.entry("data").or_insert_with(|| json!({}));
    let Some(data) = data.as_object_mut() else { return };
    data.extend(texts.into_iter().map(|(key, text)| (key, STANDARD.encode(text.as_str().unwrap_or_default()).into())));
}

/// Validates a secret, except its metadata.
pub(crate) fn validate(object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    if let Some(old) = old {
        validate_update(object, old, errors);
    }
    let data = object.get("data").and_then(Value::as_object);
    let mut size = 0;
    for (key, value) in data.into_iter().flatten() {
        size += value.as_str().map_or(0, |text| text.len() / 4 * 3);
        let fits = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        let problem = match key.as_str() {
            "." => Some("must not be '.'"),
            ".." => Some("must not be '..'"),
            key if key.starts_with("..") => Some("must not start with '..'"),
            _ => None,
        };
        for detail in (!fits).then_some(KEY).into_iter().chain(problem) {
            errors.push(FieldError::invalid(format!("data[{key}]"), &key.as_str().into(), detail));
        }
    }
    if size > LIMIT {
        errors.push(FieldError::too_long("data", LIMIT as u64));
    }
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    let has = |key: &str| data.is_some_and(|data| data.contains_key(key));
    let wanted: &[&str] = match kind {
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => &["username", "password"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        _ => &[],
    };
    let missing = wanted.iter().filter(|key| !has(key));
    errors.extend(missing.map(|key| FieldError::required(format!("data[{key}]"), "")));
    let account = "kubernetes.io/service-account.name";
    let named = object.pointer("/metadata/annotations").and_then(|a| a.get(account)).is_some_and(|name| *name != "");
    if kind == "kubernetes.io/service-account-token" && !named {
        errors.push(FieldError::required(format!("metadata.annotations[{account}]"), ""));
    }
}

fn validate_update(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if object.get("type") != old.get("type") {
        errors.push(FieldError::invalid("type", &object["type"], "field is immutable"));
    }
    if old.get("immutable") != Some(&Value::Bool(true)) {
        return;
    }
    let detail = "field is immutable when `immutable` is set";
    if object.get("immutable") != Some(&Value::Bool(true)) {
        errors.push(FieldError::forbidden("immutable", detail));
    }
    if object.get("data") != old.get("data") {
        errors.push(FieldError::forbidden("data", detail));
    }
}
