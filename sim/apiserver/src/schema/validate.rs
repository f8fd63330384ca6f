//! Validates a value against its schema, with the causes and words of kube-openapi's validator, in its order
//! (k8s.io/kube-openapi/pkg/validation/validate).
//!
//! Every check that fits a value's own type is made, even if that is not the schema's type. Checks that pass are
//! counted, because of several branches that fail the errors of the one with the most are shown. Equal errors are
//! reported once. Ratcheting (KEP-4008): values that an update leaves unchanged are not validated again.
use super::{Schema, Type};
use crate::base::{field_error::FieldError, path::Path};
use serde_json::{Map, Value};

/// Collects errors, relative to a prefix.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// `status` when only the status is validated: the field contains it, the text of the message does not.
    pub(super) prefix: &'a str,
    pub(crate) errors: &'a mut Vec<FieldError>,
    /// Where the errors of this validation begin.
    start: usize,
}

impl<'a> Report<'a> {
    pub(crate) fn new(prefix: &'a str, errors: &'a mut Vec<FieldError>) -> Self {
        let start = errors.len();
        Self { prefix, errors, start }
    }

    pub(super) fn field(&self, path: &Path<'_>) -> String {
        match (self.prefix, path) {
            ("", path) => path.to_string(),
            (prefix, Path::Root) => prefix.to_owned(),
            (prefix, path) => format!("{prefix}.{path}"),
        }
    }

    pub(super) fn push(&mut self, error: FieldError) {
        if !self.errors[self.start..].contains(&error) {
            self.errors.push(error);
        }
    }

    pub(super) fn invalid(&mut self, path: &Path<'_>, value: &Value, detail: &str) {
        self.push(FieldError::invalid(self.field(path), value, format_args!("{path} in body {detail}")));
    }

    /// An invalid value with a message of its own.
    pub(super) fn invalid_whole(&mut self, path: &Path<'_>, value: &Value, detail: &str) {
        self.push(FieldError::invalid(self.field(path), value, detail));
    }

    fn wrong_type(&mut self, path: &Path<'_>, shown: &str, wanted: &str) {
        let text = Value::from(shown);
        let detail = format!("{path} in body must be of type {wanted}: {text}");
        self.push(FieldError::wrong_type(self.field(path), shown, detail));
    }

    /// An error that the validator reports without a path of its own: the field is that of the whole validation.
    pub(super) fn unplaced(&mut self, detail: String) {
        self.push(FieldError::invalid(self.prefix, &Value::from(""), detail));
    }
}

impl Schema {
    /// Validates a custom resource, except its metadata.
    pub(crate) fn validate_object(&self, object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
        let Some(map) = object.as_object() else { return };
        let report = &mut Report::new("", errors);
        for (name, value) in map.iter().filter(|(name, _)| *name != "metadata") {
            if let Some(property) = self.properties.get(name) {
                let before = old.and_then(|o| o.get(name));
                property.validate(value, before, &Path::Member(&Path::Root, name), report);
            }
        }
        self.required(map, &Path::Root, report);
    }

    /// Validates a status on its own, as for writes to `/status`.
    pub(crate) fn validate_status(&self, value: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
        self.validate(value, old, &Path::Root, &mut Report::new("status", errors));
    }

    /// Validates a value on its own: errors name this field.
    pub(crate) fn validate_value(&self, value: &Value, field: &str, errors: &mut Vec<FieldError>) {
        self.validate(value, None, &Path::Root, &mut Report::new(field, errors));
    }

    /// Evaluates the CEL rules of this node and those below it.
    pub(crate) fn validate_rules(
        &self,
        value: &Value,
        old: Option<&Value>,
        path: &Path<'_>,
        errors: &mut Vec<FieldError>,
    ) {
        if !self.has_rules {
            return;
        }
        for rule in &self.rules {
            rule.evaluate(value, old, path, errors);
        }
        match value {
            Value::Object(map) => {
                for (name, member) in map {
                    let schema = self.properties.get(name).or(self.additional.as_deref());
                    if let Some(schema) = schema.filter(|schema| schema.has_rules) {
                        let before = old.and_then(|o| o.get(name));
                        schema.validate_rules(member, before, &self.member_path(path, name), errors);
                    }
                }
            }
            Value::Array(list) => {
                if let Some(items) = &self.items {
                    for (i, item) in list.iter().enumerate() {
                        items.validate_rules(item, self.correlated(item, old), &Path::Item(path, i), errors);
                    }
                }
            }
            _ => {}
        }
    }

    /// Validates a value, and counts the checks that were made and passed.
    fn validate(&self, value: &Value, old: Option<&Value>, path: &Path<'_>, report: &mut Report<'_>) -> u32 {
        if old == Some(value) {
            return 0;
        }
        let mut passed = self.check_type(value, path, report);
        if !value.is_null() {
            // The branches, the enum and the node as a whole.
            passed += 3 + self.branches(value, path, report);
        }
        match value {
            Value::String(text) => {
                self.string(text, value, path, report);
                passed += 1 + u32::from(self.limits.format.is_some());
            }
            Value::Number(number) => {
                self.number(number, value, path, report);
                passed += 2;
            }
            Value::Array(list) => passed += 2 + self.array(list, old, path, report),
            _ => {}
        }
        self.values(value, path, report);
        if let Value::Object(map) = value {
            passed += 1 + self.object(map, old, path, report);
        }
        passed
    }

    fn check_type(&self, value: &Value, path: &Path<'_>, report: &mut Report<'_>) -> u32 {
        let found = Type::of(value);
        let wanted = match self.kind {
            _ if self.int_or_string => "integer,string",
            Some(kind) => kind.name(),
            None => return 0,
        };
        let Some(found) = found else {
            if !self.nullable {
                report.wrong_type(path, "null", wanted);
            }
            return 1 + u32::from(self.nullable);
        };
        let fits = match (self.kind, found) {
            _ if self.int_or_string => matches!(found, Type::Integer | Type::String),
            (Some(Type::Number), Type::Integer) => true,
            (kind, found) => kind == Some(found),
        };
        if let (false, Some(format)) = (fits, self.limits.format.as_ref()) {
            // With a format, a list passes, and other values are compared with the format.
            let inferred = match found {
                Type::Array | Type::String => return 2,
                Type::Integer => "int64",
                Type::Number => "float64",
                Type::Object | Type::Boolean => "",
            };
            report.wrong_type(path, inferred, &format.name);
        } else if !fits {
            report.wrong_type(path, found.name(), wanted);
        }
        1 + u32::from(fits)
    }

    fn values(&self, value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
        if !self.limits.values.is_empty() && !self.limits.values.iter().any(|known| is_enum(known, value)) {
            let supported: Vec<&Value> = self.limits.values.iter().collect();
            report.push(FieldError::not_supported(report.field(path), value, &supported));
        }
    }

    fn string(&self, text: &str, value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
        let limits = &self.limits;
        let limited = limits.max_length.is_some() || limits.min_length.is_some();
        let length = if limited { i64::try_from(text.chars().count()).unwrap_or(i64::MAX) } else { 0 };
        if let Some(most) = limits.max_length.filter(|most| length > *most) {
            report.push(FieldError::longer_than(report.field(path), most));
        } else if let Some(least) = limits.min_length.filter(|least| length < *least) {
            report.invalid(path, value, &format!("should be at least {least} chars long"));
        } else if let Some(pattern) = limits.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            report.invalid(path, value, &format!("should match '{}'", pattern.text()));
        }
        if let Some(format) = limits.format.as_ref().filter(|format| !format.accepts(text)) {
            report.wrong_type(path, text, &format.name);
        }
    }

    fn array(&self, list: &[Value], old: Option<&Value>, path: &Path<'_>, report: &mut Report<'_>) -> u32 {
        let mut passed = 0;
        for (i, item) in list.iter().enumerate() {
            if let Some(items) = &self.items {
                passed += items.validate(item, self.correlated(item, old), &Path::Item(path, i), report);
            }
        }
        let count = count(list.len());
        if let Some(least) = self.limits.min_items.filter(|least| count < *least) {
            report.invalid(path, &count.into(), &format!("should have at least {least} items"));
        }
        if let Some(most) = self.limits.max_items.filter(|most| count > *most) {
            report.push(FieldError::more_than(report.field(path), list.len(), most));
        }
        passed
    }

    fn object(&self, map: &Map<String, Value>, old: Option<&Value>, path: &Path<'_>, report: &mut Report<'_>) -> u32 {
        let count = count(map.len());
        if let Some(least) = self.limits.min_properties.filter(|least| count < *least) {
            report.invalid(path, &count.into(), &format!("should have at least {least} properties"));
        }
        if let Some(most) = self.limits.max_properties.filter(|most| count > *most) {
            report.push(FieldError::more_than(report.field(path), map.len(), most));
        }
        let mut passed = 0;
        for (name, member) in map {
            if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                passed += schema.validate(member, old.and_then(|o| o.get(name)), &Path::Member(path, name), report);
            }
        }
        self.required(map, path, report);
        passed
    }

    fn required(&self, map: &Map<String, Value>, path: &Path<'_>, report: &mut Report<'_>) {
        for name in self.required.iter().filter(|name| !map.contains_key(*name)) {
            report.push(FieldError::required(report.field(&Path::Member(path, name)), ""));
        }
    }

    /// Validates by the branches of `anyOf`, `oneOf`, `allOf` and `not`, which are not ratcheted.
    fn branches(&self, value: &Value, path: &Path<'_>, report: &mut Report<'_>) -> u32 {
        let combined = &self.combined;
        if combined.is_empty() {
            return 1;
        }
        let mut passed = 1;
        if !combined.any_of.is_empty() {
            let tried = tried(&combined.any_of, value, path, report.prefix);
            if tried.valid == 0 {
                report.unplaced(format!("\"{path}\" must validate at least one schema (anyOf)"));
            }
            passed += tried.merge(report);
        }
        if !combined.one_of.is_empty() {
            let tried = tried(&combined.one_of, value, path, report.prefix);
            if tried.valid != 1 {
                let found = match tried.valid {
                    0 => "Found none valid".to_owned(),
                    several => format!("Found {several} valid alternatives"),
                };
                report.unplaced(format!("\"{path}\" must validate one and only one schema (oneOf). {found}"));
            }
            passed += tried.merge(report);
        }
        if !combined.all_of.is_empty() {
            let mut valid = 0;
            for branch in &combined.all_of {
                let mut errors = Vec::new();
                passed += branch.validate(value, None, path, &mut Report::new(report.prefix, &mut errors));
                valid += usize::from(errors.is_empty());
                errors.into_iter().for_each(|error| report.push(error));
            }
            if valid < combined.all_of.len() {
                let none = if valid == 0 { ". None validated" } else { "" };
                report.unplaced(format!("\"{path}\" must validate all the schemas (allOf){none}"));
            }
        }
        if let Some(not) = combined.not.as_deref() {
            let mut errors = Vec::new();
            not.validate(value, None, path, &mut Report::new("", &mut errors));
            if errors.is_empty() {
                report.unplaced(format!("\"{path}\" must not validate the schema (not)"));
            }
        }
        passed
    }

    /// The old item that corresponds to a new one; only lists of type map have one.
    pub(super) fn correlated<'v>(&self, item: &Value, old: Option<&'v Value>) -> Option<&'v Value> {
        if self.list_keys.is_empty() {
            return None;
        }
        old?.as_array()?.iter().find(|other| self.list_keys.iter().all(|key| other.get(key) == item.get(key)))
    }
}

/// The outcome of several branches.
struct Tried {
    valid: usize,
    /// The errors of the failed branch with the most passed checks, if none was valid.
    errors: Vec<FieldError>,
    passed: u32,
}

impl Tried {
    fn merge(self, report: &mut Report<'_>) -> u32 {
        self.errors.into_iter().for_each(|error| report.push(error));
        self.passed
    }
}

fn tried(branches: &[Schema], value: &Value, path: &Path<'_>, prefix: &str) -> Tried {
    let mut outcome = Tried { valid: 0, errors: Vec::new(), passed: 0 };
    for branch in branches {
        let mut errors = Vec::new();
        let passed = branch.validate(value, None, path, &mut Report::new(prefix, &mut errors));
        if errors.is_empty() {
            if outcome.valid == 0 {
                outcome = Tried { valid: 0, errors: Vec::new(), passed };
            }
            outcome.valid += 1;
        } else if outcome.valid == 0 && (outcome.errors.is_empty() || passed > outcome.passed) {
            outcome = Tried { valid: 0, errors, passed };
        }
    }
    outcome
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Whether a value is one of an enum. A number is converted to the type of the enum's number first, which cuts off a
/// fraction; null is never found.
fn is_enum(known: &Value, value: &Value) -> bool {
    match (known, value) {
        (Value::Null, _) => false,
        (Value::Number(known), Value::Number(value)) => match (known.as_i64(), value.as_f64()) {
            (Some(known), Some(value)) if known.unsigned_abs() < 1 << 53 => {
                #[expect(clippy::cast_precision_loss, reason = "checked to be exact")]
                let exact = known as f64;
                value.trunc() == exact
            }
            _ => known.as_f64() == value.as_f64(),
        },
        (known, value) => known == value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors(schema: &Value, new: &Value, old: Option<&Value>) -> Vec<String> {
        let schema = Schema::compile(&json!({"properties": {"spec": schema}}), "").unwrap();
        let mut errors = Vec::new();
        schema.validate_object(&json!({"spec": new}), old.map(|o| json!({"spec": o})).as_ref(), &mut errors);
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unchanged_invalid_value_is_tolerated() {
        let schema =
            json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 3}, "b": {"type": "string"}}});
        let old = json!({"a": "x"});
        assert!(errors(&schema, &json!({"a": "x", "b": "new"}), Some(&old)).is_empty());
        assert_eq!(errors(&schema, &json!({"a": "y"}), Some(&old)).len(), 1);
    }

    #[test]
    fn branches_are_all_considered() {
        let schema =
            json!({"type": "string", "anyOf": [{"pattern": "^a"}, {"pattern": "^b"}], "not": {"pattern": "z$"}});
        assert!(errors(&schema, &json!("b"), None).is_empty());
        assert_eq!(
            errors(&schema, &json!("cz"), None),
            [
                "<nil>: Invalid value: \"\": \"spec\" must validate at least one schema (anyOf)",
                "spec: Invalid value: \"cz\": spec in body should match '^a'",
                "<nil>: Invalid value: \"\": \"spec\" must not validate the schema (not)",
            ]
        );
    }
}
