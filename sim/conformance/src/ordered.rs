//! JSON whose members keep the order of the file: some answers quote the body that was sent.
use crate::variables::Variables;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use std::fmt;

/// A JSON value in the order of its file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ordered {
    Object(Vec<(String, Ordered)>),
    Array(Vec<Ordered>),
    /// A value without members or items.
    Scalar(Value),
}

impl Ordered {
    /// Replaces `{var}` and `{var+N}`, and `{"$repeat": [text, n]}` by the text n times.
    pub(super) fn substitute(&self, variables: &Variables) -> Self {
        match self {
            Self::Object(members) => match members.as_slice() {
                [(name, Self::Array(arguments))] if name == "$repeat" => repeated(arguments),
                _ => Self::Object(
                    members.iter().map(|(name, v)| (variables.text(name), v.substitute(variables))).collect(),
                ),
            },
            Self::Array(items) => Self::Array(items.iter().map(|item| item.substitute(variables)).collect()),
            Self::Scalar(Value::String(text)) => Self::Scalar(variables.value(text)),
            Self::Scalar(other) => Self::Scalar(other.clone()),
        }
    }

    /// JSON text with a space after each comma and colon, as when the corpus was recorded.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Object(members) => {
                let members = members.iter().map(|(name, v)| format!("{}: {}", Value::from(name.as_str()), v.text()));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
            Self::Array(items) => format!("[{}]", items.iter().map(Self::text).collect::<Vec<_>>().join(", ")),
            Self::Scalar(value) => value.to_string(),
        }
    }
}

fn repeated(arguments: &[Ordered]) -> Ordered {
    match arguments {
        [Ordered::Scalar(Value::String(text)), Ordered::Scalar(times)] => {
            Ordered::Scalar(text.repeat(times.as_u64().map_or(0, |n| n as usize)).into())
        }
        _ => Ordered::Array(arguments.to_vec()),
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Ordered::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Ordered::Array(items))
    }

    fn visit_str<E>(self, text: &str) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(Value::Null))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let body: Ordered = serde_json::from_str(r#"{"b":[1,"{ns}"],"a":{"$repeat":["x",3]},"{ns}":null}"#).unwrap();
        let text = body.substitute(&Variables::new("here")).text();
        assert_eq!(text, r#"{"b": [1, "here"], "a": "xxx", "here": null}"#);
    }
}
