//! The synchronisation primitives of `queue.rs`, as loom sees them: each use is a point at which any thread may go on.
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
