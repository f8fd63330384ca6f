//! The types of the built-in kinds, read from a table: which lists are maps by which keys, which are sets, what is
//! atomic, and how strategic merge patches treat each member.
//!
//! A table rather than Rust types: k8s-openapi's schemas have neither the list types nor the patch strategies.
use super::{ATOMIC, Atom, DEDUCED, Field, List, Map, PatchStrategy, Relation, Scalar, TypeId, Types};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

const TABLE: &str = include_str!("kubernetes_1_36.txt");

/// The type of kinds that the table lacks.
const UNLISTED: &str = "";

/// The arena of all built-in kinds, and its types by name.
static BUILTIN: LazyLock<(Arc<Types>, BTreeMap<String, TypeId>)> = LazyLock::new(|| {
    let mut reader = Reader { types: Types::new(), names: BTreeMap::new() };
    reader.read(TABLE);
    (Arc::new(reader.types), reader.names)
});

impl Types {
    /// The type of a built-in kind or of one of its parts, e.g. `coordination.Lease` or `ObjectMeta`; the table omits
    /// the package of a name that only one has. A kind that the table lacks has the metadata of all kinds and otherwise
    /// any JSON.
    pub(crate) fn builtin(name: &str) -> (Arc<Self>, TypeId) {
        let (types, names) = &*BUILTIN;
        let found = names.get(name).or_else(|| names.get(unqualified(name)));
        (Arc::clone(types), found.copied().unwrap_or(names[UNLISTED]))
    }

    /// A copy of the built-in arena, to which a custom resource's types are added: they share the metadata.
    pub(crate) fn with_builtin() -> (Self, TypeId) {
        let (types, names) = &*BUILTIN;
        (Self { atoms: types.atoms.clone() }, names["ObjectMeta"])
    }
}

/// The name of a type without its package.
fn unqualified(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

struct Reader {
    types: Types,
    names: BTreeMap<String, TypeId>,
}

impl Reader {
    /// Reads the table; all names first, because types refer to each other.
    fn read(&mut self, table: &str) {
        let joined = table.lines().filter(|line| !line.starts_with('#')).fold(String::new(), |mut joined, line| {
            joined.push_str(if line.starts_with(' ') { "" } else { "\n" });
            joined.push_str(line);
            joined
        });
        let lines: Vec<(&str, &str)> = joined.lines().filter_map(|line| line.split_once(": ")).collect();
        for (name, _) in &lines {
            let id = self.types.push(Atom::default());
            self.names.insert(name.trim_end_matches('!').to_owned(), id);
        }
        for (name, members) in lines {
            let id = self.names[name.trim_end_matches('!')];
            let fields = members.split("; ").map(|member| self.field(member)).collect();
            let atomic = name.ends_with('!');
            let map = Map { name: unqualified(name).trim_end_matches('!').to_owned(), fields, element: None, atomic };
            self.types.atoms[id.0 as usize].map = Some(map);
        }
        let fields = ["apiVersion s", "kind s", "metadata ObjectMeta"].map(|member| self.field(member));
        let map = Map { name: String::new(), fields: fields.into(), element: Some(DEDUCED), atomic: false };
        let unlisted = self.types.push(Atom { map: Some(map), ..Atom::default() });
        self.names.insert(UNLISTED.to_owned(), unlisted);
    }

    fn field(&mut self, member: &str) -> (String, Field) {
        let mut words = member.split_whitespace();
        let name = words.next().unwrap_or_default();
        let (name, default) = name.split_once('=').unwrap_or((name, ""));
        let of = self.reference(words.next().unwrap_or_default());
        let mut patch = PatchStrategy::default();
        for word in words {
            match word.strip_prefix('~') {
                Some(key) => patch.merge = Some(key.to_owned()),
                None => patch.retain_keys = true,
            }
        }
        let default = serde_json::from_str(default).ok();
        (name.to_owned(), Field { of, default, patch })
    }

    fn reference(&mut self, text: &str) -> TypeId {
        let scalar = |scalar| Atom { scalar: Some(scalar), ..Atom::default() };
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (inner, relation) = match inner.split_once(':') {
                Some((inner, keys)) => (inner, Relation::Keyed(keys.split(',').map(str::to_owned).collect())),
                None => match inner.strip_suffix('=') {
                    Some(inner) => (inner, Relation::Set),
                    None => (inner, Relation::Atomic),
                },
            };
            let element = self.reference(inner);
            return self.types.push(Atom { list: Some(List { element, relation }), ..Atom::default() });
        }
        if let Some(inner) = text.strip_prefix('{') {
            let element = Some(self.reference(inner.trim_end_matches(['}', '!'])));
            let map = Map { name: String::new(), fields: BTreeMap::new(), element, atomic: inner.ends_with('!') };
            return self.types.push(Atom { map: Some(map), ..Atom::default() });
        }
        match text {
            "s" => self.types.push(scalar(Scalar::Text)),
            "n" => self.types.push(scalar(Scalar::Numeric)),
            "b" => self.types.push(scalar(Scalar::Boolean)),
            "a" => self.types.push(scalar(Scalar::Any)),
            "j" => DEDUCED,
            name => self.names.get(name).copied().unwrap_or(ATOMIC),
        }
    }
}
