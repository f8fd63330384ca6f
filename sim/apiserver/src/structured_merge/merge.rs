//! Merges a configuration into an object (sigs.k8s.io/structured-merge-diff/v6/typed/merge.go): values in the
//! configuration win, all others remain, items of associative lists are matched by their keys and take the
//! configuration's order.
use super::{Atom, Form, List, Map, Relation, Root, TypeId, Types, compare::is_empty, element::Element};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

impl Root<'_> {
    /// Merges a configuration.
    ///
    /// # Errors
    /// For a list whose items cannot be identified.
    pub(crate) fn merge(self, live: &Value, config: &Value) -> Result<Value, String> {
        Ok(self.types.merge(self.id, Some(live), Some(config))?.unwrap_or_default())
    }
}

impl Types {
    /// The merged value; None if nothing remains.
    fn merge(&self, id: TypeId, live: Option<&Value>, config: Option<&Value>) -> Result<Option<Value>, String> {
        let (Some(old), Some(new)) = (live, config) else { return Ok(config.or(live).cloned()) };
        let atom = self.atom(id);
        let atom = atom.deduce(Some(new));
        // If the forms differ, Go walks the live value too, without effect.
        self.merge_form(&atom, old, new)
    }

    fn merge_form(&self, atom: &Atom, live: &Value, config: &Value) -> Result<Option<Value>, String> {
        let whole = is_empty(Some(live)) && is_empty(Some(config));
        match atom.form() {
            Form::Map(map) if !map.atomic && !whole => self.merge_maps(map, live, config),
            Form::List(list) if list.relation != Relation::Atomic && !whole => self.merge_lists(list, live, config),
            _ => Ok(Some(config.clone())),
        }
    }

    fn merge_maps(&self, map: &Map, live: &Value, config: &Value) -> Result<Option<Value>, String> {
        let members = |value: &'_ Value| {
            value.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect::<BTreeSet<_>>()
        };
        let mut merged = serde_json::Map::new();
        for name in members(live).union(&members(config)) {
            if let Some(value) = self.merge(map.member(name), live.get(name), config.get(name))? {
                merged.insert(name.clone(), value);
            }
        }
        Ok((!merged.is_empty()).then(|| merged.into()))
    }

    fn index<'a>(&self, list: &List, value: &'a Value, unique: bool) -> Result<Indexed<'a>, String> {
        let mut indexed = Indexed::default();
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            let element = self.element_of(list, item).map_err(|why| format!("element {place}: {why}"))?;
            if indexed.by_element.contains_key(&element) {
                if unique {
                    return Err(format!("duplicate entries for key {element}"));
                }
                // Duplicates are not merged.
                indexed.by_element.insert(element.clone(), None);
            } else {
                indexed.by_element.insert(element.clone(), Some(item));
            }
            indexed.order.push((element, item));
        }
        Ok(indexed)
    }

    fn merge_lists(&self, list: &List, live: &Value, config: &Value) -> Result<Option<Value>, String> {
        let new = self.index(list, config, true)?;
        let old = self.index(list, live, false)?;
        let shared =
            new.order.iter().map(|(element, _)| element).filter(|element| old.by_element.contains_key(*element));
        let mut weave = Weave { shared: shared.collect(), done: BTreeSet::new(), merged: Vec::new() };
        let (mut at_old, mut at_new) = (0, 0);
        while at_old < old.order.len() || at_new < new.order.len() {
            if let (Some((left, _)), Some((right, _))) = (old.order.get(at_old), new.order.get(at_new)) {
                if left == right {
                    self.take(list, &old, &new, left, &mut weave)?;
                    weave.shared.pop_front();
                    (at_old, at_new) = (at_old + 1, at_new + 1);
                    continue;
                }
                let wanted = weave.shared.front();
                if new.by_element.contains_key(left) && wanted.is_some_and(|wanted| *wanted != left) {
                    // A shared item that is not next in the configuration's order.
                    at_old += 1;
                    continue;
                }
            }
            if let Some((left, item)) = old.order.get(at_old) {
                if !new.by_element.contains_key(left) {
                    weave.merged.push((*item).clone());
                    at_old += 1;
                    continue;
                }
                if weave.done.contains(left) {
                    at_old += 1;
                }
            }
            if let Some((right, _)) = new.order.get(at_new) {
                self.take(list, &old, &new, right, &mut weave)?;
                at_new += 1;
                if weave.shared.front() == Some(&right) {
                    weave.shared.pop_front();
                }
            }
        }
        Ok((!weave.merged.is_empty()).then(|| weave.merged.into()))
    }

    /// The configuration's item, merged with the object's if it has one.
    fn take<'a>(
        &self,
        list: &List,
        old: &Indexed<'_>,
        new: &Indexed<'_>,
        element: &'a Element,
        weave: &mut Weave<'a>,
    ) -> Result<(), String> {
        weave.done.insert(element);
        let live = old.by_element.get(element).copied().flatten();
        let config = new.by_element.get(element).copied().flatten();
        weave.merged.extend(self.merge(list.element, live, config)?);
        Ok(())
    }
}

/// A list's items in order and by key; None for a key that several items have.
#[derive(Default)]
struct Indexed<'a> {
    order: Vec<(Element, &'a Value)>,
    by_element: BTreeMap<Element, Option<&'a Value>>,
}

/// Two lists being merged.
struct Weave<'a> {
    /// The keys that both lists have and that are not merged yet, in the configuration's order.
    shared: VecDeque<&'a Element>,
    done: BTreeSet<&'a Element>,
    merged: Vec<Value>,
}
