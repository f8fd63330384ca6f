//! The configuration in force, which a reload replaces as a whole.
use crate::config::Config;
use std::sync::{Arc, Mutex, PoisonError};

/// The configuration in force.
#[derive(Debug)]
pub(crate) struct Current(Mutex<Arc<Config>>);

impl Current {
    pub(crate) fn new(config: Config) -> Self {
        Self(Mutex::new(Arc::new(config)))
    }

    pub(crate) fn get(&self) -> Arc<Config> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, config: Config) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}
