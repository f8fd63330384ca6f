//! The log: JSON or text on standard output, with a level that may change.
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Registry, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt};

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

/// Starts the log of the process.
pub fn start(level: tracing::Level, json: bool) -> Level {
    let (filter, handle) = reload::Layer::new(LevelFilter::from_level(level));
    let registry = tracing_subscriber::registry().with(filter);
    if json {
        registry.with(fmt::layer().json()).init();
    } else {
        registry.with(fmt::layer()).init();
    }
    Level(handle)
}
