//! The background tasks of one [`App`](crate::app::App): every task that is spawned here ends when the set is dropped.
//!
//! Dropping the set is a crash: no task of the replica survives it. Tasks hold only a [`Spawner`], a weak handle, so
//! that a task that spawns others does not keep the set alive.
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::task::JoinSet;

/// Owns the tasks; dropping it aborts them all.
#[derive(Debug, Default)]
pub struct TaskSet {
    set: Arc<Mutex<JoinSet<()>>>,
}

/// Spawns onto a [`TaskSet`] without keeping it alive.
#[derive(Debug, Clone)]
pub struct Spawner {
    set: Weak<Mutex<JoinSet<()>>>,
}

impl TaskSet {
    /// A handle that spawns onto this set.
    pub fn spawner(&self) -> Spawner {
        Spawner { set: Arc::downgrade(&self.set) }
    }

    /// Number of tasks that have not been joined yet.
    pub fn len(&self) -> usize {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether the set has no tasks.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Spawner {
    /// Spawns `task`; drops it without running it if the set no longer exists.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let Some(set) = self.set.upgrade() else { return };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        // Finished tasks stay in a JoinSet until joined, and a gateway runs for months.
        while set.try_join_next().is_some() {}
        // A task is moved when it begins and when it ends. The largest have kilobytes.
        set.spawn(Box::pin(task));
    }
}
