//! Where a trace enters and leaves the gateway: the span of a delivery, and the span of each API call that it caused,
//! linked by the W3C's `traceparent`.
//!
//! Spans have methods, routes, paths and statuses: no header, no query and no body.
use crate::routes;
use axum::{extract::Request, middleware::Next, response::Response};
use futures::future::{BoxFuture, Either};
use http::{HeaderMap, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::task::{Context, Poll};
use tower::Service;
use tracing::{Instrument, Span, field::Empty, trace_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// The one header of a sender that is read. `tracestate` would carry a sender's text to the API server.
struct Parent<'a>(&'a HeaderMap);

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).filter(|_| key == TRACEPARENT)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

/// Handles the request in a span that continues the sender's trace.
pub(super) async fn incoming(request: Request, next: Next) -> Response {
    // Never the path or the method as sent: any client could write its text into a trace.
    let route = routes::endpoint(request.uri().path()).unwrap_or("unknown");
    let method = if request.method() == http::Method::POST { "POST" } else { "other" };
    let span = trace_span!(
        "delivery",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    let parent = TraceContextPropagator::new().extract(&Parent(request.headers()));
    // An error means that the span is disabled.
    _ = span.set_parent(parent);
    let response = next.run(request).instrument(span.clone()).await;
    record(&span, response.status());
    response
}

/// Makes a span of each call that is made within another span, and sends its id along. Calls in the background belong
/// to no delivery, and have none.
#[derive(Clone)]
pub(crate) struct Outgoing<S>(pub(crate) S);

impl<S, A, B> Service<http::Request<A>> for Outgoing<S>
where
    S: Service<http::Request<A>, Response = http::Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<A>) -> Self::Future {
        if Span::current().is_none() {
            return Either::Left(self.0.call(request));
        }
        let (method, path) = (request.method().as_str(), request.uri().path());
        let span = trace_span!(
            "api call",
            otel.name = format!("{method} {}", resource(path)),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = method,
            url.path = path,
            http.response.status_code = Empty,
        );
        TraceContextPropagator::new().inject_context(&span.context(), &mut HeaderInjector(request.headers_mut()));
        let response = span.in_scope(|| self.0.call(request));
        let recorded = span.clone();
        let answered = async move {
            let response = response.await;
            match &response {
                Ok(response) => record(&recorded, response.status()),
                Err(_) => _ = recorded.record("otel.status_code", "ERROR"),
            }
            response
        };
        Either::Right(Box::pin(answered.instrument(span)))
    }
}

fn record(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// The plural name in a path, as in `/api/v1/namespaces/a/pods/b`: few values, as a span's name must have.
fn resource(path: &str) -> &str {
    let mut segments = path.trim_matches('/').split('/');
    let skipped = if segments.next() == Some("api") { 1 } else { 2 };
    let mut rest = segments.skip(skipped);
    let first = rest.next().unwrap_or("discovery");
    if first != "namespaces" {
        return first;
    }
    rest.nth(1).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_named_by_resource() {
        for (path, expected) in [
            ("/api/v1/namespaces/a/pods/b", "pods"),
            ("/api/v1/namespaces/a", "namespaces"),
            ("/api/v1/nodes/a", "nodes"),
            ("/apis/coordination.k8s.io/v1/namespaces/a/leases", "leases"),
            ("/apis/kubernaut.ai/v1alpha1/namespaces/a/remediationrequests/b/status", "remediationrequests"),
            ("/apis/authentication.k8s.io/v1/tokenreviews", "tokenreviews"),
            ("/apis", "discovery"),
            ("/api", "discovery"),
        ] {
            assert_eq!(resource(path), expected, "{path}");
        }
    }

    #[test]
    fn only_the_parent_is_read() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("traceparent", "00-1"), ("tracestate", "a=secret"), ("authorization", "Bearer secret")] {
            headers.insert(name, http::HeaderValue::from_static(value));
        }
        let parent = Parent(&headers);
        assert_eq!(parent.get("traceparent"), Some("00-1"));
        assert_eq!((parent.get("tracestate"), parent.get("authorization")), (None, None));
    }
}
