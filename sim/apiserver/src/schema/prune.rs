//! Brings a value into its stored form: drops unknown members, drops nulls or replaces them by the default, fills in
//! defaults, turns integral floats into integers (…/schema/{pruning,defaulting}).
use super::{Schema, Type, embedded::META};
use crate::base::{json::integral, path::Path};
use serde_json::{Map, Value};

impl Schema {
    /// Prunes and defaults the members of a custom resource, and reports the unknown ones by path. `metadata` is not
    /// covered by the schema.
    pub(crate) fn prune_object(&self, object: &mut Map<String, Value>, unknown: &mut Vec<String>) {
        let metadata = object.remove("metadata");
        let head = ["apiVersion", "kind"].map(|member| object.remove_entry(member));
        self.prune_map(object, &Path::Root, unknown);
        object.extend(head.into_iter().flatten());
        if let Some(metadata) = metadata {
            object.insert("metadata".into(), metadata);
        }
    }

    /// Drops the members that the schema does not know, and adds none.
    pub(crate) fn strip_object(&self, object: &mut Map<String, Value>) {
        let head = ["apiVersion", "kind", "metadata"].map(|member| object.remove_entry(member));
        self.strip_map(object);
        object.extend(head.into_iter().flatten());
    }

    /// Like [`Self::strip_object`], for a value of any type.
    pub(crate) fn strip(&self, value: &mut Value) {
        match value {
            Value::Object(map) => self.strip_map(map),
            Value::Array(list) => {
                list.iter_mut().for_each(|item| self.items.iter().for_each(|items| items.strip(item)))
            }
            _ => {}
        }
    }

    fn strip_map(&self, map: &mut Map<String, Value>) {
        map.retain(|name, value| match self.properties.get(name).or(self.additional.as_deref()) {
            _ if self.embedded && META.contains(&name.as_str()) => true,
            // A null is left to be replaced by a default.
            Some(schema) if value.is_null() => schema.nullable || schema.default.is_some(),
            Some(schema) => {
                schema.strip(value);
                true
            }
            None => self.preserve_unknown,
        });
    }

    fn prune(&self, value: &mut Value, path: &Path<'_>, unknown: &mut Vec<String>) {
        match value {
            Value::Object(map) => self.prune_map(map, path, unknown),
            Value::Array(list) => {
                for (i, item) in list.iter_mut().enumerate() {
                    match &self.items {
                        Some(items) => items.prune(item, &Path::Item(path, i), unknown),
                        None if self.preserve_unknown => {}
                        None => prune_all(item, &Path::Item(path, i), unknown),
                    }
                }
            }
            Value::Number(number) if self.kind == Some(Type::Integer) && number.is_f64() => {
                if let Some(integer) = number.as_f64().and_then(integral) {
                    *value = Value::from(integer);
                }
            }
            _ => {}
        }
    }

    fn prune_map(&self, map: &mut Map<String, Value>, path: &Path<'_>, unknown: &mut Vec<String>) {
        map.retain(|name, value| {
            if self.embedded && META.contains(&name.as_str()) {
                return true;
            }
            if let Some(property) = self.properties.get(name) {
                if value.is_null() && !property.nullable {
                    return false;
                }
                property.prune(value, &Path::Member(path, name), unknown);
                return true;
            }
            if let Some(additional) = &self.additional {
                if value.is_null() && !additional.nullable {
                    return false;
                }
                additional.prune(value, &Path::Member(path, name), unknown);
                return true;
            }
            if !self.preserve_unknown {
                unknown.push(Path::Member(path, name).to_string());
            }
            self.preserve_unknown
        });
        for (name, property) in &self.properties {
            if let Some(default) = &property.default
                && !map.contains_key(name)
            {
                let slot = map.entry(name.clone()).or_insert_with(|| default.clone());
                property.fill(slot);
            }
        }
    }

    /// Fills in defaults and prunes nothing, for values that were not decoded from a body: a null without a default is
    /// kept.
    pub(crate) fn fill(&self, value: &mut Value) {
        match value {
            Value::Object(map) => self.fill_map(map),
            Value::Array(list) => {
                for item in list {
                    self.items.iter().for_each(|items| items.fill_in(item));
                }
            }
            _ => {}
        }
    }

    fn fill_map(&self, map: &mut Map<String, Value>) {
        for (name, property) in &self.properties {
            if let Some(default) = &property.default {
                map.entry(name.clone()).or_insert_with(|| default.clone());
            }
        }
        for (name, value) in map {
            if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                schema.fill_in(value);
            }
        }
    }

    /// Fills in a value; a null that is not allowed counts as absent.
    fn fill_in(&self, value: &mut Value) {
        if let Some(default) = &self.default
            && value.is_null()
            && !self.nullable
        {
            value.clone_from(default);
        }
        self.fill(value);
    }
}

/// Prunes everything in a list that is not allowed here.
fn prune_all(value: &mut Value, path: &Path<'_>, unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            unknown.extend(map.keys().map(|name| Path::Member(path, name).to_string()));
            map.clear();
        }
        Value::Array(list) => {
            list.iter_mut().enumerate().for_each(|(i, item)| prune_all(item, &Path::Item(path, i), unknown));
        }
        _ => {}
    }
}
