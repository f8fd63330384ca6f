//! The synchronisation primitives of this crate: the standard library's.
//!
//! `queue.rs` uses only the primitives of this file. A poisoned lock is not an error for it: every critical section
//! keeps the table consistent at each of its steps, so the table is usable after a panic.
pub(crate) use std::sync::Arc;
use std::sync::{MutexGuard, PoisonError};

/// A mutex without poisoning.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
