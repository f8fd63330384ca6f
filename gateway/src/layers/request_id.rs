//! Gives every request a fresh id, in the answer's header, in the problem document, and in its lines of the log.
//!
//! An id from the sender is ignored: two requests could then share one id, and the logs would contain a stranger's
//! text.
use crate::{entropy::Entropy, error::Problem, gateway::Gateway};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use serde::Serialize;
use std::sync::Arc;
use tracing::Instrument;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A problem document, completed with what only the request knows.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    instance: &'a str,
    request_id: &'a str,
}

/// Gives the request its id, and completes the problem document if the answer is one.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let mut buffer = uuid::Uuid::encode_buffer();
    let id = &*fresh(&*gateway.entropy).hyphenated().encode_lower(&mut buffer);
    let uri = request.uri().clone();
    let span = tracing::info_span!("request", request_id = id);
    let mut response = next.run(request).instrument(span).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let document = Document { problem: &problem, instance: uri.path(), request_id: id };
        let body = serde_json::to_vec(&document).expect("strings and numbers always serialise");
        *response.body_mut() = Body::from(body);
        response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
    }
    let id = HeaderValue::from_str(id).expect("a UUID is ASCII");
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

fn fresh(entropy: &dyn Entropy) -> uuid::Uuid {
    let random = (u128::from(entropy.next_u64()) << 64) | u128::from(entropy.next_u64());
    uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid()
}
