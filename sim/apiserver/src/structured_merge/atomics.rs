//! Finds what the object of a mutating policy must not contain: atomic lists and maps, which would be replaced as a
//! whole, and nulls (k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch/smd.go, findAtomics).
use super::{Form, Relation, Root, Scalar, TypeId, Types};
use serde_json::Value;

impl Root<'_> {
    /// The paths of the atomic lists and maps in a value, as `.spec.template`.
    pub(crate) fn atomics(self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.types.atomics(self.id, value, "", &mut found);
        found
    }

    /// The complaint about the first null in the members of maps: a null that an expression makes is not of Go's type
    /// for one.
    pub(crate) fn null(self, value: &Value) -> Option<String> {
        self.types.null(self.id, value, "")
    }
}

impl Types {
    fn null(&self, id: TypeId, value: &Value, path: &str) -> Option<String> {
        let atom = self.atom(id).deduce(Some(value));
        let why = match (value, atom.form()) {
            (Value::Object(members), Form::Map(map)) => {
                let mut members = members.iter();
                return members.find_map(|(name, member)| {
                    let of = map.fields.get(name).map(|field| field.of).or(map.element)?;
                    self.null(of, member, &format!("{path}.{name}"))
                });
            }
            (Value::Null, Form::Map(_)) => "expected map, got &{NULL_VALUE}",
            (Value::Null, Form::List(_)) => "expected list, got &{NULL_VALUE}",
            (Value::Null, Form::Scalar(Scalar::Text)) => "expected string, got &value.valueUnstructured{Value:0}",
            (Value::Null, Form::Scalar(Scalar::Numeric)) => "expected numeric (int or float), got structpb.NullValue",
            (Value::Null, Form::Scalar(Scalar::Boolean)) => "expected boolean, got &{NULL_VALUE}",
            (Value::Null, Form::Scalar(Scalar::Any)) => "expected any scalar, got &{NULL_VALUE}",
            _ => return None,
        };
        Some(format!("{path}: {why}"))
    }

    /// Members without a declaration are not looked at.
    fn atomics(&self, id: TypeId, value: &Value, path: &str, found: &mut Vec<String>) {
        let atom = self.atom(id);
        match (value, &atom.map, &atom.list) {
            (Value::Object(members), Some(map), _) => {
                if map.atomic {
                    found.push(path.to_owned());
                }
                for (name, member) in members {
                    if let Some(field) = map.fields.get(name) {
                        self.atomics(field.of, member, &format!("{path}.{name}"), found);
                    }
                }
            }
            (Value::Array(items), _, Some(list)) => {
                if list.relation == Relation::Atomic {
                    found.push(path.to_owned());
                }
                for (index, item) in items.iter().enumerate() {
                    self.atomics(list.element, item, &format!("{path}[{index}]"), found);
                }
            }
            _ => {}
        }
    }
}
