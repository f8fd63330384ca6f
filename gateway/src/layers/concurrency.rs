//! A cap on the requests that are handled at the same time.
//!
//! No request queues. One beyond the cap is answered 503 at once, not the existing gateway's 429, after which
//! Alertmanager never sends it again. The permit is returned when the answer is ready, or when the client disconnects.
//! `admission` decides who gets the last permits.
use crate::{error::ApiError, gateway::Gateway};
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Handles the request if it gets a permit.
pub(super) async fn handle(gateway: &Gateway, request: Request, next: Next) -> Response {
    match gateway.admission.admit_request() {
        Some(_permit) => next.run(request).await,
        None => ApiError::too_many_requests().into_response(),
    }
}
