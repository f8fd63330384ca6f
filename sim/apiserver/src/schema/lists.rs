//! Sets and maps in form of lists: no entry may occur twice (…/schema/listtype/validation.go).
//!
//! On an update the new object is checked only if the old one was valid in this respect.
use super::Schema;
use crate::base::{field_error::FieldError, path::Path};
use serde_json::{Map, Value};

impl Schema {
    /// Checks all lists of a custom resource.
    pub(crate) fn validate_lists(&self, value: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
        if !self.has_keyed_lists {
            return;
        }
        let mut found = Vec::new();
        self.lists(value, &Path::Root, &mut found);
        if !found.is_empty()
            && let Some(old) = old
        {
            let mut before = Vec::new();
            self.lists(old, &Path::Root, &mut before);
            if !before.is_empty() {
                return;
            }
        }
        errors.extend(found);
    }

    fn lists(&self, value: &Value, path: &Path<'_>, errors: &mut Vec<FieldError>) {
        if !self.has_keyed_lists {
            return;
        }
        match value {
            Value::Object(map) => {
                for (name, member) in map {
                    if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                        schema.lists(member, &self.member_path(path, name), errors);
                    }
                }
            }
            Value::Array(list) => {
                if self.list_is_set {
                    duplicates(list, path, errors);
                } else if !self.list_keys.is_empty() {
                    self.keys(list, path, errors);
                }
                for (i, item) in list.iter().enumerate() {
                    self.items.iter().for_each(|items| items.lists(item, &Path::Item(path, i), errors));
                }
            }
            _ => {}
        }
    }

    fn keys(&self, list: &[Value], path: &Path<'_>, errors: &mut Vec<FieldError>) {
        if let Some(i) = list.iter().position(|item| !item.is_object() && !item.is_null()) {
            let detail = "must be an object for an array of list-type map";
            errors.push(FieldError::invalid(Path::Item(path, i).to_string(), &list[i], detail));
            return;
        }
        let key = |item: &Value| {
            let pairs = self.list_keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        duplicates(&list.iter().map(key).collect::<Vec<_>>(), path, errors);
    }
}

/// Reports the second occurrence of each entry.
fn duplicates(list: &[Value], path: &Path<'_>, errors: &mut Vec<FieldError>) {
    for (i, item) in list.iter().enumerate() {
        if list[..i].iter().filter(|other| *other == item).count() == 1 {
            errors.push(FieldError::duplicate(Path::Item(path, i).to_string(), item));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors(new: &Value, old: Option<&Value>) -> Vec<String> {
        let schema = json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
            "items": {"type": "object", "properties": {"type": {"type": "string"}}}});
        let schema = Schema::compile(&json!({"properties": {"spec": schema}}), "").expect("it compiles");
        let mut errors = Vec::new();
        schema.validate_lists(&json!({"spec": new}), old.map(|o| json!({"spec": o})).as_ref(), &mut errors);
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn duplicate_map_keys_are_named() {
        let list = json!([{"type": "A"}, {"type": "A"}, {"type": "A"}]);
        assert_eq!(errors(&list, None), ["spec[1]: Duplicate value: {\"type\":\"A\"}"]);
        assert_eq!(errors(&list, Some(&json!([{"type": "A"}]))).len(), 1);
        assert!(errors(&list, Some(&json!([{"type": "B"}, {"type": "B"}]))).is_empty());
    }
}
