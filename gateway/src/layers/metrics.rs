//! Counts and times every request.
use crate::{gateway::Gateway, metrics::RequestLabels, routes};
use axum::{extract::Request, http::Method, response::Response};
use std::time::Duration;

/// A request in flight. One whose client disconnects has no answer: it is not counted.
pub(super) struct Observed<'a> {
    gateway: &'a Gateway,
    started: Duration,
    endpoint: &'static str,
    method: &'static str,
}

impl<'a> Observed<'a> {
    /// Begins with the request.
    pub(super) fn begin(gateway: &'a Gateway, request: &Request) -> Self {
        gateway.metrics.requests_in_flight.inc();
        // Never the path as sent: any client could fill the process with time series.
        let endpoint = routes::endpoint(request.uri().path()).unwrap_or("unknown");
        let method = if request.method() == Method::POST { "POST" } else { "other" };
        Self { gateway, started: gateway.clock.monotonic(), endpoint, method }
    }

    /// Counts the answer by its status, and the time that it took.
    pub(super) fn end(self, response: &Response) {
        let took = self.gateway.clock.monotonic().saturating_sub(self.started);
        let status = response.status().as_u16();
        let labels = RequestLabels { endpoint: self.endpoint, method: self.method, status };
        self.gateway.metrics.observe_request(&labels, took);
    }
}

impl Drop for Observed<'_> {
    fn drop(&mut self) {
        self.gateway.metrics.requests_in_flight.dec();
    }
}
