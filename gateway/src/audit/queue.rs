//! The events that wait, bounded by their number and by their size.
//!
//! An event stays in the queue until its batch is stored or lost, so that the bounds and the shutdown cover it.
use super::event::Event;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// The weight of all events that wait, in bytes.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// The weight of one batch, in bytes.
const BATCH_BYTES_MAX: usize = 1024 * 1024;

pub(super) struct Queue {
    max: usize,
    state: Mutex<State>,
    changed: Notify,
    drained: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(max: usize) -> Self {
        Self { max, state: Mutex::default(), changed: Notify::new(), drained: Notify::new() }
    }

    /// Adds an event; `false` if there is no room for it.
    pub(super) fn push(&self, event: Event) -> bool {
        let mut state = self.lock();
        let bytes = state.bytes + event.bytes();
        if state.events.len() >= self.max || (bytes > BYTES_MAX && !state.events.is_empty()) {
            return false;
        }
        state.bytes = bytes;
        state.events.push_back(event);
        drop(state);
        self.changed.notify_one();
        true
    }

    /// The oldest events, at most `max`. They stay in the queue until [`Queue::remove`].
    pub(super) fn oldest(&self, max: usize) -> Vec<Event> {
        let mut bytes = 0;
        let state = self.lock();
        let fits = state.events.iter().take(max).take_while(|event| {
            let first = bytes == 0;
            bytes += event.bytes();
            first || bytes <= BATCH_BYTES_MAX
        });
        fits.cloned().collect()
    }

    /// Removes the `count` oldest events.
    pub(super) fn remove(&self, count: usize) {
        let mut state = self.lock();
        for event in state.events.drain(..count).collect::<Vec<_>>() {
            state.bytes -= event.bytes();
        }
        let empty = state.events.is_empty();
        drop(state);
        if empty {
            self.drained.notify_waiters();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// From now on nothing should wait for more events.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Completes when there are at least `count` events, or when the queue is closed and not empty.
    pub(super) async fn has(&self, count: usize) {
        loop {
            let (len, closed) = {
                let state = self.lock();
                (state.events.len(), state.closed)
            };
            if len >= count || (closed && len > 0) {
                return;
            }
            self.changed.notified().await;
        }
    }

    /// Completes when the queue is closed.
    pub(super) async fn closed(&self) {
        while !self.is_closed() {
            self.changed.notified().await;
        }
    }

    /// Completes when the queue is empty.
    pub(super) async fn emptied(&self) {
        loop {
            let drained = self.drained.notified();
            if self.len() == 0 {
                return;
            }
            drained.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
