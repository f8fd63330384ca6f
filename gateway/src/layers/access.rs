//! Lets only senders through whose token the API server accepts.
use crate::{access::Denied, error::ApiError, gateway::Gateway};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::sync::Arc;

/// Handles the request of an accepted sender, with its [`Caller`](crate::access::Caller) among the extensions.
pub async fn layer(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    match gateway.access.check(request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(Denied::Unauthenticated(detail)) => {
            let mut response = refusal(StatusCode::UNAUTHORIZED, "Unauthorized", detail);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
        Err(Denied::Forbidden) => refusal(StatusCode::FORBIDDEN, "Forbidden", "Insufficient permissions"),
        Err(Denied::Unknown(detail)) => ApiError::Unavailable(detail.to_owned()).into_response(),
    }
}

/// The body of the existing gateway's authentication, which differs from its other problem documents.
fn refusal(status: StatusCode, title: &str, detail: &str) -> Response {
    let problem = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
}
