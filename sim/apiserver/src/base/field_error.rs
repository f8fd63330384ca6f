//! An error about one field of an object, in kube-apiserver's words (k8s.io/apimachinery/pkg/util/validation/field).
use super::go_text::{quoted, shown};
use serde_json::Value;
use std::fmt;

/// An invalid field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The field's path, e.g. `spec.severity`; empty for the object itself.
    pub(crate) field: String,
    pub(crate) reason: &'static str,
    /// The message with its kind of error: `Invalid value: "": must not be empty`.
    pub(crate) message: String,
}

impl FieldError {
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: impl fmt::Display) -> Self {
        Self::new(field, "FieldValueInvalid", format!("Invalid value: {}: {detail}", shown(value)))
    }

    /// An invalid value that the message does not show.
    pub(crate) fn invalid_hidden(field: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::new(field, "FieldValueInvalid", format!("Invalid value: {detail}"))
    }

    /// An invalid value that the message shows in another form than JSON's.
    pub(crate) fn invalid_as(field: impl Into<String>, shown: &str, detail: impl fmt::Display) -> Self {
        Self::new(field, "FieldValueInvalid", format!("Invalid value: {shown}: {detail}"))
    }

    /// An unsupported value that the message shows in another form than JSON's.
    pub(crate) fn not_supported_as(field: impl Into<String>, shown: &str, supported: &[&str]) -> Self {
        let list = supported.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
        Self::new(field, "FieldValueNotSupported", format!("Unsupported value: {shown}: supported values: {list}"))
    }

    pub(crate) fn wrong_type(field: impl Into<String>, shown: &str, detail: impl fmt::Display) -> Self {
        Self::new(field, "FieldValueTypeInvalid", format!("Invalid value: {}: {detail}", quoted(shown)))
    }

    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        let message = if detail.is_empty() { "Required value".into() } else { format!("Required value: {detail}") };
        Self::new(field, "FieldValueRequired", message)
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::new(field, "FieldValueForbidden", format!("Forbidden: {detail}"))
    }

    pub(crate) fn not_found(field: impl Into<String>, value: &Value) -> Self {
        Self::new(field, "FieldValueNotFound", format!("Not found: {value}"))
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new(field, "FieldValueDuplicate", format!("Duplicate value: {}", shown(value)))
    }

    /// A duplicate that the message does not show.
    pub(crate) fn duplicate_hidden(field: impl Into<String>) -> Self {
        Self::new(field, "FieldValueDuplicate", "Duplicate value".to_owned())
    }

    /// An error that is not about the value.
    pub(crate) fn internal(field: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::new(field, "InternalError", format!("Internal error: {detail}"))
    }

    pub(crate) fn too_long(field: impl Into<String>, bytes: u64) -> Self {
        Self::new(field, "FieldValueTooLong", format!("Too long: may not be more than {bytes} bytes"))
    }

    pub(crate) fn too_many(field: impl Into<String>, actual: usize, most: u64) -> Self {
        let message = format!("Too many: {actual}: must have at most {most} items");
        Self::new(field, "FieldValueTooMany", message)
    }

    /// A text that is longer than a schema's limit; a negative limit is not shown.
    pub(crate) fn longer_than(field: impl Into<String>, limit: i64) -> Self {
        match u64::try_from(limit) {
            Ok(limit) => Self::too_long(field, limit),
            Err(_) => Self::new(field, "FieldValueTooLong", "Too long: value is too long".to_owned()),
        }
    }

    /// A list or map with more entries than a schema's limit; a negative limit is not shown.
    pub(crate) fn more_than(field: impl Into<String>, actual: usize, limit: i64) -> Self {
        match u64::try_from(limit) {
            Ok(limit) => Self::too_many(field, actual, limit),
            Err(_) => Self::new(field, "FieldValueTooMany", format!("Too many: {actual}: has too many items")),
        }
    }

    /// An unsupported value. Supported values are shown as texts, whatever they are.
    pub(crate) fn not_supported(field: impl Into<String>, value: &Value, supported: &[&Value]) -> Self {
        let text = |value: &&Value| match value {
            Value::String(text) => quoted(text),
            other => quoted(&other.to_string()),
        };
        let list = supported.iter().map(text).collect::<Vec<_>>().join(", ");
        let message = format!("Unsupported value: {}: supported values: {list}", shown(value));
        Self::new(field, "FieldValueNotSupported", message)
    }

    fn new(field: impl Into<String>, reason: &'static str, message: String) -> Self {
        Self { field: field.into(), reason, message }
    }

    /// Whether the error prevents the evaluation of rules over several fields
    /// (k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go, hasBlockingErr).
    pub(crate) fn blocks_rules(&self) -> bool {
        matches!(
            self.reason,
            "FieldValueNotSupported"
                | "FieldValueRequired"
                | "FieldValueTooLong"
                | "FieldValueTooMany"
                | "FieldValueTypeInvalid"
        )
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "<nil>" } else { &self.field };
        write!(f, "{field}: {}", self.message)
    }
}
