//! Spans over OTLP, for operators who configure a collector: from a delivery to the API calls that it caused.
//!
//! The rest of the gateway names its spans with `tracing`, at a level that is never logged; without a collector they
//! are disabled. A collector that is away costs no answer any time: spans wait in a bounded queue, and what is lost is
//! counted. Deliberately absent: gRPC, retries, events and texts of senders in spans, `tracestate`.
mod collector;
mod pipeline;
mod propagation;

pub(crate) use propagation::Outgoing;

use crate::{
    clock::SharedClock,
    config::{Config, Telemetry as Settings},
    https_client::AuthoritiesError,
    metrics::Metrics,
    provenance,
};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};
use pipeline::Pipeline;
use std::{sync::Arc, time::Duration};

/// Why no spans can be exported.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The file of authorities cannot be used.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    /// The address or a variable of the environment cannot be used.
    #[error("telemetry.endpoint: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// Spans on their way to a collector.
pub struct Telemetry {
    provider: SdkTracerProvider,
    pipeline: Arc<Pipeline>,
}

impl Telemetry {
    /// Exports spans to the collector that `config` names, if it does; call it inside a tokio runtime.
    ///
    /// # Errors
    /// [`TelemetryError`] if the configuration cannot be used.
    pub fn start(config: &Config, clock: SharedClock) -> Result<Option<Self>, TelemetryError> {
        let Some(Settings { endpoint, ca_file }) = &config.telemetry else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(collector::Client::new(ca_file.as_deref())?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build()?;
        let pipeline = Arc::new(Pipeline::new(clock));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Pipeline::processor(&pipeline, exporter))
            .with_resource(resource(&config.identity.pod))
            .build();
        Ok(Some(Self { provider, pipeline }))
    }

    /// The tracer that the spans of `tracing` go to.
    pub fn tracer(&self) -> SdkTracer {
        self.provider.tracer("gateway")
    }

    /// Counts exported and lost spans in `metrics` from now on.
    pub fn count_in(&self, metrics: &Metrics) {
        self.pipeline.count_in(metrics);
    }

    /// Begins a span for each request of `router`, which continues the trace of the request's `traceparent`.
    pub fn around(router: axum::Router) -> axum::Router {
        router.layer(axum::middleware::from_fn(propagation::incoming))
    }

    /// Sends the spans that wait, for at most `time`; what is left then is lost, and counted.
    #[expect(clippy::disallowed_methods, reason = "the provider blocks, and the program's clock is never paused")]
    pub async fn flush(self, time: Duration) {
        let Self { provider, pipeline } = self;
        // The provider blocks, and gives up by itself.
        let done = tokio::task::spawn_blocking(move || drop(provider.shutdown_with_timeout(time)));
        drop(tokio::time::timeout(time, done).await);
        pipeline.close();
    }
}

fn resource(pod: &str) -> Resource {
    let attributes = [("service.version", provenance::VERSION.to_owned()), ("k8s.pod.name", pod.to_owned())];
    let resource = Resource::builder().with_attributes(attributes.map(|(key, value)| KeyValue::new(key, value)));
    // The builder has read the environment.
    let is_named = std::env::var_os("OTEL_SERVICE_NAME").is_some();
    if is_named { resource.build() } else { resource.with_service_name("kubernaut-gateway").build() }
}
