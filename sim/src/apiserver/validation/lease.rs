//! Leases: decoding of the typed spec and its validation (k8s.io/kubernetes/pkg/apis/coordination/validation).
//!
//! The server gives times no meaning: nothing expires here. strategy and preferredHolder are dropped, as with the feature gate
//! CoordinatedLeaderElection off.
use super::{FieldError, metadata::json_type};
use crate::apiserver::timestamp;
use serde_json::{Map, Value};

/// Brings a lease's members other than metadata into the form in which they are stored.
///
/// # Errors
/// The words of Go's decoder for a member of the wrong type.
pub(crate) fn normalise(lease: &mut Map<String, Value>, unknown: &mut Vec<String>) -> Result<(), String> {
    lease.retain(|member, _| {
        let known = matches!(member.as_str(), "apiVersion" | "kind" | "metadata" | "spec");
        if !known {
            unknown.push(member.clone());
        }
        known
    });
    let spec = lease.entry("spec").or_insert(Value::Null);
    if spec.is_null() {
        *spec = Value::Object(Map::new());
    }
    let Value::Object(spec) = spec else {
        let found = json_type(spec);
        return Err(format!("json: cannot unmarshal {found} into Go struct field Lease.spec of type v1.LeaseSpec"));
    };
    let mut error = None;
    spec.retain(|member, value| match decode_member(member, value) {
        Ok(Some(kept)) => kept,
        Ok(None) => {
            unknown.push(format!("spec.{member}"));
            false
        }
        Err(message) => {
            error.get_or_insert(message);
            true
        }
    });
    error.map_or(Ok(()), Err)
}

fn decode_member(member: &str, value: &mut Value) -> Result<Option<bool>, String> {
    let wanted = match member {
        "holderIdentity" | "strategy" | "preferredHolder" => "string",
        "leaseDurationSeconds" | "leaseTransitions" => "int32",
        "acquireTime" | "renewTime" => "v1.MicroTime",
        _ => return Ok(None),
    };
    let fits = match (wanted, &*value) {
        (_, Value::Null) => return Ok(Some(false)),
        ("string", Value::String(_)) => true,
        ("int32", Value::Number(n)) => n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        ("v1.MicroTime", Value::String(text)) => {
            if let Some(utc) = timestamp::micro_time(text)? {
                *value = Value::String(utc);
            }
            true
        }
        _ => false,
    };
    if !fits {
        let found = json_type(value);
        return Err(format!(
            "json: cannot unmarshal {found} into Go struct field LeaseSpec.spec.{member} of type {wanted}"
        ));
    }
    Ok(Some(!matches!(member, "strategy" | "preferredHolder")))
}

/// What a lease's spec must satisfy, on create and on update.
pub(crate) fn validate(lease: &Value, errors: &mut Vec<FieldError>) {
    let number = |member: &str| lease.get("spec").and_then(|s| s.get(member)).and_then(Value::as_i64);
    if let Some(seconds) = number("leaseDurationSeconds").filter(|n| *n <= 0) {
        let value = Value::from(seconds);
        errors.push(FieldError::invalid("spec.leaseDurationSeconds", &value, "must be greater than 0"));
    }
    if let Some(transitions) = number("leaseTransitions").filter(|n| *n < 0) {
        let value = Value::from(transitions);
        errors.push(FieldError::invalid("spec.leaseTransitions", &value, "must be greater than or equal to 0"));
    }
}
