//! Content negotiation: the form of an answer that a client accepts, and the form of its body
//! (k8s.io/apiserver/pkg/endpoints/handlers/negotiation).
//!
//! A form is an encoding (JSON, YAML, protobuf) and a shape (the object, its metadata, a Table). CBOR is behind a gate
//! that is off in 1.36: it is refused like any unknown type.
use crate::{
    base::status::{self, Outcome},
    registry::kind::Kind,
};
use http::{HeaderMap, header};

const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const STREAM_TYPES: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// The encoding of a value in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Yaml,
    Protobuf,
}

impl Encoding {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }

    /// The encodings that an accepted media type matches, in the server's order of preference.
    fn offered(accepted: &str) -> &'static [Self] {
        match accepted {
            "application/json" => &[Self::Json],
            "application/yaml" => &[Self::Yaml],
            "application/vnd.kubernetes.protobuf" => &[Self::Protobuf],
            "application/*" | "*/*" => &[Self::Json, Self::Yaml, Self::Protobuf],
            _ => &[],
        }
    }
}

/// A version of the group meta.k8s.io.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetaVersion {
    V1,
    V1beta1,
}

impl MetaVersion {
    pub(crate) fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "meta.k8s.io/v1",
            Self::V1beta1 => "meta.k8s.io/v1beta1",
        }
    }
}

/// The shape of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The whole object.
    Object,
    /// `PartialObjectMetadata`, or a list of them.
    Metadata { version: MetaVersion, list: bool },
    /// A row of a `Table`.
    Table(MetaVersion),
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) encoding: Encoding,
    pub(crate) shape: Shape,
}

impl Form {
    pub(crate) const JSON: Self = Self { encoding: Encoding::Json, shape: Shape::Object };

    pub(crate) fn is_table(self) -> bool {
        matches!(self.shape, Shape::Table(_))
    }
}

/// The best form that the client accepts for an object of a kind, a list of them, or a stream.
///
/// # Errors
/// 406 if the client accepts none.
pub(crate) fn accepted(headers: &HeaderMap, kind: &Kind, verb: &str, subresource: &str) -> Outcome<Form> {
    let accept = accept(headers);
    if is_plain(accept) {
        return Ok(Form::JSON);
    }
    // For built-in kinds the web framework negotiates first, by media types alone and without ranges such as
    // `application/*`.
    if !kind.custom && !clauses(accept).iter().any(Clause::names_encoding) {
        let streams = if matches!(verb, "list" | "watch") { format!(", {STREAM_TYPES}") } else { String::new() };
        return Err(status::no_representation(&format!("{MEDIA_TYPES}{streams}")));
    }
    for clause in clauses(accept) {
        let Some(shape) = clause.shape() else { continue };
        let allowed = |encoding: &&Encoding| match (shape, encoding) {
            // What is not stored has no columns.
            (Shape::Table(_), _) if kind.create_only || subresource == "token" => false,
            (Shape::Table(_), Encoding::Protobuf) => false,
            (Shape::Object, Encoding::Protobuf) => !kind.custom,
            _ => true,
        };
        if let Some(encoding) = Encoding::offered(clause.media_type).iter().find(allowed) {
            return match encoding {
                Encoding::Yaml if verb == "watch" => Err(status::not_acceptable(STREAM_TYPES)),
                _ => Ok(Form { encoding: *encoding, shape }),
            };
        }
    }
    Err(status::not_acceptable(MEDIA_TYPES))
}

/// The encoding of a discovery document. Those of built-in versions have routes, which negotiate first.
///
/// # Errors
/// 406 if the client accepts none.
pub(crate) fn of_document(headers: &HeaderMap, routed: bool) -> Outcome<Encoding> {
    let accept = accept(headers);
    if is_plain(accept) {
        return Ok(Encoding::Json);
    }
    if routed && !clauses(accept).iter().any(Clause::names_encoding) {
        return Err(status::no_representation(MEDIA_TYPES));
    }
    let whole = clauses(accept).into_iter().filter(|clause| clause.shape() == Some(Shape::Object));
    let found = whole.flat_map(|clause| Encoding::offered(clause.media_type)).next();
    found.copied().ok_or_else(|| status::not_acceptable(MEDIA_TYPES))
}

/// The encoding of an error: the best one in which the client accepts whole objects, by default JSON.
pub(crate) fn for_errors(headers: &HeaderMap) -> Encoding {
    let accept = accept(headers);
    if is_plain(accept) {
        return Encoding::Json;
    }
    let whole = clauses(accept).into_iter().filter(|clause| clause.shape() == Some(Shape::Object));
    whole.flat_map(|clause| Encoding::offered(clause.media_type)).next().copied().unwrap_or(Encoding::Json)
}

fn accept(headers: &HeaderMap) -> &str {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn is_plain(accept: &str) -> bool {
    matches!(accept, "application/json" | "*/*" | "")
}

/// The encoding of the body of a create or an update; JSON without a content type.
///
/// # Errors
/// 415 for a type that no Kubernetes API knows.
pub(crate) fn of_body(headers: &HeaderMap) -> Outcome<Encoding> {
    let given = content_type(headers);
    let media_type = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        _ if given.is_empty() => Ok(Encoding::Json),
        _ if !has_parameters(given) => Err(status::unsupported_media_type(MEDIA_TYPES)),
        "application/json" => Ok(Encoding::Json),
        "application/yaml" => Ok(Encoding::Yaml),
        "application/vnd.kubernetes.protobuf" => Ok(Encoding::Protobuf),
        _ => Err(status::unsupported_media_type(MEDIA_TYPES)),
    }
}

/// The type of a patch: unlike that of other bodies it is compared as it is written, up to its parameters.
pub(crate) fn patch_type(headers: &HeaderMap) -> &str {
    let given = content_type(headers);
    match given.find(';') {
        Some(at) if at > 0 => &given[..at],
        _ => given,
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// Whether the parameters of a media type are well formed (Go's `mime.ParseMediaType`); one semicolon may end them.
fn has_parameters(media_type: &str) -> bool {
    let Some((_, parameters)) = media_type.split_once(';') else { return true };
    let mut seen = Vec::new();
    let mut rest = parameters.trim();
    while !rest.is_empty() {
        let Some((name, after)) = rest.split_once('=') else { return false };
        let (name, after) = (name.trim().to_ascii_lowercase(), after.trim_start());
        let end = match after.strip_prefix('"') {
            Some(inner) => inner.find('"').map(|at| at + 2),
            None => Some(after.find(|c: char| !is_token(c)).unwrap_or(after.len())).filter(|end| *end > 0),
        };
        let Some(end) = end else { return false };
        if name.is_empty() || !name.chars().all(is_token) || seen.contains(&name) {
            return false;
        }
        seen.push(name);
        rest = after[end..].trim_start();
        match rest.strip_prefix(';') {
            Some(next) => rest = next.trim_start(),
            None if rest.is_empty() => {}
            None => return false,
        }
    }
    true
}

/// Whether a character can be in a name of RFC 2045.
fn is_token(c: char) -> bool {
    c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(c)
}

/// Whether the client prefers the aggregated discovery document to the legacy ones. The beta version was removed in
/// 1.36.
///
/// # Errors
/// 406 if the client accepts neither.
pub(crate) fn aggregated_discovery(headers: &HeaderMap) -> Outcome<bool> {
    let accept = accept(headers);
    if is_plain(accept) {
        return Ok(false);
    }
    for clause in clauses(accept).iter().filter(|clause| !Encoding::offered(clause.media_type).is_empty()) {
        match (clause.view, clause.group, clause.version) {
            (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => return Ok(true),
            (None, None, None) => return Ok(false),
            _ => {}
        }
    }
    Err(status::not_acceptable(MEDIA_TYPES))
}

/// One alternative of an Accept header.
struct Clause<'a> {
    media_type: &'a str,
    quality: f32,
    view: Option<&'a str>,
    group: Option<&'a str>,
    version: Option<&'a str>,
}

/// The alternatives, best first: by quality, then from the special to the general, then as written.
fn clauses(accept: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<_> = accept.split(',').map(Clause::parse).collect();
    let generality = |clause: &Clause<'_>| match clause.media_type {
        "*/*" => 2,
        range if range.ends_with("/*") => 1,
        _ => 0,
    };
    clauses.sort_by(|a, b| b.quality.total_cmp(&a.quality).then(generality(a).cmp(&generality(b))));
    clauses
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        let mut clause = Self { media_type, quality: 1.0, view: None, group: None, version: None };
        for part in parts {
            match part.split_once('=') {
                Some(("q", quality)) => clause.quality = quality.parse().unwrap_or_default(),
                Some(("as", view)) => clause.view = Some(view),
                Some(("g", group)) => clause.group = Some(group),
                Some(("v", version)) => clause.version = Some(version),
                _ => {}
            }
        }
        clause
    }

    /// Whether the clause names one encoding, or accepts anything.
    fn names_encoding(&self) -> bool {
        self.media_type == "*/*" || Encoding::offered(self.media_type).len() == 1
    }

    /// The shape that a clause asks for; None for an unknown one.
    fn shape(&self) -> Option<Shape> {
        let (view, version) = match (self.view, self.group, self.version) {
            (None, None, None) => return Some(Shape::Object),
            (Some(view), Some("meta.k8s.io"), Some("v1")) => (view, MetaVersion::V1),
            (Some(view), Some("meta.k8s.io"), Some("v1beta1")) => (view, MetaVersion::V1beta1),
            _ => return None,
        };
        match view {
            "Table" => Some(Shape::Table(version)),
            "PartialObjectMetadata" => Some(Shape::Metadata { version, list: false }),
            "PartialObjectMetadataList" => Some(Shape::Metadata { version, list: true }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::resources::Registry;

    fn headers(text: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, text.parse().unwrap());
        headers
    }

    fn accept(text: &str) -> Outcome<Form> {
        let registry = Registry::builtin();
        accepted(&headers(text), registry.find("coordination.k8s.io", "v1", "leases").unwrap(), "get", "")
    }

    #[test]
    fn first_of_equal_forms_wins() {
        let form = accept("application/vnd.kubernetes.protobuf,application/json").unwrap();
        assert_eq!(form, Form { encoding: Encoding::Protobuf, shape: Shape::Object });
        let form = accept("application/json;as=Table;v=v1;g=meta.k8s.io,application/json").unwrap();
        assert_eq!(form, Form { encoding: Encoding::Json, shape: Shape::Table(MetaVersion::V1) });
        let form = accept("*/*,application/yaml;q=0.9,application/vnd.kubernetes.protobuf").unwrap();
        assert_eq!(form.encoding, Encoding::Protobuf);
    }

    #[test]
    fn unknown_media_type_is_406() {
        for text in ["application/xml", "application/json;as=Table;v=v2;g=meta.k8s.io", "application/json;as=Row"] {
            assert_eq!(accept(text).unwrap_err().code, 406, "{text}");
        }
        assert_eq!(accept("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io").unwrap_err().code, 406);
    }

    #[test]
    fn errors_are_never_tables() {
        let table = "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io";
        assert_eq!(for_errors(&headers(table)), Encoding::Json);
        assert_eq!(for_errors(&headers("application/yaml")), Encoding::Yaml);
    }
}
