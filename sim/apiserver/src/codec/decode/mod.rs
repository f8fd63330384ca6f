//! Decodes the body of a write into an object in its stored form (k8s.io/apimachinery/pkg/runtime/serializer,
//! k8s.io/apiserver/pkg/endpoints/handlers/create.go).
use super::{
    json::{JsonError, convert, typed, untyped},
    negotiation::Encoding,
    protobuf, yaml,
};
use crate::{
    base::{
        field_error::FieldError,
        go_text::quoted,
        json::json_type,
        object,
        path::Path,
        status::{self, Outcome},
    },
    registry::{events, go_types::StructId, kind::Kind},
    schema::embedded,
};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt::Write};
use type_meta::Unreadable;

pub(crate) mod known_spec;
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

/// Checks the size of a body.
///
/// # Errors
/// 413 for a body of more than three mebibytes.
pub(crate) fn check_size(body: &[u8]) -> Outcome<()> {
    if body.len() > BODY_LIMIT { Err(status::too_large(&format!("limit is {BODY_LIMIT}"))) } else { Ok(()) }
}

/// A body that was read, and not yet checked.
struct Body {
    value: Value,
    complaints: Vec<String>,
    /// The error of Go's decoder, which counts if the body is of the right kind.
    error: Option<String>,
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
    let read = read(kind.go, encoding, body, (&kind.api_version, &kind.kind));
    let Body { value, complaints, error } = read.map_err(|failure| failure.refusal(|why| unrecognized(&why)))?;
    let map = match value {
        Value::Object(map) => map,
        Value::Null if !kind.custom => kind.zero(),
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
    if let Err(why) = type_meta::check_form(kind, || String::from_utf8_lossy(body).into_owned(), &map) {
        return Err(match why {
            Unreadable::Unrecognised(why) => unrecognized(&why),
            Unreadable::Refused(refusal) => refusal,
        });
    }
    if kind.custom && map.get("kind").and_then(Value::as_str).is_none_or(str::is_empty) {
        let text = String::from_utf8_lossy(body);
        return Err(unrecognized(&format!("Object 'Kind' is missing in '{text}'")));
    }
    let mut decoded = Decoded { value: Value::Object(map), complaints };
    type_meta::check(kind, &mut decoded.value)?;
    if let Some(why) = error {
        return Err(unhandled(kind, &why));
    }
    if kind.custom {
        normalise(kind, &mut decoded)?;
    } else {
        to_stored_form(kind, &mut decoded.value);
    }
    Ok(decoded)
}

/// The refusal of a body that the decoder of its kind does not take.
fn unhandled(kind: &Kind, why: &str) -> Box<status::Status> {
    let Kind { kind, version, .. } = kind;
    status::bad_request(format!(
        "{kind} in version {version} cannot be handled as a {kind}: {why}",
        version = quoted(version)
    ))
}

/// A reason why a body cannot be read.
enum Failure {
    /// It is not of its encoding.
    Malformed(String),
    NotSimulated(String),
}

impl Failure {
    fn refusal(self, malformed: impl Fn(String) -> Box<status::Status>) -> Box<status::Status> {
        match self {
            Self::Malformed(why) => malformed(why),
            Self::NotSimulated(what) => status::not_simulated(&what),
        }
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooDeep(_) => Self::NotSimulated(error.to_string()),
            error => Self::Malformed(format!("couldn't get version/kind; json parse error: {error}")),
        }
    }
}

/// Reads a body: by Go's type of its kind if there is one.
fn read(of: Option<StructId>, encoding: Encoding, body: &[u8], expected: (&str, &str)) -> Result<Body, Failure> {
    let malformed = |why: String| Failure::Malformed(why);
    let (text, mut complaints) = match encoding {
        Encoding::Json => (Cow::Borrowed(body), Vec::new()),
        Encoding::Yaml => {
            let text = String::from_utf8_lossy(body);
            let parsed = yaml::read::parse(&text).map_err(|error| malformed(error.to_string()))?;
            (Cow::Owned(parsed.value.to_string().into_bytes()), parsed.duplicates)
        }
        Encoding::Protobuf => {
            // Protobuf of custom resources is refused earlier: kube-apiserver 1.36 panics on such a body and closes the
            // connection.
            let value = protobuf::read(body, expected).map_err(|error| malformed(error.to_string()))?;
            (Cow::Owned(value.to_string().into_bytes()), Vec::new())
        }
    };
    let is_object = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let Some(of) = of.filter(|_| is_object) else {
        let (value, duplicates) = untyped::parse(&text)?;
        complaints.extend(duplicates.iter().map(|path| format!("duplicate field {}", quoted(path))));
        return Ok(Body { value, complaints, error: None });
    };
    let decoded = typed::object(&text, of)?;
    // A number that only Go's type has in the range of a float is the decoder's error, not one of syntax.
    complaints.extend(decoded.complaints);
    Ok(Body { value: Value::Object(decoded.members), complaints, error: decoded.error })
}

/// The options in a request body.
///
/// # Errors
/// 400 for a body that does not parse, or whose members have other types.
pub(crate) fn options(encoding: Encoding, body: &[u8], kind: &Kind) -> Outcome<Value> {
    let read = read(kind.go, encoding, body, ("v1", &kind.kind));
    let Body { value, error, .. } = read.map_err(|failure| failure.refusal(status::bad_request))?;
    for member in ["apiVersion", "kind"] {
        if let Some(wrong) = value.get(member).filter(|found| !found.is_string() && !found.is_null()) {
            let found = json_type(wrong);
            return Err(status::bad_request(format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go struct field \
                 .{member} of type string"
            )));
        }
    }
    error.map_or(Ok(value), |why| Err(status::bad_request(why)))
}

/// Converts the result of a patch into its stored form.
///
/// # Errors
/// 400 for members of the wrong type.
pub(crate) fn normalise(kind: &Kind, decoded: &mut Decoded) -> Outcome<()> {
    if let Some(of) = kind.go_type_of(&decoded.value) {
        let text = decoded.value.to_string();
        let read = typed::object(text.as_bytes(), of).map_err(|why| unhandled(kind, &why.to_string()))?;
        if let Some(why) = read.error {
            return Err(unhandled(kind, &why));
        }
        decoded.value = Value::Object(read.members);
        decoded.complaints.extend(read.complaints);
        to_stored_form(kind, &mut decoded.value);
        return Ok(());
    }
    let mut unknown = Vec::new();
    custom_members(kind, &mut decoded.value, &mut unknown).map_err(|why| unhandled(kind, &why))?;
    decoded.complaints.extend(unknown.into_iter().map(|path| format!("unknown field {}", quoted(&path))));
    Ok(())
}

/// The decoder's reason in the refusal of an object.
pub(crate) fn reason(refusal: &str) -> &str {
    let why = refusal.split_once(" cannot be handled as a ").and_then(|(_, why)| why.split_once(": "));
    why.map_or(refusal, |(_, why)| why)
}

/// Converts an object of a built-in kind that was merged member by member, and never was text, into its stored form.
/// Returns the errors of strict decoding.
///
/// # Errors
/// The converter's message for a member of the wrong type.
pub(crate) fn convert(kind: &Kind, value: &mut Value) -> Result<Vec<String>, String> {
    let (Some(of), Some(members)) = (kind.go_type_of(value), value.as_object_mut()) else { return Ok(Vec::new()) };
    let unknown = convert::object(members, of)?;
    to_stored_form(kind, value);
    Ok(unknown)
}

fn to_stored_form(kind: &Kind, value: &mut Value) {
    kind.store_form(value);
    if kind.kind == "Event" {
        value.as_object_mut().into_iter().for_each(events::add_zero_members);
    }
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

/// Normalises the members of a custom resource.
///
/// # Errors
/// The message with which Go's decoder refuses a member.
fn custom_members(kind: &Kind, value: &mut Value, unknown: &mut Vec<String>) -> Result<(), String> {
    let map = value.as_object_mut().ok_or("json: cannot unmarshal into Go value of type map[string]interface {}")?;
    match map.entry("metadata").or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(meta) => metadata::normalise(meta, true, unknown)?,
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
    }
    Ok(())
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
                "{kind} in version {version} cannot be handled as a {kind}: strict decoding error: {}",
                strict_message(&complaints),
                version = quoted(version)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_bodies_are_cut_in_errors() {
        assert_eq!(summary(b"null"), "6e756c6c");
        assert_eq!(summary(b""), "<empty>");
        assert_eq!(summary(br#"{"apiVersion":"coordination.k8s.io/v1"}"#), r#"{"apiVersion":"coordination.k8 ..."#);
    }
}
