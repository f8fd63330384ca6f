//! The types of a custom resource, from its structural schema (k8s.io/kube-openapi/pkg/schemaconv).
//!
//! Types do not include validations: the schema restricts values, a type only describes their form.
use super::{ATOMIC, Atom, DEDUCED, Field, List, Map, PatchStrategy, Relation, Scalar, TypeId, Types};
use serde_json::Value;
use std::collections::BTreeMap;

impl Types {
    /// The types of a custom resource and its root, which has the metadata of all kinds.
    pub(crate) fn custom(schema: &Value) -> (Self, TypeId) {
        let (mut types, metadata) = Self::with_builtin();
        let mut root = types.atom_of(schema, false);
        types.add_head(&mut root, metadata);
        let root = types.push(root);
        (types, root)
    }

    fn add_head(&mut self, atom: &mut Atom, metadata: TypeId) {
        let text = self.push(Atom { scalar: Some(Scalar::Text), ..Atom::default() });
        let Some(map) = &mut atom.map else { return };
        for (name, of) in [("apiVersion", text), ("kind", text), ("metadata", metadata)] {
            let field = Field { of, default: None, patch: PatchStrategy::default() };
            map.fields.insert(name.to_owned(), field);
        }
    }

    fn reference(&mut self, schema: &Value, preserve: bool) -> TypeId {
        let atom = self.atom_of(schema, preserve);
        self.push(atom)
    }

    /// The type of a schema node. `preserve`: an enclosing schema keeps unknown members.
    fn atom_of(&mut self, schema: &Value, preserve: bool) -> Atom {
        let preserve = preserve || schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
        let scalar = |scalar| Atom { scalar: Some(scalar), ..Atom::default() };
        let mut atom = match schema.get("type").and_then(Value::as_str) {
            Some("object") => Atom { map: Some(self.map(schema, preserve)), ..Atom::default() },
            Some("array") => Atom { list: Some(self.list(schema, preserve)), ..Atom::default() },
            Some("integer" | "number") => scalar(Scalar::Numeric),
            Some("boolean") => scalar(Scalar::Boolean),
            Some("string") => scalar(Scalar::Text),
            _ => Atom {
                scalar: Some(Scalar::Any),
                list: Some(self.list(schema, preserve)),
                map: Some(self.map(schema, preserve)),
            },
        };
        if schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
            let (_, metadata) = Self::builtin("ObjectMeta");
            self.add_head(&mut atom, metadata);
        }
        atom
    }

    fn map(&mut self, schema: &Value, preserve: bool) -> Map {
        let mut fields = BTreeMap::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let of = self.reference(property, preserve);
            let default = property.get("default").cloned();
            fields.insert(name.clone(), Field { of, default, patch: PatchStrategy::default() });
        }
        let element = match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => Some(self.reference(values, preserve)),
            Some(Value::Bool(allowed)) => allowed.then_some(DEDUCED),
            // An object without declared members may have any.
            _ => (preserve || fields.is_empty()).then_some(DEDUCED),
        };
        let atomic = schema.get("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic");
        Map { name: String::new(), fields, element, atomic }
    }

    fn list(&mut self, schema: &Value, preserve: bool) -> List {
        let element = match schema.get("items") {
            Some(items) => self.reference(items, preserve),
            None => ATOMIC,
        };
        let keys = || schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array).into_iter().flatten();
        let relation = match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
            Some("set") => Relation::Set,
            Some("map") => Relation::Keyed(keys().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => Relation::Atomic,
        };
        List { element, relation }
    }
}
