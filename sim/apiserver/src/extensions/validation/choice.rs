//! A member that must have one of a few values.
use crate::base::field_error::FieldError;
use serde_json::Value;

/// Checks that a value is there and is one of those that are supported.
pub(super) fn one_of(field: &str, value: &str, supported: &[&str], errors: &mut Vec<FieldError>) {
    if value.is_empty() {
        errors.push(FieldError::required(field, ""));
    } else if !supported.contains(&value) {
        let supported: Vec<Value> = supported.iter().map(|text| Value::from(*text)).collect();
        errors.push(FieldError::not_supported(field, &value.into(), &supported.iter().collect::<Vec<_>>()));
    }
}
