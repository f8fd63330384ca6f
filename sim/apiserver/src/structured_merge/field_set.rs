//! The fields of a value (sigs.k8s.io/structured-merge-diff/v6/typed/tofieldset.go), which an applier owns.
use super::{Form, List, Map, Relation, Root, TypeId, Types, element::Element, set::Set};
use serde_json::Value;
use std::collections::BTreeMap;

impl Root<'_> {
    /// The fields of a valid value.
    pub(crate) fn field_set(self, value: &Value) -> Set {
        let mut walk = Walk { types: self.types, path: Vec::new(), set: Set::default() };
        walk.value(self.id, value);
        walk.set
    }
}

struct Walk<'a> {
    types: &'a Types,
    path: Vec<Element>,
    set: Set,
}

impl Walk<'_> {
    fn value(&mut self, id: TypeId, value: &Value) {
        let types = self.types;
        match types.atom(id).deduce(Some(value)).form() {
            Form::Scalar(_) => self.set.insert(&self.path),
            Form::Map(Map { atomic: true, .. }) => self.set.insert(&self.path),
            Form::List(List { relation: Relation::Atomic, .. }) => self.set.insert(&self.path),
            Form::Map(map) => self.map(map, value),
            Form::List(list) => self.list(list, value),
        }
    }

    fn map(&mut self, map: &Map, value: &Value) {
        for (name, member) in value.as_object().into_iter().flatten() {
            self.path.push(Element::Field(name.clone()));
            self.value(map.member(name), member);
            let empty = member.is_null() || member.as_object().is_some_and(serde_json::Map::is_empty);
            if empty || !map.fields.contains_key(name) {
                self.set.insert(&self.path);
            }
            self.path.pop();
        }
    }

    /// Adds the fields of a list; for items with the same key, only the key is owned.
    fn list(&mut self, list: &List, value: &Value) {
        let items = value.as_array().into_iter().flatten();
        let items = items.filter_map(|item| Some((self.types.element_of(list, item).ok()?, item)));
        let mut found: BTreeMap<Element, Vec<&Value>> = BTreeMap::new();
        for (element, item) in items {
            found.entry(element).or_default().push(item);
        }
        for (element, items) in found {
            self.path.push(element);
            if let [item] = items[..] {
                self.value(list.element, item);
            }
            self.set.insert(&self.path);
            self.path.pop();
        }
    }
}

impl Root<'_> {
    /// Adds the named fields on the paths to a set's members (fieldpath/set.go, EnsureNamedFieldsAreMembers).
    pub(crate) fn with_named_fields(self, set: &Set) -> Set {
        self.types.with_named_fields(Some(self.id), set)
    }
}

impl Types {
    fn with_named_fields(&self, id: Option<TypeId>, set: &Set) -> Set {
        let atom = id.map(|id| self.atom(id));
        let map = atom.and_then(|atom| atom.map.as_ref());
        let list = atom.and_then(|atom| atom.list.as_ref());
        set.map_nodes(|element, member, below| {
            let (named, of) = match element {
                Element::Field(name) => {
                    let field = map.and_then(|map| map.fields.get(name));
                    (field.is_some(), field.map(|field| field.of).or(map.and_then(|map| map.element)))
                }
                Element::Key(_) => (false, list.map(|list| list.element)),
                _ => (false, None),
            };
            (member || (named && !below.is_empty()), self.with_named_fields(of, below))
        })
    }
}
