//! Leases: decoding of the typed spec and its validation (k8s.io/kubernetes/pkg/apis/coordination/validation).
//!
//! The server does not interpret times: nothing expires here. strategy and preferredHolder are dropped, as with the
//! feature gate CoordinatedLeaderElection off.
use crate::{base::field_error::FieldError, registry::kind::Kind};
use serde_json::Value;

/// Drops the members of CoordinatedLeaderElection, whose feature gate is off: writers own them, but they are not
/// stored.
pub(crate) fn drop_disabled(kind: &Kind, lease: &mut Value) {
    if kind.kind != "Lease" || kind.custom {
        return;
    }
    if let Some(spec) = lease.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("strategy");
        spec.remove("preferredHolder");
    }
}

/// Validates a lease's spec, on create and on update.
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
