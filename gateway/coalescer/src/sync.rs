//! The synchronisation primitives of this crate: the standard library's.
//!
//! `queue.rs` names only what stands here, and a poisoned lock is no error to it: every critical section leaves the table
//! consistent at each of its steps, so what a panic left behind can be used.
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
