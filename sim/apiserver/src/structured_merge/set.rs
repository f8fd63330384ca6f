//! A set of fields, as a tree (sigs.k8s.io/structured-merge-diff/v6/fieldpath/{set,serialize}.go).
//!
//! A field and its parent are separate members: a set can contain either without the other.
use super::element::Element;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A set of paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Set(BTreeMap<Element, Node>);

/// The members at and below one step. Never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    member: bool,
    below: Set,
}

impl Node {
    fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

static EMPTY: Set = Set(BTreeMap::new());

impl Set {
    /// A set of field paths, given as dotted texts.
    pub(crate) fn of(paths: &[&str]) -> Self {
        let mut set = Self::default();
        for path in paths {
            let path: Vec<_> = path.split('.').map(|name| Element::Field(name.to_owned())).collect();
            set.insert(&path);
        }
        set
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Inserts a path. The empty path is the object itself, which has no owner.
    pub(crate) fn insert(&mut self, path: &[Element]) {
        let Some((first, rest)) = path.split_first() else { return };
        let node = self.0.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.member = true;
        } else {
            node.below.insert(rest);
        }
    }

    /// Whether a step is a member, and the set below it.
    pub(crate) fn at(&self, element: &Element) -> (bool, &Self) {
        self.0.get(element).map_or((false, &EMPTY), |node| (node.member, &node.below))
    }

    pub(crate) fn has(&self, path: &[Element]) -> bool {
        match path {
            [] => false,
            [last] => self.at(last).0,
            [first, rest @ ..] => self.at(first).1.has(rest),
        }
    }

    /// Rebuilds every node: `change` gets a step, whether it is a member and the set below it, and returns the new
    /// values of the latter two.
    pub(crate) fn map_nodes(&self, change: impl Fn(&Element, bool, &Self) -> (bool, Self)) -> Self {
        let nodes = self.0.iter().map(|(element, node)| {
            let (member, below) = change(element, node.member, &node.below);
            (element.clone(), Node { member, below })
        });
        Self(nodes.filter(|(_, node)| !node.is_empty()).collect())
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (element, node) in &other.0 {
            let slot = all.0.entry(element.clone()).or_default();
            slot.member |= node.member;
            slot.below = slot.below.union(&node.below);
        }
        all
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.map_nodes(|element, member, below| {
            let (in_other, below_other) = other.at(element);
            (member && in_other, below.intersection(below_other))
        })
    }

    /// Removes the other set's members, but not their children.
    pub(crate) fn difference(&self, other: &Self) -> Self {
        self.map_nodes(|element, member, below| {
            let (in_other, below_other) = other.at(element);
            (member && !in_other, below.difference(below_other))
        })
    }

    /// Removes the other set's members with everything below them.
    pub(crate) fn recursive_difference(&self, other: &Self) -> Self {
        self.map_nodes(|element, member, below| match other.at(element) {
            (true, _) => (false, Self::default()),
            (false, below_other) => (member, below.recursive_difference(below_other)),
        })
    }

    /// All paths: the members of a level before those below them.
    pub(crate) fn paths(&self) -> Vec<Vec<Element>> {
        let mut paths: Vec<_> = self.0.iter().filter(|(_, node)| node.member).map(|(e, _)| vec![e.clone()]).collect();
        for (element, node) in &self.0 {
            paths.extend(node.below.paths().into_iter().map(|mut path| {
                path.insert(0, element.clone());
                path
            }));
        }
        paths
    }

    /// The set as `fieldsV1`: `.` marks a node that is a member and has members below it.
    pub(crate) fn to_fields(&self) -> Value {
        let nodes = self.0.iter().map(|(element, node)| {
            let mut below = node.below.to_fields();
            if node.member && !node.below.is_empty() {
                below["."] = Value::Object(Map::new());
            }
            (element.serialise(), below)
        });
        Value::Object(nodes.collect())
    }

    /// Parses `fieldsV1`. Elements of an unknown kind are skipped.
    ///
    /// # Errors
    /// If the value does not have that form.
    pub(crate) fn from_fields(fields: &Value) -> Result<Self, String> {
        Ok(read(fields)?.below)
    }
}

/// Parses a node. A leaf is a member.
fn read(fields: &Value) -> Result<Node, String> {
    let Value::Object(members) = fields else { return Err(format!("expected a map of fields, got {fields}")) };
    let mut node = Node::default();
    for (name, fields) in members {
        if name == "." {
            node.member = true;
        } else if let Some(element) = Element::parse(name)? {
            node.below.0.insert(element, read(fields)?);
        }
    }
    node.member |= node.below.is_empty();
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(fields: Value) -> Set {
        Set::from_fields(&fields).unwrap()
    }

    #[test]
    fn fields_are_read_and_written_alike() {
        let fields = json!({"f:metadata": {"f:finalizers": {".": {}, "v:\"x.io/a\"": {}},
            "f:ownerReferences": {".": {}, "k:{\"uid\":\"u1\"}": {}}}, "f:spec": {"f:a": {}}});
        assert_eq!(set(fields.clone()).to_fields(), fields);
        assert_eq!(set(json!({"x:new": {}, "f:a": {}})).to_fields(), json!({"f:a": {}}));
        assert!(Set::from_fields(&json!({"spec": {}})).is_err());
    }

    #[test]
    fn difference_keeps_children_of_members() {
        let parts = set(json!({"f:spec": {".": {}, "f:a": {}, "f:b": {}}}));
        let spec = Set::of(&["spec", "spec.b"]);
        assert_eq!(parts.difference(&spec).to_fields(), json!({"f:spec": {"f:a": {}}}));
        assert!(parts.recursive_difference(&spec).is_empty());
    }
}
