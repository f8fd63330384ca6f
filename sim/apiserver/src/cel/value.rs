//! Values of expressions. Parts of an object stay JSON with their declaration until they are looked at.
use super::{
    ast::Literal,
    authorizer::{Answer, Ask, Asking, Check, Stage},
    decl::{ANY, Decl, ListKind, Shape, TextKind, escape, unescape},
    quantity::Quantity,
    semver::Semver,
    time::Time,
};
use crate::base::golang::{address::Prefix, duration, url::Url};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use serde_json::{Map, Value as Json};
use std::{borrow::Cow, fmt, net::IpAddr, rc::Rc};

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) String);

pub(crate) type Outcome<'a> = Result<Value<'a>, Fault>;

/// No overload fits the values of a call.
pub(crate) fn no_overload<'a>() -> Outcome<'a> {
    fault("no such overload")
}

pub(crate) fn fault<'a>(message: impl Into<String>) -> Outcome<'a> {
    Err(Fault(message.into()))
}

#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Cow<'a, str>),
    Bytes(Rc<[u8]>),
    Timestamp(Time),
    /// Nanoseconds.
    Duration(i64),
    List(List<'a>),
    Map(Rc<Vec<(Value<'a>, Value<'a>)>>),
    /// An object of a resource: with fields, or a map.
    Object(&'a Map<String, Json>, &'a Decl),
    /// A value without a type of its own.
    Preserved(&'a Json),
    Type(Cow<'a, str>),
    Optional(Option<Rc<Value<'a>>>),
    Quantity(Rc<Quantity>),
    Ip(IpAddr),
    Cidr(Prefix),
    Url(Rc<Url>),
    Semver(Rc<Semver>),
    Format(&'static str),
    /// A message that the expression made.
    Message(Rc<Message<'a>>),
    /// The authorizer, or a question to it.
    Asking(Rc<Asking<'a>>),
    /// An answer of the authorizer.
    Decision(Rc<Answer>),
}

/// A message, whose form is that of its type.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// The name of its type.
    pub(crate) name: &'a str,
    /// Each field once.
    pub(crate) fields: Vec<(&'a str, Value<'a>)>,
}

/// A list, as JSON or as values.
#[derive(Debug, Clone)]
pub(crate) enum List<'a> {
    Json { items: &'a [Json], of: &'a Decl, kind: &'a ListKind },
    Values { items: Rc<Vec<Value<'a>>>, kind: ListKind },
}

impl<'a> List<'a> {
    pub(crate) fn of(items: Vec<Value<'a>>) -> Self {
        Self::Values { items: Rc::new(items), kind: ListKind::Atomic }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json { items, .. } => items.len(),
            Self::Values { items, .. } => items.len(),
        }
    }

    pub(crate) fn kind(&self) -> &ListKind {
        match self {
            Self::Json { kind, .. } => kind,
            Self::Values { kind, .. } => kind,
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Outcome<'a>> {
        match self {
            Self::Json { items, of, .. } => items.get(index).map(|item| Value::of_json(item, of)),
            Self::Values { items, .. } => items.get(index).cloned().map(Ok),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Outcome<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// All items.
    ///
    /// # Errors
    /// The first item that is not valid.
    pub(crate) fn values(&self) -> Result<Vec<Value<'a>>, Fault> {
        self.iter().collect()
    }
}

impl<'a> From<&'a Literal> for Value<'a> {
    fn from(literal: &'a Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Int(*value),
            Literal::Uint(value) => Self::Uint(*value),
            Literal::Double(value) => Self::Double(*value),
            Literal::String(value) => Self::text(value.as_str()),
            Literal::Bytes(value) => Self::Bytes(value.as_slice().into()),
        }
    }
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::String(text.into())
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(List::of(items))
    }

    pub(crate) fn texts(items: Vec<String>) -> Self {
        Self::list(items.into_iter().map(Self::text).collect())
    }

    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Rc::new(value)))
    }

    pub(crate) fn int(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// The value of a part of a resource.
    ///
    /// # Errors
    /// If the part does not fit its declaration.
    pub(crate) fn of_json(json: &'a Json, decl: &'a Decl) -> Outcome<'a> {
        if json.is_null() {
            return if decl.nullable {
                Ok(Self::Null)
            } else {
                fault("invalid data, got null for schema with nullable=false")
            };
        }
        match (&decl.shape, json) {
            (Shape::IntOrString | Shape::Text(TextKind::Plain), Json::String(text)) => Ok(Self::text(text.as_str())),
            (Shape::IntOrString | Shape::Int, Json::Number(number)) => match number.as_i64() {
                Some(number) => Ok(Self::Int(number)),
                None => fault("invalid data, expected int, got float64"),
            },
            (Shape::Object(_) | Shape::Map(_), Json::Object(map)) => Ok(Self::Object(map, decl)),
            (Shape::List(of, kind), Json::Array(items)) => Ok(Self::List(List::Json { items, of, kind })),
            (Shape::Text(kind), Json::String(text)) => of_format(*kind, text),
            (Shape::Double, Json::Number(number)) => Ok(Self::Double(number.as_f64().unwrap_or_default())),
            (Shape::Bool, Json::Bool(value)) => Ok(Self::Bool(*value)),
            (Shape::Preserved | Shape::Nothing, json) => Ok(Self::Preserved(json)),
            (Shape::Any, json) => Ok(Self::of_any(json)),
            (shape, _) => fault(format!("invalid data, the value does not fit its schema: {shape:?}")),
        }
    }

    /// The value of JSON without a declaration.
    pub(crate) fn of_any(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => {
                number.as_i64().map_or_else(|| Self::Double(number.as_f64().unwrap_or_default()), Self::Int)
            }
            Json::String(text) => Self::text(text.as_str()),
            Json::Array(items) => Self::List(List::Json { items, of: &ANY, kind: &ListKind::Atomic }),
            Json::Object(map) => Self::Object(map, &ANY),
        }
    }

    /// The authorizer, which asks for the rights of the requestor.
    pub(crate) fn authorizer(ask: Ask<'a>) -> Self {
        Self::Asking(Rc::new(Asking { ask, stage: Stage::Authorizer, check: Check::default() }))
    }

    /// A question about a resource.
    pub(crate) fn resource_check(ask: Ask<'a>, check: Check) -> Self {
        Self::Asking(Rc::new(Asking { ask, stage: Stage::Resource, check }))
    }

    /// The name of the value's type.
    pub(crate) fn type_name(&self) -> &str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::List(_) => "list",
            Self::Map(_) | Self::Object(..) => "map",
            Self::Preserved(_) => "unknown",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Message(message) => message.name,
            Self::Asking(asking) => match asking.stage {
                Stage::Authorizer => "kubernetes.authorization.Authorizer",
                Stage::Path => "kubernetes.authorization.PathCheck",
                Stage::Group => "kubernetes.authorization.GroupCheck",
                Stage::Resource => "kubernetes.authorization.ResourceCheck",
            },
            Self::Decision(_) => "kubernetes.authorization.Decision",
        }
    }

    /// The value of a key of a map, or of a field of an object.
    pub(crate) fn find(&self, key: &Value<'_>) -> Result<Option<Value<'a>>, Fault> {
        match self {
            Self::Map(entries) => {
                Ok(entries.iter().find(|(known, _)| known.equals(key)).map(|(_, value)| value.clone()))
            }
            Self::Object(map, decl) => match key {
                Value::String(key) => find_member(map, decl, key).transpose(),
                _ => no_overload().map(Some),
            },
            Self::Message(message) => match key {
                Value::String(field) => Ok(message.field(field).cloned()),
                _ => no_overload().map(Some),
            },
            _ => no_overload().map(Some),
        }
    }

    /// The keys of a map, or the declared names of an object.
    pub(crate) fn keys(&self) -> Option<Vec<Value<'a>>> {
        match self {
            Self::Map(entries) => Some(entries.iter().map(|(key, _)| key.clone()).collect()),
            Self::Object(map, Decl { shape: Shape::Map(_) | Shape::Any, .. }) => {
                Some(map.keys().map(|key| Self::text(key.as_str())).collect())
            }
            Self::Object(map, Decl { shape: Shape::Object(fields), .. }) => {
                let declared = map.keys().filter(|key| fields.contains_key(*key));
                Some(declared.map(|key| Self::text(escape(key).unwrap_or_else(|| key.clone()))).collect())
            }
            _ => None,
        }
    }

    pub(crate) fn size(&self) -> Option<usize> {
        Some(match self {
            Self::String(text) => text.chars().count(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(list) => list.len(),
            Self::Map(entries) => entries.len(),
            Self::Object(map, _) => map.len(),
            _ => return None,
        })
    }
}

fn find_member<'a>(map: &'a Map<String, Json>, decl: &'a Decl, key: &str) -> Option<Outcome<'a>> {
    match &decl.shape {
        Shape::Map(values) => map.get(key).map(|value| Value::of_json(value, values)),
        Shape::Any => map.get(key).map(|value| Ok(Value::of_any(value))),
        Shape::Object(fields) => {
            let name = unescape(key)?;
            // A null is the same as nothing here.
            let value = map.get(&name).filter(|value| !value.is_null())?;
            fields.get(&name).map(|decl| Value::of_json(value, decl))
        }
        _ => None,
    }
}

fn of_format(kind: TextKind, text: &str) -> Outcome<'static> {
    let found = match kind {
        TextKind::Plain => Some(Value::text(text.to_owned())),
        TextKind::Bytes => URL_SAFE.decode(text).ok().map(|bytes| Value::Bytes(bytes.into())),
        TextKind::Duration => duration::parse_format(text).map(Value::Duration),
        TextKind::Date => Time::parse(&format!("{text}T00:00:00Z")).map(Value::Timestamp),
        TextKind::DateTime => Time::parse(&text.to_ascii_uppercase()).map(Value::Timestamp),
    };
    let what = match kind {
        TextKind::Plain | TextKind::Bytes => "byte formatted string",
        TextKind::Duration => "duration",
        TextKind::Date => "date formatted string",
        TextKind::DateTime => "date-time formatted string",
    };
    found.map_or_else(|| fault(format!("Invalid {what} {text}")), Ok)
}

/// As error messages show a value.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Uint(value) => write!(f, "{value}"),
            Self::Double(value) => f.write_str(&crate::base::go_number::general(*value)),
            Self::String(text) | Self::Type(text) => f.write_str(text),
            Self::Timestamp(time) => f.write_str(&time.text()),
            Self::Duration(nanos) => f.write_str(&duration::text(*nanos)),
            other => f.write_str(other.type_name()),
        }
    }
}
