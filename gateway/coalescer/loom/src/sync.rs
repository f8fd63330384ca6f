//! The synchronisation primitives of `queue.rs`, from loom: at each use loom may switch to another thread.
pub(crate) use loom::sync::Arc;
use loom::sync::MutexGuard;
use std::sync::PoisonError;

/// A mutex without poisoning.
#[derive(Debug)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
