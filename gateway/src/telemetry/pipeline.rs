//! The queue of spans before the exporter, and the count of what is exported and what is lost.
//!
//! The SDK's own queue drops spans without a count. So spans beyond its size never reach it.
use crate::{
    clock::SharedClock,
    metrics::{Metrics, ReasonLabels},
    warnings::Warnings,
};
use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter as Exporter, SpanProcessor},
};
use prometheus_client::metrics::{counter::Counter, family::Family};
use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// How many spans may wait, those in the exporter included.
const SPANS_MAX: usize = 2_048;

/// What every part of the way counts.
pub(super) struct Pipeline {
    waiting: AtomicUsize,
    counters: OnceLock<Counters>,
    warnings: Warnings,
}

struct Counters {
    exported: Counter,
    lost: Family<ReasonLabels, Counter>,
}

impl Pipeline {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { waiting: AtomicUsize::new(0), counters: OnceLock::new(), warnings: Warnings::new(clock) }
    }

    /// The processor that queues spans for `exporter`.
    pub(super) fn processor(pipeline: &Arc<Self>, exporter: SpanExporter) -> impl SpanProcessor + 'static {
        let batches = BatchConfigBuilder::default().with_max_queue_size(SPANS_MAX).build();
        let exporter = CountedExporter { exporter, pipeline: pipeline.clone() };
        let next = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        BoundedProcessor { next, pipeline: pipeline.clone() }
    }

    pub(super) fn count_in(&self, metrics: &Metrics) {
        let counters = Counters { exported: metrics.spans_exported.clone(), lost: metrics.spans_lost.clone() };
        drop(self.counters.set(counters));
    }

    /// Counts what still waits as lost: nothing sends it any more.
    pub(super) fn close(&self) {
        let left = self.waiting.swap(0, Ordering::AcqRel);
        self.lose(left, "shutdown");
    }

    fn admit(&self) -> bool {
        let room = |waiting| (waiting < SPANS_MAX).then_some(waiting + 1);
        self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).is_ok()
    }

    fn end(&self, count: usize, result: &OTelSdkResult) {
        let less = |waiting: usize| Some(waiting.saturating_sub(count));
        _ = self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        match (result, self.counters.get()) {
            (Ok(()), Some(counters)) => _ = counters.exported.inc_by(count as u64),
            (Ok(()), None) => {}
            (Err(_), _) => self.lose(count, "export_failed"),
        }
    }

    fn lose(&self, count: usize, reason: &'static str) {
        if count == 0 {
            return;
        }
        if let Some(counters) = self.counters.get() {
            _ = counters.lost.get_or_create(&ReasonLabels { reason }).inc_by(count as u64);
        }
        if let Some(left_out) = self.warnings.due(reason) {
            tracing::warn!(reason, count, left_out, "spans are lost");
        }
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pipeline").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

/// Admits as many spans as the queue holds.
#[derive(Debug)]
struct BoundedProcessor {
    next: BatchSpanProcessor,
    pipeline: Arc<Pipeline>,
}

impl SpanProcessor for BoundedProcessor {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.next.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.pipeline.admit() {
            self.next.on_end(span);
        } else {
            self.pipeline.lose(1, "queue_full");
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}

/// Counts what the collector has taken.
#[derive(Debug)]
struct CountedExporter {
    exporter: SpanExporter,
    pipeline: Arc<Pipeline>,
}

impl Exporter for CountedExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.exporter.export(batch).await;
        self.pipeline.end(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
