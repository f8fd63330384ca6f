//! Kind and apiVersion of a body, which decide whether it is an object of the kind that the path names
//! (k8s.io/apimachinery/pkg/runtime/serializer/{json,versioning}).
use crate::base::go_text::quoted;
use crate::{
    base::{
        json::{json_type, text},
        status::{self, Outcome},
    },
    registry::{kind::Kind, scheme},
};
use serde_json::{Map, Value};

/// Reason why the kind and version of a body cannot be read.
pub(super) enum Unreadable {
    /// The body is not recognised as any object.
    Unrecognised(String),
    /// The body has a kind, and an unusable version.
    Refused(Box<status::Status>),
}

/// Checks that both are texts, and that the version has at most one slash. `shown` is the body as an error shows it.
pub(super) fn check_form(kind: &Kind, shown: impl Fn() -> String, map: &Map<String, Value>) -> Result<(), Unreadable> {
    for member in ["apiVersion", "kind"] {
        if let Some(wrong) = map.get(member).filter(|found| !found.is_string() && !found.is_null()) {
            return Err(Unreadable::Unrecognised(format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go struct field \
                 .{member} of type string",
                json_type(wrong)
            )));
        }
    }
    let version = map.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if version.matches('/').count() > 1 {
        return Err(Unreadable::Unrecognised(format!("unexpected GroupVersion string: {version}")));
    }
    let found = map.get("kind").and_then(Value::as_str).unwrap_or_default();
    let refuse = |why: String| {
        let message = format!("{found} in version \"\" cannot be handled as a {}: {why}", kind.kind);
        Err(Unreadable::Refused(status::bad_request(message)))
    };
    if version.len() > 1 && version.ends_with('/') {
        return refuse(format!("Object 'apiVersion' is missing in '{}'", shown()));
    }
    if kind.custom && !found.is_empty() && map.get("apiVersion").is_some_and(Value::is_null) {
        return refuse(".apiVersion accessor error: <nil> is of the type <nil>, expected string".to_owned());
    }
    Ok(())
}

/// Checks kind and version; those that a built-in kind's body lacks are filled in. A custom resource is known to have a
/// kind here.
pub(super) fn check(kind: &Kind, value: &mut Value) -> Outcome<()> {
    let (found_version, found_kind) = (text(value, "apiVersion"), text(value, "kind"));
    if found_version == kind.api_version && (kind.custom || found_kind == kind.kind) {
        return Ok(());
    }
    // The core group may be written with its empty name.
    let version = found_version.strip_prefix('/').unwrap_or(found_version);
    if kind.custom {
        return Err(wrong_version(kind, version, value));
    }
    let version = if version.is_empty() { kind.api_version.as_str() } else { version };
    let found_kind = if found_kind.is_empty() { kind.kind.as_str() } else { found_kind };
    if let Some(why) = scheme::refusal(kind, version, found_kind) {
        let shown = scheme::group_version(version).1;
        let message = format!(
            "{found_kind} in version {shown} cannot be handled as a {}: {why}",
            kind.kind,
            shown = quoted(shown)
        );
        return Err(status::bad_request(message));
    }
    if version != kind.api_version {
        return Err(unexpected_version(kind, version));
    }
    value.as_object_mut().into_iter().for_each(|map| restore(kind, map));
    Ok(())
}

/// Reason why the result of a patch is not an object of its kind.
pub(crate) enum Unpatched {
    /// It cannot be decoded, for this reason.
    Undecoded(String),
    /// It is refused as a whole.
    Refused(Box<status::Status>),
}

/// Checks kind and version of a patched object. `complaints` gets the members that are unknown then.
///
/// # Errors
/// If it has become another kind.
pub(crate) fn check_patched(kind: &Kind, value: &mut Value, complaints: &mut Vec<String>) -> Result<(), Unpatched> {
    let Some(map) = value.as_object() else { return Ok(()) };
    check_form(kind, || value.to_string(), map).map_err(|why| match why {
        Unreadable::Unrecognised(why) => Unpatched::Undecoded(why),
        Unreadable::Refused(refusal) => Unpatched::Undecoded(refusal.message().to_owned()),
    })?;
    let found = |member: &str| map.get(member).and_then(Value::as_str).unwrap_or_default();
    let (version, found_kind) = (found("apiVersion"), found("kind"));
    if kind.custom && found_kind.is_empty() {
        return Err(Unpatched::Undecoded(format!("Object 'Kind' is missing in '{value}'")));
    }
    if kind.custom && version.is_empty() {
        let why = "Object 'apiVersion' is missing in 'object has no apiVersion field'";
        return Err(Unpatched::Refused(Box::new(status::internal_error(why))));
    }
    let unknown = |map: &Map<String, Value>, known: &[&str]| -> Vec<String> {
        let members = map.keys().filter(|name| !known.contains(&name.as_str()));
        members.map(|name| format!("unknown field {name}", name = quoted(name))).collect()
    };
    if kind.custom {
        // Another version is refused by validation; one of the same group has no schema.
        let same_group = scheme::group_version(version).0 == kind.group;
        if same_group && version != kind.api_version && !kind.siblings.iter().any(|known| known == version) {
            complaints.extend(unknown(map, &["apiVersion", "kind", "metadata"]));
        }
        return Ok(());
    }
    if version.is_empty() {
        // Without a version the object is of no type that has members.
        complaints.extend(unknown(map, &["apiVersion", "kind"]));
        value.as_object_mut().into_iter().for_each(Map::clear);
    } else {
        let version = version.strip_prefix('/').unwrap_or(version);
        let found_kind = if found_kind.is_empty() { kind.kind.as_str() } else { found_kind };
        if let Some(why) = scheme::refusal(kind, version, found_kind) {
            return Err(Unpatched::Undecoded(why));
        }
    }
    value.as_object_mut().into_iter().for_each(|map| restore(kind, map));
    Ok(())
}

/// Sets kind and version of a built-in kind.
pub(crate) fn restore(kind: &Kind, map: &mut Map<String, Value>) {
    map.insert("apiVersion".into(), kind.api_version.as_str().into());
    map.insert("kind".into(), kind.kind.as_str().into());
}

fn unexpected_version(kind: &Kind, found: &str) -> Box<status::Status> {
    let wanted = &kind.api_version;
    status::bad_request(format!(
        "the API version in the data ({found}) does not match the expected API version ({wanted})"
    ))
}

/// The error for a version of the group that the definition does not have: it has no schema, so no member of the body
/// is known.
fn wrong_version(kind: &Kind, found: &str, value: &Value) -> Box<status::Status> {
    let same_group = found.split_once('/').is_some_and(|(group, _)| group == kind.group);
    let same_group = same_group && !kind.siblings.iter().any(|known| known == found);
    let members = value.as_object().into_iter().flat_map(Map::keys).filter(|_| same_group);
    let unknown = members.filter(|name| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata"));
    unexpected_version(kind, found)
        .with_warnings(unknown.map(|name| format!("unknown field {name}", name = quoted(name))).collect())
}
