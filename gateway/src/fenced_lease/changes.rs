//! Wakes the writer of a fingerprint when the caches learn something about its lease or its requests.
//!
//! A notice that arrives between reading the caches and waiting is kept, so that none is missed. A superfluous notice
//! costs another read of the caches.
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

type Listeners = BTreeMap<String, Vec<Arc<Notify>>>;

/// The listeners of each [`lock_key`](super::names::lock_key).
#[derive(Debug, Default)]
pub(super) struct Changes {
    listeners: Mutex<Listeners>,
}

/// One listener; it listens until dropped.
#[derive(Debug)]
pub(super) struct Subscription {
    changes: Arc<Changes>,
    key: String,
    notify: Arc<Notify>,
}

impl Changes {
    pub(super) fn subscribe(changes: &Arc<Self>, key: &str) -> Subscription {
        let notify = Arc::new(Notify::new());
        changes.lock().entry(key.to_owned()).or_default().push(notify.clone());
        Subscription { changes: changes.clone(), key: key.to_owned(), notify }
    }

    pub(super) fn notify(&self, key: &str) {
        for listener in self.lock().get(key).into_iter().flatten() {
            listener.notify_one();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscription {
    /// Completes when something has changed since it last completed.
    pub(super) async fn changed(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut listeners = self.changes.lock();
        if let Some(waiting) = listeners.get_mut(&self.key) {
            waiting.retain(|notify| !Arc::ptr_eq(notify, &self.notify));
            if waiting.is_empty() {
                listeners.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn notice_before_waiting_is_kept() {
        let changes = Arc::new(Changes::default());
        let (one, other) = (Changes::subscribe(&changes, "a"), Changes::subscribe(&changes, "b"));
        changes.notify("a");
        changes.notify("a");
        assert_eq!(one.changed().now_or_never(), Some(()));
        assert_eq!(one.changed().now_or_never(), None, "two notices, one wake-up");
        assert_eq!(other.changed().now_or_never(), None);
    }

    #[test]
    fn dropped_subscription_leaves_nothing() {
        let changes = Arc::new(Changes::default());
        let (one, twin) = (Changes::subscribe(&changes, "a"), Changes::subscribe(&changes, "a"));
        drop(one);
        changes.notify("a");
        assert_eq!(twin.changed().now_or_never(), Some(()));
        drop(twin);
        assert!(changes.lock().is_empty());
    }
}
