//! Types for structured merges: which parts of an object are single values, and which have parts with owners of their
//! own (sigs.k8s.io/structured-merge-diff/v6/schema).
//!
//! One arena of types for all built-in kinds, one for each custom resource. Types only contain what ownership and
//! patches need; the schema checks bounds and patterns. Each walk over values has a module.
//!
//! May import: base.
use crate::base::go_text::quoted;
use element::Element;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

mod atomics;
pub(crate) mod compare;
pub(crate) mod element;
mod field_set;
mod merge;
mod openapi;
mod remove;
pub(crate) mod set;
mod table;
pub(crate) mod validate;

/// Index of a type in its arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeId(u32);

/// Any JSON: members of maps are owned one by one, lists as a whole.
const DEDUCED: TypeId = TypeId(0);
/// Any JSON, owned as one value.
const ATOMIC: TypeId = TypeId(1);

/// An arena of types that refer to each other.
#[derive(Debug)]
pub(crate) struct Types {
    atoms: Vec<Atom>,
}

/// The forms that a value of a type may have: more than one only if the type is not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Atom {
    scalar: Option<Scalar>,
    list: Option<List>,
    map: Option<Map>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scalar {
    Numeric,
    Text,
    Boolean,
    Any,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    element: TypeId,
    relation: Relation,
}

/// How the items of a list are identified.
#[derive(Debug, Clone, PartialEq)]
enum Relation {
    /// Items have no identity: the list is one value.
    Atomic,
    /// Items are identified by their values.
    Set,
    /// Items are identified by these members.
    Keyed(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map {
    /// Go's name of the struct; empty if it is not a struct.
    name: String,
    fields: BTreeMap<String, Field>,
    /// The type of undeclared members; None if they are not allowed.
    element: Option<TypeId>,
    atomic: bool,
}

/// A declared member.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    of: TypeId,
    default: Option<Value>,
    patch: PatchStrategy,
}

/// How a strategic merge patch treats a member (the `patchStrategy` and `patchMergeKey` tags of k8s.io/api).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PatchStrategy {
    /// The merge key of a list; empty to merge by value.
    pub(crate) merge: Option<String>,
    /// Whether the patch names the members to keep.
    pub(crate) retain_keys: bool,
}

/// The root type of a kind, in its arena.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root<'a> {
    types: &'a Types,
    id: TypeId,
}

/// The form of a value.
enum Form<'a> {
    Scalar(Scalar),
    List(&'a List),
    Map(&'a Map),
}

impl Atom {
    /// Drops the forms that the value cannot have, unless none would remain (typed/helpers.go, deduceAtom).
    fn deduce(&self, value: Option<&Value>) -> Cow<'_, Self> {
        let only = |atom| Cow::Owned(atom);
        match value {
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) if self.scalar.is_some() && self.is_mixed() => {
                only(Self { scalar: self.scalar, ..Self::default() })
            }
            Some(Value::Array(_)) if self.list.is_some() && self.is_mixed() => {
                only(Self { list: self.list.clone(), ..Self::default() })
            }
            Some(Value::Object(_)) if self.map.is_some() && self.is_mixed() => {
                only(Self { map: self.map.clone(), ..Self::default() })
            }
            _ => Cow::Borrowed(self),
        }
    }

    fn is_mixed(&self) -> bool {
        [self.scalar.is_some(), self.list.is_some(), self.map.is_some()].into_iter().filter(|has| *has).count() > 1
    }

    fn form(&self) -> Form<'_> {
        match self {
            Self { map: Some(map), .. } => Form::Map(map),
            Self { scalar: Some(scalar), .. } => Form::Scalar(*scalar),
            Self { list: Some(list), .. } => Form::List(list),
            _ => Form::Scalar(Scalar::Any),
        }
    }
}

impl Types {
    fn new() -> Self {
        let any = |list: Relation, map: TypeId, atomic: bool| Atom {
            scalar: Some(Scalar::Any),
            list: Some(List { element: ATOMIC, relation: list }),
            map: Some(Map { name: String::new(), fields: BTreeMap::new(), element: Some(map), atomic }),
        };
        Self { atoms: vec![any(Relation::Atomic, DEDUCED, false), any(Relation::Atomic, ATOMIC, true)] }
    }

    fn push(&mut self, atom: Atom) -> TypeId {
        let id = u32::try_from(self.atoms.len()).expect("an arena has fewer than four billion types");
        self.atoms.push(atom);
        TypeId(id)
    }

    fn atom(&self, id: TypeId) -> &Atom {
        &self.atoms[id.0 as usize]
    }

    /// This type as the root of a kind.
    pub(crate) fn root(&self, id: TypeId) -> Root<'_> {
        Root { types: self, id }
    }

    /// The element that identifies an item in its list.
    ///
    /// # Errors
    /// If the item has no identity.
    fn element_of(&self, list: &List, item: &Value) -> Result<Element, String> {
        match &list.relation {
            Relation::Atomic => Err("invalid indexing of non-associative list".into()),
            Relation::Set => match item {
                Value::Object(_) => Err("associative list without keys has an element that's a map type".into()),
                Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
                Value::Null => Err("associative list without keys has an element that's an explicit null".into()),
                scalar => Ok(Element::Value(scalar.clone())),
            },
            Relation::Keyed(keys) => self.keyed_element(list, keys, item),
        }
    }

    fn keyed_element(&self, list: &List, keys: &[String], item: &Value) -> Result<Element, String> {
        let members = match item {
            Value::Object(members) => members,
            Value::Null => return Err("associative list with keys may not have a null element".into()),
            _ => return Err("associative list with keys may not have non-map elements".into()),
        };
        let fields = self.atom(list.element).map.as_ref().map(|map| &map.fields);
        let default = |key: &str| fields.and_then(|fields| fields.get(key)).and_then(|field| field.default.clone());
        let found = keys.iter().filter_map(|key| {
            let value = members.get(key).cloned().or_else(|| default(key))?;
            Some((key.clone(), value))
        });
        let found: BTreeMap<String, Value> = found.collect();
        if found.is_empty() {
            let shown = keys.iter().map(|key| quoted(key).to_string()).collect::<Vec<_>>().join(" ");
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{shown}] \
                 (and doesn't have default values for any key fields)"
            ));
        }
        Ok(Element::Key(found.into_iter().collect()))
    }
}

impl Map {
    /// The type of a member; undeclared ones of a closed map may be any JSON.
    fn member(&self, name: &str) -> TypeId {
        self.fields.get(name).map(|field| field.of).or(self.element).unwrap_or(DEDUCED)
    }
}

impl<'a> Root<'a> {
    /// The type and the patch strategy of a member; None if it is not declared.
    pub(crate) fn field(self, name: &str) -> Option<(Self, &'a PatchStrategy)> {
        let field = self.types.atom(self.id).map.as_ref()?.fields.get(name)?;
        Some((Self { id: field.of, ..self }, &field.patch))
    }

    /// Go's name of the type.
    pub(crate) fn name(self) -> &'a str {
        self.types.atom(self.id).map.as_ref().map_or("", |map| &map.name)
    }

    /// The type of a map's values.
    pub(crate) fn map_values(self) -> Option<Self> {
        let id = self.types.atom(self.id).map.as_ref()?.element?;
        Some(Self { id, ..self })
    }

    /// The type of a list's items.
    pub(crate) fn items(self) -> Option<Self> {
        let id = self.types.atom(self.id).list.as_ref()?.element;
        Some(Self { id, ..self })
    }
}
