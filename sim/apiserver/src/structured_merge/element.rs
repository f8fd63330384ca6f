//! One step of a path into an object (sigs.k8s.io/structured-merge-diff/v6/fieldpath/{element,serialize-pe}.go).
use crate::base::go_text::quoted;
use serde_json::{Map, Value};
use std::{cmp::Ordering, fmt};

/// A step of a path. Ordered: fields, keys, values, indices.
#[derive(Debug, Clone)]
pub(crate) enum Element {
    /// A member of a map: `f:name`.
    Field(String),
    /// An item of a list, identified by some of its members, sorted by name: `k:{"name":"x"}`.
    Key(Vec<(String, Value)>),
    /// An item of a set: `v:"x"`.
    Value(Value),
    /// An item of an atomic list: `i:0`. The server never writes it.
    Index(i64),
}

impl Element {
    /// Parses the form used in `fieldsV1`; Ok(None) for an unknown kind of step.
    ///
    /// # Errors
    /// If the text does not have that form.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        let (tag, rest) = text.split_once(':').filter(|(tag, _)| tag.len() == 1).ok_or_else(|| {
            if text.len() < 2 { "key must be 2 characters long:".to_owned() } else { format!("missing colon: {text}") }
        })?;
        let json = || serde_json::from_str::<Value>(rest).map_err(|e| e.to_string());
        Ok(Some(match tag {
            "f" => Self::Field(rest.to_owned()),
            "v" => Self::Value(json()?),
            "k" => match json()? {
                Value::Object(members) => Self::Key(members.into_iter().collect()),
                other => return Err(format!("expected a map as key, got {other}")),
            },
            "i" => Self::Index(rest.parse().map_err(|_| format!("{rest} is not an index", rest = quoted(rest)))?),
            _ => return Ok(None),
        }))
    }

    /// The form used in `fieldsV1`.
    pub(crate) fn serialise(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(members) => {
                let members: Map<String, Value> = members.iter().cloned().collect();
                format!("k:{}", escaped(&Value::Object(members)))
            }
            Self::Value(value) => format!("v:{}", escaped(value)),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}

/// JSON with the escapes of Go's encoder.
fn escaped(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains(['<', '>', '&']) {
        return text;
    }
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// The form used in messages: `.spec`, `[name="x"]`, `[="x"]`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(members) => {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "[{}]", members.join(","))
            }
            Self::Value(value) => write!(f, "[={value}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl Ord for Element {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(a), Self::Field(b)) => a.cmp(b),
            (Self::Key(a), Self::Key(b)) => compare_keys(a, b),
            (Self::Value(a), Self::Value(b)) => compare_values(a, b),
            (Self::Index(a), Self::Index(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Element {}

fn compare_keys(a: &[(String, Value)], b: &[(String, Value)]) -> Ordering {
    let pairs = a
        .iter()
        .zip(b)
        .map(|((name, value), (other, against))| name.cmp(other).then_with(|| compare_values(value, against)));
    pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
}

/// Orders values by type: numbers, strings, booleans, lists, maps, null (value.Compare).
fn compare_values(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    };
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default()),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)).then_with(|| a.to_string().cmp(&b.to_string())),
    }
}
