//! Validation of the parts of a version: schema, subresources, columns, selectable fields.
use super::{
    paths::{self, Found},
    schema,
};
use crate::base::{
    field_error::FieldError,
    json::{list, text},
};
use serde_json::Value;

const COLUMN_TYPES: &str = "boolean,date,integer,number,string";
const COLUMN_FORMATS: &str = "byte,date,date-time,double,float,int32,int64,password";
/// Maximum number of selectable fields of a version.
const SELECTABLE: usize = 8;

/// Validates one part, in a version or at the top level.
pub(super) fn validate(version: &Value, member: &str, path: &str, errors: &mut Vec<FieldError>) {
    let part = version.get(member).unwrap_or(&Value::Null);
    match member {
        "schema" => {
            let has_status = version.pointer("/subresources/status").is_some();
            if let Some(found) = part.get("openAPIV3Schema") {
                schema::validate(found, has_status, &format!("{path}.openAPIV3Schema"), errors);
            }
        }
        "subresources" => {
            if let Some(scale) = part.get("scale") {
                validate_scale(scale, &format!("{path}.scale"), errors);
            }
        }
        "additionalPrinterColumns" => {
            for (index, column) in list(version, member).iter().enumerate() {
                validate_column(column, &format!("{path}[{index}]"), errors);
            }
        }
        _ => selectable(version, path, errors),
    }
}

/// Only a deprecated version may have a warning, and it must be printable.
pub(super) fn deprecation(version: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(warning) = version.get("deprecationWarning").and_then(Value::as_str) else { return };
    let mut wrong = |detail: &str| {
        errors.push(FieldError::invalid(format!("{path}.deprecationWarning"), &warning.into(), detail));
    };
    if version["deprecated"] != true {
        return wrong("can only be set for deprecated versions");
    }
    if warning.len() > 256 {
        wrong("must be <= 256 characters long");
    }
    if warning.is_empty() {
        wrong("must not be an empty string");
    }
    if let Some((index, _)) = warning.char_indices().find(|(_, c)| c.is_control()) {
        let why =
            format!("must only contain printable UTF-8 characters; non-printable character found at index {index}");
        wrong(&why);
    }
}

fn validate_column(column: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if text(column, "name").is_empty() {
        errors.push(FieldError::required(format!("{path}.name"), ""));
    }
    let kind = text(column, "type");
    let one_of = |known: &str| format!("must be one of {known}");
    if kind.is_empty() {
        errors.push(FieldError::required(format!("{path}.type"), &one_of(COLUMN_TYPES)));
    } else if !COLUMN_TYPES.split(',').any(|known| known == kind) {
        errors.push(FieldError::invalid(format!("{path}.type"), &kind.into(), one_of(COLUMN_TYPES)));
    }
    let format = text(column, "format");
    if !format.is_empty() && !COLUMN_FORMATS.split(',').any(|known| known == format) {
        errors.push(FieldError::invalid(format!("{path}.format"), &format.into(), one_of(COLUMN_FORMATS)));
    }
    simple_path(text(column, "jsonPath"), &format!("{path}.JSONPath"), errors);
}

/// Whether the text is a simple path; an empty one is reported as missing.
fn simple_path(given: &str, field: &str, errors: &mut Vec<FieldError>) -> bool {
    if given.is_empty() {
        errors.push(FieldError::required(field, ""));
    } else if !given.starts_with('.') {
        errors.push(FieldError::invalid(field, &given.into(), "must be a simple json path starting with ."));
    }
    given.starts_with('.')
}

fn validate_scale(scale: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for (member, below) in [("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")] {
        let (given, field) = (text(scale, member), format!("{path}.{member}"));
        if simple_path(given, &field, errors) && !given.starts_with(&format!("{below}.")) {
            errors.push(FieldError::invalid(field, &given.into(), format!("should be a json path under {below}")));
        }
    }
    let (given, field) = (text(scale, "labelSelectorPath"), format!("{path}.labelSelectorPath"));
    if !given.is_empty()
        && simple_path(given, &field, errors)
        && ![".spec.", ".status."].iter().any(|below| given.starts_with(below))
    {
        errors.push(FieldError::invalid(field, &given.into(), "should be a json path under either .spec or .status"));
    }
}

fn selectable(version: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let given = list(version, "selectableFields");
    let Some(schema) = version.pointer("/schema/openAPIV3Schema") else {
        if !given.is_empty() {
            let detail = "may only be set when `version.schema.openAPIV3Schema` is not included";
            errors.push(FieldError::invalid(path, &"".into(), detail));
        }
        return;
    };
    let mut known: Vec<&str> = Vec::new();
    for (index, given) in given.iter().enumerate() {
        let (given, field) = (text(given, "jsonPath"), format!("{path}[{index}].jsonPath"));
        let mut invalid = |detail: &str| errors.push(FieldError::invalid(field.as_str(), &given.into(), detail));
        match paths::find(schema, given) {
            _ if given.is_empty() => {
                errors.push(FieldError::required(field, ""));
                continue;
            }
            Found::Nothing => {
                invalid("is an invalid path: does not refer to a valid field");
                continue;
            }
            Found::Node(node) if !matches!(text(node, "type"), "string" | "boolean" | "integer") => {
                invalid(
                    "must point to a field of type string, boolean or integer. Enum string fields and strings with \
                     formats are allowed.",
                );
            }
            Found::Node(_) => {}
        }
        if known.contains(&given) {
            errors.push(FieldError::duplicate(field, &given.into()));
        } else {
            known.push(given);
        }
    }
    if known.len() > SELECTABLE {
        errors.push(FieldError::too_many(path, known.len(), SELECTABLE as u64));
    }
}
