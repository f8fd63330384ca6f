//! Idleness: how the driver learns that every other task is idle.
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Poll, Waker},
};

/// Wakes the driver when the runtime has nothing else to do.
#[derive(Default)]
pub(super) struct Idle {
    waker: Mutex<Option<Waker>>,
    parked: AtomicBool,
}

impl Idle {
    /// Called by the runtime before it parks.
    pub(super) fn park(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            self.parked.store(true, Relaxed);
            waker.wake();
        }
    }

    /// Completes when every other task is idle. Nothing else must be awaited meanwhile, or time would jump.
    pub(super) async fn reached(&self) {
        std::future::poll_fn(|cx| {
            if self.parked.swap(false, Relaxed) {
                return Poll::Ready(());
            }
            *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
