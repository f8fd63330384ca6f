//! Decodes the body of a write into an object in its stored form (k8s.io/apimachinery/pkg/runtime/serializer,
//! k8s.io/apiserver/pkg/endpoints/handlers/create.go).
use super::{negotiation::Encoding, protobuf, yaml};
use crate::{
    base::{
        field_error::FieldError,
        json::json_type,
        object,
        path::Path,
        status::{self, Outcome},
    },
    registry::{events, group::EXTENSIONS, kind::Kind},
    schema::embedded,
};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, map::Entry};
use std::fmt::{self, Write};
use type_meta::Unreadable;

pub(crate) mod delete_options;
pub(crate) mod known_spec;
pub(crate) mod lease;
mod members;
pub(crate) mod metadata;
pub(crate) mod type_meta;

/// Maximum size of a body, in bytes.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Go's description of the type into which it first decodes a body.
const TYPE_META: &str =
    r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;

/// A decoded body.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) value: Value,
    /// Errors of strict decoding, e.g. `unknown field "spec.bogus"`.
    pub(crate) complaints: Vec<String>,
}

/// Parses JSON and collects the members that occur twice (the last one wins).
///
/// # Errors
/// The parser's error.
pub(crate) fn json(body: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let mut duplicates = Vec::new();
    let value = match std::str::from_utf8(body) {
        // Text that is valid UTF-8 need not be checked again string by string.
        Ok(text) => whole(serde_json::Deserializer::from_str(text), &mut duplicates)?,
        Err(_) => whole(serde_json::Deserializer::from_slice(body), &mut duplicates)?,
    };
    Ok((value, duplicates))
}

/// The parser's message, in Go's words if the input ends early.
pub(crate) fn json_error(error: &serde_json::Error) -> String {
    if error.is_eof() { "unexpected end of JSON input".to_owned() } else { error.to_string() }
}

fn whole<'de, R: serde_json::de::Read<'de>>(
    mut parser: serde_json::Deserializer<R>,
    duplicates: &mut Vec<String>,
) -> Result<Value, serde_json::Error> {
    let value = JsonSeed(duplicates).deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}

/// Checks the size of a body.
///
/// # Errors
/// 413 for a body of more than three mebibytes.
pub(crate) fn check_size(body: &[u8]) -> Outcome<()> {
    if body.len() > BODY_LIMIT { Err(status::too_large(BODY_LIMIT)) } else { Ok(()) }
}

/// Decodes the body of a create or an update.
///
/// # Errors
/// 400 for a body that is not an object of this kind.
pub(crate) fn object(kind: &Kind, encoding: Encoding, body: &[u8]) -> Outcome<Decoded> {
    check_size(body)?;
    let unrecognized = |why: &str| {
        let shown = summary(body);
        status::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): {why} ({shown})",
            kind.kind
        ))
    };
    let (value, duplicates) =
        value(encoding, body, (&kind.api_version, &kind.kind)).map_err(|why| unrecognized(&why))?;
    let map = match value {
        Value::Object(map) => map,
        Value::Null if !kind.custom => Map::new(),
        Value::Null => {
            let text = String::from_utf8_lossy(body);
            return Err(unrecognized(&format!("Object 'Kind' is missing in '{text}'")));
        }
        other => {
            let found = json_type(&other);
            let why = format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go value of type \
                 {TYPE_META}"
            );
            return Err(unrecognized(&why));
        }
    };
    if let Err(why) = type_meta::check_form(kind, body, &map) {
        return Err(match why {
            Unreadable::Unrecognised(why) => unrecognized(&why),
            Unreadable::Refused(refusal) => refusal,
        });
    }
    if kind.custom && map.get("kind").and_then(Value::as_str).is_none_or(str::is_empty) {
        let text = String::from_utf8_lossy(body);
        return Err(unrecognized(&format!("Object 'Kind' is missing in '{text}'")));
    }
    let mut decoded = Decoded { value: Value::Object(map), complaints: Vec::new() };
    decoded.complaints.extend(duplicates);
    type_meta::check(kind, &mut decoded.value)?;
    normalise(kind, &mut decoded)?;
    Ok(decoded)
}

/// The value of a body, and the members that it contains twice.
///
/// # Errors
/// The parser's message for a body that does not parse.
fn value(encoding: Encoding, body: &[u8], expected: (&str, &str)) -> Result<(Value, Vec<String>), String> {
    match encoding {
        Encoding::Json => match json(body) {
            Ok((value, duplicates)) => {
                Ok((value, duplicates.into_iter().map(|path| format!("duplicate field {path:?}")).collect()))
            }
            Err(e) => Err(format!("couldn't get version/kind; json parse error: {}", json_error(&e))),
        },
        Encoding::Yaml => {
            let parsed = yaml::read::parse(&String::from_utf8_lossy(body)).map_err(|e| e.to_string())?;
            Ok((parsed.value, parsed.duplicates))
        }
        Encoding::Protobuf => {
            // Protobuf of custom resources is refused earlier: kube-apiserver 1.36 panics on such a body and closes the
            // connection.
            let value = protobuf::read(body, expected).map_err(|e| e.to_string())?;
            Ok((value, Vec::new()))
        }
    }
}

/// The options in a request body.
///
/// # Errors
/// 400 for a body that does not parse.
pub(crate) fn options(encoding: Encoding, body: &[u8], kind: &str) -> Outcome<Value> {
    value(encoding, body, ("v1", kind)).map(|(value, _)| value).map_err(status::bad_request)
}

/// Converts an object, or the result of a patch, into its stored form.
///
/// # Errors
/// 400 for members of the wrong type.
pub(crate) fn normalise(kind: &Kind, decoded: &mut Decoded) -> Outcome<()> {
    let mut unknown = Vec::new();
    let outcome = normalise_members(kind, &mut decoded.value, &mut unknown);
    outcome.map_err(|why| {
        let Kind { kind, version, .. } = kind;
        status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    })?;
    decoded.complaints.extend(unknown.into_iter().map(|path| format!("unknown field {path:?}")));
    Ok(())
}

/// Checks the type of a resource inside of a resource, and normalises its metadata.
///
/// # Errors
/// The message with which the server refuses the body.
fn decode_embedded(map: &mut Map<String, Value>, path: &Path<'_>, unknown: &mut Vec<String>) -> Result<(), String> {
    embedded::check_types(map, path).map_err(|why| why.to_string())?;
    let Some(metadata) = map.get_mut("metadata") else { return Ok(()) };
    let field = Path::Member(path, "metadata").to_string();
    let refused = |value: &Value, why: &str| FieldError::invalid(field.as_str(), value, why).to_string();
    let sent = metadata.clone();
    match metadata {
        Value::Null => *metadata = Value::Object(Map::new()),
        Value::Object(members) => {
            let mut found = Vec::new();
            metadata::normalise(members, true, &mut found).map_err(|why| refused(&sent, &why))?;
            let below = |path: String| path.replacen("metadata", &field, 1);
            unknown.extend(found.into_iter().map(below));
        }
        other => {
            let why = format!("json: cannot unmarshal {} into Go value of type v1.ObjectMeta", json_type(other));
            return Err(refused(&sent, &why));
        }
    }
    Ok(())
}

/// Normalises the members of an object.
///
/// # Errors
/// The message with which Go's decoder refuses a member.
pub(crate) fn normalise_members(kind: &Kind, value: &mut Value, unknown: &mut Vec<String>) -> Result<(), String> {
    if !kind.custom && kind.kind == "Event" {
        kind.store_form(value);
        value.as_object_mut().into_iter().for_each(events::add_zero_members);
    }
    let map = value.as_object_mut().ok_or("json: cannot unmarshal into Go value of type map[string]interface {}")?;
    match map.entry("metadata").or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(meta) => metadata::normalise(meta, kind.custom, unknown)?,
        slot @ Value::Null => *slot = Value::Object(Map::new()),
        other => {
            let found = json_type(other);
            return Err(format!("json: cannot unmarshal {found} into Go value of type v1.ObjectMeta"));
        }
    }
    if let Some(schema) = &kind.schema {
        // An object of another kind is refused later, before any schema is applied to it.
        if map.get("kind").is_some_and(|found| *found == kind.kind.as_str()) {
            schema.prune_object(map, unknown);
            schema.visit_embedded(map, &Path::Root, &mut |map, path| decode_embedded(map, path, unknown))?;
        }
    } else if kind.kind == "Lease" {
        lease::normalise(map, unknown)?;
    } else if let Some(members) = kind.members {
        members::normalise(members, &kind.kind, map, unknown)?;
    } else {
        if kind.group == EXTENSIONS {
            kind.types.root(kind.root_type).check(map)?;
        }
        kind.types.root(kind.root_type).decode(map, unknown);
    }
    if kind.kind != "Event" {
        kind.store_form(value);
    }
    if !kind.custom {
        // The order in which Go's decoder reads a body whose members are sorted.
        unknown.sort_by(|one, other| top_member(one).cmp(top_member(other)));
    }
    Ok(())
}

fn top_member(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// Applies `fieldValidation` to the errors of strict decoding: returns one warning per error.
///
/// # Errors
/// 400 if the client asks for strict decoding.
pub(crate) fn field_validation(kind: &Kind, mode: &str, complaints: Vec<String>) -> Outcome<Vec<String>> {
    match mode {
        "Ignore" => Ok(Vec::new()),
        "Strict" if !complaints.is_empty() => {
            let Kind { kind, version, .. } = kind;
            Err(status::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {}",
                strict_message(&complaints)
            )))
        }
        _ => Ok(complaints),
    }
}

/// Joins the errors; those from YAML, which begin with a line number, become one.
fn strict_message(complaints: &[String]) -> String {
    let (lines, others): (Vec<&str>, Vec<&str>) =
        complaints.iter().map(String::as_str).partition(|complaint| complaint.starts_with("line "));
    let lines = (!lines.is_empty()).then(|| format!("yaml: unmarshal errors:\n  {}", lines.join("\n  ")));
    lines.into_iter().chain(others.into_iter().map(str::to_owned)).collect::<Vec<_>>().join(", ")
}

/// Checks that the namespace in the body matches the path; an empty one is filled in, and that of an object without a
/// place for it is dropped.
///
/// # Errors
/// 400 if they differ.
pub(crate) fn check_namespace(kind: &Kind, namespace: &str, value: &mut Value) -> Outcome<()> {
    let found = object::meta_str(value, "namespace");
    let wanted = if kind.namespaced { namespace } else { "" };
    if found.is_empty() && !wanted.is_empty() {
        object::metadata_mut(value).insert("namespace".into(), wanted.into());
    } else if wanted.is_empty() && !found.is_empty() {
        object::metadata_mut(value).remove("namespace");
    } else if found != wanted {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(status::bad_request(message));
    }
    Ok(())
}

/// Checks that the name in the body matches the path.
///
/// # Errors
/// 400 if the body has no name, or another one.
pub(crate) fn check_name(name: &str, value: &Value) -> Outcome<()> {
    let found = object::meta_str(value, "name");
    if found.is_empty() {
        let message = format!("the name of the object ({name} based on URL) was undeterminable: name must be provided");
        return Err(status::bad_request(message));
    }
    if found != name {
        let message = format!("the name of the object ({found}) does not match the name on the URL ({name})");
        return Err(status::bad_request(message));
    }
    Ok(())
}

/// The beginning of a body for an error message: text if it looks like JSON, hexadecimal otherwise.
fn summary(body: &[u8]) -> String {
    const SHOWN: usize = 30;
    let head = &body[..body.len().min(SHOWN)];
    let mut text = match body.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(head).into_owned(),
        Some(_) => head.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes any text");
            text
        }),
    };
    if body.len() > SHOWN {
        text.push_str(" ...");
    }
    text
}

/// Builds a [`Value`] and collects the paths of duplicate members, innermost part first while the stack unwinds.
struct JsonSeed<'a>(&'a mut Vec<String>);

impl<'de> DeserializeSeed<'de> for JsonSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let known = self.0.len();
            let Some(item) = items.next_element_seed(JsonSeed(self.0))? else { return Ok(Value::Array(list)) };
            for path in &mut self.0[known..] {
                let dot = if path.starts_with('[') { "" } else { "." };
                *path = format!("[{}]{dot}{path}", list.len());
            }
            list.push(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let known = self.0.len();
            let value = members.next_value_seed(JsonSeed(self.0))?;
            for path in &mut self.0[known..] {
                let dot = if path.starts_with('[') { "" } else { "." };
                *path = format!("{name}{dot}{path}");
            }
            match map.entry(name) {
                Entry::Vacant(slot) => {
                    slot.insert(value);
                }
                Entry::Occupied(mut slot) => {
                    self.0.push(slot.key().clone());
                    slot.insert(value);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_members_are_named_by_path() {
        let (value, duplicates) = json(br#"{"spec":{"a":1,"a":2,"l":[{"b":0,"b":1}]}}"#).unwrap();
        assert_eq!(value.pointer("/spec/a"), Some(&Value::from(2)));
        assert_eq!(duplicates, ["spec.a", "spec.l[0].b"]);
    }

    #[test]
    fn long_bodies_are_cut_in_errors() {
        assert_eq!(summary(b"null"), "6e756c6c");
        assert_eq!(summary(b""), "<empty>");
        assert_eq!(summary(br#"{"apiVersion":"coordination.k8s.io/v1"}"#), r#"{"apiVersion":"coordination.k8 ..."#);
    }
}
