//! Validates a value against its schema, with the causes and words of kube-openapi's validator
//! (k8s.io/kube-openapi/pkg/validation, k8s.io/apiextensions-apiserver/pkg/apiserver/validation).
//!
//! Ratcheting (KEP-4008): values that an update leaves unchanged are not validated again.
use super::{Format, Schema, Type, cel};
use crate::base::{field_error::FieldError, json::integral, path::Path, timestamp};
use serde_json::{Map, Value};

/// Collects errors, relative to a prefix.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// `status` when only the status is validated: the field contains it, the text of the message does not.
    prefix: &'a str,
    pub(crate) errors: &'a mut Vec<FieldError>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(prefix: &'a str, errors: &'a mut Vec<FieldError>) -> Self {
        Self { prefix, errors }
    }

    fn field(&self, path: &Path<'_>) -> String {
        match (self.prefix, path) {
            ("", path) => path.to_string(),
            (prefix, Path::Root) => prefix.to_owned(),
            (prefix, path) => format!("{prefix}.{path}"),
        }
    }

    fn invalid(&mut self, path: &Path<'_>, value: &Value, detail: &str) {
        let error = FieldError::invalid(self.field(path), value, format_args!("{path} in body {detail}"));
        self.errors.push(error);
    }

    fn wrong_type(&mut self, path: &Path<'_>, shown: &str, wanted: &str) {
        let text = Value::from(shown);
        let detail = format!("{path} in body must be of type {wanted}: {text}");
        self.errors.push(FieldError::wrong_type(self.field(path), shown, detail));
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
        rules: &cel::Evaluator,
        errors: &mut Vec<FieldError>,
    ) {
        if !self.has_rules {
            return;
        }
        for rule in &self.rules {
            rules.evaluate(rule, value, old, path, errors);
        }
        match value {
            Value::Object(map) => {
                for (name, member) in map {
                    if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                        let before = old.and_then(|o| o.get(name));
                        schema.validate_rules(member, before, &Path::Member(path, name), rules, errors);
                    }
                }
            }
            Value::Array(list) => {
                if let Some(items) = &self.items {
                    for (i, item) in list.iter().enumerate() {
                        items.validate_rules(item, self.correlated(item, old), &Path::Item(path, i), rules, errors);
                    }
                }
            }
            _ => {}
        }
    }

    fn validate(&self, value: &Value, old: Option<&Value>, path: &Path<'_>, report: &mut Report<'_>) {
        if old == Some(value) || (self.nullable && value.is_null()) {
            return;
        }
        if !self.type_fits(value) {
            let found = Type::of(value).map_or("null", Type::name);
            let wanted = self.kind.map_or("integer,string", Type::name);
            report.wrong_type(path, found, wanted);
            self.values(value, path, report);
            return;
        }
        self.values(value, path, report);
        match value {
            Value::String(text) => self.string(text, value, path, report),
            Value::Number(_) => self.number(value, path, report),
            Value::Array(list) => self.array(list, value, old, path, report),
            Value::Object(map) => self.object(map, value, old, path, report),
            _ => {}
        }
        if !self.combined.is_empty() {
            self.branches(value, path, report);
        }
    }

    fn type_fits(&self, value: &Value) -> bool {
        let found = Type::of(value);
        if self.int_or_string {
            return matches!(found, Some(Type::Integer | Type::String));
        }
        match (self.kind, found) {
            (None, _) | (Some(Type::Number), Some(Type::Integer)) => true,
            (kind, found) => kind == found,
        }
    }

    fn values(&self, value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
        if !self.limits.values.is_empty() && !self.limits.values.contains(value) {
            let supported: Vec<&Value> = self.limits.values.iter().collect();
            // Go prints an integral float as an integer.
            let whole = value.as_f64().filter(|_| value.is_f64()).and_then(integral).map(Value::from);
            let shown = whole.as_ref().unwrap_or(value);
            report.errors.push(FieldError::not_supported(report.field(path), shown, &supported));
        }
    }

    fn string(&self, text: &str, value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
        let limits = &self.limits;
        let limited = limits.max_length.is_some() || limits.min_length.is_some();
        let length = if limited { text.chars().count() as u64 } else { 0 };
        if let Some(most) = limits.max_length.filter(|most| length > *most) {
            report.errors.push(FieldError::too_long(report.field(path), most));
            return;
        }
        if let Some(least) = limits.min_length.filter(|least| length < *least) {
            report.invalid(path, value, &format!("should be at least {least} chars long"));
        }
        if let Some((pattern, _)) = limits.pattern.as_ref().filter(|(_, regex)| !regex.is_match(text)) {
            report.invalid(path, value, &format!("should match '{pattern}'"));
        }
        let wanted = match limits.format {
            Some(Format::DateTime) if !timestamp::is_date_time(text) => "date-time",
            Some(Format::Date) if !timestamp::is_date(text) => "date",
            Some(Format::Duration) if !is_duration(text) => "duration",
            _ => return,
        };
        report.wrong_type(path, text, wanted);
    }

    fn number(&self, value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
        let format = match self.limits.format {
            Some(Format::Int32) if value.as_i64().is_none_or(|n| i32::try_from(n).is_err()) => "int32",
            Some(Format::Int64) if value.as_i64().is_none() => "int64",
            _ => "",
        };
        if !format.is_empty() {
            // The validator reports these without their own path: the field is that of the whole validation.
            let detail = format!("Checked value must be of type integer with format {format} in {path}");
            report.errors.push(FieldError::invalid(report.prefix, &Value::from(""), detail));
            return;
        }
        let Some(number) = value.as_f64() else { return };
        match self.limits.minimum {
            Some((least, true)) if number <= least => {
                report.invalid(path, value, &format!("should be greater than {least}"))
            }
            Some((least, false)) if number < least => {
                report.invalid(path, value, &format!("should be greater than or equal to {least}"));
            }
            _ => {}
        }
        match self.limits.maximum {
            Some((most, true)) if number >= most => report.invalid(path, value, &format!("should be less than {most}")),
            Some((most, false)) if number > most => {
                report.invalid(path, value, &format!("should be less than or equal to {most}"));
            }
            _ => {}
        }
    }

    fn array(&self, list: &[Value], value: &Value, old: Option<&Value>, path: &Path<'_>, report: &mut Report<'_>) {
        let count = list.len() as u64;
        if let Some(most) = self.limits.max_items.filter(|most| count > *most) {
            report.errors.push(FieldError::too_many(report.field(path), list.len(), most));
        }
        if let Some(least) = self.limits.min_items.filter(|least| count < *least) {
            report.invalid(path, value, &format!("should have at least {least} items"));
        }
        let Some(items) = &self.items else { return };
        for (i, item) in list.iter().enumerate() {
            items.validate(item, self.correlated(item, old), &Path::Item(path, i), report);
        }
        let keyed = self.list_is_set || !self.list_keys.is_empty();
        for (i, item) in list.iter().enumerate().filter(|_| keyed) {
            if list[..i].iter().any(|other| self.same_entry(other, item)) {
                let shown = if self.list_is_set { item.clone() } else { self.entry_key(item) };
                report.errors.push(FieldError::duplicate(report.field(&Path::Item(path, i)), &shown));
            }
        }
    }

    fn object(
        &self,
        map: &Map<String, Value>,
        value: &Value,
        old: Option<&Value>,
        path: &Path<'_>,
        report: &mut Report<'_>,
    ) {
        let count = map.len() as u64;
        if let Some(most) = self.limits.max_properties.filter(|most| count > *most) {
            report.errors.push(FieldError::too_many(report.field(path), map.len(), most));
        }
        if let Some(least) = self.limits.min_properties.filter(|least| count < *least) {
            report.invalid(path, value, &format!("should have at least {least} properties"));
        }
        for (name, member) in map {
            if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                schema.validate(member, old.and_then(|o| o.get(name)), &Path::Member(path, name), report);
            }
        }
        self.required(map, path, report);
    }

    fn required(&self, map: &Map<String, Value>, path: &Path<'_>, report: &mut Report<'_>) {
        for name in self.required.iter().filter(|name| !map.contains_key(*name)) {
            report.errors.push(FieldError::required(report.field(&Path::Member(path, name)), ""));
        }
    }

    fn branches(&self, value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
        let holds = |schema: &Self| {
            let mut errors = Vec::new();
            schema.validate(value, None, path, &mut Report::new("", &mut errors));
            errors.is_empty()
        };
        for branch in &self.combined.all_of {
            branch.validate(value, None, path, report);
        }
        if !self.combined.any_of.is_empty() && !self.combined.any_of.iter().any(holds) {
            report.invalid(path, value, "must validate at least one schema (anyOf)");
        }
        if !self.combined.one_of.is_empty() && self.combined.one_of.iter().filter(|b| holds(b)).count() != 1 {
            report.invalid(path, value, "must validate one and only one schema (oneOf)");
        }
        if self.combined.not.as_deref().is_some_and(holds) {
            report.invalid(path, value, "must not validate the schema (not)");
        }
    }

    /// The old item that corresponds to a new one; only lists of type map have one.
    fn correlated<'v>(&self, item: &Value, old: Option<&'v Value>) -> Option<&'v Value> {
        if self.list_keys.is_empty() {
            return None;
        }
        old?.as_array()?.iter().find(|other| self.same_entry(other, item))
    }

    fn same_entry(&self, a: &Value, b: &Value) -> bool {
        if self.list_is_set { a == b } else { self.list_keys.iter().all(|key| a.get(key) == b.get(key)) }
    }

    fn entry_key(&self, item: &Value) -> Value {
        let pairs = self.list_keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
        Value::Object(pairs.collect())
    }
}

/// Whether Go's `time.ParseDuration` accepts the text.
fn is_duration(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return true;
    }
    let mut rest = unsigned;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let unit = rest[number..].find(|c: char| c.is_ascii_digit() || c == '.').map_or(rest.len(), |n| number + n);
        let digits = &rest[..number];
        let is_number = digits.bytes().any(|b| b.is_ascii_digit()) && digits.matches('.').count() <= 1;
        if !is_number || !matches!(&rest[number..unit], "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h") {
            return false;
        }
        rest = &rest[unit..];
    }
    !unsigned.is_empty()
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
    fn duplicate_map_keys_are_named() {
        let schema = json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
            "items": {"type": "object", "properties": {"type": {"type": "string"}}}});
        let list = json!([{"type": "A"}, {"type": "A"}]);
        assert_eq!(errors(&schema, &list, None), ["spec[1]: Duplicate value: {\"type\":\"A\"}"]);
    }

    #[test]
    fn branches_are_all_considered() {
        let schema =
            json!({"type": "string", "anyOf": [{"pattern": "^a"}, {"pattern": "^b"}], "not": {"pattern": "z$"}});
        assert!(errors(&schema, &json!("b"), None).is_empty());
        assert_eq!(errors(&schema, &json!("cz"), None).len(), 2);
    }

    #[test]
    fn durations_parse_as_in_go() {
        for text in ["1h", "1h30m", "1.5s", "-2ms", "0"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "1", "h", "1d", "1.2.3s", "."] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
