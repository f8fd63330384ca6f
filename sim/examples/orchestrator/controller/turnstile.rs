//! A turnstile: one reconciliation of a process at a time, in the order of their names.
//!
//! kube-runtime keeps objects that are due at the same instant in a `HashMap`, whose order differs from map to map.
//! Their order here is always the same, so that a run repeats itself.
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Mutex, PoisonError},
    task::{Poll, Waker},
};

/// The names that wait, and whether one is inside.
#[derive(Default)]
pub(crate) struct Turnstile {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<String, Waker>,
    inside: bool,
}

/// A place inside; dropping it lets the next one in.
pub(crate) struct Inside<'a>(&'a Turnstile);

impl Turnstile {
    /// Waits until nobody is inside and no smaller name waits. kube-runtime never runs one name twice at a time.
    pub(crate) async fn enter(&self, name: String) -> Inside<'_> {
        let mut name = Some(name);
        let mut arrived = false;
        poll_fn(|cx| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let own = name.as_ref().expect("polled until it is inside");
            state.waiting.insert(own.clone(), cx.waker().clone());
            if !std::mem::replace(&mut arrived, true) {
                // All that begin at this instant must have arrived before one of them enters.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let first = state.waiting.keys().next() == Some(own);
            if state.inside || !first {
                return Poll::Pending;
            }
            state.inside = true;
            state.waiting.remove(&name.take().expect("polled until it is inside"));
            Poll::Ready(())
        })
        .await;
        Inside(self)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.inside = false;
        if let Some(next) = state.waiting.values().next() {
            next.wake_by_ref();
        }
    }
}
