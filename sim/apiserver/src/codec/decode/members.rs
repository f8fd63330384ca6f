//! The members of a built-in kind and their types, as Go's decoder knows them: unknown members are dropped and
//! reported, empty ones dropped, and a wrong type is an error in the decoder's words (sigs.k8s.io/json).
//!
//! For the kinds that the server itself reads (roles, reviews, webhook configurations, secrets): it must not act on a
//! member that the real one would have refused. Bodies of other kinds are not checked.
use crate::{base::json::json_type, registry::member_type::MemberType};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// The position of the decoder: paths of unknown members contain indices, paths in errors do not.
struct Place<'a> {
    kind: &'a str,
    path: String,
    plain: String,
}

/// Converts the members of an object, except its metadata, into their stored form.
///
/// # Errors
/// The error of Go's decoder.
pub(crate) fn normalise(
    members: &'static [(&'static str, MemberType)],
    kind: &str,
    object: &mut Map<String, Value>,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    let place = Place { kind, path: String::new(), plain: String::new() };
    let top = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata");
    object_members(members, object, &place, &top, unknown)
}

fn object_members(
    members: &'static [(&'static str, MemberType)],
    object: &mut Map<String, Value>,
    place: &Place<'_>,
    exempt: &dyn Fn(&str) -> bool,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    let mut error = None;
    object.retain(|name, value| {
        if exempt(name) || error.is_some() {
            return true;
        }
        let Some((_, expected)) = members.iter().find(|(known, _)| known == name) else {
            unknown.push(place.member(name).path);
            return false;
        };
        match member(expected, value, &place.member(name), unknown) {
            Ok(kept) => kept,
            Err(why) => {
                error = Some(why);
                true
            }
        }
    });
    error.map_or(Ok(()), Err)
}

/// Whether to keep the member.
fn member(
    expected: &MemberType,
    value: &mut Value,
    place: &Place<'_>,
    unknown: &mut Vec<String>,
) -> Result<bool, String> {
    match (expected, value) {
        (_, Value::Null) => Ok(false),
        (MemberType::Text, Value::String(text)) => Ok(!text.is_empty()),
        (MemberType::Flag, Value::Bool(_)) => Ok(true),
        (MemberType::Whole, Value::Number(number)) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {
            Ok(true)
        }
        (MemberType::Long, Value::Number(number)) if number.is_i64() => Ok(true),
        (MemberType::Bytes, Value::String(text)) => base64(text).map(|()| true),
        (MemberType::Texts, Value::Array(list)) => {
            for item in list.iter_mut() {
                match item {
                    Value::String(_) => {}
                    Value::Null => *item = Value::from(""),
                    other => return Err(place.mismatch(other, "string")),
                }
            }
            Ok(!list.is_empty())
        }
        (MemberType::Map(inner), Value::Object(map)) => {
            for (_, item) in map.iter_mut() {
                if item.is_null() {
                    *item = Value::from("");
                }
                member(inner, item, place, unknown)?;
            }
            Ok(!map.is_empty())
        }
        (MemberType::List(inner), Value::Array(list)) => {
            for (index, item) in list.iter_mut().enumerate() {
                if item.is_null() {
                    *item = Value::Object(Map::new());
                }
                member(inner, item, &place.item(index), unknown)?;
            }
            Ok(!list.is_empty())
        }
        (MemberType::Object(kind, members), Value::Object(map)) => {
            let inside = Place { kind, path: place.path.clone(), plain: place.plain.clone() };
            object_members(members, map, &inside, &|_| false, unknown)?;
            Ok(true)
        }
        (expected, value) => Err(place.mismatch(value, expected.go_type())),
    }
}

/// Checks base64; the error names the byte at which Go gives up.
fn base64(text: &str) -> Result<(), String> {
    let Err(_) = STANDARD.decode(text) else { return Ok(()) };
    let alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    let bad = text.bytes().position(|byte| !alphabet(&byte)).unwrap_or(text.len());
    Err(format!("illegal base64 data at input byte {bad}"))
}

impl MemberType {
    fn go_type(&self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Flag => "bool",
            Self::Whole => "int32",
            Self::Long => "int64",
            Self::Texts => "[]string",
            Self::Bytes => "[]uint8",
            Self::Map(Self::Bytes) => "map[string][]uint8",
            Self::Map(_) => "map[string]string",
            Self::List(_) => "[]v1.Object",
            Self::Object(kind, _) => kind,
        }
    }
}

impl Place<'_> {
    fn member(&self, name: &str) -> Self {
        let below = |path: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        Self { kind: self.kind, path: below(&self.path), plain: below(&self.plain) }
    }

    fn item(&self, index: usize) -> Self {
        Self { kind: self.kind, path: format!("{}[{index}]", self.path), plain: self.plain.clone() }
    }

    fn mismatch(&self, found: &Value, wanted: &str) -> String {
        let found = json_type(found);
        format!("json: cannot unmarshal {found} into Go struct field {}.{} of type {wanted}", self.kind, self.plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RULE: MemberType =
        MemberType::Object("PolicyRule", &[("verbs", MemberType::Texts), ("count", MemberType::Whole)]);
    const MEMBERS: &[(&str, MemberType)] =
        &[("rules", MemberType::List(&RULE)), ("data", MemberType::Map(&MemberType::Bytes))];

    fn run(mut object: Value) -> Result<(Value, Vec<String>), String> {
        let mut unknown = Vec::new();
        normalise(MEMBERS, "Role", object.as_object_mut().unwrap(), &mut unknown).map(|()| (object, unknown))
    }

    #[test]
    fn unknown_members_go_by_path() {
        let (value, unknown) = run(json!({"rules": [{"verbs": ["get"], "x": 1}], "y": {}, "data": {}})).unwrap();
        assert_eq!(value, json!({"rules": [{"verbs": ["get"]}]}));
        assert_eq!(unknown, ["rules[0].x", "y"]);
    }

    #[test]
    fn wrong_types_are_go_errors() {
        let error = run(json!({"rules": [{"verbs": "get"}]})).unwrap_err();
        assert_eq!(error, "json: cannot unmarshal string into Go struct field PolicyRule.rules.verbs of type []string");
        assert_eq!(run(json!({"data": {"a": "not base64!"}})).unwrap_err(), "illegal base64 data at input byte 3");
    }
}
