//! Structural schemas of custom resources, compiled once (k8s.io/apiextensions-apiserver/pkg/apiserver/schema).
//!
//! [`prune`] brings an object into its stored form, [`validate`] checks it; CEL rules are part of the same tree.
//!
//! May import: base, structured_merge.
use crate::base::{
    path::Path,
    pattern::{Pattern, PatternError},
};
use cel::Rule;
use format::TextFormat;
use operand::NumberFormat;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) mod cel;
pub(crate) mod embedded;
mod format;
mod lists;
mod number;
mod operand;
mod prune;
mod validate;

/// Reason why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A node is not a JSON object.
    #[error("schema at {0} is not an object: write a mapping with a type")]
    NotAnObject(String),
    /// A pattern that does not compile.
    #[error("pattern at {path} does not compile: {message}")]
    Pattern {
        /// Path of the node.
        path: String,
        /// Go's message.
        message: String,
    },
    /// A CEL rule that does not compile, or that needs what is not simulated.
    #[error("validation rule at {path} does not compile: {message}")]
    Rule {
        /// Path of the node.
        path: String,
        /// Message of the CEL compiler.
        message: String,
    },
}

/// A JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

/// One node of a compiled schema.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    kind: Option<Type>,
    int_or_string: bool,
    nullable: bool,
    preserve_unknown: bool,
    /// Whether objects here are resources of their own, with a type and metadata.
    embedded: bool,
    properties: BTreeMap<String, Schema>,
    required: Vec<String>,
    additional: Option<Box<Schema>>,
    items: Option<Box<Schema>>,
    /// Keys of a list with `x-kubernetes-list-type: map`.
    list_keys: Vec<String>,
    list_is_set: bool,
    default: Option<Value>,
    limits: Limits,
    combined: Combined,
    rules: Vec<Rule>,
    /// Whether this node or one below it has a CEL rule.
    has_rules: bool,
    /// Whether this node or one below it is a set or a map in form of a list.
    has_keyed_lists: bool,
    /// Whether this node or one below it is an embedded resource.
    has_embedded: bool,
}

/// The value validations of a node.
#[derive(Debug, Default)]
struct Limits {
    values: Vec<Value>,
    pattern: Option<Pattern>,
    format: Option<TextFormat>,
    numeric: NumberFormat,
    min_length: Option<i64>,
    max_length: Option<i64>,
    minimum: Option<(f64, bool)>,
    maximum: Option<(f64, bool)>,
    multiple_of: Option<f64>,
    min_items: Option<i64>,
    max_items: Option<i64>,
    min_properties: Option<i64>,
    max_properties: Option<i64>,
}

/// Schemas of which all, any, one or none must hold.
#[derive(Debug, Default)]
struct Combined {
    all_of: Vec<Schema>,
    any_of: Vec<Schema>,
    one_of: Vec<Schema>,
    not: Option<Box<Schema>>,
}

impl Schema {
    /// Compiles an `openAPIV3Schema`.
    ///
    /// # Errors
    /// For a schema that kube-apiserver would have refused in the CRD.
    pub(crate) fn compile(raw: &Value, path: &str) -> Result<Self, SchemaError> {
        let Value::Object(node) = raw else { return Err(SchemaError::NotAnObject(path.to_owned())) };
        let flag = |name: &str| node.get(name).and_then(Value::as_bool).unwrap_or_default();
        let mut schema = Self {
            kind: node.get("type").and_then(Value::as_str).and_then(Type::parse),
            int_or_string: flag("x-kubernetes-int-or-string"),
            nullable: flag("nullable"),
            preserve_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            required: texts(node.get("required")),
            default: node.get("default").cloned(),
            limits: Limits::compile(raw, path)?,
            rules: cel::compile(raw, path.is_empty())
                .map_err(|why| SchemaError::Rule { path: path.to_owned(), message: why.to_string() })?,
            ..Self::default()
        };
        match node.get("x-kubernetes-list-type").and_then(Value::as_str) {
            Some("map") => schema.list_keys = texts(node.get("x-kubernetes-list-map-keys")),
            Some("set") => schema.list_is_set = true,
            _ => {}
        }
        for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
            schema.properties.insert(name.clone(), Self::compile(property, &format!("{path}.{name}"))?);
        }
        match node.get("additionalProperties") {
            Some(Value::Bool(true)) => schema.preserve_unknown = true,
            Some(additional @ Value::Object(_)) => {
                schema.additional = Some(Box::new(Self::compile(additional, &format!("{path}[*]"))?));
            }
            _ => {}
        }
        if let Some(items) = node.get("items") {
            schema.items = Some(Box::new(Self::compile(items, &format!("{path}[*]"))?));
        }
        schema.combined = Combined::compile(raw, path)?;
        schema.has_rules = !schema.rules.is_empty() || schema.children().any(|c| c.has_rules);
        let keyed = schema.list_is_set || !schema.list_keys.is_empty();
        schema.has_keyed_lists = keyed || schema.children().any(|c| c.has_keyed_lists);
        schema.has_embedded = schema.embedded || schema.children().any(|c| c.has_embedded);
        Ok(schema)
    }

    fn children(&self) -> impl Iterator<Item = &Self> {
        self.properties.values().chain(self.additional.as_deref()).chain(self.items.as_deref())
    }

    /// The path of a member: the entries of a map have keys, the members of an object names.
    fn member_path<'p>(&self, path: &'p Path<'p>, name: &'p str) -> Path<'p> {
        if self.properties.contains_key(name) { Path::Member(path, name) } else { Path::Key(path, name) }
    }

    /// Whether the schema contains a rule.
    pub(crate) fn has_rules(&self) -> bool {
        self.has_rules
    }

    /// The schema of a member of the root, e.g. `status`.
    pub(crate) fn property(&self, name: &str) -> Option<&Self> {
        self.properties.get(name)
    }
}

impl Type {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    /// The type of a value; an integral number is an integer. None for null.
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Self::Boolean,
            Value::Number(n) if n.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        })
    }
}

impl Limits {
    fn compile(raw: &Value, path: &str) -> Result<Self, SchemaError> {
        let number = |name: &str| raw.get(name).and_then(Value::as_i64);
        let text = |name: &str| raw.get(name).and_then(Value::as_str).unwrap_or_default();
        let bound = |name: &str, exclusive: &str| {
            let strict = raw.get(exclusive).and_then(Value::as_bool).unwrap_or_default();
            raw.get(name).and_then(Value::as_f64).map(|n| (n, strict))
        };
        let pattern = match raw.get("pattern").and_then(Value::as_str) {
            Some(text) if !text.is_empty() => {
                let bad = |why: PatternError| SchemaError::Pattern { path: path.to_owned(), message: why.to_string() };
                Some(Pattern::new(text).map_err(bad)?)
            }
            _ => None,
        };
        Ok(Self {
            values: raw.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            pattern,
            format: TextFormat::parse(text("format")).filter(|_| matches!(text("type"), "" | "string")),
            numeric: NumberFormat::parse(text("type"), text("format")),
            multiple_of: raw.get("multipleOf").and_then(Value::as_f64),
            min_length: number("minLength"),
            max_length: number("maxLength"),
            minimum: bound("minimum", "exclusiveMinimum"),
            maximum: bound("maximum", "exclusiveMaximum"),
            min_items: number("minItems"),
            max_items: number("maxItems"),
            min_properties: number("minProperties"),
            max_properties: number("maxProperties"),
        })
    }
}

impl Combined {
    fn compile(raw: &Value, path: &str) -> Result<Self, SchemaError> {
        let list = |name: &str| -> Result<Vec<Schema>, SchemaError> {
            let branches = raw.get(name).and_then(Value::as_array).into_iter().flatten();
            branches.map(|b| Schema::compile(b, path)).collect()
        };
        let not = raw.get("not").map(|b| Schema::compile(b, path).map(Box::new)).transpose()?;
        Ok(Self { all_of: list("allOf")?, any_of: list("anyOf")?, one_of: list("oneOf")?, not })
    }

    fn is_empty(&self) -> bool {
        self.all_of.is_empty() && self.any_of.is_empty() && self.one_of.is_empty() && self.not.is_none()
    }
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
