//! Resources inside of resources, `x-kubernetes-embedded-resource` (…/schema/objectmeta): finds them, checks their
//! types and the members that they must have. Their metadata is the caller's business.
use super::Schema;
use crate::base::{field_error::FieldError, names::NameRule, path::Path};
use serde_json::{Map, Value};

/// The members of a resource that no schema can prune.
pub(super) const META: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Schema {
    /// Visits every embedded resource below an object, the outer ones first.
    ///
    /// # Errors
    /// The first error of the visitor.
    pub(crate) fn visit_embedded<E>(
        &self,
        map: &mut Map<String, Value>,
        path: &Path<'_>,
        visit: &mut impl FnMut(&mut Map<String, Value>, &Path<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.has_embedded {
            return Ok(());
        }
        for (name, member) in map {
            if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                schema.visit_value(member, &self.member_path(path, name), visit)?;
            }
        }
        Ok(())
    }

    fn visit_value<E>(
        &self,
        value: &mut Value,
        path: &Path<'_>,
        visit: &mut impl FnMut(&mut Map<String, Value>, &Path<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match value {
            Value::Object(map) => {
                if self.embedded {
                    visit(map, path)?;
                }
                self.visit_embedded(map, path, visit)
            }
            Value::Array(list) if self.has_embedded => list.iter_mut().enumerate().try_for_each(|(i, item)| {
                self.items.iter().try_for_each(|items| items.visit_value(item, &Path::Item(path, i), visit))
            }),
            _ => Ok(()),
        }
    }

    /// Validates every embedded resource; `metadata` checks the metadata of one.
    pub(crate) fn validate_embedded(
        &self,
        value: &Value,
        path: &Path<'_>,
        metadata: &impl Fn(&Value, &str, &mut Vec<FieldError>),
        errors: &mut Vec<FieldError>,
    ) {
        if !self.has_embedded {
            return;
        }
        match value {
            Value::Object(map) => {
                if self.embedded {
                    type_members(map, path, errors);
                    if map.contains_key("metadata") {
                        metadata(value, &Path::Member(path, "metadata").to_string(), errors);
                    }
                }
                for (name, member) in map {
                    if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                        schema.validate_embedded(member, &self.member_path(path, name), metadata, errors);
                    }
                }
            }
            Value::Array(list) => {
                for (i, item) in list.iter().enumerate() {
                    if let Some(items) = &self.items {
                        items.validate_embedded(item, &Path::Item(path, i), metadata, errors);
                    }
                }
            }
            _ => {}
        }
    }
}

fn type_members(map: &Map<String, Value>, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    let field = |member: &str| Path::Member(path, member).to_string();
    for member in ["apiVersion", "kind"].into_iter().filter(|member| !map.contains_key(*member)) {
        errors.push(FieldError::required(field(member), ""));
    }
    for member in ["apiVersion", "kind"] {
        let Some(value) = map.get(member) else { continue };
        let detail = match value.as_str() {
            None => Some("must be a string".to_owned()),
            Some("") => Some("must not be empty".to_owned()),
            Some(text) if member == "apiVersion" => {
                (text.matches('/').count() > 1).then(|| format!("unexpected GroupVersion string: {text}"))
            }
            Some(kind) => {
                let problems = NameRule::ServiceLabel.check(&kind.to_lowercase());
                let joined = problems.join(",");
                (!joined.is_empty()).then(|| format!("may have mixed case, but should otherwise match: {joined}"))
            }
        };
        if let Some(detail) = detail {
            errors.push(FieldError::invalid(field(member), value, detail));
        }
    }
}

/// Whether all members of an embedded resource have the types that Go's decoder needs.
///
/// # Errors
/// The error of the first that has not.
pub(crate) fn check_types(map: &Map<String, Value>, path: &Path<'_>) -> Result<(), FieldError> {
    for member in ["apiVersion", "kind"] {
        if let Some(value) = map.get(member).filter(|value| !value.is_string()) {
            return Err(FieldError::invalid(Path::Member(path, member).to_string(), value, "must be a string"));
        }
    }
    Ok(())
}
