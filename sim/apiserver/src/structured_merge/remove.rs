//! Removes fields from a value (sigs.k8s.io/structured-merge-diff/v6/typed/remove.go).
use super::{Form, List, Map, Relation, Root, TypeId, Types, element::Element, set::Set};
use serde_json::Value;

impl Root<'_> {
    /// The rest of an object. A map that loses its last member becomes null, as in the original; decoding drops it.
    pub(crate) fn remove(self, value: &Value, fields: &Set) -> Value {
        self.types.remove(self.id, value, fields)
    }
}

impl Types {
    fn remove(&self, id: TypeId, value: &Value, fields: &Set) -> Value {
        match self.atom(id).deduce(Some(value)).form() {
            Form::Scalar(_) => value.clone(),
            Form::Map(Map { atomic: true, .. }) | Form::List(List { relation: Relation::Atomic, .. }) => Value::Null,
            Form::Map(map) => self.remove_members(map, value, fields),
            Form::List(list) => self.remove_items(list, value, fields),
        }
    }

    fn remove_members(&self, map: &Map, value: &Value, fields: &Set) -> Value {
        let mut left = serde_json::Map::new();
        for (name, member) in value.as_object().into_iter().flatten() {
            let (removed, below) = fields.at(&Element::Field(name.clone()));
            if removed {
                continue;
            }
            let member = if below.is_empty() { member.clone() } else { self.remove(map.member(name), member, below) };
            left.insert(name.clone(), member);
        }
        if left.is_empty() { Value::Null } else { left.into() }
    }

    fn remove_items(&self, list: &List, value: &Value, fields: &Set) -> Value {
        let mut left = Vec::new();
        for item in value.as_array().into_iter().flatten() {
            let Ok(element) = self.element_of(list, item) else { continue };
            let (removed, below) = fields.at(&element);
            if removed {
                continue;
            }
            left.push(if below.is_empty() { item.clone() } else { self.remove(list.element, item, below) });
        }
        if left.is_empty() { Value::Null } else { left.into() }
    }
}
