//! Gives every request a fresh id, in the answer's header and in the problem document.
//!
//! An id that the sender supplies is ignored: it would let two requests share one, and put a stranger's text into logs.
use crate::{app::Gateway, entropy::Entropy, error::Problem};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use serde::Serialize;
use std::sync::Arc;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What only the request knows of a problem.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    instance: &'a str,
    request_id: &'a str,
}

/// Names the request, and completes the problem document if its answer is one.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let mut buffer = uuid::Uuid::encode_buffer();
    let id = &*fresh(&*gateway.entropy).hyphenated().encode_lower(&mut buffer);
    let uri = request.uri().clone();
    let mut response = next.run(request).await;
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
