//! Defaults in a schema: they must be valid by it and contain nothing that would be pruned
//! (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go).
use crate::{
    base::{field_error::FieldError, json::list, path::Path},
    schema::Schema,
};
use serde_json::Value;

/// Whether a version's schema has defaults.
pub(super) fn has_any(version: &Value) -> bool {
    fn below(node: &Value) -> bool {
        let members = node["properties"].as_object().into_iter().flat_map(|members| members.values());
        let single = ["items", "additionalProperties", "not"].iter().filter_map(|member| node.get(*member));
        let several = ["allOf", "anyOf", "oneOf"].iter().flat_map(|member| list(node, member));
        node.get("default").is_some() || members.chain(single).chain(several).any(below)
    }
    version.pointer("/schema/openAPIV3Schema").is_some_and(below)
}

/// Checks the default of each node that declares members; defaults in the resource's own metadata are forbidden
/// elsewhere.
pub(super) fn validate(node: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(default) = node.get("default") {
        check(node, default, &format!("{path}.default"), errors);
    }
    for (name, member) in node["properties"].as_object().into_iter().flatten() {
        validate(member, &format!("{path}.properties[{name}]"), errors);
    }
    for member in ["items", "additionalProperties"] {
        if let Some(below) = node.get(member).filter(|below| below.is_object()) {
            validate(below, &format!("{path}.{member}"), errors);
        }
    }
}

fn check(node: &Value, default: &Value, field: &str, errors: &mut Vec<FieldError>) {
    // A schema that does not compile is reported by the check of its node.
    let Ok(schema) = Schema::compile(node, "default") else { return };
    let mut stripped = default.clone();
    schema.strip(&mut stripped);
    if stripped != *default {
        errors.push(FieldError::invalid(field, default, "must not have unknown fields"));
    }
    let before = errors.len();
    schema.validate_value(default, field, errors);
    if errors.len() == before {
        let mut found = Vec::new();
        schema.validate_rules(default, None, &Path::Root, &mut found);
        errors.extend(found.into_iter().map(|error| FieldError { field: field.to_owned(), ..error }));
    }
}
