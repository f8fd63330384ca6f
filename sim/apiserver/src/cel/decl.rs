//! Declarations of values: what a structural schema says about the types of an expression
//! (k8s.io/apiserver/pkg/cel/common/schemas.go), and the names of fields there (k8s.io/apiserver/pkg/cel/escaping.go).
use super::types::{ObjectType, Type};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The words that cannot be names of fields.
pub(crate) const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];
const ESCAPES: [(&str, &str); 4] = [("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")];

/// The declaration of one node.
#[derive(Debug, Clone)]
pub(crate) struct Decl {
    pub(crate) nullable: bool,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone)]
pub(crate) enum Shape {
    IntOrString,
    /// An object with fields, by their names in JSON; without any, its members are unknown.
    Object(BTreeMap<String, Decl>),
    Map(Box<Decl>),
    List(Box<Decl>, ListKind),
    Text(TextKind),
    Bool,
    Double,
    Int,
    /// A value of any kind, which can only be compared.
    Preserved,
    /// A value that has no declaration.
    Nothing,
    /// A value of any type: its own, as JSON has it. What is below it is of any type too.
    Any,
}

/// The declaration of values of any type.
pub(crate) static ANY: Decl = Decl { nullable: true, shape: Shape::Any };

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListKind {
    Atomic,
    Set,
    /// The names of the keys.
    Map(Arc<Vec<String>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    Plain,
    Bytes,
    Duration,
    Date,
    DateTime,
}

impl Decl {
    /// The declaration of a schema's node; a resource has a type and metadata, whether declared or not.
    pub(crate) fn of(node: &Value, is_resource: bool) -> Self {
        let flag = |name: &str| node[name] == true;
        let nullable = flag("nullable");
        if flag("x-kubernetes-int-or-string") {
            return Self { nullable, shape: Shape::IntOrString };
        }
        let resource = is_resource || flag("x-kubernetes-embedded-resource");
        let shape = match node["type"].as_str().unwrap_or_default() {
            "array" => match node.get("items") {
                Some(items) => Shape::List(Box::new(Self::of(items, false)), list_kind(node)),
                None => Shape::Nothing,
            },
            "object" => match node.get("additionalProperties").filter(|schema| schema.is_object()) {
                Some(values) if !resource => Shape::Map(Box::new(Self::of(values, false))),
                _ => Shape::Object(fields(node, resource)),
            },
            "string" => Shape::Text(match node["format"].as_str().unwrap_or_default() {
                "byte" => TextKind::Bytes,
                "duration" => TextKind::Duration,
                "date" => TextKind::Date,
                "date-time" => TextKind::DateTime,
                _ => TextKind::Plain,
            }),
            "boolean" => Shape::Bool,
            "number" => Shape::Double,
            "integer" => Shape::Int,
            _ if flag("x-kubernetes-preserve-unknown-fields") => Shape::Preserved,
            _ => Shape::Nothing,
        };
        Self { nullable, shape }
    }

    /// The type of the value in expressions; None if they cannot name it.
    pub(crate) fn type_of(&self, name: &str) -> Option<Type> {
        Some(match &self.shape {
            Shape::IntOrString | Shape::Any => Type::Dyn,
            Shape::List(items, _) => Type::list(items.type_of(&format!("{name}.@idx"))?),
            Shape::Map(values) => {
                Type::Map(Arc::new(Type::String), Arc::new(values.type_of(&format!("{name}.@elem"))?))
            }
            Shape::Object(members) => {
                let declared = members.iter().filter_map(|(member, decl)| {
                    let field = escape(member)?;
                    let found = decl.type_of(&format!("{name}.{field}"))?;
                    Some((field, found))
                });
                Type::Object(Arc::new(ObjectType { name: name.to_owned(), fields: declared.collect(), open: false }))
            }
            Shape::Text(TextKind::Plain) => Type::String,
            Shape::Text(TextKind::Bytes) => Type::Bytes,
            Shape::Text(TextKind::Duration) => Type::Duration,
            Shape::Text(TextKind::Date | TextKind::DateTime) => Type::Timestamp,
            Shape::Bool => Type::Bool,
            Shape::Double => Type::Double,
            Shape::Int => Type::Int,
            Shape::Preserved | Shape::Nothing => return None,
        })
    }
}

fn list_kind(node: &Value) -> ListKind {
    match node["x-kubernetes-list-type"].as_str() {
        Some("set") => ListKind::Set,
        Some("map") => {
            let keys = node["x-kubernetes-list-map-keys"].as_array().into_iter().flatten();
            ListKind::Map(Arc::new(keys.filter_map(Value::as_str).map(str::to_owned).collect()))
        }
        _ => ListKind::Atomic,
    }
}

fn fields(node: &Value, is_resource: bool) -> BTreeMap<String, Decl> {
    let declared = node["properties"].as_object().into_iter().flatten();
    let mut fields: BTreeMap<String, Decl> =
        declared.map(|(name, member)| (name.clone(), Decl::of(member, false))).collect();
    if is_resource && !has_meta(&fields) {
        let text = || Decl { nullable: false, shape: Shape::Text(TextKind::Plain) };
        let metadata = ["name", "generateName"].map(|name| (name.to_owned(), text()));
        fields.insert("apiVersion".to_owned(), text());
        fields.insert("kind".to_owned(), text());
        let shape = Shape::Object(BTreeMap::from(metadata));
        fields.insert("metadata".to_owned(), Decl { nullable: false, shape });
    }
    fields
}

/// Whether type and metadata are declared, with both names.
fn has_meta(fields: &BTreeMap<String, Decl>) -> bool {
    let is_text = |decl: Option<&Decl>| matches!(decl, Some(Decl { shape: Shape::Text(_), .. }));
    let metadata = match fields.get("metadata") {
        Some(Decl { shape: Shape::Object(members), .. }) => {
            is_text(members.get("name")) && is_text(members.get("generateName"))
        }
        _ => false,
    };
    metadata && is_text(fields.get("apiVersion")) && is_text(fields.get("kind"))
}

/// The name of a field in expressions; None if it cannot have one.
pub(crate) fn escape(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let mut escaped = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        match ESCAPES.iter().find(|(plain, _)| rest.starts_with(plain)) {
            Some((plain, long)) => {
                escaped.push_str(long);
                rest = &rest[plain.len()..];
            }
            None if c.is_ascii_alphanumeric() || c == '_' => {
                escaped.push(c);
                rest = &rest[1..];
            }
            None => return None,
        }
    }
    Some(escaped)
}

/// The name in JSON of a field; None for an invalid escape.
pub(crate) fn unescape(field: &str) -> Option<String> {
    let mut name = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(start) = rest.find("__") {
        let word = rest[start + 2..].find('_').map(|end| &rest[start + 2..start + 2 + end]);
        let closed = word.filter(|word| !word.is_empty() && rest[start + 2 + word.len()..].starts_with("__"));
        let Some(word) = closed else {
            name.push_str(&rest[..start + 1]);
            rest = &rest[start + 1..];
            continue;
        };
        name.push_str(&rest[..start]);
        match word {
            "underscores" => name.push_str("__"),
            "dot" => name.push('.'),
            "dash" => name.push('-'),
            "slash" => name.push('/'),
            word if RESERVED.contains(&word) && field.len() == word.len() + 4 => name.push_str(word),
            _ => return None,
        }
        rest = &rest[start + word.len() + 4..];
    }
    name.push_str(rest);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_escaped_and_back() {
        for (name, field) in [
            ("a-b", "a__dash__b"),
            ("a.b/c", "a__dot__b__slash__c"),
            ("a__b", "a__underscores__b"),
            ("namespace", "__namespace__"),
            ("a_b", "a_b"),
            ("_a", "_a"),
        ] {
            assert_eq!(escape(name).as_deref(), Some(field));
            assert_eq!(unescape(field).as_deref(), Some(name));
        }
        for name in ["", "1a", "a b", "é"] {
            assert_eq!(escape(name), None, "{name}");
        }
        assert_eq!(unescape("a__nope__b"), None);
    }

    #[test]
    fn undeclared_parts_have_no_type() {
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "string", "format": "date-time"},
            "b": {"x-kubernetes-preserve-unknown-fields": true},
            "c": {"type": "array", "items": {"x-kubernetes-preserve-unknown-fields": true}},
            "d": {"type": "object", "additionalProperties": {"type": "integer"}},
            "e": {"x-kubernetes-int-or-string": true},
        }});
        let Some(Type::Object(object)) = Decl::of(&schema, true).type_of("self") else { panic!("it is an object") };
        let names: Vec<&str> = object.fields.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "apiVersion", "d", "e", "kind", "metadata"]);
        assert_eq!(object.fields["a"], Type::Timestamp);
        assert_eq!(object.fields["d"].to_string(), "map(string, int)");
    }
}
