//! The log: JSON or text on standard output, with a level that may change; beside it the spans, if they are exported.
//!
//! Level and spans do not depend on each other: a log of warnings has complete traces beside it.
use opentelemetry_sdk::trace::SdkTracer;
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt,
    reload,
    util::SubscriberInitExt,
};

/// The level of the log that was started.
#[derive(Debug)]
pub struct Level(reload::Handle<LevelFilter, Registry>);

impl Level {
    /// Changes the level.
    pub fn set(&self, level: tracing::Level) {
        if let Err(error) = self.0.reload(LevelFilter::from_level(level)) {
            tracing::error!(%error, "the level of the log cannot be changed");
        }
    }
}

/// Starts the log of the process, and gives its spans to `tracer`.
pub fn start(level: tracing::Level, json: bool, tracer: Option<SdkTracer>) -> Level {
    let (filter, handle) = reload::Layer::new(LevelFilter::from_level(level));
    let lines =
        if json { fmt::layer().json().with_filter(filter).boxed() } else { fmt::layer().with_filter(filter).boxed() };
    let spans = tracer.map(|tracer| {
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
        // Spans of libraries may have what this gateway would not write down.
        let own = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("gateway"));
        layer.with_tracked_inactivity(false).with_filter(own)
    });
    tracing_subscriber::registry().with(lines).with(spans).init();
    Level(handle)
}
