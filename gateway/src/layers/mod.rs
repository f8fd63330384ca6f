//! What is done around every request of the API listener, one concern per file.
//!
//! It is one layer for axum, which boxes and clones a route for each layer of each request. Access control is a layer
//! of its own, inside of this one: [`App::router`](crate::app::App::router) adds it.
pub mod access;
pub mod client;
mod concurrency;
mod cors;
mod metrics;
pub mod request_id;
mod security_headers;

use crate::gateway::Gateway;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;
use tracing::Instrument;

/// Handles a request.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let observed = metrics::Observed::begin(&gateway, &request);
    let id = request_id::RequestId::fresh(&gateway, &request);
    let mut response = within_span(&gateway, request, next).instrument(id.span()).await;
    security_headers::add(&mut response);
    id.complete(&mut response);
    observed.end(&response);
    response
}

/// Handles a request as far as its span goes.
async fn within_span(gateway: &Gateway, request: Request, next: Next) -> Response {
    let config = gateway.config.get();
    // Outside the cap: a preflight takes no permit.
    let asked = cors::Asked::by(config.cors.as_ref(), &request);
    let preflight = asked.as_ref().and_then(|asked| asked.preflight(&request));
    let mut response = match preflight {
        Some(answer) => answer,
        None => capped(gateway, request, next).await,
    };
    if let Some(asked) = asked {
        asked.mark(&mut response);
    }
    response
}

/// Handles a request that is not a preflight. Access control is inside the cap, so that unknown clients cannot wait
/// without limit.
async fn capped(gateway: &Gateway, mut request: Request, next: Next) -> Response {
    let line = client::find(gateway, &mut request);
    let response = concurrency::handle(gateway, request, next).await;
    if let Some(line) = line {
        line.log(&response);
    }
    response
}
