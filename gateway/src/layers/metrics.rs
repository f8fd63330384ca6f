//! Counts and times every request.
use crate::{gateway::Gateway, metrics::RequestLabels, routes};
use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

/// Observes status and duration of the answer. A request whose client disconnects is not observed: it has no answer.
pub async fn layer(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let started = gateway.clock.monotonic();
    // Never the path as sent: any client could fill the process with time series.
    let endpoint = routes::endpoint(request.uri().path()).unwrap_or("unknown");
    let method = if request.method() == Method::POST { "POST" } else { "other" };
    let in_flight = InFlight::begin(&gateway);
    let response = next.run(request).await;
    drop(in_flight);
    let labels = RequestLabels { endpoint, method, status: response.status().as_u16() };
    gateway.metrics.observe_request(&labels, gateway.clock.monotonic().saturating_sub(started));
    response
}

struct InFlight<'a>(&'a Gateway);

impl<'a> InFlight<'a> {
    fn begin(gateway: &'a Gateway) -> Self {
        gateway.metrics.requests_in_flight.inc();
        Self(gateway)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.metrics.requests_in_flight.dec();
    }
}
