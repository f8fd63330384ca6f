//! Answers browsers that ask whether a page may call the API (the CORS protocol of the Fetch standard).
use crate::config::Cors;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What a page of this origin is allowed.
pub(super) struct Asked<'a> {
    cors: &'a Cors,
    origin: HeaderValue,
    allowed: bool,
}

impl<'a> Asked<'a> {
    /// What a request asks for; `None` without a configuration, and for a client that is not a browser's page.
    pub(super) fn by(cors: Option<&'a Cors>, request: &Request) -> Option<Self> {
        let (cors, origin) = (cors?, request.headers().get(header::ORIGIN)?.clone());
        let allowed = origin.to_str().is_ok_and(|origin| cors.allows(origin));
        Some(Self { cors, origin, allowed })
    }

    /// The answer to a preflight; `None` for other requests.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let method = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        (request.method() == Method::OPTIONS).then(|| {
            let mut response = StatusCode::NO_CONTENT.into_response();
            if self.allowed && names(&self.cors.methods, method) {
                answer_preflight(self.cors, request.headers(), response.headers_mut());
            }
            response
        })
    }

    /// Marks the answer, so that an allowed page can read it.
    pub(super) fn mark(self, response: &mut Response) {
        let Self { cors, origin, allowed } = self;
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if allowed {
            let all = cors.allows_all();
            let named = if all { HeaderValue::from_static("*") } else { origin };
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, named);
            if cors.credentials {
                headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
            insert(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.exposed.join(", "));
        }
    }
}

fn names(list: &[String], value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|value| list.iter().any(|name| name == "*" || name.eq_ignore_ascii_case(value)))
}

fn answer_preflight(cors: &Cors, asked: &HeaderMap, headers: &mut HeaderMap) {
    insert(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &cors.methods.join(", "));
    insert(headers, header::ACCESS_CONTROL_MAX_AGE, &cors.max_age.as_secs().to_string());
    match asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        // A star does not cover Authorization, so what was asked for is named.
        Some(asked) if cors.headers.iter().any(|name| name == "*") => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        _ => insert(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &cors.headers.join(", ")),
    }
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}
