//! The difference between two values of a type (sigs.k8s.io/structured-merge-diff/v6/typed/compare.go).
use super::{Atom, Form, List, Map, Relation, Root, TypeId, Types, element::Element, set::Set};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The fields in which two values differ, in disjoint sets.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) removed: Set,
    pub(crate) modified: Set,
    pub(crate) added: Set,
}

impl Comparison {
    /// Removes these fields and everything below them.
    pub(crate) fn without(self, fields: &Set) -> Self {
        if fields.is_empty() {
            return self;
        }
        Self {
            removed: self.removed.recursive_difference(fields),
            modified: self.modified.recursive_difference(fields),
            added: self.added.recursive_difference(fields),
        }
    }
}

impl Root<'_> {
    /// Compares two values.
    ///
    /// # Errors
    /// For a list whose items cannot be identified.
    pub(crate) fn compare(self, before: &Value, after: &Value) -> Result<Comparison, String> {
        let mut walk = Walk { types: self.types, path: Vec::new(), found: Comparison::default() };
        walk.value(self.id, Some(before), Some(after))?;
        Ok(walk.found)
    }
}

struct Walk<'a> {
    types: &'a Types,
    path: Vec<Element>,
    found: Comparison,
}

impl Walk<'_> {
    fn value(&mut self, id: TypeId, before: Option<&Value>, after: Option<&Value>) -> Result<(), String> {
        let types = self.types;
        let atom = types.atom(id);
        let (old, new) = (atom.deduce(before), atom.deduce(after));
        let leaf = if after.is_none() {
            self.form(&old, before, after)?
        } else if before.is_none() || old == new {
            self.form(&new, before, after)?
        } else {
            self.form(&old, before, after)?;
            self.form(&new, before, after)?
        };
        if !leaf {
            match (before, after) {
                (None, _) => self.found.added.insert(&self.path),
                (_, None) => self.found.removed.insert(&self.path),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the value was compared as a whole.
    fn form(&mut self, atom: &Atom, before: Option<&Value>, after: Option<&Value>) -> Result<bool, String> {
        let whole = is_empty(before) && is_empty(after);
        match atom.form() {
            Form::Map(map) if !map.atomic && !whole => {
                self.map(map, before, after)?;
                Ok(false)
            }
            Form::List(list) if list.relation != Relation::Atomic && !whole => {
                self.list(list, before, after)?;
                Ok(false)
            }
            _ => {
                self.leaf(before, after);
                Ok(true)
            }
        }
    }

    fn leaf(&mut self, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (None, _) => self.found.added.insert(&self.path),
            (_, None) => self.found.removed.insert(&self.path),
            (before, after) if before != after => self.found.modified.insert(&self.path),
            _ => {}
        }
    }

    fn map(&mut self, map: &Map, before: Option<&Value>, after: Option<&Value>) -> Result<(), String> {
        let members = [before, after].into_iter().flatten().filter_map(Value::as_object);
        let names: BTreeSet<&String> = members.flat_map(serde_json::Map::keys).collect();
        for name in names {
            let [old, new] = [before, after].map(|value| value.and_then(|value| value.get(name)));
            self.path.push(Element::Field(name.clone()));
            self.value(map.member(name), old, new)?;
            self.path.pop();
        }
        Ok(())
    }

    fn list(&mut self, list: &List, before: Option<&Value>, after: Option<&Value>) -> Result<(), String> {
        let mut items: BTreeMap<Element, [Vec<&Value>; 2]> = BTreeMap::new();
        for (side, value) in [before, after].into_iter().enumerate() {
            for (index, item) in value.and_then(Value::as_array).into_iter().flatten().enumerate() {
                let element = self.types.element_of(list, item).map_err(|why| format!("element {index}: {why}"))?;
                items.entry(element).or_default()[side].push(item);
            }
        }
        for (element, [old, new]) in items {
            self.path.push(element);
            self.items(list, &old, &new)?;
            self.path.pop();
        }
        Ok(())
    }

    /// Compares items with the same key: several of them are compared as one value.
    fn items(&mut self, list: &List, old: &[&Value], new: &[&Value]) -> Result<(), String> {
        match (old, new) {
            ([_, _, ..], [_, _, ..]) => {
                if old != new {
                    self.found.modified.insert(&self.path);
                }
            }
            ([_, _, ..], _) => {
                if let Some(new) = new.first() {
                    self.value(list.element, None, Some(new))?;
                }
                self.found.removed.insert(&self.path);
            }
            (_, [_, _, ..]) => {
                if let Some(old) = old.first() {
                    self.value(list.element, Some(old), None)?;
                }
                self.found.added.insert(&self.path);
            }
            _ => self.value(list.element, old.first().copied(), new.first().copied())?,
        }
        Ok(())
    }
}

/// Whether a value is absent, null, of another form, or without members.
pub(crate) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        _ => true,
    }
}
