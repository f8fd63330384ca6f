//! Which form of an object a client accepts, and which form its body has (k8s.io/apiserver/pkg/endpoints/handlers/negotiation).
//!
//! Only JSON is spoken. A client that also accepts JSON gets it; one that insists on YAML, protobuf or a Table is told.
use super::status::{self, Outcome};
use http::{HeaderMap, header};

const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Whole objects.
    Object,
    /// `PartialObjectMetadata`: metadata only.
    Metadata,
}

/// The best form the client accepts.
///
/// # Errors
/// 406 if it accepts no form of a Kubernetes API, 501 if it accepts only forms that are not simulated.
pub(crate) fn accepted(headers: &HeaderMap) -> Outcome<Shape> {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()) else { return Ok(Shape::Object) };
    if matches!(accept, "application/json" | "*/*" | "") {
        return Ok(Shape::Object);
    }
    let mut clauses: Vec<_> = accept.split(',').map(Clause::parse).collect();
    clauses.sort_by(|a, b| b.quality.total_cmp(&a.quality));
    let mut not_simulated = None;
    for clause in clauses {
        match (clause.media_type, clause.view) {
            ("application/json" | "application/*" | "*/*", None) => return Ok(Shape::Object),
            ("application/json" | "application/*" | "*/*", Some(view)) if view.starts_with("PartialObjectMetadata") => {
                return Ok(Shape::Metadata);
            }
            ("application/json" | "application/*" | "*/*", Some(_)) => not_simulated = Some("a Table or another view"),
            ("application/yaml", _) => not_simulated = Some("YAML in answers"),
            ("application/vnd.kubernetes.protobuf", _) => not_simulated = Some("protobuf in answers"),
            _ => {}
        }
    }
    Err(not_simulated.map_or_else(|| status::not_acceptable(MEDIA_TYPES), status::not_simulated))
}

/// Whether the client asks for aggregated discovery.
pub(crate) fn wants_aggregated_discovery(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|clause| {
        let has = |parameter: &str| clause.split(';').any(|part| part.trim() == parameter);
        has("g=apidiscovery.k8s.io") && has("v=v2")
    })
}

/// The body of a create or an update must be JSON, or say nothing of what it is.
///
/// # Errors
/// 415 for a type that no Kubernetes API knows, 501 for one that is not simulated.
pub(crate) fn check_content_type(headers: &HeaderMap) -> Outcome<()> {
    match content_type(headers) {
        "" | "application/json" => Ok(()),
        "application/yaml" => Err(status::not_simulated("YAML in requests")),
        "application/vnd.kubernetes.protobuf" => Err(status::not_simulated("protobuf in requests")),
        _ => Err(status::unsupported_media_type(MEDIA_TYPES)),
    }
}

/// The media type of the body, without parameters; empty if there is no header.
pub(crate) fn content_type(headers: &HeaderMap) -> &str {
    let whole = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim()
}

struct Clause<'a> {
    media_type: &'a str,
    quality: f32,
    view: Option<&'a str>,
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let mut clause = Self { media_type: parts.next().unwrap_or_default(), quality: 1.0, view: None };
        for part in parts {
            match part.split_once('=') {
                Some(("q", quality)) => clause.quality = quality.parse().unwrap_or_default(),
                Some(("as", view)) => clause.view = Some(view),
                _ => {}
            }
        }
        clause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &str) -> Outcome<Shape> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, text.parse().unwrap());
        accepted(&headers)
    }

    #[test]
    fn json_is_fallback_of_typed_clients() {
        assert_eq!(accept("application/vnd.kubernetes.protobuf,application/json").unwrap(), Shape::Object);
        assert_eq!(accept("application/json;as=Table;v=v1;g=meta.k8s.io,application/json").unwrap(), Shape::Object);
        assert_eq!(accept("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1").unwrap(), Shape::Metadata);
    }

    #[test]
    fn unknown_and_unsimulated_forms_differ() {
        assert_eq!(accept("application/xml").unwrap_err().code, 406);
        assert_eq!(accept("application/json;as=Table;v=v1;g=meta.k8s.io").unwrap_err().code, 501);
    }
}
