//! Gives every request a fresh id, in the answer's header, in the problem document, and in its lines of the log.
//!
//! An id from the sender is ignored: two requests could then share one id, and the logs would contain a stranger's
//! text.
use crate::{entropy::Entropy, error::Problem, gateway::Gateway};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Uri, header},
    response::Response,
};
use serde::Serialize;

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

/// The id of one request.
pub(super) struct RequestId {
    text: String,
    uri: Uri,
}

impl RequestId {
    /// A new id for this request.
    pub(super) fn fresh(gateway: &Gateway, request: &Request) -> Self {
        Self { text: fresh(&*gateway.entropy).to_string(), uri: request.uri().clone() }
    }

    /// The span of the request's lines in the log.
    pub(super) fn span(&self) -> tracing::Span {
        tracing::info_span!("request", request_id = self.text)
    }

    /// Adds the id to the answer, and completes the problem document if the answer is one.
    pub(super) fn complete(self, response: &mut Response) {
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            let document = Document { problem: &problem, instance: self.uri.path(), request_id: &self.text };
            let body = serde_json::to_vec(&document).expect("strings and numbers always serialise");
            *response.body_mut() = Body::from(body);
            response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
        }
        let id = HeaderValue::try_from(self.text).expect("a UUID is ASCII");
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
}

fn fresh(entropy: &dyn Entropy) -> uuid::Uuid {
    let random = (u128::from(entropy.next_u64()) << 64) | u128::from(entropy.next_u64());
    uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid()
}
