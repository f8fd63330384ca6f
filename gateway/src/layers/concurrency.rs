//! A cap on the requests that are handled at a time.
//!
//! Nothing queues: what does not fit is answered at once, 503 and not the existing gateway's 429, which Alertmanager takes for
//! "never send this again". The place is given back when the answer is ready, or when the client hangs up.
use crate::{app::Gateway, error::ApiError};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Handles the request if there is room.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    match gateway.places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => ApiError::Unavailable("too many concurrent requests: try again".to_owned()).into_response(),
    }
}
