//! A cap on the requests that are handled at a time.
//!
//! Nothing queues: what does not fit is answered at once, 503 and not the existing gateway's 429, which Alertmanager takes for
//! "never send this again". The place is given back when the answer is ready, or when the client hangs up. Who
//! gets the last places is `places`'s to say.
use crate::{app::Gateway, error::ApiError};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// There is no room: for any request, or for one more of this fingerprint.
pub(crate) fn crowded() -> ApiError {
    ApiError::Unavailable("too many concurrent requests: try again".to_owned())
}

/// Handles the request if there is room.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    match gateway.places.admit() {
        Some(_place) => next.run(request).await,
        None => crowded().into_response(),
    }
}
