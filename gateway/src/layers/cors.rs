//! Answers browsers that ask whether a page may call the API (the CORS protocol of the Fetch standard).
use crate::{config::Cors, gateway::Gateway};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Answers a preflight, and marks the answers to allowed pages. Without a configuration it does nothing.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let config = gateway.config.get();
    let (Some(cors), Some(origin)) = (&config.cors, request.headers().get(header::ORIGIN).cloned()) else {
        return next.run(request).await;
    };
    let allowed = origin.to_str().is_ok_and(|origin| cors.allows(origin));
    let method = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD).cloned();
    let mut response = match method {
        Some(method) if request.method() == Method::OPTIONS => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            if allowed && names(&cors.methods, &method) {
                answer_preflight(cors, request.headers(), response.headers_mut());
            }
            response
        }
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if allowed {
        let all = cors.allows_all();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, if all { HeaderValue::from_static("*") } else { origin });
        if cors.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        insert(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.exposed.join(", "));
    }
    response
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
