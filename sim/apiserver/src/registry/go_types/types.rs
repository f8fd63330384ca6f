//! Structs, their members, and what Go writes of them.
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Index of a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StructId(pub(super) u16);

/// Index of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeId(pub(super) u16);

/// All types of the built-in kinds.
#[derive(Debug, Default)]
pub(crate) struct GoTypes {
    pub(super) types: Vec<Type>,
    pub(super) structs: Vec<Struct>,
    /// Structs by apiVersion and kind.
    pub(super) kinds: BTreeMap<(&'static str, &'static str), StructId>,
}

/// A type.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) form: Form,
    /// The type as Go prints it: `[]v1.Container`.
    pub(super) name: String,
}

/// What JSON of a type looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Flag,
    /// An integer of 8 bits without a sign.
    Byte,
    Int32,
    Int64,
    Float,
    /// `[]byte`, as base64.
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    /// Any JSON: `runtime.RawExtension`, `metav1.FieldsV1`, `apiextensions.JSON`.
    Raw,
    /// A schema of a custom resource, or what may stand in its place.
    SchemaOr(Alternative),
    Pointer(TypeId),
    List(TypeId),
    Map(TypeId),
    Struct(StructId),
}

/// What may stand in the place of a schema (k8s.io/apiextensions-apiserver, `JSONSchemaPropsOr…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alternative {
    Flag,
    Schemas,
    Texts,
}

/// A struct.
#[derive(Debug)]
pub(crate) struct Struct {
    /// Its name without the package.
    pub(crate) name: &'static str,
    /// In the order of Go's source.
    pub(crate) fields: Vec<Field>,
    /// Positions of the fields in the order of their names.
    pub(super) sorted: Vec<u8>,
    /// Whether an empty list differs from an absent one: definitions are validated before they are stored.
    pub(super) keeps_empty_lists: bool,
}

/// A member of a struct.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The path of embedded structs through which the struct has the member; usually empty.
    pub(crate) embedded: &'static str,
    pub(crate) of: TypeId,
    pub(super) written: Written,
}

/// The condition for a member to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Always,
    /// `omitempty`.
    IfFull,
    /// `omitzero`.
    IfNotZero,
}

impl GoTypes {
    /// The struct of a kind.
    pub(crate) fn of_kind(&'static self, api_version: &str, kind: &str) -> Option<StructId> {
        self.kinds.get(&(api_version, kind)).copied()
    }

    /// The struct that describes schemas of custom resources.
    pub(crate) fn schema(&self) -> StructId {
        let found = self.structs.iter().position(|of| of.name == "JSONSchemaProps");
        StructId(found.and_then(|at| u16::try_from(at).ok()).expect("the table has schemas"))
    }

    pub(crate) fn structure(&self, id: StructId) -> &Struct {
        &self.structs[usize::from(id.0)]
    }

    pub(crate) fn form(&self, id: TypeId) -> Form {
        self.types[usize::from(id.0)].form
    }

    /// The type as Go prints it.
    pub(crate) fn name(&self, id: TypeId) -> &str {
        &self.types[usize::from(id.0)].name
    }

    /// Go's zero value of a type as JSON.
    pub(crate) fn zero(&self, id: TypeId) -> Value {
        match self.form(id) {
            Form::Text => json!(""),
            Form::Flag => json!(false),
            Form::Byte | Form::Int32 | Form::Int64 | Form::Float | Form::IntOrString => json!(0),
            Form::Quantity => json!("0"),
            Form::Struct(id) => Value::Object(self.zero_struct(id)),
            Form::Pointer(_) | Form::List(_) | Form::Map(_) | Form::Bytes => Value::Null,
            Form::Time | Form::MicroTime | Form::Raw | Form::SchemaOr(_) => Value::Null,
        }
    }

    /// The members that Go writes for an empty struct.
    pub(crate) fn zero_struct(&self, id: StructId) -> Map<String, Value> {
        let mut map = Map::new();
        self.add_zeros(id, &mut map);
        map
    }

    /// Adds the members that Go writes even if they are empty.
    pub(crate) fn add_zeros(&self, id: StructId, map: &mut Map<String, Value>) {
        for field in self.structure(id).fields.iter().filter(|field| self.is_always_written(field)) {
            if !map.contains_key(field.name) {
                map.insert(field.name.to_owned(), self.zero(field.of));
            }
        }
    }

    fn is_always_written(&self, field: &Field) -> bool {
        match field.written {
            Written::Always => true,
            Written::IfNotZero => false,
            // A struct is never empty.
            Written::IfFull => !matches!(
                self.form(field.of),
                Form::Text
                    | Form::Flag
                    | Form::Byte
                    | Form::Int32
                    | Form::Int64
                    | Form::Float
                    | Form::Bytes
                    | Form::Pointer(_)
                    | Form::List(_)
                    | Form::Map(_)
            ),
        }
    }

    /// The value of a member as Go writes it after it was stored; None if the member is left out. The stored form does
    /// not tell an empty list from an absent one.
    pub(crate) fn written(&self, inside: &Struct, field: &Field, value: Value) -> Option<Value> {
        let form = self.form(field.of);
        let empty_list = match &value {
            Value::Array(list) => list.is_empty() && matches!(form, Form::List(_)),
            Value::Object(map) => map.is_empty() && matches!(form, Form::Map(_)),
            _ => false,
        };
        match field.written {
            // An empty list asks to forget the owners.
            Written::IfFull if empty_list && field.name == "managedFields" => Some(value),
            Written::IfFull if self.is_always_written(field) => Some(value),
            Written::IfFull if empty_list => None,
            Written::IfFull => (!is_empty(form, &value)).then_some(value),
            Written::IfNotZero => (value != self.zero(field.of)).then_some(value),
            Written::Always if empty_list && !inside.keeps_empty_lists => Some(Value::Null),
            Written::Always => Some(value),
        }
    }
}

fn is_empty(form: Form, value: &Value) -> bool {
    match (form, value) {
        (_, Value::Null) => true,
        (Form::Pointer(_), _) => false,
        (_, Value::Bool(flag)) => !flag,
        (_, Value::Number(number)) => number.as_f64() == Some(0.0),
        (_, Value::String(text)) => text.is_empty(),
        _ => false,
    }
}

impl Struct {
    /// The position of a member.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let found = self.sorted.binary_search_by(|at| self.fields[usize::from(*at)].name.cmp(name)).ok()?;
        Some(usize::from(self.sorted[found]))
    }
}
